import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RawClient, rawRequest } from './client.ts'
import { cookieHeader, type Gate, ORIGIN, type Rig, SESSION, startRig } from './gate-fixture.ts'
import { createMint } from './token-fixture.ts'

let rig: Rig
let gate: Gate
let cookie: string

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const accept = (key: string) =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
const SWITCH = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept(KEY)}\r\n\r\n`
const ASKING = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${KEY}`,
]
const OURS = `Origin: ${ORIGIN}`

beforeAll(async () => {
  rig = await startRig()
  gate = await rig.gate('--skip-auth-route=GET=^/public/')
  cookie = `Cookie: ${await gate.signIn()}`
  rig.app.take()
})
afterAll(() => rig.close())
afterEach(() => {
  rig.app.answer(SWITCH)
  rig.app.take()
})

function handshake(...lines: readonly string[]): string {
  return rawRequest('/ws', { lines: [...ASKING, ...lines] })
}

/** Opens a tunnel as Alice; what the app says arrives on the client, and the other way round. */
async function openTunnel(to = gate, more: readonly string[] = [cookie]): Promise<RawClient> {
  rig.app.answer(SWITCH)
  const client = to.dial()
  client.write(handshake(OURS, ...more))
  expect((await client.response()).status).toBe(101)
  return client
}

