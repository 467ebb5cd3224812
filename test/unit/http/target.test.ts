import { describe, expect, it } from 'vitest'
import { readHead } from '../../../src/http/head.ts'
import { checkHead, parseTarget, readHost, readTarget } from '../../../src/http/target.ts'
import { anIncomingRequest, type RequestTraits } from '../../support/incoming-request.ts'

const HOST = ['Host', 'app.example.com']

function check(given: RequestTraits) {
  const request = anIncomingRequest(given)
  return checkHead(request, readHead(request.headers))?.reason
}

describe('parseTarget()', () => {
  it.each([
    '/',
    '/a/b.c',
    '/a?x=//y&z=/../',
    '/a?x=\\',
    '/%C3%A9',
    '/a%20b',
    '/a.b/..c/c.d',
    '/caf%C3%A9/men%C3%BC',
    '/%E6%97%A5%E6%9C%AC/a%20b',
    '/@x:y/',
    '/?',
    '/"<b>',
  ])('parseTarget() takes %s as it is and as unambiguous', (raw) => {
    const target = parseTarget(raw)
    expect(target).toMatchObject({ ok: true, value: { raw, ambiguous: false } })
  })

  it('parseTarget() splits at the first question mark only', () => {
    expect(parseTarget('/a?b?c=/d')).toMatchObject({ value: { path: '/a', query: '?b?c=/d' } })
  })

  it.each([
    '/public/../admin',
    '/public/..',
    '/./a',
    '/a/.',
    '/public/%2e%2e/admin',
    '/public/%2E%2E',
    '/public/.%2e/admin',
    '/public/%2e./admin',
    '/public/..%2fadmin',
    '/public%2F..%2Fadmin',
    '/public/%5c..%5cadmin',
    '/public/%252e%252e/admin',
    '/%2561dmin',
    '//admin',
    '/public//x',
    '/public/..;/admin',
    '/api;/x',
    '/public%23/x',
    '/healthz%3f',
    '/healthz%0a',
    '/ad%09min',
    '/%c0%ae%c0%ae/admin',
    '/%ff',
    '/%u002e',
    '/%',
    '/a%7f',
    // What apps make of it that trim the ends of segments, Windows its dots as well.
    '/public/..%20/admin',
    '/admin%20',
    '/%20admin',
    '/admin%C2%A0/x',
    '/admin%E3%80%80',
    '/admin%C2%85',
    '/admin.',
    '/c../x',
    '/...',
    // That normalise: full-width solidus, dot leaders, letters; a letter and its accent apart.
    '/%EF%BC%8Fadmin',
    '/public/%E2%80%A4%E2%80%A4/admin',
    '/%EF%BD%81dmin',
    '/%E2%84%AAube',
    '/public%EF%BC%85%32%66..',
    '/cafe%CC%81',
    // That drop what is not seen: soft hyphen, zero width space and joiner, byte order mark, a variation selector.
    '/public/.%C2%AD./admin',
    '/public/%E2%80%8B../admin',
    '/ad%E2%80%8Dmin',
    '/%EF%BB%BFadmin',
    '/admin%EF%B8%8F',
    '/ad%E2%80%AEmin',
  ])('parseTarget() keeps %s byte for byte but calls it ambiguous', (raw) => {
    expect(parseTarget(raw)).toMatchObject({ ok: true, value: { raw, ambiguous: true } })
  })

  it.each([
    '/a#b',
    '/\\admin',
    '/a b',
    '/a\tb',
    '/\u00e9',
    '/a%00b',
    '/a?x=#y',
    '/a?x= y',
    'admin',
    '*',
    '',
    '?x',
    'ftp://x/',
  ])('parseTarget() refuses %j', (raw) => {
    expect(parseTarget(raw)).toMatchObject({ ok: false, problem: { reason: 'target_malformed' } })
  })
})

