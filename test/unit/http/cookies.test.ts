import { describe, expect, it } from 'vitest'
import type { CookieConfig } from '../../../src/config/sections/cookie.ts'
import { attributeBytes, readCookies, toSetCookie } from '../../../src/http/cookies.ts'

const COOKIE: CookieConfig = {
  name: '_oauth2_proxy',
  domains: [],
  path: '/',
  secure: true,
  httpOnly: true,
  sameSite: undefined,
  csrf: { sameSite: undefined, expireMs: 900_000, perRequest: false, perRequestLimit: 0 },
}
const change = { name: 's', value: 'v', maxAgeSeconds: 60, purpose: 'session' } as const

describe('readCookies()', () => {
  it.each([
    [
      'a=1; b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'a=1;b=2;;',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['a=b=c==', [['a', 'b=c==']]],
    [
      'a=evil; a=good',
      [
        ['a', 'evil'],
        ['a', 'good'],
      ],
    ],
    ['=__Host-s=evil; __Host-s=good', [['__Host-s', 'good']]],
    ['__Host-s; =', []],
    ['\u00a0__Host-s=evil', [['\u00a0__Host-s', 'evil']]],
    ['__Host%2Ds=evil', [['__Host%2Ds', 'evil']]],
    ['a=%2e%2e', [['a', '%2e%2e']]],
    [
      '__proto__=1; constructor=2',
      [
        ['__proto__', '1'],
        ['constructor', '2'],
      ],
    ],
    [
      'x="a; s=evil; y=b"',
      [
        ['x', '"a'],
        ['s', 'evil'],
        ['y', 'b"'],
      ],
    ],
    ['', []],
  ])('readCookies() of %j reads %j', (header, pairs) => {
    expect(readCookies(header).map(({ name, value }) => [name, value])).toEqual(pairs)
  })

  it('readCookies() stops at two hundred', () => {
    expect(readCookies('a=1;'.repeat(5_000))).toHaveLength(200)
  })
})

describe('toSetCookie()', () => {
  it('toSetCookie() writes every attribute, in the order oauth2-proxy does', () => {
    expect(toSetCookie(change, COOKIE, 'app.example.com')).toBe(
      's=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax',
    )
  })

  it('toSetCookie() deletes with the attributes that it sets with', () => {
    expect(toSetCookie({ ...change, value: '', maxAgeSeconds: 0 }, COOKIE, 'a')).toBe(
      's=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax',
    )
  })

  it.each([
    ['app.example.com', 'example.com'],
    ['app.example.com:8443', 'example.com'],
    ['x.deep.example.com', 'deep.example.com'],
    ['badexample.com', 'other.org'],
    ['deep.example.com', 'deep.example.com'],
  ])('toSetCookie() chooses on host %s the domain %s', (host, domain) => {
    const cookie = { ...COOKIE, domains: ['.example.com', 'deep.example.com', 'other.org'] }
    expect(toSetCookie(change, cookie, host)).toContain(`; Domain=${domain};`)
  })

  it.each([
    ['app.example.com', 'example.com'],
    ['x.app.example.com', 'app.example.com'],
    ['example.com', 'example.com'],
  ])(
    'toSetCookie() takes a leading dot on host %s for the hosts below alone, as oauth2-proxy does: %s',
    (host, domain) => {
      const cookie = { ...COOKIE, domains: ['.example.com', '.app.example.com'] }
      expect(toSetCookie(change, cookie, host)).toContain(`; Domain=${domain};`)
    },
  )

  it('toSetCookie() gives the sign-in cookie its own SameSite', () => {
    const cookie: CookieConfig = { ...COOKIE, sameSite: 'strict', csrf: { ...COOKIE.csrf, sameSite: 'none' } }
    expect(toSetCookie({ ...change, purpose: 'transaction' }, cookie, 'a')).toContain('SameSite=None')
    expect(toSetCookie(change, cookie, 'a')).toContain('SameSite=Strict')
  })

  it('toSetCookie() never writes more attributes than it says', () => {
    const cookie = {
      ...COOKIE,
      domains: ['example.com', 'a.very.long.example.com'],
      sameSite: 'strict',
    } as const
    const line = toSetCookie({ ...change, maxAgeSeconds: 31_536_000 }, cookie, 'x.a.very.long.example.com')
    expect(line.length - 's=v'.length).toBeLessThanOrEqual(attributeBytes(cookie))
  })
})
