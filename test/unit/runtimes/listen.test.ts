import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { createNodePlatform } from '../../../runtimes/node/platform.ts'
import { type Listener, listen, refuseLenientParser } from '../../../runtimes/node/server/listen.ts'
import { shutDown } from '../../../runtimes/node/server/shutdown.ts'
import { createWatcher } from '../../../runtimes/node/watch.ts'
import type { App } from '../../../src/app.ts'
import type { ListenConfig } from '../../../src/config/sections/listen.ts'
import type { IncomingRequest, Peer } from '../../../src/platform.ts'
import { toSink } from '../../support/log-sink.ts'
import { answering, aResponse, startRawUpstream } from '../../support/raw-upstream.ts'
import { makeCertificate } from './certificate-fixture.ts'
import { aRequest, openDoor, talk } from './server-fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'listen-'))
afterAll(() => rmSync(folder, { recursive: true }))

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const part of open.splice(0).reverse()) await part.close()
})

const node = createNodePlatform({ onBug: () => {}, sink: toSink() })
const TCP: ListenConfig = {
  http: { kind: 'tcp', host: '127.0.0.1', port: 0 },
  https: undefined,
  forceHttps: false,
}

/** An app that says what it saw of the peer. */
function appWith(see: (request: IncomingRequest) => void): App {
  return {
    fetch: (request, env) => {
      see(node.platform.incomingRequest(request, env))
      return new Response('seen')
    },
    respondOverloaded: () => ({ status: 503, headers: [], body: '' }),
    respondUnparsed: () => ({ status: 400, headers: [], body: '' }),
    probes: [],
    checkProviders: async () => true,
  }
}

async function openListener(config: ListenConfig, app: App): Promise<Listener> {
  const watcher = createWatcher(50)
  const [listener] = await listen({ config, app, watch: watcher.watch, onBug: () => {} })
  if (listener === undefined) throw new Error('no listener')
  open.push({
    close: () => {
      watcher.close()
      listener.server.closeAllConnections()
      listener.server.close()
    },
  })
  return listener
}

