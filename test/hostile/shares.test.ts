import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RawClient, rawRequest } from './client.ts'
import { type Gate, ORIGIN, type Rig, startRig } from './gate-fixture.ts'

let rig: Rig
let gate: Gate
let alice: string
let bob: string

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nfrom the app'
const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const ACCEPT = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
const SWITCH = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`
const EVENTS = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'
const HANDSHAKE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${KEY}`,
  `Origin: ${ORIGIN}`,
]
/** More than the connections that one upstream is given. */
const CROWD = 1_040

beforeAll(async () => {
  rig = await startRig()
  gate = await rig.gate('--skip-auth-route=^/public/', '--upstream-timeout=2s')
  alice = `Cookie: ${await gate.signIn()}`
  rig.provider.user = { sub: 'bob', email: 'bob@example.com', email_verified: true }
  bob = `Cookie: ${await gate.signIn()}`
})
afterAll(() => rig.close())
afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy()
  await expect.poll(() => rig.app.openConnections(), { timeout: 10_000 }).toBeLessThan(200)
  rig.app.take()
})

const clients: RawClient[] = []

/** The same request on so many connections; nothing is read of what comes back. */
async function crowd(request: string): Promise<readonly RawClient[]> {
  const made: RawClient[] = []
  for (let at = 0; at < CROWD; at += 1) {
    const client = gate.dial(60_000)
    client.write(request)
    made.push(client)
    clients.push(client)
    // A pause now and then, or the kernel's queue of new connections overflows.
    if (at % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await new Promise((resolve) => setTimeout(resolve, 500))
  return made
}

/** Milliseconds until 200; anything else fails the test. */
async function expectServed(target: string, ...lines: readonly string[]): Promise<void> {
  const answer = await gate.tell(rawRequest(target, { lines: [...lines, 'Connection: close'] }))
  expect(answer?.status).toBe(200)
}

/** What the app does: the targets of a crowd never end, everything else is answered at once. */
function app(held: (socket: Socket) => void): void {
  rig.app.answer(({ target }, socket) => {
    if (target.endsWith('/held')) held(socket)
    else socket.write(OK, 'latin1')
  })
}

describe('a crowd on one upstream', () => {
  it('a crowd of WebSockets of one person leaves room for everyone else [DS-28]', async () => {
    app((socket) => socket.write(SWITCH, 'latin1'))
    const made = await crowd(rawRequest('/held', { lines: [...HANDSHAKE, alice] }))
    await expectServed('/x', bob)
    await expectServed('/public/x')
    const statuses = await Promise.all(made.map(async (client) => (await client.response()).status))
    // How many of them one person may open follows the memory of this machine.
    expect(statuses.filter((status) => status === 101).length).toBeGreaterThan(100)
    expect([101, 503]).toEqual(expect.arrayContaining([...new Set(statuses)]))
    // Their tunnels do not count against their requests either.
    await expectServed('/x', alice)
  })

  it('a crowd of unended answers of one person leaves room for everyone else [DS-28]', async () => {
    app((socket) => socket.write(EVENTS, 'latin1'))
    await crowd(rawRequest('/held', { lines: [alice] }))
    await expectServed('/x', bob)
    await expectServed('/public/x')
  })

  it('a crowd of unended answers on public routes leaves room for people who are signed in [DS-28]', async () => {
    app((socket) => socket.write(EVENTS, 'latin1'))
    await crowd(rawRequest('/public/held'))
    await expectServed('/x', bob)
  })

  it('a crowd of bodies that do not come leaves room, and each is ended with 408 after upstream-timeout [DS-29]', async () => {
    app((socket) => void socket.write(OK, 'latin1'))
    const made = await crowd(
      `${rawRequest('/public/x', { method: 'POST', lines: ['Content-Length: 100'] })}a`,
    )
    await expectServed('/x', bob)
    const answer = await made[0]?.response()
    expect([answer?.status, answer?.header('connection')]).toEqual([408, 'close'])
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ error: 'request_timeout' })
    await made[0]?.closed()
    // The network of the crowd has its turn again, once the part of the crowd that waited is gone as well.
    const status = async () =>
      (await gate.tell(rawRequest('/public/x', { lines: ['Connection: close'] })))?.status
    await expect.poll(status, { timeout: 10_000 }).toBe(200)
  })
})

it('a body of a person who is signed in is ended with 408 when it stops coming [DS-29]', async () => {
  app((socket) => void socket.write(OK, 'latin1'))
  const client = gate.dial()
  const request = rawRequest('/x', { method: 'POST', lines: ['Transfer-Encoding: chunked', alice] })
  client.write(`${request}3\r\nabc\r\n`)
  const started = performance.now()
  // As long as something comes, time begins again.
  for (let at = 0; at < 3; at += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    client.write('1\r\na\r\n')
  }
  expect((await client.response()).status).toBe(408)
  expect(performance.now() - started).toBeGreaterThan(4_500)
  await client.closed()
})

it('a client that stops reading is cut after upstream-timeout, and the app learns of it [DS-30]', async () => {
  let pouring: Socket | undefined
  app((socket) => {
    pouring = socket
    socket.write(EVENTS, 'latin1')
    const piece = `10000\r\n${'a'.repeat(0x10000)}\r\n`
    const pour = (): void => {
      while (socket.writable && socket.write(piece, 'latin1'));
      if (socket.writable) socket.once('drain', pour)
    }
    pour()
  })
  const client = gate.dial(30_000)
  client.socket.pause()
  client.write(rawRequest('/held', { lines: [alice] }))
  await expect.poll(() => pouring?.destroyed, { timeout: 10_000 }).toBe(true)
  client.socket.destroy()
})
