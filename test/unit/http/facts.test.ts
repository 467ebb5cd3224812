import { describe, expect, it } from 'vitest'
import type { TrustConfig } from '../../../src/config/sections/paths.ts'
import { createReadFacts } from '../../../src/http/facts.ts'
import { readHead } from '../../../src/http/head.ts'
import type { HeaderLines, Peer } from '../../../src/platform.ts'
import { anIncomingRequest, type RequestTraits } from '../../support/incoming-request.ts'

const DIRECT: TrustConfig = {
  reverseProxy: false,
  trustedProxyIps: [],
  realClientIpHeader: 'x-real-ip',
  forwardAuthUriHeader: undefined,
}
const BEHIND: TrustConfig = {
  reverseProxy: true,
  trustedProxyIps: ['10.0.0.0/8'],
  realClientIpHeader: 'x-forwarded-for',
  forwardAuthUriHeader: undefined,
}
const PROXY: Peer = { kind: 'ip', address: '10.0.0.5' }

function facts(trust: TrustConfig, given: RequestTraits & { more?: HeaderLines }, secure = false) {
  const request = anIncomingRequest({
    ...given,
    headers: given.headers ?? ['Host', 'app.example.com', ...(given.more ?? [])],
  })
  const read = createReadFacts(trust, secure)(request, readHead(request.headers))
  if (!read.ok) throw new Error(read.problem.reason)
  return read.value
}

describe('who the client is', () => {
  it('the client is the peer when no proxy is trusted, whatever headers say', () => {
    const more = ['X-Forwarded-For', '127.0.0.1', 'X-Real-IP', '127.0.0.1', 'Forwarded', 'for=127.0.0.1']
    expect(facts(DIRECT, { more }).client).toBe('203.0.113.7')
    expect(facts(BEHIND, { more }).client).toBe('203.0.113.7')
  })

  it.each([
    ['9.9.9.9, 6.6.6.6', '6.6.6.6'],
    ['9.9.9.9, 6.6.6.6, 10.1.1.1', '6.6.6.6'],
    ['10.0.0.9, 10.1.1.1', '10.0.0.9'],
    ['1.1.1.1, 127.0.0.1', '127.0.0.1'],
    ['6.6.6.6:80', '6.6.6.6'],
    ['[::1]', '::1'],
    ['::ffff:6.6.6.6', '6.6.6.6'],
    ['9.9.9.9,\t6.6.6.6 ', '6.6.6.6'],
    // Optional whitespace is SP and HTAB: this is no address.
    ['9.9.9.9, \xa06.6.6.6', undefined],
  ])('the client of X-Forwarded-For %s, walked from the right, is %s', (value, client) => {
    expect(facts(BEHIND, { peer: PROXY, more: ['X-Forwarded-For', value] }).client).toBe(client)
  })

  it('the client is read from repeated X-Forwarded-For lines joined in order', () => {
    const more = ['X-Forwarded-For', '9.9.9.9', 'x-forwarded-for', '6.6.6.6, 10.0.0.2']
    expect(facts(BEHIND, { peer: PROXY, more }).client).toBe('6.6.6.6')
  })

  it.each(['a', '', '0177.0.0.1', '999.1.1.1', '127.1', '2130706433', '9.9.9.9, junk'])(
    'the client is unknown when a trusted proxy says %j',
    (value) => {
      expect(facts(BEHIND, { peer: PROXY, more: ['X-Forwarded-For', value] }).client).toBeUndefined()
    },
  )

  it('the client is unknown when a trusted proxy says nothing', () => {
    expect(facts(BEHIND, { peer: PROXY }).client).toBeUndefined()
  })

  it('the client is read from a single-address header only when it holds one address', () => {
    const trust = { ...BEHIND, realClientIpHeader: 'x-real-ip' }
    expect(facts(trust, { peer: PROXY, more: ['X-Real-Ip', '9.9.9.9'] }).client).toBe('9.9.9.9')
    expect(facts(trust, { peer: PROXY, more: ['X-Real-Ip', '9.9.9.9, 6.6.6.6'] }).client).toBeUndefined()
  })

  it('the client is never a unix socket, which is trusted as a proxy', () => {
    const read = facts(BEHIND, { peer: { kind: 'unix' } })
    expect(read).toMatchObject({ trusted: true, client: undefined })
    expect(facts(DIRECT, { peer: { kind: 'unix' } })).toMatchObject({ trusted: false, client: undefined })
  })

  it('the client of an IPv4-mapped peer is the IPv4 address', () => {
    expect(facts(BEHIND, { peer: { kind: 'ip', address: '::ffff:10.0.0.5' } }).trusted).toBe(true)
  })
})