describe('a listener', () => {
  it('a listener reports what arrived as it arrived', async () => {
    let seen: IncomingRequest | undefined
    const { url } = await openListener(
      TCP,
      appWith((request) => {
        seen = request
      }),
    )
    await talk(
      Number(new URL(url).port),
      aRequest('/a%2f..?x', ['X-B: 1', 'x-b: 2', 'Connection: close']),
    ).closed()
    expect(seen).toMatchObject({ method: 'GET', target: '/a%2f..?x', httpVersion: '1.1', encrypted: false })
    expect(seen?.headers.slice(0, 6)).toEqual(['Host', 'app.example.com', 'X-B', '1', 'x-b', '2'])
    expect(seen?.peer).toEqual({ kind: 'unknown' })
  })

  it('a listener names the peer by its socket', async () => {
    const peers: Peer[] = []
    const { url } = await openListener(
      TCP,
      appWith(({ peer }) => void peers.push(peer)),
    )
    await talk(
      Number(new URL(url).port),
      aRequest('/', ['Connection: close', 'X-Forwarded-For: 1.2.3.4']),
    ).closed()
    expect(peers).toEqual([{ kind: 'ip', address: '127.0.0.1' }])
  })

  it('a listener takes unix sockets with a mode, in the place of one that a killed process left', async () => {
    const path = join(folder, 'gate.sock')
    const dies = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`
    spawnSync(process.execPath, ['-e', dies], { timeout: 5000 })
    expect(statSync(path).isSocket()).toBe(true)
    const peers: Peer[] = []
    const http = { kind: 'unix', path, mode: 0o660 } as const
    const { url } = await openListener(
      { ...TCP, http },
      appWith(({ peer }) => void peers.push(peer)),
    )
    expect(url).toBe(`unix://${path}`)
    expect(statSync(path).mode & 0o777).toBe(0o660)
    expect(await getOver({ socketPath: path })).toBe('seen')
    expect(peers).toEqual([{ kind: 'unix' }])
  })

  it('a listener takes a socket that systemd opened', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    // Node has no public name for the descriptor of a listening socket.
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle
    const child = spawn(process.execPath, ['--input-type=module', '-e', ON_FD_3], {
      stdio: ['ignore', 'pipe', 'inherit', fd],
    })
    open.push({ close: () => child.kill('SIGKILL') })
    await new Promise((resolve) => child.stdout?.once('data', resolve))
    // Both processes would accept from the one queue.
    server.close()
    if (address === null || typeof address === 'string') throw new Error('no port')
    expect(await getOver({ port: address.port })).toBe('by descriptor')
  })

  it('a listener speaks TLS, and takes a new certificate without a restart', async () => {
    const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') }
    makeCertificate('first.example.com', files)
    const address = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const
    const https = {
      cert: { file: files.certFile },
      key: { file: files.keyFile },
      address,
      minVersion: 'TLSv1.2',
      ciphers: undefined,
    } as const
    const requests: IncomingRequest[] = []
    const { url } = await openListener(
      { http: undefined, https, forceHttps: false },
      appWith((request) => void requests.push(request)),
    )
    const port = Number(new URL(url).port)
    expect(await subjectAt(port)).toBe('first.example.com')
    await expect.poll(() => requests[0]?.encrypted).toBe(true)
    makeCertificate('second.example.com', files)
    await expect.poll(() => subjectAt(port), { timeout: 5000 }).toBe('second.example.com')
  })

  it('a listener speaks TLS 1.2 with the cipher suites that are configured only', async () => {
    const files = { certFile: join(folder, 'suite.crt'), keyFile: join(folder, 'suite.key') }
    makeCertificate('suite.example.com', files)
    const address = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const
    const ciphers = 'ECDHE-ECDSA-AES256-GCM-SHA384'
    const https = {
      cert: { file: files.certFile },
      key: { file: files.keyFile },
      address,
      minVersion: 'TLSv1.2',
      ciphers,
    } as const
    const { url } = await openListener(
      { http: undefined, https, forceHttps: false },
      appWith(() => {}),
    )
    const port = Number(new URL(url).port)
    const speak = (offered: string, maxVersion: 'TLSv1.2' | 'TLSv1.3') =>
      new Promise<string>((resolve) => {
        const options = { host: '127.0.0.1', port, rejectUnauthorized: false, maxVersion, ciphers: offered }
        const socket = connectTls(options, () => {
          resolve(socket.getCipher().name)
          socket.destroy()
        })
        socket.on('error', () => resolve('refused'))
      })
    expect(await speak('ECDHE-ECDSA-AES128-GCM-SHA256', 'TLSv1.2')).toBe('refused')
    expect(await speak(ciphers, 'TLSv1.2')).toBe(ciphers)
    expect(await speak('TLS_AES_128_GCM_SHA256', 'TLSv1.3')).toBe('TLS_AES_128_GCM_SHA256')
  })

  it('a listener says in one sentence why it cannot listen', async () => {
    const { url } = await openListener(
      TCP,
      appWith(() => {}),
    )
    const taken = {
      ...TCP,
      http: { kind: 'tcp', host: '127.0.0.1', port: Number(new URL(url).port) } as const,
    }
    await expect(
      openListener(
        taken,
        appWith(() => {}),
      ),
    ).rejects.toThrow(
      /^Cannot listen on "127.0.0.1:\d+": another program does already; stop it or change the address$/u,
    )
    const foreign = { ...TCP, http: { kind: 'tcp', host: '192.0.2.1', port: 0 } as const }
    await expect(
      openListener(
        foreign,
        appWith(() => {}),
      ),
    ).rejects.toThrow(/this machine has no such address$/u)
  })

  it('a listener cannot be lenient', () => {
    expect(refuseLenientParser(['--max-http-header-size=1', '--insecure-http-parser'])).toMatch(/^Remove/u)
    expect(refuseLenientParser(['--enable-source-maps', ''])).toBeUndefined()
  })
})