describe('a handshake', () => {
  it.each<[string, string, string[], number]>([
    ['WS-01', 'of nobody', [OURS], 401],
    ['WS-02', 'of another site', ['Origin: https://evil.example', 'COOKIE'], 403],
    ['WS-03', 'without an origin', ['COOKIE'], 403],
    ['WS-03', 'of a sandbox', ['Origin: null', 'COOKIE'], 403],
    ['WS-03', 'of a sibling', ['Origin: https://other.example.com', 'COOKIE'], 403],
    ['WS-03', 'of another port', [`${OURS}:8443`, 'COOKIE'], 403],
    ['WS-03', 'of a longer name', [`${OURS}.evil`, 'COOKIE'], 403],
    ['WS-03', 'of a user of that name', ['Origin: https://app.example.com@evil.example', 'COOKIE'], 403],
    ['WS-03', 'of two sites', [OURS, 'Origin: https://evil.example', 'COOKIE'], 403],
    ['WS-03', 'of a path', [`${OURS}/`, 'COOKIE'], 403],
    ['WS-03', 'of this site without TLS', ['Origin: http://app.example.com', 'COOKIE'], 403],
    ['WS-03', 'of another case', ['Origin: HTTPS://app.example.com', 'COOKIE'], 403],
    ['WS-11', 'with a key that is none', ['KEY not-a-valid-key', OURS, 'COOKIE'], 400],
    ['WS-11', 'with a short key', ['KEY AAAA', OURS, 'COOKIE'], 400],
    ['WS-11', 'without a key', ['KEY', OURS, 'COOKIE'], 400],
    ['WS-09', 'with two keys', [`Sec-WebSocket-Key: ${KEY}`, OURS, 'COOKIE'], 400],
    ['WS-09', 'with a body', ['Content-Length: 4', OURS, 'COOKIE'], 400],
  ])('a handshake $1 is refused, and the app hears nothing [$0]', async (_, __, given, status) => {
    const key = given.find((line) => line.startsWith('KEY'))?.slice(4)
    const asking = ASKING.filter((line) => key === undefined || !line.startsWith('Sec-WebSocket-Key'))
    const lines = [...asking, ...(key ? [`Sec-WebSocket-Key: ${key}`] : [])]
    const more = given
      .filter((line) => !line.startsWith('KEY'))
      .map((line) => (line === 'COOKIE' ? cookie : line))
    const client = gate.dial()
    client.write(rawRequest('/ws', { lines: [...lines, ...more] }))
    const answer = await client.response()
    expect([answer.status, answer.header('location')]).toEqual([status, undefined])
    expect(rig.app.take()).toEqual([])
    client.socket.destroy()
  })

  it('a handshake that was refused stands in the log as denied [WS-02]', async () => {
    await gate.tell(handshake('Origin: https://evil.example', cookie))
    await expect
      .poll(() =>
        gate
          .log()
          .filter(({ path, status }) => path === '/ws' && status === 403)
          .at(-1),
      )
      .toMatchObject({ verdict: 'deny', user: 'alice@example.com' })
  })

  it.each([
    ['WS-04', ['Connection: keep-alive, Upgrade', 'Upgrade: WebSocket']],
    ['WS-04', ['Connection: upgrade', 'Upgrade: WEBSOCKET']],
  ])('%s: a handshake may be spelt %j', async (_, lines) => {
    const client = gate.dial()
    client.write(rawRequest('/ws', { lines: [...lines, ...ASKING.slice(2), OURS, cookie] }))
    expect((await client.response()).status).toBe(101)
    client.socket.destroy()
  })

  it.each(['websocket, foo', 'foo, websocket', 'foo'])(
    'a handshake for a list of protocols is none: %s [WS-04]',
    async (upgrade) => {
      rig.app.answer('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
      const lines = ['Connection: Upgrade', `Upgrade: ${upgrade}`, ...ASKING.slice(2), OURS, cookie]
      expect((await gate.tell(rawRequest('/ws', { lines })))?.status).toBe(200)
      expect(rig.app.take()[0]?.all('upgrade')).toEqual([])
    },
  )

  it('a handshake carries the identity, and nothing that the client says of it [WS-07]', async () => {
    const client = await openTunnel(gate, [
      cookie,
      'X-Forwarded-User: mallory',
      'x_auth_request_groups: admins',
    ])
    const [request] = rig.app.take()
    expect([request?.all('x-forwarded-user'), request?.all('cookie')]).toEqual([['alice'], []])
    expect(request?.raw).not.toContain('mallory')
    client.socket.destroy()
  })

  it('a handshake on a public path carries no identity [RT-39]', async () => {
    const client = gate.dial()
    client.write(rawRequest('/public/ws', { lines: [...ASKING, 'X-Forwarded-User: mallory'] }))
    expect((await client.response()).status).toBe(101)
    expect(rig.app.take()[0]?.raw).not.toMatch(/mallory|x-forwarded-user/iu)
    client.socket.destroy()
  })

  it.each([
    [
      'WS-09, SM-31',
      'HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n',
      426,
    ],
    ['WS-09', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 200],
    ['WS-09', SWITCH.replace(accept(KEY), accept('another')), 502],
    ['WS-09', SWITCH.replace('Upgrade: websocket', 'Upgrade: foo'), 502],
    ['WS-09', SWITCH.replace(/Sec-WebSocket-Accept[^\r]*\r\n/u, ''), 502],
  ])('%s: a handshake opens no tunnel before the app has agreed: %j', async (_, said, status) => {
    rig.app.answer(said)
    const client = gate.dial()
    client.write(
      rawRequest('/ws', {
        lines: [...ASKING.slice(0, 2), 'Sec-WebSocket-Version: 777', ASKING[3] ?? '', OURS, cookie],
      }),
    )
    expect((await client.response()).status).toBe(status)
    // What a client says after a handshake that failed is nobody's request.
    client.write(rawRequest('/smuggled', { lines: [cookie] }))
    await client.closed()
    expect(rig.app.take().map(({ target }) => target)).toEqual(['/ws'])
  })

  it('a handshake keeps what it says in Sec-WebSocket-Protocol out of the log [WS-08]', async () => {
    const client = await openTunnel(gate, [
      cookie,
      'Sec-WebSocket-Protocol: bearer, eyJhbGciOiJ.marked.token',
    ])
    client.socket.destroy()
    await expect.poll(() => gate.log().filter(({ status }) => status === 101).length).toBeGreaterThan(0)
    expect(gate.output()).not.toContain('marked')
  })

  it('a handshake may fail ten thousand times [WS-11]', async () => {
    const before = gate.memoryKb()
    for (let round = 0; round < 20; round += 1) {
      const requests = Array.from({ length: 100 }, () => gate.tell(handshake(OURS)))
      expect((await Promise.all(requests)).every((answer) => answer?.status === 401)).toBe(true)
    }
    expect(gate.memoryKb() - before).toBeLessThan(64 * 1024)
    expect(gate.isAlive()).toBe(true)
  })
})

describe('a tunnel', () => {
  it('a tunnel ends with the session, which the client is told [WS-05]', async () => {
    const mint = await createMint({ issuer: rig.provider.origin })
    const token = await mint.session({ expiresAtMs: Date.now() + 2_500 })
    const client = await openTunnel(gate, [`Cookie: ${SESSION}=${token}`])
    const start = performance.now()
    // A close frame (RFC 6455 §5.5.1) with 1008.
    expect((await client.closed()).slice(0, 4)).toMatch(/^\x88.\x03\xf0$/su)
    expect(performance.now() - start).toBeLessThan(6_000)
    await expect.poll(() => rig.app.openConnections()).toBe(0)
  })

  it('a tunnel is one line in the log, when it has ended', async () => {
    const lines = () => gate.log().filter(({ path }) => path === '/once')
    const client = gate.dial()
    client.write(rawRequest('/once', { lines: [...ASKING, OURS, cookie] }))
    expect((await client.response()).status).toBe(101)
    expect(lines()).toEqual([])
    client.socket.end()
    await client.closed()
    await expect.poll(() => lines().length).toBe(1)
    await gate.written()
    expect(lines()).toHaveLength(1)
  })

  it('a tunnel carries frames of any size without keeping them [WS-10]', async () => {
    const before = gate.memoryKb()
    const client = gate.dial()
    let end = () => {}
    rig.app.answer((_, socket) => {
      socket.write(SWITCH)
      socket.pause()
      end = () => socket.destroy()
    })
    client.write(handshake(OURS, cookie))
    expect((await client.response()).status).toBe(101)
    const piece = Buffer.alloc(1_048_576, 0x01)
    for (let at = 0; at < 64; at += 1) client.write(piece)
    await new Promise((resolve) => setTimeout(resolve, 500))
    // The app does not read, so neither may we: most of it still waits at the client.
    expect(client.socket.writableLength).toBeGreaterThan(24 * 1_048_576)
    expect(gate.memoryKb() - before).toBeLessThan(48 * 1024)
    client.socket.destroy()
    // A socket that is not read does not see its end.
    end()
  })

  it('a tunnel is cut by a client that goes, a thousand times, and nothing stays behind [WS-10]', async () => {
    for (let round = 0; round < 20; round += 1) {
      const clients = await Promise.all(Array.from({ length: 10 }, () => openTunnel()))
      for (const client of clients) client.socket.resetAndDestroy()
    }
    await expect.poll(() => rig.app.openConnections()).toBe(0)
    expect(gate.isAlive()).toBe(true)
  })

  it('a tunnel does not outlive a sign-out by its handshake [WS-06]', async () => {
    const visitor = gate.visitor()
    await visitor.browse('/oauth2/start?rd=/')
    const own = `Cookie: ${cookieHeader(visitor)}`
    await visitor.visit('/oauth2/sign_out', { method: 'POST' })
    expect((await gate.tell(handshake(OURS, own)))?.status).toBe(401)
  })
})

describe('a stream of events', () => {
  it('a stream of events ends with the session [WS-13]', async () => {
    const mint = await createMint({ issuer: rig.provider.origin })
    const token = await mint.session({ expiresAtMs: Date.now() + 2_500 })
    rig.app.answer((_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n')
      const timer = setInterval(() => socket.write('data: 2\n\n'), 100)
      socket.on('close', () => clearInterval(timer))
    })
    const client = gate.dial()
    const start = performance.now()
    client.write(rawRequest('/events', { lines: [`Cookie: ${SESSION}=${token}`] }))
    expect(await client.closed()).toContain('data: 2')
    expect(performance.now() - start).toBeLessThan(6_000)
    await expect.poll(() => rig.app.openConnections()).toBe(0)
  })
})

it('the gate is still up after hostile WebSockets, and has written about no bug', () => {
  expect(gate.isAlive()).toBe(true)
  expect(gate.output()).not.toMatch(/Bug:/u)
})
