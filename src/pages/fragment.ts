/**
 * Script that carries `location.hash` through the sign-in, served at `<prefix>/static/fragment.js`. A fragment never
 * reaches a server, so only the page itself can add it to `rd`. Without the script everything else works.
 */
export const FRAGMENT_SCRIPT = `'use strict'
function returnTo(element) {
  const rd = element.dataset.rd
  return rd.includes('#') ? rd : rd + location.hash
}
function carryFragment() {
  for (const link of document.querySelectorAll('a[data-rd]')) {
    const url = new URL(link.href)
    url.searchParams.set('rd', returnTo(link))
    link.href = url.href
  }
  for (const field of document.querySelectorAll('input[data-rd]')) field.value = returnTo(field)
}
carryFragment()
addEventListener('hashchange', carryFragment)
`