describe('what a client may send', () => {
  const answer = async (request: IncomingRequest): Promise<Response | undefined> =>
    request.target === '/form' ? new Response(await new Response(request.body).text()) : undefined

  it.each([
    ['a head over 32 KiB', aRequest('/', [`X: ${'a'.repeat(40_000)}`]), 431],
    [
      'CL and TE',
      `${aRequest('/', ['Content-Length: 6', 'Transfer-Encoding: chunked'], 'POST')}0\r\n\r\nG`,
      400,
    ],
    ['two lengths', aRequest('/', ['Content-Length: 1', 'Content-Length: 5'], 'POST'), 400],
    ['a space before the colon', aRequest('/', ['X-Auth-Request-User : admin']), 400],
    ['a folded line', aRequest('/', ['X-A: 1\r\n X-Auth-Request-User: admin']), 400],
    ['a bare CR', aRequest('/', ['X-A: 1\rX-B: 2']), 400],
    ['a bare LF', 'GET / HTTP/1.1\nHost: a\n\n', 400],
    ['a NUL', aRequest('/', ['X-A: \0']), 400],
    ['HTTP/2 without an upgrade', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['a method that Node does not know', 'LIST / HTTP/1.1\r\nHost: a\r\n\r\n', 501],
    ['no method', '(GET) / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['bytes in a path', 'GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a way to another host', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', 405],
    ['an unknown expectation', aRequest('/', ['Expect: 200-ok']), 417],
  ])('a listener takes no request that is %s', async (_, request, status) => {
    const upstream = await startRawUpstream(answering(aResponse()))
    const door = await openDoor({ upstream: upstream.port })
    open.push(upstream, door)
    const client = talk(door.port, request)
    client.socket.end()
    const text = await client.closed()
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `, 'u'))
    expect(text.match(/HTTP\/1\.1/gu)).toHaveLength(1)
    expect(upstream.sockets).toHaveLength(0)
    expect(door.bugs).toEqual([])
    expect(door.unparsed).toHaveLength(1)
  })

  it.each<[string, string, object]>([
    [
      'LIST /v1/secret?token=x HTTP/1.1\r\nHost: a\r\n\r\n',
      'method_unknown',
      { method: 'LIST', target: '/v1/secret?token=x' },
    ],
    ['GET /caf\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n', 'target_malformed', { method: 'GET' }],
    [
      aRequest('/x', ['A : b']),
      'request_malformed',
      {
        method: 'GET',
        target: '/x',
        why: expect.stringContaining('HPE_INVALID_HEADER_TOKEN'),
        wantsHtml: false,
      },
    ],
    [aRequest('/long', [`X: ${'a'.repeat(40_000)}`]), 'headers_too_many', { method: 'GET', wantsHtml: true }],
    [
      aRequest('/long', ['Accept: application/json', `X: ${'a'.repeat(40_000)}`]),
      'headers_too_many',
      { wantsHtml: false },
    ],
    [
      aRequest('/long', ['Accept: text/html, */*', `Cookie: a=${'a'.repeat(40_000)}`]),
      'headers_too_many',
      { wantsHtml: true },
    ],
    [aRequest('/x', ['Accept: text/html', 'A : b']), 'request_malformed', { wantsHtml: true }],
    [
      `${aRequest('/form', ['Transfer-Encoding: chunked'], 'POST')}0x5\r\nhello\r\n0\r\n\r\n`,
      'request_malformed',
      { method: 'POST', target: '/form', why: expect.stringMatching(/CHUNK.* in the body$/u) },
    ],
    ['garbage that never was a request\r\n', 'method_unknown', { method: 'garbage' }],
    ['\x16\x03\x01\x02\x00\x01', 'request_malformed', { method: '' }],
  ])('a listener tells the core what the parser refuses: %j', async (request, reason, seen) => {
    const door = await openDoor()
    open.push(door)
    await talk(door.port, request).closed()
    expect(door.unparsed).toMatchObject([{ reason, client: '127.0.0.1', aborted: false, ...seen }])
  })

  it('a listener does not take the broken frame of a body, in a packet of its own, for a request', async () => {
    const upstream = await startRawUpstream(() => {})
    const door = await openDoor({ upstream: upstream.port })
    open.push(upstream, door)
    const client = talk(door.port, `${aRequest('/', ['Transfer-Encoding: chunked'], 'POST')}4\r\nbody\r\n`)
    await upstream.waitFor((received) => received[0]?.includes('body') === true)
    client.send('0x5\r\n')
    await client.closed()
    expect(door.unparsed).toMatchObject([{ reason: 'request_malformed', method: '', target: '' }])
  })

  it('a listener tells the core nothing of connections that break', async () => {
    const door = await openDoor()
    open.push(door)
    const broken = talk(door.port, 'GET / HTTP')
    await new Promise((resolve) => setTimeout(resolve, 50))
    broken.socket.resetAndDestroy()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(door.unparsed).toEqual([])
  })

  it('a listener never puts a second answer inside of one that is under way', async () => {
    const upstream = await startRawUpstream((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345')
    })
    const door = await openDoor({ upstream: upstream.port })
    open.push(upstream, door)
    const client = talk(door.port, aRequest())
    await client.until(/12345$/u)
    client.send('LIST / HTTP/1.1\r\n\r\n')
    expect((await client.closed()).match(/HTTP\/1\.1/gu)).toHaveLength(1)
    expect(door.unparsed).toMatchObject([{ reason: 'method_unknown', aborted: true }])
  })

  it('a listener takes a head with a 7 KiB session and 1,500 lines, all of which arrive [HD-27]', async () => {
    let lines = 0
    const answerWith = async (request: IncomingRequest): Promise<Response> => {
      lines = request.headers.length / 2
      return new Response('ok')
    }
    const door = await openDoor({ answer: answerWith })
    open.push(door)
    const many = Array.from({ length: 1500 }, () => 'a: b')
    await talk(
      door.port,
      aRequest('/', [`Cookie: ${'c'.repeat(7000)}`, ...many, 'Connection: close']),
    ).closed()
    expect(lines).toBe(1503)
  })

  it('a listener cuts a chunked upload that goes wrong, and the upstream is not left waiting [SM-15]', async () => {
    const upstream = await startRawUpstream(() => {})
    const door = await openDoor({ upstream: upstream.port })
    open.push(upstream, door)
    const client = talk(door.port, `${aRequest('/', ['Transfer-Encoding: chunked'], 'POST')}4\r\nbody\r\n`)
    await upstream.waitFor((received) => received[0]?.includes('body') === true)
    client.send('0x5\r\n')
    await client.closed()
    await expect.poll(() => upstream.sockets[0]?.destroyed).toBe(true)
    expect(upstream.received[0]).not.toMatch(/0\r\n\r\n$/u)
  })

  it('a listener judges requests one by one in a pipeline [SM-18, SM-22]', async () => {
    const upstream = await startRawUpstream(answering(aResponse('from the app')))
    const door = await openDoor({ upstream: upstream.port, answer })
    open.push(upstream, door)
    const body = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
    const form = `${aRequest('/form', [`Content-Length: ${body.length}`], 'POST')}${body}`
    const text = await talk(door.port, form + aRequest('/next', ['Connection: close'])).closed()
    expect(text.match(/HTTP\/1\.1 200/gu)).toHaveLength(2)
    expect(upstream.received.join('')).not.toMatch(/GET \/smuggled/u)
  })

  it('a listener takes content that was not read for no request [SM-19, SM-20]', async () => {
    const refuse = async (): Promise<Response> => new Response('no', { status: 401 })
    const door = await openDoor({ answer: refuse })
    open.push(door)
    const body = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
    const client = talk(door.port, `${aRequest('/', [`Content-Length: ${body.length}`], 'POST')}${body}`)
    await client.until(/401[\s\S]*no$/u)
    client.send(aRequest('/', ['Connection: close']))
    expect((await client.closed()).match(/HTTP\/1\.1 401/gu)).toHaveLength(2)
  })
})

describe('the end', () => {
  it('a shutdown waits for what is in flight and takes nothing new', async () => {
    const upstream = await startRawUpstream(
      (socket) => void setTimeout(() => socket.write(aResponse('late')), 150),
    )
    const door = await openDoor({ upstream: upstream.port })
    open.push(upstream, door)
    const idle = talk(door.port)
    const busy = talk(door.port, aRequest())
    await upstream.waitFor((received) => received.length === 1)
    const ending = shutDown({ listeners: [door.listener], node: door.node, graceMs: 5000 })
    const late = talk(door.port, aRequest())
    expect(await late.closed()).toBe('')
    expect(await busy.closed()).toMatch(/late$/u)
    await ending
    expect(await idle.closed()).toBe('')
  })

  it('a shutdown does not wait longer than its grace', async () => {
    const upstream = await startRawUpstream(() => {})
    const door = await openDoor({ upstream: upstream.port })
    open.push(upstream, door)
    const stuck = talk(door.port, aRequest())
    await upstream.waitFor((received) => received.length === 1)
    const start = performance.now()
    await shutDown({ listeners: [door.listener], node: door.node, graceMs: 100 })
    expect(performance.now() - start).toBeLessThan(1000)
    expect(await stuck.closed()).toBe('')
  })
})

describe('a crowded listener', () => {
  it('a crowded listener takes many newcomers in one turn of the event loop, by sockets that close with it', async () => {
    const door = await openDoor({ answer: async () => new Response('served') })
    open.push(door)
    const { acceptors, server } = door.listener
    expect(acceptors).toHaveLength(15)
    const taken = vi.fn()
    server.on('connection', taken)
    const clients = Array.from({ length: 200 }, () => talk(door.port))
    await Promise.all(clients.map(({ socket }) => once(socket, 'connect')))
    let turns = 0
    for (; taken.mock.calls.length < 200; turns += 1) await new Promise((resolve) => setImmediate(resolve))
    // One socket would need two hundred; the kernel does not deal them out quite evenly.
    expect(turns).toBeLessThan(100)
    await shutDown({ listeners: [door.listener], node: door.node, graceMs: 1000 })
    expect(acceptors.some(({ listening }) => listening)).toBe(false)
  })

  it('a crowded listener answers those who waited too long, and keeps their connections unless content may follow', async () => {
    let begun = 0
    const answer = async (): Promise<Response> => {
      begun += 1
      // The last that has room in this turn; whoever waits by then has waited for long in the next.
      if (begun === 8) setImmediate(() => vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 2500))
      return new Response('served')
    }
    const door = await openDoor({ answer })
    open.push(door)
    const taken = vi.fn()
    door.listener.server.on('connection', taken)
    const clients = Array.from({ length: 12 }, () => talk(door.port))
    await Promise.all(clients.map(({ socket }) => once(socket, 'connect')))
    await expect.poll(() => taken.mock.calls.length).toBe(12)
    // All in one turn: on connections that the door reads already, and delivered before the event loop goes on.
    clients.forEach(({ socket }, at) => {
      const length = at === 11 ? ['Content-Length: 4'] : []
      socket.write(aRequest(`/${at}`, length, at === 11 ? 'POST' : 'GET'))
    })
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
    await Promise.all(clients.map(({ until }) => until(/\r\n\r\n/u)))
    vi.restoreAllMocks()
    const busy = clients.map(({ text }) => text()).filter((text) => text.includes('busy'))
    expect(busy).toHaveLength(4)
    for (const text of busy) {
      expect(text).toMatch(
        /^HTTP\/1\.1 503 [\s\S]*Retry-After: 1\r\nContent-Length: \d+\r\n[\s\S]*\r\n\r\nbusy \/\d+$/u,
      )
      expect(text).toMatch(
        text.endsWith('/11') ? /\r\nConnection: close\r\n/u : /\r\nConnection: keep-alive\r\n/u,
      )
    }
  })
})

const ON_FD_3 = `
import { listen } from ${JSON.stringify(new URL('../../../runtimes/node/server/listen.ts', import.meta.url).href)}
const app = { fetch: () => new Response('by descriptor'), probes: [] }
const config = { http: { kind: 'fd', fd: 3 }, https: undefined, forceHttps: false }
await listen({ config, app, watch: () => {}, onBug: console.error })
console.log('ready')
`

function getOver(where: { socketPath: string } | { port: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ ...where, host: '127.0.0.1', headers: { host: 'app.example.com' }, agent: false }, (response) => {
      let text = ''
      response.on('data', (bytes) => {
        text += bytes
      })
      response.on('end', () => resolve(text))
    }).on('error', reject)
  })
}

function subjectAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.end(aRequest('/', ['Connection: close']))
    })
    socket.on('error', reject)
  })
}
