import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { NodeRequest } from '../../../runtimes/node/server/incoming-request.ts'
import { closeFrame, createFrameTracker } from '../../../runtimes/node/upstream/tunnel/frames.ts'
import { type RawUpstream, type Script, startRawUpstream } from '../../support/raw-upstream.ts'
import { type Conversation, type DoorSettings, openDoor, type RunningServer, talk } from './server-fixture.ts'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const ACCEPT = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
const SWITCH = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const part of open.splice(0).reverse()) await part.close()
})

async function between(
  script: Script,
  settings: DoorSettings = {},
): Promise<{ door: RunningServer; upstream: RawUpstream }> {
  const upstream = await startRawUpstream(script)
  const door = await openDoor({ upstream: upstream.port, ...settings })
  open.push(upstream, door)
  return { door, upstream }
}

/** Accepts the handshake and says each later byte back in upper case. */
const shouting: Script = (socket, received) => {
  const [, rest = ''] = received.split('\r\n\r\n')
  if (rest === '') socket.write(SWITCH)
  else socket.write(received.slice(-1).toUpperCase())
}

function handshake(lines: readonly string[] = []): string {
  const head = [
    'GET /chat HTTP/1.1',
    'Host: app.example.com',
    'Upgrade: websocket',
    'Connection: keep-alive, Upgrade',
  ]
  return [...head, `Sec-WebSocket-Key: ${KEY}`, 'Sec-WebSocket-Version: 13', ...lines, '', ''].join('\r\n')
}

async function tunnel(door: RunningServer): Promise<Conversation> {
  const client = talk(door.port, handshake())
  await client.until(/^HTTP\/1.1 101 [\s\S]*\r\n\r\n$/u)
  return client
}

