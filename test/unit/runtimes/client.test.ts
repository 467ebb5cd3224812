import { afterEach, describe, expect, it } from 'vitest'
import {
  answering,
  aResponse,
  type RawUpstream,
  type Script,
  startRawUpstream,
} from '../../support/raw-upstream.ts'
import { aRequest, type DoorSettings, openDoor, type RunningServer, talk } from './server-fixture.ts'

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

/** One request on its own connection; everything that came back. */
async function ask(door: RunningServer, request = aRequest('/', ['Connection: close'])): Promise<string> {
  return talk(door.port, request).closed()
}

describe('what goes upstream', () => {
  it('a request goes upstream as it came, with the lines that Sidegate adds', async () => {
    const { door, upstream } = await between(answering(aResponse()))
    await ask(
      door,
      aRequest('/a/../b?x=%2f&&y', ['X-A: 1', 'x-a: 2', 'Connection: close', 'Cookie: __Host-s=1; a=b']),
    )
    expect(upstream.received[0]).toBe(
      [
        'GET /a/../b?x=%2f&&y HTTP/1.1',
        'Host: app.example.com',
        'X-A: 1',
        'x-a: 2',
        'Cookie: a=b',
        'X-Forwarded-For: 127.0.0.1',
        'X-Forwarded-Proto: http',
        'X-Forwarded-Host: app.example.com',
        'X-Forwarded-Uri: /a/../b?x=%2f&&y',
        'x-request-id: request-1',
        '',
        '',
      ].join('\r\n'),
    )
  })

  it('a request goes upstream with one head, however a body is framed', async () => {
    const { door, upstream } = await between((socket, received) => {
      if (received.endsWith('body') || received.endsWith('0\r\n\r\n')) socket.write(aResponse())
    })
    const length = ['Content-Length: 4', 'Connection: close']
    expect(await ask(door, `${aRequest('/', length, 'POST')}body`)).toMatch(/^HTTP\/1.1 200 OK/u)
    const chunked = ['Transfer-Encoding: chunked', 'Trailer: X-Forwarded-User', 'Connection: close']
    const body = '4;x=y\r\nbody\r\n0\r\nX-Forwarded-User: root\r\n\r\n'
    expect(await ask(door, `${aRequest('/', chunked, 'POST')}${body}`)).toMatch(/^HTTP\/1.1 200 OK/u)
    const all = upstream.received.join('')
    expect(all.match(/Content-Length: 4\r\n\r\nbodyPOST/u)).not.toBeNull()
    expect(all.match(/Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n$/u)).not.toBeNull()
    expect(all).not.toMatch(/root|Trailer/u)
  })

  it('a request goes upstream with 100 Continue only when the upstream is there to read [HD-35, SM-21]', async () => {
    const { door, upstream } = await between((socket, received) => {
      if (received.endsWith('body')) socket.write(aResponse())
    })
    const expecting = ['Content-Length: 4', 'Expect: 100-continue']
    const client = talk(door.port, aRequest('/', expecting, 'POST'))
    await client.until(/^HTTP\/1.1 100 Continue\r\n\r\n$/u)
    client.send('body')
    await client.until(/200 OK[\s\S]*keep-alive[\s\S]*hello$/u)
    expect(upstream.received[0]).not.toContain('Expect')
    const dead = await openDoor({ upstream: 1 })
    open.push(dead)
    const refused = await talk(dead.port, aRequest('/', expecting, 'POST')).closed()
    expect(refused).toMatch(/^HTTP\/1.1 502/u)
    expect(refused).toMatch(/connection: close/iu)
  })
})

