import { expect, it } from 'vitest'
import { copyText, didYouMean, hasControls, nearestName, quote } from '../../../src/lib/text.ts'

it.each([
  ['the password of a URL', 'http://user:pa/ss@host/x', '"http://…@host/x"'],
  ['line breaks, quotes and escapes', 'a\nb"\x1b[31m', '"a\\nb\\"\\u001b[31m"'],
  ['all but the start of a long text', 'x'.repeat(500), `"${'x'.repeat(120)}…"`],
])('quote() shows one line without %s', (_, text, shown) => {
  expect(quote(text)).toBe(shown)
})

it.each(['a\0', 'a\tb', 'a\r', '\x7f'])('hasControls() finds the control character in %j', (text) => {
  expect(hasControls(text)).toBe(true)
})

it('hasControls() finds none in printable text of any script', () => {
  expect(hasControls('Grüße, 世界 ~!')).toBe(false)
})

it.each([
  ['cookie-domian', 'cookie-domain'],
  ['upstreams', 'upstream'],
  ['something-else', undefined],
])('nearestName() takes %s for %s', (name, nearest) => {
  expect(nearestName(name, ['cookie-domain', 'cookie-name', 'upstream'])).toBe(nearest)
})

it('didYouMean() asks about the nearest name and says nothing without one', () => {
  expect(didYouMean('gogle', ['google', 'github'])).toBe('; did you mean "google"?')
  expect(didYouMean('okta', ['google', 'github'])).toBe('')
})

it.each(['', 'abc', '\ufeffab', 'Grüße, 世界 😀'])('copyText() keeps %j as it is', (text) => {
  expect(copyText(text)).toBe(text)
})