describe('where the browser believes to be', () => {
  const more = [
    'X-Forwarded-Host',
    'evil.example',
    'X-Forwarded-Proto',
    'https',
    'X-Forwarded-Uri',
    '/public',
  ]

  it('the external origin ignores forwarded headers from an untrusted peer', () => {
    const read = facts(BEHIND, { more })
    expect(read).toMatchObject({ host: 'app.example.com', scheme: 'http', origin: 'http://app.example.com' })
    expect(read.forwarded).toEqual({ request: undefined, redirect: undefined })
  })

  it('the external origin takes forwarded headers from a trusted peer', () => {
    const read = facts(BEHIND, { peer: PROXY, more: [...more, 'X-Forwarded-Method', 'POST'] })
    expect(read).toMatchObject({ host: 'evil.example', scheme: 'https', origin: 'https://evil.example' })
    expect(read.forwarded).toEqual({
      request: { method: 'POST', uri: '/public', host: undefined },
      redirect: undefined,
    })
  })

  it.each([
    ['evil.example, app.example.com', 'app.example.com'],
    ['app.example.com@evil.example', 'app.example.com'],
    ['', 'app.example.com'],
    ['a b', 'app.example.com'],
  ])('the external origin of X-Forwarded-Host %j is %s', (value, host) => {
    expect(facts(BEHIND, { peer: PROXY, more: ['X-Forwarded-Host', value] }).host).toBe(host)
  })

  it.each([
    ['https, http', 'http'],
    ['HTTPS', 'https'],
    ['javascript', 'http'],
  ])('the external origin of X-Forwarded-Proto %j is %s', (value, scheme) => {
    expect(facts(BEHIND, { peer: PROXY, more: ['X-Forwarded-Proto', value] }).scheme).toBe(scheme)
  })

  // [X-Forwarded-For, -Proto, -Host, what the outermost trusted proxy saw]
  it.each([
    ['6.6.6.6', 'https', 'app.example.com', '6.6.6.6 https://app.example.com'],
    ['6.6.6.6, 10.1.1.1', 'https,http', 'app.example.com, inner.example', '6.6.6.6 https://app.example.com'],
    ['6.6.6.6, 10.1.1.1', 'https', 'app.example.com', '6.6.6.6 https://app.example.com'],
    ['6.6.6.6', 'https,http', 'app.example.com, inner.example', '6.6.6.6 http://inner.example'],
    ['9.9.9.9, 6.6.6.6', 'https, http', 'evil.example, app.example.com', '6.6.6.6 http://app.example.com'],
    [
      '9.9.9.9, 6.6.6.6, 10.1.1.1',
      'http, https, http',
      'evil.example, app.example.com, inner.example',
      '6.6.6.6 https://app.example.com',
    ],
    [
      '10.0.0.9, 10.1.1.1, 10.1.1.2',
      'https, http, http',
      'a.example, b.example',
      '10.0.0.9 https://a.example',
    ],
    [undefined, 'https, http', 'app.example.com, inner.example', 'undefined http://inner.example'],
    ['junk, 10.1.1.1', 'https, http', 'a.example, b.example', 'undefined https://a.example'],
  ])('the external origin is read from all lists by one rule: %s, %s, %s', (chain, proto, host, expected) => {
    const lines = [
      ...(chain === undefined ? [] : ['X-Forwarded-For', chain]),
      ...['X-Forwarded-Proto', proto, 'X-Forwarded-Host', host],
    ]
    const read = facts(BEHIND, { peer: PROXY, more: lines })
    expect(`${read.client} ${read.origin}`).toBe(expected)
    // Another header for the client changes nothing about the rest.
    const other = facts({ ...BEHIND, realClientIpHeader: 'x-real-ip' }, { peer: PROXY, more: lines })
    expect(other.origin).toBe(read.origin)
  })

  it('the external origin is https when cookies are Secure, though the last hop is not', () => {
    expect(facts(DIRECT, {}, true)).toMatchObject({ scheme: 'http', origin: 'https://app.example.com' })
  })
})

describe('what kind of request it is', () => {
  const browser = ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8']
  const navigate = ['Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Dest', 'document', ...browser]

  it.each([
    ['a visit', navigate, true],
    ['a visit without fetch metadata', browser, true],
    ['a fetch', ['Sec-Fetch-Mode', 'cors', 'Accept', '*/*'], false],
    ['a fetch that asks for HTML', ['Sec-Fetch-Mode', 'cors', ...browser], false],
    ['an iframe', ['Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Dest', 'iframe', ...browser], false],
    ['a prefetch', [...navigate, 'Sec-Purpose', 'prefetch;prerender'], false],
    ['an old prefetch', [...navigate, 'Purpose', 'prefetch'], false],
    ['an XHR', [...browser, 'X-Requested-With', 'XMLHttpRequest'], false],
    ['curl', ['Accept', '*/*'], false],
    ['no Accept at all', [], false],
    ['JSON', ['Accept', 'application/json, text/plain, */*'], false],
    ['JSON over HTML', ['Accept', 'text/html;q=0.5, application/json'], false],
    ['HTML refused', ['Accept', 'text/html;q=0, */*'], false],
    [
      'a service worker',
      ['Sec-Fetch-Mode', 'same-origin', 'Sec-Fetch-Dest', 'serviceworker', ...browser],
      false,
    ],
  ])('a request with %s is a navigation: %s', (_, more, navigation) => {
    expect(facts(DIRECT, { more: more as string[] }).navigation).toBe(navigation)
  })

  it('a POST is never a navigation', () => {
    expect(facts(DIRECT, { method: 'POST', more: navigate }).navigation).toBe(false)
  })

  it.each([
    [['Connection', 'Upgrade', 'Upgrade', 'websocket'], true],
    [['Connection', 'keep-alive, Upgrade', 'Upgrade', 'WebSocket'], true],
    [['Connection', 'Upgrade', 'Upgrade', 'websocket, foo'], false],
    [['Connection', 'keep-alive', 'Upgrade', 'websocket'], false],
    [['Connection', 'Upgrade', 'Upgrade', 'h2c'], false],
  ])('a request with %j is a WebSocket: %s', (more, websocket) => {
    expect(facts(DIRECT, { more }).websocket).toBe(websocket)
  })

  it('a preflight differs from other OPTIONS requests', () => {
    const preflight = ['Origin', 'https://a.example', 'Access-Control-Request-Method', 'PUT']
    expect(facts(DIRECT, { method: 'OPTIONS', more: preflight }).preflight).toBe(true)
    expect(facts(DIRECT, { method: 'OPTIONS', more: preflight.slice(0, 2) }).preflight).toBe(false)
    expect(facts(DIRECT, { method: 'GET', more: preflight }).preflight).toBe(false)
  })
})
