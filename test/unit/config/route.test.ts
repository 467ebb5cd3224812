import { describe, expect, it } from 'vitest'
import { parseRoute } from '../../../src/config/values/route.ts'

describe('parseRoute()', () => {
  it.each([
    ['GET=^/x', 'GET', false, '^/x'],
    ['WEIRD=^/m', 'WEIRD', false, '^/m'],
    ['get=^/x', 'GET', false, '^/x'],
    ['PATCH=/s?are=h&just=f', 'PATCH', false, '/s?are=h&just=f'],
    ['^/x', undefined, false, '^/x'],
    ['=^/x=1', undefined, false, '^/x=1'],
    ['!=^/api', undefined, true, '^/api'],
    ['M!=^/api', 'M', true, '^/api'],
    ['GET=^/a!=b', 'GET', false, '^/a!=b'],
    ['^/(a+)+$', undefined, false, '^/(a+)+$'],
  ])('parseRoute() reads %s as a method, a negation and a pattern', (text, method, negate, pattern) => {
    expect(parseRoute(text)).toMatchObject({ ok: true, value: { rule: { method, negate, pattern } } })
  })

  it.each(['^/x=1', '^/x!=1', 'GET ^/x=', 'GET=', '=', '', '/a=/b', '^/(?=a)', 'GET=^/(a'])(
    'parseRoute() refuses %j, which would never match or always, or is no pattern',
    (text) => {
      expect(parseRoute(text).ok).toBe(false)
    },
  )

  it.each([
    ['GET=^/a', true],
    ['!=\\A/a', true],
    ['/a', false],
  ])('parseRoute() says of %s whether its pattern is bound to the start of a path', (text, anchored) => {
    expect(parseRoute(text)).toMatchObject({ ok: true, value: { anchored } })
  })
})
