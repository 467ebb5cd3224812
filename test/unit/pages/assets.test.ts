import { createHash } from 'node:crypto'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { FRAGMENT_SCRIPT } from '../../../src/pages/fragment.ts'
import { STYLE, STYLE_SOURCE } from '../../../src/pages/styles.ts'

test('the policy allows exactly the style sheet that the pages carry', () => {
  expect(STYLE_SOURCE).toBe(`'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`)
})

test('the style sheet cannot end its element', () => {
  expect(STYLE).not.toContain('</')
})

function runFragmentScript(hash: string, rd: string) {
  const link = { dataset: { rd }, href: `https://app.example.com/oauth2/start?rd=${encodeURIComponent(rd)}` }
  const field = { dataset: { rd }, value: rd }
  const listeners: (() => void)[] = []
  const window = {
    URL,
    location: { hash },
    document: { querySelectorAll: (query: string) => (query.startsWith('a') ? [link] : [field]) },
    addEventListener: (_: string, listener: () => void) => listeners.push(listener),
  }
  runInNewContext(FRAGMENT_SCRIPT, window)
  return { link, field, window, listeners, rd: () => new URL(link.href).searchParams.get('rd') }
}

test('the fragment joins the return target in links and forms', () => {
  const page = runFragmentScript('#/inbox?a=1&b=2', '/mail?x=//y')
  expect(page.rd()).toBe('/mail?x=//y#/inbox?a=1&b=2')
  expect(page.field.value).toBe('/mail?x=//y#/inbox?a=1&b=2')
})

test('a fragment that changes later replaces the former one', () => {
  const page = runFragmentScript('#one', '/mail')
  page.window.location.hash = '#two'
  for (const listener of page.listeners) listener()
  expect(page.rd()).toBe('/mail#two')
})

test('a return target with a fragment of its own keeps it', () => {
  expect(runFragmentScript('#page', '/mail#own').rd()).toBe('/mail#own')
})
