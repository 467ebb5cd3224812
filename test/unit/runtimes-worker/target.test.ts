import { describe, expect, it } from 'vitest'
import { targetOf, toUpstreamUrl } from '../../../runtimes/worker/target.ts'

const origin = 'http://app.internal:8080'

describe('the target of a request', () => {
  it.each([
    ['https://app.example.com/a/../b?x=%20', 'app.example.com', '/a/../b?x=%20'],
    ['https://app.example.com//evil.test/x', 'App.Example.com', '//evil.test/x'],
    ['http://app.example.com:8787/', 'app.example.com:8787', '/'],
    ['http://app.example.com', 'app.example.com', '/'],
    ['http://app.example.com?x', 'app.example.com', '?x'],
    ['http://[::1]:80/a?b//c', '[::1]:80', '/a?b//c'],
    // `OPTIONS *` and `GET admin`.
    ['http://app.example.com*', 'app.example.com', '*'],
    ['http://app.example.comadmin', 'app.example.com', 'admin'],
    ['https://app.example.com/a', 'app.example.com:443', '/a'],
    ['http://app.example.com:8787/a', 'app.example.com', '/a'],
    ['https://app.example.com/a?b', '', '/a?b'],
  ])('%s for Host %s is %s', (url, host, target) => {
    expect(targetOf(url, host)).toBe(target)
  })
})

describe('the URL of an upstream request', () => {
  it.each([
    '/',
    '/?',
    '//evil.test/x',
    '/%5c%5cevil.test',
    '/a%2Fb%7e',
    '/a;b=1,c:@!$&()*+~|',
    '/a?b=%zz&c=[]{}|^`\\',
    '/a?/../b',
  ])('the URL of an upstream request is exactly the target: %s', (target) => {
    const url = toUpstreamUrl({ origin, target })
    expect(url?.href).toBe(origin + target)
    expect(url?.origin).toBe(origin)
  })

  it.each([
    '/a/../b',
    '/a/%2e%2e/b',
    '/a/.',
    '/a\\b',
    '/\\evil.test',
    '/a b',
    '/ad\tmin',
    '/a#b',
    '/a?b#c',
    '/a"b',
    '/é',
    '/a?é',
    '@evil.test/',
    ':80/',
    '',
  ])('the URL of an upstream request is not there when it would be another one: %j', (target) => {
    expect(toUpstreamUrl({ origin, target })).toBeUndefined()
  })

  it('the URL of an upstream request lets an apostrophe in a query become %27, and nothing else', () => {
    expect(toUpstreamUrl({ origin, target: "/it's?name='x'" })?.href).toBe(`${origin}/it's?name=%27x%27`)
    expect(toUpstreamUrl({ origin, target: '/a?name="x"' })).toBeUndefined()
  })
})
