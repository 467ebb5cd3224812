import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { closeFrame } from '../../../runtimes/node/upstream/tunnel/frames.ts'
import type { Follow, StreamEnd } from '../../../src/platform.ts'
import { answering, aResponse, type Script, startRawUpstream } from '../../support/raw-upstream.ts'
import { aRequest, openDoor, talk } from './server-fixture.ts'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const ACCEPT = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
const SWITCH = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`
const HANDSHAKE = [
  'Upgrade: websocket',
  'Connection: Upgrade',
  `Sec-WebSocket-Key: ${KEY}`,
  'Sec-WebSocket-Version: 13',
]
const EVENTS = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const part of open.splice(0).reverse()) await part.close()
})

/** A session that a test ends by hand. */
function aSession() {
  const following = new Set<(why: StreamEnd) => void>()
  let followed = 0
  const follow: Follow = (end = () => {}) => {
    followed += 1
    following.add(end)
    return { judge: async () => 0, stop: () => void following.delete(end) }
  }
  return {
    follow,
    open: () => following.size,
    /** How many exchanges were ever followed. */
    followed: () => followed,
    end: (why: StreamEnd = 'sign-in') => {
      for (const end of [...following]) end(why)
    },
  }
}

async function between(script: Script) {
  const session = aSession()
  const upstream = await startRawUpstream(script)
  const door = await openDoor({ upstream: upstream.port, follow: session.follow })
  open.push(upstream, door)
  return { door, upstream, session }
}

describe('what lasts is followed, and ends with its session:', () => {
  it.each([
    ['sign-in', closeFrame(1008, 'session ended')],
    ['reconnect', closeFrame(1012, 'connect again to renew the session')],
  ] as const)('a tunnel, with a close code that says what to do next: %s [WS-05]', async (why, frame) => {
    const { door, upstream, session } = await between((socket) => void socket.write(SWITCH))
    const client = talk(door.port, aRequest('/', HANDSHAKE))
    await client.until(/^HTTP\/1.1 101 [\s\S]*\r\n\r\n$/u)
    expect(session.open()).toBe(1)
    session.end(why)
    expect((await client.closed()).endsWith(frame.toString('latin1'))).toBe(true)
    await expect.poll(() => upstream.sockets[0]?.destroyed).toBe(true)
    await expect.poll(session.open, { timeout: 5_000 }).toBe(0)
  })

  it('an event stream, visibly cut [WS-13]', async () => {
    const { door, upstream, session } = await between((socket) => void socket.write(EVENTS))
    const client = talk(door.port, aRequest())
    await client.until(/data: 1/u)
    await expect.poll(session.open, { timeout: 5_000 }).toBe(1)
    session.end()
    expect(await client.closed()).not.toMatch(/\r\n0\r\n\r\n$/u)
    await expect.poll(() => upstream.sockets[0]?.destroyed).toBe(true)
    expect(session.open()).toBe(0)
  })

  it('an upload, with an answer that says so', async () => {
    const { door, upstream, session } = await between(() => {})
    const client = talk(door.port, `${aRequest('/', ['Content-Length: 100'], 'POST')}some`)
    await upstream.waitFor((received) => received[0]?.endsWith('some') === true)
    await expect.poll(session.open, { timeout: 5_000 }).toBe(1)
    session.end()
    expect(await client.until(/sign_in_required$/u)).toMatch(/^HTTP\/1.1 401 /u)
    await expect.poll(() => upstream.sockets[0]?.destroyed).toBe(true)
  })

  it('an answer that has not begun', async () => {
    const { door, session } = await between(() => {})
    const client = talk(door.port, aRequest())
    await expect.poll(session.open, { timeout: 5_000 }).toBe(1)
    session.end()
    expect(await client.until(/sign_in_required$/u)).toMatch(/^HTTP\/1.1 401 /u)
  })

  it('a large file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'follow-'))
    writeFileSync(join(folder, 'large'), Buffer.alloc(32 * 1024 * 1024))
    const session = aSession()
    const target = { kind: 'file', directory: folder } as const
    const door = await openDoor({ config: { path: '/', target }, follow: session.follow })
    open.push(door, { close: async () => rmSync(folder, { recursive: true }) })
    const client = talk(door.port, aRequest('/large'))
    client.socket.pause()
    await expect.poll(session.open, { timeout: 5_000 }).toBe(1)
    session.end()
    await expect.poll(() => door.completions).toMatchObject([{ status: 200, aborted: true }])
    expect(session.open()).toBe(0)
  })
})

describe('what is under way', () => {
  it('a stream is followed at once where the platform is told to, a handshake included', async () => {
    const { door, upstream, session } = await between(() => {})
    const clients = [
      talk(door.port, aRequest()),
      talk(door.port, aRequest('/', HANDSHAKE)),
      talk(door.port, `${aRequest('/', ['Content-Length: 100'], 'POST')}some`),
    ]
    await upstream.waitFor((received) => received.length === 3)
    door.node.platform.followInFlight?.()
    expect(session.open()).toBe(3)
    session.end()
    for (const client of clients) await client.until(/^HTTP\/1.1 401 [\s\S]*sign_in_required$/u)
    expect(session.open()).toBe(0)
  })

  it('a stream is not followed when it is short, however much of it there is', async () => {
    const { door, session } = await between(answering(aResponse('x'.repeat(100_000))))
    const client = talk(door.port)
    for (let at = 0; at < 20; at += 1) {
      client.send(aRequest(`/${at}`))
      await client.until((text) => text.length > 100_000 * (at + 1))
    }
    door.node.platform.followInFlight?.()
    expect(session.followed()).toBe(0)
  })
})
