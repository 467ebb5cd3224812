import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { onClientIdle } from '../../../runtimes/node/stalls.ts'
import { type RawUpstream, type Script, startRawUpstream } from '../../support/raw-upstream.ts'
import { aRequest, openDoor, type RunningServer, talk } from './server-fixture.ts'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const ACCEPT = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
const SWITCH = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`
const HANDSHAKE = [
  'Upgrade: websocket',
  'Connection: Upgrade',
  `Sec-WebSocket-Key: ${KEY}`,
  'Sec-WebSocket-Version: 13',
]
const TIMEOUT_MS = 200
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const part of open.splice(0).reverse()) await part.close()
})

async function between(
  script: Script,
  timeoutMs = TIMEOUT_MS,
): Promise<{ door: RunningServer; upstream: RawUpstream }> {
  const upstream = await startRawUpstream(script)
  const door = await openDoor({ upstream: upstream.port, config: { timeoutMs } })
  open.push(upstream, door)
  return { door, upstream }
}

/** Writes as much as the other side takes, until it is closed. */
function pour(socket: Socket, piece: Buffer | string): void {
  const more = (): void => {
    while (socket.writable && socket.write(piece));
    if (socket.writable) socket.once('drain', more)
  }
  more()
}

/** Far more than what the kernel keeps for a reader that does not read. */
const PIECE = Buffer.alloc(1024 * 1024, 'x')
const CHUNK = Buffer.concat([Buffer.from('100000\r\n'), PIECE, Buffer.from('\r\n')])

describe('a body that stops coming', () => {
  it.each([
    ['with a length', ['Content-Length: 10'], 'ab'],
    ['in chunks', ['Transfer-Encoding: chunked'], '2\r\nab\r\n'],
    ['that never began', ['Content-Length: 10'], ''],
  ])('%s is answered with request_timeout, and the app is rid of it', async (_, lines, sent) => {
    const { door, upstream } = await between(() => {})
    const text = await talk(door.port, aRequest('/', lines, 'POST') + sent).until(/request_timeout$/u)
    expect(text).toMatch(/^HTTP\/1.1 408 /u)
    await expect.poll(() => upstream.sockets[0]?.destroyed).toBe(true)
    expect(door.bugs).toEqual([])
  })

  it('a body that stops coming cuts the answer that has begun', async () => {
    const { door, upstream } = await between((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n12')
    })
    const text = await talk(door.port, `${aRequest('/', ['Content-Length: 10'], 'POST')}ab`).closed()
    expect(text).toMatch(/^HTTP\/1.1 200 [\s\S]*12$/u)
    await expect.poll(() => upstream.sockets[0]?.destroyed).toBe(true)
  })

  it('a body that stops coming is waited for as long as it takes where upstream-timeout is 0', async () => {
    const { door, upstream } = await between((socket, received) => {
      if (received.endsWith('abcd')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    }, 0)
    const client = talk(door.port, `${aRequest('/', ['Content-Length: 4'], 'POST')}ab`)
    await upstream.waitFor((received) => received[0]?.endsWith('ab') === true)
    await pause(2 * TIMEOUT_MS)
    client.send('cd')
    await client.until(/ok$/u)
  })
})

describe('a side that stops reading', () => {
  it('an app that stops reading ends the upload with upstream_timeout', async () => {
    const { door } = await between((socket) => socket.pause())
    const client = talk(door.port, aRequest('/', ['Transfer-Encoding: chunked'], 'POST'))
    pour(client.socket, CHUNK)
    expect(await client.until(/upstream_timeout$/u)).toMatch(/^HTTP\/1.1 504 /u)
  })

  it('a client that stops reading has its answer cut, and the app learns of it', async () => {
    const { door, upstream } = await between((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      pour(socket, CHUNK)
    })
    const client = talk(door.port, aRequest())
    client.socket.pause()
    await expect.poll(() => upstream.sockets[0]?.destroyed, { timeout: 10_000 }).toBe(true)
    expect(door.completions).toMatchObject([{ status: 200, aborted: true }])
  })

  it('a client that stops reading does not hold the end of an answer either', async () => {
    const size = 8 * PIECE.length
    const { door } = await between((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
      for (let at = 0; at < 8; at += 1) socket.write(PIECE)
    })
    const client = talk(door.port, aRequest())
    client.socket.pause()
    await expect.poll(() => door.completions.length, { timeout: 10_000 }).toBe(1)
    expect(door.completions).toMatchObject([{ status: 200, aborted: true }])
  })

  it('a client that stops reading a large file is given up', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stalls-'))
    writeFileSync(join(folder, 'large'), Buffer.alloc(32 * PIECE.length))
    const target = { kind: 'file', directory: folder } as const
    const door = await openDoor({ config: { path: '/', target, timeoutMs: TIMEOUT_MS } })
    open.push(door, { close: async () => rmSync(folder, { recursive: true }) })
    const client = talk(door.port, aRequest('/large'))
    client.socket.pause()
    await expect.poll(() => door.completions.length, { timeout: 10_000 }).toBe(1)
    expect(door.completions).toMatchObject([{ status: 200, aborted: true }])
  })

  it.each(['client', 'app'])('a tunnel ends when its %s stops reading', async (side) => {
    const { door, upstream } = await between((socket, received) => {
      if (received.endsWith('\r\n\r\n')) socket.write(SWITCH)
      if (side === 'app') socket.pause()
    })
    const client = talk(door.port, aRequest('/', HANDSHAKE))
    await client.until(/^HTTP\/1.1 101 [\s\S]*\r\n\r\n$/u)
    if (side === 'client') client.socket.pause()
    pour(side === 'client' ? (upstream.sockets[0] as Socket) : client.socket, PIECE)
    await expect.poll(() => door.node.client.tunnels.count(), { timeout: 10_000 }).toBe(0)
  })
})

describe('a pause that is no stall', () => {
  it('a pause is no stall in events and in tunnels', async () => {
    const { door, upstream } = await between((socket, received) => {
      const isTunnel = received.includes('Upgrade')
      socket.write(isTunnel ? SWITCH : 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      // A burst that has to be waited for arms the watch on an event stream.
      if (!isTunnel) for (let at = 0; at < 8; at += 1) socket.write(CHUNK)
    })
    const events = talk(door.port, aRequest())
    const tunnel = talk(door.port, aRequest('/', HANDSHAKE))
    await events.until((text) => text.length > 8 * PIECE.length)
    await tunnel.until(/101/u)
    await pause(3 * TIMEOUT_MS)
    for (const socket of upstream.sockets) socket.write('1\r\nz\r\n')
    await events.until(/z\r\n$/u)
    await tunnel.until(/z\r\n$/u)
  })

  it('a pause is no stall on a connection between two requests', async () => {
    const { door } = await between((socket, received) => {
      if (received.endsWith('abcd')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    const client = talk(door.port, `${aRequest('/', ['Content-Length: 4'], 'POST')}abcd`)
    await client.until(/ok$/u)
    await pause(3 * TIMEOUT_MS)
    client.send(`${aRequest('/', ['Content-Length: 4', 'Connection: close'], 'POST')}abcd`)
    expect(await client.closed()).toMatch(/ok$/u)
    expect(client.text().match(/HTTP\/1.1 200/gu)).toHaveLength(2)
  })

  it('a pause is no stall of a slow reader who reads all the same', async () => {
    const { door, upstream } = await between((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      pour(socket, CHUNK)
    }, 1000)
    const client = talk(door.port, aRequest())
    for (let at = 0; at < 6; at += 1) {
      client.socket.pause()
      await pause(400)
      client.socket.resume()
      await pause(10)
    }
    expect(upstream.sockets[0]?.destroyed).toBe(false)
  })
})

it('an idle client is noticed again after each pause, though nothing moves in between', async () => {
  let calls = 0
  const server = createServer((incoming, outgoing) => {
    incoming.pause()
    onClientIdle(outgoing, 50, () => {
      calls += 1
      if (calls === 3) outgoing.end('seen')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push({ close: () => new Promise((resolve) => server.close(() => resolve())) })
  // The server listens on TCP.
  const { port } = server.address() as AddressInfo
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
  expect([await answer.text(), calls]).toEqual(['seen', 3])
})
