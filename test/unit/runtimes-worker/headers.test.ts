import { describe, expect, it } from 'vitest'
import { fromBytes, toBytes } from '../../../runtimes/worker/bytes.ts'
import { hostOf, toRequestHeaders, toResponseHeaders } from '../../../runtimes/worker/headers.ts'
import { toIncomingRequest, type Visit } from '../../../runtimes/worker/incoming-request.ts'
import type { ResponseEdit } from '../../../src/platform.ts'

const visit: Visit = { waitUntil: () => {}, listeners: [] }
const untouched: ResponseEdit = { rewrite: (_, value) => value, add: [] }

describe('text of Workers and bytes of the core', () => {
  it.each(['plain', 'é', '漢字', '😀'])('toBytes() and fromBytes() turn into each other: %s', (text) => {
    expect(toBytes(text)).toBe(Buffer.from(text).toString('latin1'))
    expect(fromBytes(toBytes(text))).toBe(text)
  })
})

describe('an incoming request', () => {
  it('an incoming request has the client from the edge, the scheme from the URL, and the target untouched', () => {
    const request = new Request('https://app.example.com/a?b', {
      headers: { 'CF-Connecting-IP': '203.0.113.7' },
    })
    const { peer, encrypted, target, httpVersion } = toIncomingRequest(request, visit)
    expect({ peer, encrypted, target, httpVersion }).toEqual({
      peer: { kind: 'ip', address: '203.0.113.7' },
      encrypted: true,
      target: '/a?b',
      httpVersion: '1.1',
    })
  })

  it('an incoming request has no client when there is no edge', () => {
    expect(toIncomingRequest(new Request('http://app.example.com/'), visit).peer).toEqual({ kind: 'unknown' })
  })

  it('an incoming request does not let a comma in a cookie begin another cookie', () => {
    const request = new Request('http://a/', { headers: { Cookie: 'x=1, __Host-_oauth2_proxy=planted' } })
    expect(toIncomingRequest(request, visit).headers).toEqual(['cookie', 'x=1, __Host-_oauth2_proxy=planted'])
  })
})

describe('the headers of an upstream request', () => {
  const lines = ['HOST', 'app.example.com', 'X-Two', 'a', 'X-Two', 'b']

  it('the headers of an upstream request leave Host to the URL and keep the rest', () => {
    const headers = toRequestHeaders(lines, { websocket: false })
    expect([...headers]).toEqual([['x-two', 'a, b']])
    expect(hostOf(lines)).toBe('app.example.com')
    expect(hostOf(['X-Host', 'host'])).toBeUndefined()
  })

  it('the headers of an upstream request ask for the upgrade that the core took out of them', () => {
    expect(toRequestHeaders([], { websocket: true }).get('upgrade')).toBe('websocket')
  })
})

describe('the headers of an answer', () => {
  it('the headers of an answer are edited line by line, Set-Cookie lines one by one', () => {
    const upstream = new Response('x', {
      headers: [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'ours=1'],
        ['X-A', '1'],
        ['Keep-Alive', '5'],
      ],
    })
    const edit: ResponseEdit = {
      rewrite: (_, value) => (value.startsWith('ours') ? undefined : value),
      add: ['Set-Cookie', 'b=2', 'Set-Cookie', 'c=3'],
    }
    const headers = toResponseHeaders(upstream, edit)
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2', 'c=3'])
    expect([headers.get('x-a'), headers.get('keep-alive')]).toEqual(['1', null])
  })

  it('the headers of an answer keep a length only where there is no body to measure', () => {
    const init = { headers: { 'Content-Length': '5' } }
    expect(toResponseHeaders(new Response('12345', init), untouched).get('content-length')).toBeNull()
    expect(toResponseHeaders(new Response(null, init), untouched).get('content-length')).toBe('5')
    expect(
      toResponseHeaders(new Response(null, { ...init, status: 204 }), untouched).get('content-length'),
    ).toBeNull()
  })
})