describe('a WebSocket', () => {
  it('a WebSocket becomes a tunnel when the upstream says so', async () => {
    const { door, upstream } = await between(shouting, { setCookies: ['__Host-s=1; Path=/'] })
    const client = talk(door.port, handshake(['X-Forwarded-User: root', 'Sec-WebSocket-Protocol: chat']))
    const head = await client.until(/\r\n\r\n$/u)
    expect(head.match(/upgrade: websocket/giu)).toHaveLength(1)
    expect(head).toContain(`Sec-WebSocket-Accept: ${ACCEPT}\r\n`)
    expect(head).toContain('Set-Cookie: __Host-s=1; Path=/\r\n')
    expect(upstream.received[0]).toMatch(/\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n$/u)
    expect(upstream.received[0]).toContain('Sec-WebSocket-Protocol: chat')
    expect(upstream.received[0]).not.toContain('root')
    client.send('a')
    await client.until(/A$/u)
    client.send('b')
    await client.until(/AB$/u)
  })

  it('a WebSocket loses no byte that comes right after a head', async () => {
    const { door } = await between((socket, received) => {
      if (received.endsWith('\r\n\r\n')) socket.write(`${SWITCH}first`)
      else if (received.endsWith('early')) socket.write('heard early')
    })
    const client = talk(door.port, `${handshake()}early`)
    await client.until(/101[\s\S]*first/u)
    await client.until(/heard early$/u)
  })

  it.each([
    [
      '426 with a body',
      'HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 4\r\n\r\nno!!',
      /^HTTP\/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\n[\s\S]*no!!$/u,
    ],
    [
      'a plain page',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      /^HTTP\/1.1 200 OK[\s\S]*Connection: close[\s\S]*ok$/u,
    ],
    ['101 without the proof', SWITCH.replace(ACCEPT, 'bm90IHRoaXMgb25l'), /^HTTP\/1.1 502/u],
    ['101 to another protocol', SWITCH.replace('Upgrade: websocket', 'Upgrade: foo'), /^HTTP\/1.1 502/u],
  ])('a WebSocket is no tunnel after the answer %s [SM-30, SM-31]', async (_, response, expected) => {
    const { door, upstream } = await between((socket) => void socket.write(response))
    const client = talk(door.port, handshake())
    expect(await client.closed()).toMatch(expected)
    await expect.poll(() => upstream.sockets[0]?.destroyed).toBe(true)
    expect(door.node.client.tunnels.count()).toBe(0)
  })

  it('a WebSocket is denied like any other request, with status and body [WS-01]', async () => {
    const answer = async (): Promise<Response> => new Response('sign in first', { status: 401 })
    const { door, upstream } = await between(shouting, { answer })
    expect(await talk(door.port, handshake()).closed()).toMatch(/^HTTP\/1.1 401 [\s\S]*sign in first$/u)
    expect(upstream.sockets).toHaveLength(0)
  })

  it('a WebSocket is no tunnel for other upgrades, which are plain requests [SM-28, SM-30]', async () => {
    const { door, upstream } = await between(
      (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    )
    for (const protocol of ['h2c', 'foo', 'websocket, foo']) {
      const head = `POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 4\r\n\r\nbody`
      const client = talk(door.port, head)
      await client.until(/^HTTP\/1.1 200 OK[\s\S]*ok$/u)
      client.socket.destroy()
    }
    expect(upstream.received.join('')).not.toMatch(/upgrade|http2|h2c/iu)
    expect(upstream.received.join('')).toMatch(/body$/u)
  })

  it('a WebSocket ends on one side when it ends on the other', async () => {
    const { door, upstream } = await between(shouting)
    const first = await tunnel(door)
    first.socket.end()
    await first.closed()
    const second = await tunnel(door)
    upstream.sockets[1]?.destroy()
    await second.closed()
    second.socket.end()
    const third = await tunnel(door)
    third.socket.destroy()
    await expect.poll(() => upstream.sockets.every((socket) => socket.destroyed)).toBe(true)
    await expect.poll(() => door.node.client.tunnels.count()).toBe(0)
    expect(door.completions.map(({ status }) => status)).toEqual([101, 101, 101])
    expect(door.bugs).toEqual([])
  })

  it('a WebSocket is reported finished once, however often its response closes', async () => {
    const { door } = await between(shouting, {
      answer: async (request) => {
        request.onFinished(() => void (request as NodeRequest).outgoing.emit('close'))
        return undefined
      },
    })
    const client = await tunnel(door)
    client.socket.destroy()
    await expect.poll(() => door.completions.length).toBe(1)
  })

  it('a WebSocket carries on in one direction when the other has ended', async () => {
    const { door, upstream } = await between(shouting)
    const client = await tunnel(door)
    upstream.sockets[0]?.removeAllListeners('end')
    client.socket.end()
    await new Promise((resolve) => setTimeout(resolve, 30))
    upstream.sockets[0]?.end('last words')
    expect(await client.closed()).toMatch(/last words$/u)
  })

  it('a WebSocket waits for a slow reader without filling memory [WS-10]', async () => {
    const { door, upstream } = await between(shouting)
    const client = await tunnel(door)
    client.socket.pause()
    const piece = Buffer.alloc(1024 * 1024, 'x')
    let sent = 0
    const push = (): void => {
      while (sent < 100) {
        sent += 1
        if (upstream.sockets[0]?.write(piece) === false) return void upstream.sockets[0].once('drain', push)
      }
    }
    push()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(sent).toBeLessThan(50)
  })

  it('a WebSocket is told about a shutdown between two frames', async () => {
    const { door, upstream } = await between(shouting)
    const client = await tunnel(door)
    const [socket] = upstream.sockets
    socket?.write(Buffer.from([0x81, 5, 0x68, 0x65]))
    await client.until(/he$/u)
    door.node.client.tunnels.closeAll()
    socket?.write(Buffer.from([0x6c, 0x6c, 0x6f, 0x81, 3, 0x61]))
    const text = await client.closed()
    expect(text.endsWith(`hello${closeFrame(1001, 'going away').toString('latin1')}`)).toBe(true)
  })
})

describe('frames', () => {
  const frames = [
    Buffer.from([0x81, 0]),
    Buffer.from([0x81, 2, 1, 2]),
    Buffer.from([0x81, 0x82, 9, 9, 9, 9, 1, 2]),
    Buffer.concat([Buffer.from([0x82, 126, 1, 0]), Buffer.alloc(256)]),
    Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Buffer.alloc(65_536)]),
  ]

  it('WebSocket frames are followed however they are cut', () => {
    const all = Buffer.concat(frames)
    for (const size of [1, 2, 3, 7, 100, 70_000]) {
      const tracker = createFrameTracker()
      for (let at = 0; at < all.length; at += size) tracker.push(all.subarray(at, at + size))
      expect(tracker.isBetween()).toBe(true)
    }
  })

  it.each(frames.map((frame) => [frame.length, frame] as const))(
    'WebSocket frames end after %i bytes',
    (length, frame) => {
      const tracker = createFrameTracker()
      expect(tracker.push(Buffer.concat([frame, Buffer.from([0x81])]))).toBe(length)
      expect(tracker.isBetween()).toBe(false)
    },
  )
})