describe('readTarget()', () => {
  it('readTarget() takes an absolute form that names the host itself', () => {
    expect(readTarget('http://app.example.com/a?b', 'app.example.com')).toMatchObject({
      value: { raw: '/a?b' },
    })
    expect(readTarget('http://APP.example.com', 'app.example.com')).toMatchObject({ value: { raw: '/' } })
  })

  it.each([
    'http://evil.example/admin',
    'http://app.example.com@evil.example/',
    'http://user:pw@app.example.com/',
  ])('readTarget() refuses %s, because this is no forward proxy', (raw) => {
    expect(readTarget(raw, 'app.example.com').ok).toBe(false)
  })

  it('readTarget() refuses a target over 16 KiB', () => {
    expect(readTarget(`/${'a'.repeat(16_384)}`, 'x')).toMatchObject({
      problem: { reason: 'target_too_long' },
    })
  })
})

describe('checkHead()', () => {
  it.each(['GET', 'HEAD', 'POST', 'PROPFIND', 'M-SEARCH', 'LIST', 'list', 'Un-Do_2', "a!#$%&'*+.^_`|~"])(
    'checkHead() lets %s through',
    (method) => {
      expect(check({ method })).toBeUndefined()
    },
  )

  it.each(['get', 'gEt', 'TRACE', 'trace', 'TRACK', 'CONNECT', 'PRI', '', 'GE T', 'GET\t', '(GET)', 'GÉT'])(
    'checkHead() refuses %j',
    (method) => {
      expect(check({ method })).toBe('method_not_allowed')
    },
  )

  it.each([
    [['Content-Length', '5', 'Content-Length', '5']],
    [['Content-Length', '1, 1']],
    [['Content-Length', '+1']],
    [['Content-Length', '0x1']],
    [['Content-Length', '']],
    [['Transfer-Encoding', 'gzip, chunked']],
    [['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked']],
    [['Transfer-Encoding', 'xchunked']],
    [['Transfer-Encoding', 'chunked', 'content-length', '3']],
  ])('checkHead() refuses the framing of %j', (headers) => {
    expect(check({ headers: [...HOST, ...headers] })).toBe('request_malformed')
  })

  it('checkHead() takes chunked in any case, but not from HTTP/1.0 and nothing from HTTP/0.9', () => {
    const headers = [...HOST, 'Transfer-Encoding', 'ChUnKeD']
    expect(check({ headers })).toBeUndefined()
    expect(check({ headers, httpVersion: '1.0' })).toBe('request_malformed')
    expect(check({ httpVersion: '0.9' })).toBe('request_malformed')
  })

  it('checkHead() refuses a flood of header lines', () => {
    expect(check({ headers: Array.from({ length: 402 }, () => 'a') })).toBe('headers_too_many')
  })
})

describe('readHost()', () => {
  const read = (...values: string[]) => readHost(readHead(values.flatMap((value) => ['Host', value])))

  it.each([
    ['APP.example.COM', 'app.example.com'],
    ['app.example.com:4180', 'app.example.com:4180'],
    ['app.example.com.', 'app.example.com'],
    ['[::1]:80', '[::1]:80'],
    ['localhost', 'localhost'],
    ['a_b.c', 'a_b.c'],
  ])('readHost() reads %s', (value, host) => {
    expect(read(value)).toEqual({ ok: true, value: host })
  })

  it.each([
    '',
    'a, b',
    'a@b',
    'a/b',
    'a?b',
    'a#b',
    'a b',
    'a:evil',
    '[::1%25lo]',
    'a\\b',
    'x:123456',
    '.a',
    'ä.de',
  ])('readHost() refuses %j', (value) => {
    expect(read(value)).toMatchObject({ ok: false, problem: { reason: 'host_malformed' } })
  })

  it('readHost() refuses a request without a Host line and one with two', () => {
    expect(read().ok).toBe(false)
    expect(read('a', 'a').ok).toBe(false)
  })
})
