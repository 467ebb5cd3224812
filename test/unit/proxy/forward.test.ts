import { describe, expect, it } from 'vitest'
import type { UpstreamConfig } from '../../../src/config/sections/upstreams.ts'
import type { HeaderLines } from '../../../src/platform.ts'
import { toFilePath } from '../../../src/proxy/file-path.ts'
import { headersOf } from '../../support/headers.ts'
import { aSession } from '../../support/session.ts'
import { forwarded, UPSTREAM } from './forwarder-fixture.ts'

describe('forward', () => {
  it('the forwarder plans the request byte for byte', async () => {
    const target = '/a/../b//c?x=1;y=2&x=%26&%00?#'
    const follow = () => ({ judge: async () => 0, stop() {} })
    const { plan, result } = await forwarded({ target, follow })
    expect(result.ok).toBe(true)
    expect(plan).toMatchObject({ target, timeoutMs: 30_000, websocket: false, follow })
    expect(plan.upstream).toBe(UPSTREAM.target)
  })

  it('the forwarder finds no upstream behind an address without one', async () => {
    const { result } = await forwarded({ upstreams: [{ ...UPSTREAM, path: '/x/' }], target: '/y' })
    expect(result).toMatchObject({ ok: false, problem: { reason: 'no_upstream' } })
  })

  it("the forwarder sends a folder without its slash to itself, with Sidegate's cookies", async () => {
    const upstreams = [{ ...UPSTREAM, path: '/x/' }]
    const { result } = await forwarded({ upstreams, target: '/x?a=1', setCookies: ['__Host-s=1'] })
    if (!result.ok) throw new Error(result.problem.reason)
    expect(result.value.status).toBe(301)
    expect(result.value.headers.get('location')).toBe('/x/?a=1')
    expect(result.value.headers.getSetCookie()).toEqual(['__Host-s=1'])
  })

  it('the forwarder answers for static upstreams', async () => {
    const at = (status: number): UpstreamConfig[] => [{ ...UPSTREAM, target: { kind: 'static', status } }]
    const found = await forwarded({
      upstreams: at(202),
      session: aSession(),
      config: headersOf('--set-xauthrequest'),
    })
    if (!found.result.ok) throw new Error(found.result.problem.reason)
    expect(found.result.value.status).toBe(202)
    expect(await found.result.value.text()).toBe('Authenticated')
    expect(found.result.value.headers.get('x-auth-request-user')).toBe('alice-1')
  })

  it('the forwarder answers for static upstreams without a type of content where there can be none (204)', async () => {
    const found = await forwarded({ upstreams: [{ ...UPSTREAM, target: { kind: 'static', status: 204 } }] })
    if (!found.result.ok) throw new Error(found.result.problem.reason)
    expect(found.result.value.status).toBe(204)
    expect(found.result.value.headers.get('content-type')).toBeNull()
  })

  const framings: readonly HeaderLines[] = [
    ['Content-Length', '64'],
    ['transfer-encoding', 'chunked'],
  ]
  it.each(['GET', 'HEAD'])('the forwarder refuses a %s with content [HD-36, SM-18]', async (method) => {
    for (const lines of framings) {
      const { result } = await forwarded({ method, lines, content: 'a' })
      expect(result).toMatchObject({ ok: false, problem: { reason: 'get_with_body' } })
    }
  })

  it.each(['GET', 'HEAD'])(
    'the forwarder carries a %s whose body is empty, whatever frames it',
    async (method) => {
      for (const lines of [...framings, ['Content-Length', '0'], []]) {
        expect((await forwarded({ method, lines, content: '' })).result.ok).toBe(true)
      }
    },
  )

  it('the forwarder carries a GET with content where the upstream takes one', async () => {
    const upstreams = [{ ...UPSTREAM, getBody: true }]
    for (const lines of framings) {
      expect((await forwarded({ upstreams, lines, content: 'a' })).result.ok).toBe(true)
    }
  })

  it('the forwarder lets other methods have a body', async () => {
    expect((await forwarded({ method: 'DELETE', lines: ['Content-Length', '64'] })).result.ok).toBe(true)
  })
})

describe('a WebSocket handshake', () => {
  const facts = { websocket: true }
  const key = ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==']

  it('a WebSocket handshake is planned as one, with what the client says of it [WS-07, SM-31]', async () => {
    const lines = [
      ...key,
      'Sec-WebSocket-Version',
      '777',
      'Sec-WebSocket-Protocol',
      'chat',
      'X-Forwarded-User',
      'root',
    ]
    const { plan } = await forwarded({ facts, lines, session: aSession() })
    expect(plan.websocket).toBe(true)
    expect(plan.headers).toEqual(expect.arrayContaining(lines.slice(0, 6)))
    expect(plan.headers).not.toContain('root')
    expect(plan.headers).toContain('alice-1')
  })

  it.each([
    [[]],
    [['Sec-WebSocket-Key', 'not-a-valid-key']],
    [['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZR==']],
    [[...key, ...key]],
    [[...key, 'Content-Length', '5']],
  ])('a WebSocket handshake with %j is refused [WS-11]', async (lines) => {
    const { result } = await forwarded({ facts, lines })
    expect(result).toMatchObject({ ok: false, problem: { reason: 'request_malformed' } })
  })

  it('a WebSocket handshake is a plain request where WebSockets are not proxied', async () => {
    const upstreams = [{ ...UPSTREAM, websockets: false }]
    const { plan } = await forwarded({ facts, lines: [...key, 'Upgrade', 'websocket'], upstreams })
    expect(plan.websocket).toBe(false)
    expect(plan.headers).not.toContain('Upgrade')
  })
})

describe('the path of a file', () => {
  it.each([
    ['/static/', '/static/a/b.css', '/srv/a/b.css'],
    ['/static/', '/static/', '/srv/'],
    ['/', '/a%20b.txt', '/srv/a b.txt'],
    ['/one.txt', '/one.txt', '/srv/one.txt'],
    ['/', '/.well-known/security.txt', '/srv/.well-known/security.txt'],
  ])('the path of a file below %s for %s is %s', (prefix, path, expected) => {
    expect(toFilePath({ path, prefix, directory: '/srv/' })).toBe(expected)
  })

  it.each([
    '/../etc/passwd',
    '/%2e%2e/etc/passwd',
    '/a/%2e%2e%2f%2e%2e/x',
    '/a%5c..%5cx',
    '/.env',
    '/.git/config',
    '/a//b',
    '//etc/passwd',
    '/%2fetc/passwd',
    '/a%00.txt',
    '/%ff',
    '/%',
    '/...',
  ])('the path of a file is none for %s', (path) => {
    expect(toFilePath({ path, prefix: '/', directory: '/srv' })).toBeUndefined()
  })
})
