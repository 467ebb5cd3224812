import type { CookieConfig } from '../config/sections/cookie.ts'
import { trimOws } from '../lib/text.ts'
import type { Cookie, CookieChange } from './exchange.ts'

/** Limit on pairs, more than any honest browser sends; the rest is not looked at. */
const MAX_COOKIES = 200

/**
 * Reads a Cookie header strictly (RFC 6265bis §4.2.1): pairs split at `;`, only spaces and tabs trimmed, names matched
 * byte for byte, nothing decoded, quotes without meaning. Repeated names all stay in the list.
 */
export function readCookies(header: string | undefined): readonly Cookie[] {
  if (header === undefined || header === '') return []
  const cookies: Cookie[] = []
  for (const pair of header.split(';', MAX_COOKIES)) {
    const equals = pair.indexOf('=')
    if (equals === -1) continue
    const name = trimOws(pair.slice(0, equals))
    if (name !== '') cookies.push({ name, value: trimOws(pair.slice(equals + 1)) })
  }
  return cookies
}

/** Turns a cookie change into the value of a Set-Cookie line. `host` chooses among the configured domains. */
export function toSetCookie(change: CookieChange, cookie: CookieConfig, host: string): string {
  const configured =
    change.purpose === 'transaction' ? (cookie.csrf.sameSite ?? cookie.sameSite) : cookie.sameSite
  // Browsers assume Lax for a cookie without the attribute, but some not for its first two minutes.
  const sameSite = configured ?? 'lax'
  const domain = chooseDomain(cookie.domains, host)
  let line = `${change.name}=${change.value}; Path=${cookie.path}`
  if (domain !== undefined) line += `; Domain=${domain}`
  if (change.maxAgeSeconds !== undefined) line += `; Max-Age=${change.maxAgeSeconds}`
  if (cookie.httpOnly) line += '; HttpOnly'
  if (cookie.secure) line += '; Secure'
  return `${line}; SameSite=${capital(sameSite)}`
}

/** Cookies that a browser with these sends after the response: what was set takes the place of what was sent. */
export function withChanges(cookies: readonly Cookie[], changes: readonly CookieChange[]): readonly Cookie[] {
  const changed = new Set(changes.map(({ name }) => name))
  const set = changes.filter(({ maxAgeSeconds }) => maxAgeSeconds !== 0)
  return [...cookies.filter(({ name }) => !changed.has(name)), ...set]
}

/** Length of the longest attributes in bytes, so that a value can be cut to what browsers keep. */
export function attributeBytes(cookie: CookieConfig): number {
  const longest = [...cookie.domains].sort((a, b) => b.length - a.length)[0] ?? ''
  const change: CookieChange = { name: '', value: '', maxAgeSeconds: 9_999_999_999, purpose: 'session' }
  return (
    toSetCookie(change, { ...cookie, domains: [] }, '').length +
    (longest === '' ? 0 : `; Domain=${longest}`.length)
  )
}

/**
 * Chooses the longest configured domain that the host belongs to, the shortest when none fits. A leading dot, which no
 * cookie has on the wire, leaves out the domain itself: the cookie of `app.example.com` is then for its siblings too.
 */
function chooseDomain(domains: readonly string[], host: string): string | undefined {
  const name = host.replace(/:\d+$/u, '')
  const byLength = [...domains].sort((a, b) => b.length - a.length)
  const fits = (domain: string): boolean =>
    domain.startsWith('.') ? name.endsWith(domain) : name === domain || name.endsWith(`.${domain}`)
  return (byLength.find(fits) ?? byLength.at(-1))?.replace(/^\./u, '')
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