describe('what comes back', () => {
  it('a response comes back as it came, but for its hop', async () => {
    const lines = [
      'X-B: 1',
      'x-b: 2',
      'Set-Cookie: a=1',
      'Set-Cookie: __Host-s=evil',
      'Content-Encoding: gzip',
      'Server: u',
    ]
    const { door } = await between(
      answering(aResponse('\x1f\x8b\xff', [...lines, 'Connection: X-Gone', 'X-Gone: 1'])),
    )
    expect(await ask(door)).toBe(
      [
        ...['HTTP/1.1 200 OK', 'X-B: 1', 'x-b: 2', 'Set-Cookie: a=1', 'Content-Encoding: gzip', 'Server: u'],
        ...['Content-Length: 3', 'Connection: close', '', '\x1f\x8b\xff'],
      ].join('\r\n'),
    )
  })

  it("a response carries Sidegate's cookies", async () => {
    const { door } = await between(answering(aResponse()), { setCookies: ['__Host-s=1; Path=/'] })
    const answer = await ask(door)
    expect(answer).toContain('Set-Cookie: __Host-s=1; Path=/\r\nCache-Control: private, no-store\r\n')
  })

  it.each([
    ['HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n', /^HTTP\/1.1 404 \r\n/u],
    ['HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n', /^HTTP\/1.1 404 \r\n/u],
    [
      'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n',
      /Location: http:\/\/127.0.0.1:1\/x/u,
    ],
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a="b"\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
      /\r\n\r\n(?:3\r\nabc\r\n2\r\nde|5\r\nabcde)\r\n0\r\n\r\n$/u,
    ],
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Auth-Request-User: root\r\n\r\n',
      /abc\r\n0\r\n\r\n$/u,
    ],
    [
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      /^HTTP\/1.1 200 OK[\s\S]*ok$/u,
    ],
    // RFC 9110 §8.6: one length, said twice.
    [
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok',
      /^HTTP\/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\n(?![\s\S]*Content-Length)[\s\S]*ok$/iu,
    ],
    // Optional whitespace is SP and HTAB: other bytes belong to the value.
    ['HTTP/1.1 200 OK\r\nX-A:\t \xa0a\xa0 \t\r\nContent-Length: 2\r\n\r\nok', /\r\nX-A: \xa0a\xa0\r\n/u],
    [
      'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n',
      /^HTTP\/1.1 204 No Content\r\n(?!content-length)/iu,
    ],
    [
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: "x"\r\n\r\n',
      /Content-Length: 5\r\nETag: "x"\r\n[\s\S]*\r\n\r\n$/u,
    ],
  ])('a response is relayed: %j', async (response, expected) => {
    const { door } = await between(answering(response))
    expect(await ask(door)).toMatch(expected)
  })

  it('a response ends where the upstream ends it', async () => {
    const { door } = await between((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nuntil the end'))
    expect(await ask(door)).toMatch(
      /Transfer-Encoding: chunked[\s\S]*\r\n\r\nd\r\nuntil the end\r\n0\r\n\r\n$/u,
    )
    expect(await ask(door, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n')).toMatch(/\r\n\r\nuntil the end$/u)
  })

  it('a response has no content where HEAD asked, and the connection stays in step [SM-27]', async () => {
    const { door, upstream } = await between((socket, received) => {
      if (!received.endsWith('\r\n\r\n')) return
      const isHead = received.lastIndexOf('HEAD') > received.lastIndexOf('GET')
      socket.write(isHead ? 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n' : aResponse('second'))
    })
    const client = talk(door.port, aRequest('/', [], 'HEAD'))
    await client.until(/\r\n\r\n$/u)
    client.send(aRequest('/2', ['Connection: close']))
    const text = await client.closed()
    expect(text).toMatch(
      /^HTTP\/1.1 200 OK\r\nContent-Length: 5\r\n[\s\S]*?\r\n\r\nHTTP\/1.1 200 OK[\s\S]*\r\n\r\nsecond$/u,
    )
    expect(upstream.sockets).toHaveLength(1)
  })

  it('a response brings early hints along', async () => {
    const hints =
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload; as=style\r\nX-Auth-Request-User: root\r\n\r\n'
    const { door } = await between(answering(hints + aResponse()))
    const text = await ask(door)
    expect(text).toMatch(
      /^HTTP\/1.1 103 Early Hints\r\nLink: <\/a.css>; rel=preload; as=style\r\n\r\nHTTP\/1.1 200 OK/u,
    )
    expect(text).not.toContain('root')
  })

  it('a response comes at once when only its head is there', async () => {
    const { door, upstream } = await between(
      answering('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'),
    )
    const client = talk(door.port, aRequest())
    await client.until(/text\/event-stream[\s\S]*\r\n\r\n$/u)
    upstream.sockets[0]?.write('data: 1\n\n')
    await client.until(/data: 1/u)
  })
})

describe('an upstream that does not speak HTTP (SM-25)', () => {
  it.each([
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na'],
    [
      'length and coding',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a coding in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    [
      'two codings',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['bare LF', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['a bare LF in a value', 'HTTP/1.1 200 OK\r\nX: a\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n'],
    ['a bare CR', 'HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n'],
    ['a NUL', 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n'],
    ['no name', 'HTTP/1.1 200 OK\r\n: a\r\nContent-Length: 0\r\n\r\n'],
    ['HTTP/0.9', '<html>hello</html>'],
    ['HTTP/2', 'HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n'],
    [
      'an upgrade that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
    ],
    ['too many interim answers', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(50)],
    ['a head without end', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(70_000)}`],
    ['nothing', ''],
  ])('an upstream that does not speak HTTP is a 502 and cut: %s [SM-25]', async (_, response) => {
    const { door, upstream } = await between((socket) => {
      if (response === '') socket.end()
      else socket.write(response, 'latin1')
    })
    expect(await ask(door)).toMatch(/^HTTP\/1.1 502[\s\S]*upstream_misbehaved$/u)
    await expect.poll(() => upstream.sockets.every((socket) => socket.destroyed)).toBe(true)
    expect(door.bugs).toEqual([])
  })

  it.each([
    ['a chunk without its end', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabcXX'],
    ['a size with LF alone', 'Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n'],
    ['a size in C notation', 'Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n'],
    ['a signed size', 'Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n'],
    ['a size beyond numbers', 'Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc'],
    ['an odd trailer', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX : y\r\n\r\n'],
  ])('an upstream that does not speak HTTP is cut in the body: %s [SM-25]', async (_, rest) => {
    const { door } = await between(answering(`HTTP/1.1 200 OK\r\n${rest}`))
    const text = await ask(door)
    expect(text).not.toMatch(/0\r\n\r\n$/u)
    expect(door.bugs).toEqual([])
  })
})

describe('an upstream that fails', () => {
  it('an upstream that cannot be connected to is unreachable', async () => {
    const door = await openDoor({ upstream: 1 })
    open.push(door)
    expect(await ask(door)).toMatch(/^HTTP\/1.1 502[\s\S]*upstream_unreachable$/u)
  })

  it('an upstream that takes too long is a timeout', async () => {
    const { door, upstream } = await between(() => {}, { config: { timeoutMs: 50 } })
    expect(await ask(door)).toMatch(/^HTTP\/1.1 504[\s\S]*upstream_timeout$/u)
    await expect.poll(() => upstream.sockets[0]?.destroyed).toBe(true)
  })

  it('an upstream has its time from when it has the whole request, not from when an upload begins', async () => {
    const { door } = await between(
      (socket, received) => {
        if (received.endsWith('cd')) socket.write(aResponse())
      },
      { config: { timeoutMs: 1000 } },
    )
    const client = talk(door.port, `${aRequest('/', ['Content-Length: 4'], 'POST')}ab`)
    for (const piece of ['c', 'd']) {
      await new Promise((resolve) => setTimeout(resolve, 600))
      client.send(piece)
    }
    await client.until(/200 OK/u)
  })

  it('an upstream may answer before it has everything, and then has all the time it wants', async () => {
    const { door, upstream } = await between(
      (socket, received) => {
        if (received.endsWith('ab')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n12')
      },
      { config: { timeoutMs: 60 } },
    )
    const client = talk(door.port, `${aRequest('/', ['Content-Length: 4'], 'POST')}ab`)
    await client.until(/12$/u)
    client.send('cd')
    await upstream.waitFor((received) => received[0]?.endsWith('cd') === true)
    await new Promise((resolve) => setTimeout(resolve, 200))
    upstream.sockets[0]?.write('34')
    await client.until(/1234$/u)
  })

  it('an upstream that resets in the middle lets the client see that something is missing', async () => {
    const { door } = await between((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this')
      setTimeout(() => socket.resetAndDestroy(), 30)
    })
    const text = await ask(door)
    expect(text).toMatch(/Content-Length: 100[\s\S]*only this$/u)
    await expect.poll(() => door.completions).toEqual([{ status: 200, aborted: true, bytes: 9 }])
  })

  it('an upstream that sends more than it said is not believed again', async () => {
    const { door, upstream } = await between(
      answering(`${aResponse()}HTTP/1.1 200 OK\r\nX: smuggled\r\n\r\n`),
    )
    const client = talk(door.port, aRequest())
    await client.until(/hello$/u)
    client.send(aRequest('/2', ['Connection: close']))
    expect(await client.closed()).not.toContain('smuggled')
    expect(upstream.sockets).toHaveLength(2)
  })
})

describe('connections to the upstream', () => {
  it('connections to the upstream are used again', async () => {
    const { door, upstream } = await between(answering(aResponse()))
    for (let round = 0; round < 5; round += 1) await ask(door)
    expect(upstream.sockets).toHaveLength(1)
    expect(door.completions).toHaveLength(5)
    expect(door.completions[0]).toEqual({ status: 200, aborted: false, bytes: 5 })
  })

  it('connections to the upstream are not used again where keep-alive is off or the upstream closes', async () => {
    const target = {
      kind: 'tcp',
      protocol: 'http:',
      host: '127.0.0.1',
      verifyTls: true,
      keepAlive: false,
    } as const
    const first = await startRawUpstream(answering(aResponse()))
    const door = await openDoor({ config: { target: { ...target, port: first.port } } })
    open.push(first, door)
    await ask(door)
    await ask(door)
    expect(first.received).toHaveLength(2)
    expect(first.received[0]).toContain('Connection: close\r\n')
    const closing = await between(answering(aResponse('hello', ['Connection: close'])))
    await ask(closing.door)
    await ask(closing.door)
    expect(closing.upstream.sockets).toHaveLength(2)
  })

  it('connections to the upstream that died in the pool are replaced for a GET, unnoticed by the client', async () => {
    const { door, upstream } = await between(answering(aResponse()))
    await ask(door)
    upstream.play((socket, received, connection) => {
      if (connection === 0) socket.destroy()
      else answering(aResponse('again'))(socket, received, connection)
    })
    expect(await ask(door)).toMatch(/again$/u)
    expect(upstream.received[1]).toMatch(/^GET \/ /u)
  })

  it('connections to the upstream that died are not tried twice for a POST', async () => {
    const { door, upstream } = await between((socket, received) => {
      if (received.startsWith('GET') && !received.includes('POST')) socket.write(aResponse())
      else socket.destroy()
    })
    await ask(door)
    const post = `${aRequest('/', ['Content-Length: 2', 'Connection: close'], 'POST')}ab`
    expect(await ask(door, post)).toMatch(/^HTTP\/1.1 502/u)
    expect(upstream.received.join('').match(/POST/gu)).toHaveLength(1)
  })

  it('connections to the upstream of a client that left are closed, never handed on [SM-23, DS-23]', async () => {
    const { door, upstream } = await between((socket, received) => {
      if (received.includes('GET /next')) socket.write(aResponse())
    })
    const leaving = talk(door.port, `${aRequest('/', ['Content-Length: 100'], 'POST')}half`)
    await upstream.waitFor((received) => received[0]?.endsWith('half') === true)
    leaving.socket.destroy()
    await expect.poll(() => upstream.sockets[0]?.destroyed).toBe(true)
    expect(await ask(door, aRequest('/next', ['Connection: close']))).toMatch(/hello$/u)
    expect(upstream.sockets).toHaveLength(2)
    expect(door.bugs).toEqual([])
  })

  it('connections to the upstream that answered before they had read everything are closed [SM-24]', async () => {
    const { door, upstream } = await between((socket, received) => {
      if (received.endsWith('half')) socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!')
      if (received.includes('GET /next')) socket.write(aResponse())
    })
    const client = talk(door.port, `${aRequest('/', ['Content-Length: 100'], 'POST')}half`)
    await client.until(/413 Too Large[\s\S]*no!$/u)
    await expect.poll(() => upstream.sockets[0]?.destroyed).toBe(true)
    // What the client still sends is content, not a request (SM-19).
    client.send('GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'.padEnd(96, ' '))
    client.send(aRequest('/next', ['Connection: close']))
    expect(await client.closed()).toMatch(/no!HTTP\/1.1 200 OK[\s\S]*hello$/u)
    expect(upstream.received.join('')).not.toContain('smuggled')
  })

  it('connections to the upstream are refused over their limit instead of piling up', async () => {
    const { createPool, POOL_LIMITS } = await import('../../../runtimes/node/upstream/pool/pool.ts')
    const upstream = await startRawUpstream(() => {})
    open.push(upstream)
    const address = {
      kind: 'tcp',
      protocol: 'http:',
      host: '127.0.0.1',
      port: upstream.port,
      verifyTls: true,
      keepAlive: true,
    } as const
    const pool = createPool(address, { ...POOL_LIMITS, maxSockets: 2, maxQueued: 1 }, Date.now)
    const given: { destroy(): void }[] = []
    const share = { holder: undefined, anonymous: false }
    const waiter = { share, onConnection: (connection: { destroy(): void }) => void given.push(connection) }
    expect([1, 2, 3, 4].map(() => pool.acquire(waiter, -1))).toEqual([true, true, true, false])
    expect(given).toHaveLength(2)
    expect(pool.counts()).toEqual({ used: 2, idle: 0, waiting: 1 })
    given[0]?.destroy()
    await expect.poll(() => given.length).toBe(3)
    expect(pool.counts()).toEqual({ used: 2, idle: 0, waiting: 0 })
    for (const connection of given) connection.destroy()
  })
})

describe('100 MiB', () => {
  const SIZE = 100 * 1024 * 1024
  const PIECE = Buffer.alloc(1024 * 1024, 'x')

  it('100 MiB come down to a slow reader without filling memory [DS-04]', async () => {
    let sent = 0
    const { door } = await between((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`)
      const push = (): void => {
        while (sent < SIZE) {
          sent += PIECE.length
          if (!socket.write(PIECE)) return void socket.once('drain', push)
        }
      }
      push()
    })
    const client = talk(door.port)
    client.socket.removeAllListeners('data')
    let received = 0
    client.socket.on('data', (bytes) => {
      received += bytes.length
    })
    client.send(aRequest())
    await expect.poll(() => received).toBeGreaterThan(0)
    client.socket.pause()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(sent).toBeLessThan(SIZE / 2)
    client.socket.resume()
    await expect.poll(() => received, { timeout: 20_000 }).toBeGreaterThanOrEqual(SIZE)
  }, 30_000)

  it('100 MiB go up to a slow upstream without filling memory', async () => {
    const { door, upstream } = await between((socket) => socket.pause())
    const client = talk(door.port, aRequest('/', [`Content-Length: ${SIZE}`], 'PUT'))
    let sent = 0
    const push = (): void => {
      while (sent < SIZE) {
        sent += PIECE.length
        if (!client.socket.write(PIECE)) return void client.socket.once('drain', push)
      }
    }
    push()
    await expect.poll(() => upstream.sockets.length).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(sent).toBeLessThan(SIZE / 2)
    const [socket] = upstream.sockets
    let received = upstream.received[0]?.split('\r\n\r\n')[1]?.length ?? 0
    socket?.removeAllListeners('data')
    socket?.on('data', (bytes) => {
      received += bytes.length
      if (received >= SIZE) socket.write(aResponse('got it'))
    })
    socket?.resume()
    await client.until(/got it$/u)
  }, 30_000)
})
