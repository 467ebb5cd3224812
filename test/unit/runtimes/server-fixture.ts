import { connect, type Socket } from 'node:net'
import { createNodePlatform, type NodePlatform } from '../../../runtimes/node/platform.ts'
import { type Listener, listen } from '../../../runtimes/node/server/listen.ts'
import type { SignatureConfig } from '../../../src/config/sections/headers/signature.ts'
import type { UpstreamConfig } from '../../../src/config/sections/upstreams.ts'
import type { OverloadResponder } from '../../../src/endpoints/overload.ts'
import type { UnparsedRequest, UnparsedResponder } from '../../../src/endpoints/unparsed.ts'
import type { Exchange } from '../../../src/http/exchange.ts'
import type { Completion, Follow, IncomingRequest, Share } from '../../../src/platform.ts'
import { PROBLEMS } from '../../../src/problems.ts'
import { createForwarder } from '../../../src/proxy/forward.ts'
import { headersOf } from '../../support/headers.ts'
import { toSink } from '../../support/log-sink.ts'
import { STRANGER, UPSTREAM } from '../proxy/forwarder-fixture.ts'

/** What a test says about the door. */
export interface DoorSettings {
  /** Port of the upstream on 127.0.0.1. */
  readonly upstream?: number
  readonly config?: Partial<UpstreamConfig>
  readonly setCookies?: readonly string[]
  readonly follow?: Follow
  readonly share?: Share
  /** Key that requests are signed with. */
  readonly signature?: SignatureConfig
  /** Answers instead of forwarding; undefined forwards. */
  readonly answer?: (incoming: IncomingRequest, request: Request) => Promise<Response | undefined>
}

/** The Node door with nothing behind it but the forwarder. */
export interface RunningServer {
  readonly port: number
  readonly listener: Listener
  readonly node: NodePlatform
  readonly completions: Completion[]
  readonly bugs: unknown[]
  /** What Node's parser refused. */
  readonly unparsed: readonly UnparsedRequest[]
  close(): Promise<void>
}

/** Opens it on a port of the kernel's choice. */
export async function openDoor(settings: DoorSettings = {}): Promise<RunningServer> {
  const bugs: unknown[] = []
  const completions: Completion[] = []
  const onBug = (error: unknown): void => void bugs.push(error)
  const node = createNodePlatform({ onBug, sink: toSink() })
  const { forward } = createForwarder({
    upstreams: [
      { ...UPSTREAM, target: { ...UPSTREAM.target, ...tcp(settings.upstream) }, ...settings.config },
    ],
    headers: { ...headersOf(), signature: settings.signature },
    platform: node.platform,
    ownsCookie: (name) => name.startsWith('__Host-s'),
  })
  const fetch = async (request: Request, env: unknown): Promise<Response> => {
    const incoming = node.platform.incomingRequest(request, env)
    incoming.onFinished((completion) => completions.push(completion))
    const own = await settings.answer?.(incoming, request)
    if (own !== undefined) return own
    const sent = await forward({
      exchange: anExchange(incoming),
      session: undefined,
      share: settings.share ?? STRANGER,
      setCookies: settings.setCookies ?? [],
      follow: settings.follow,
    })
    if (sent.ok) return sent.value
    return new Response(sent.problem.reason, { status: PROBLEMS[sent.problem.reason].status })
  }
  const respondOverloaded: OverloadResponder = ({ target }) => ({
    status: 503,
    headers: ['Retry-After', '1'],
    body: `busy ${target}`,
  })
  const unparsed: UnparsedRequest[] = []
  const respondUnparsed: UnparsedResponder = (refused) => {
    unparsed.push(refused)
    return { status: PROBLEMS[refused.reason].status, headers: [], body: refused.reason }
  }
  const http = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const
  const config = { http, https: undefined, forceHttps: false }
  const [listener] = await listen({
    config,
    app: { fetch, respondOverloaded, respondUnparsed, probes: [], checkProviders: async () => true },
    watch: node.watcher.watch,
    onBug,
  })
  if (listener === undefined) throw new Error('no listener')
  // The server forgets sockets that became tunnels.
  const sockets = new Set<Socket>()
  listener.server.on('connection', (socket: Socket) => sockets.add(socket))
  return {
    port: Number(new URL(listener.url).port),
    listener,
    node,
    completions,
    bugs,
    unparsed,
    close: () =>
      new Promise((resolve) => {
        node.client.close()
        node.watcher.close()
        listener.server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** What came back on one connection. */
export interface Conversation {
  readonly socket: Socket
  /** Everything so far, one character a byte. */
  text(): string
  send(text: string): void
  /** Settles with everything so far once it fits. */
  until(fits: RegExp | ((text: string) => boolean)): Promise<string>
  /** Settles with everything when the other side has closed. */
  closed(): Promise<string>
}

/** Opens a connection and says something. */
export function talk(port: number, text = ''): Conversation {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let received = ''
  let over = false
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of [...listeners]) listener()
  }
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1')
    tell()
  })
  const onEnd = (): void => {
    over = true
    tell()
  }
  socket.on('end', onEnd)
  socket.on('close', onEnd)
  socket.on('error', onEnd)
  const when = (condition: () => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!condition() && !over) return
        listeners.delete(look)
        if (condition()) resolve(received)
        else reject(new Error(`closed after ${JSON.stringify(received)}`))
      }
      listeners.add(look)
      look()
    })
  if (text !== '') socket.write(text, 'latin1')
  return {
    socket,
    text: () => received,
    send: (more) => void socket.write(more, 'latin1'),
    until: (fits) => when(() => (typeof fits === 'function' ? fits(received) : fits.test(received))),
    closed: () => when(() => over),
  }
}

/** A plain request head, ready to be sent. */
export function aRequest(target = '/', lines: readonly string[] = [], method = 'GET'): string {
  return `${method} ${target} HTTP/1.1\r\nHost: app.example.com\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
}

function tcp(port: number | undefined): { port: number } | undefined {
  return port === undefined ? undefined : { port }
}

function anExchange(request: IncomingRequest): Exchange {
  const { target } = request
  const mark = target.indexOf('?')
  const line = (name: string): string =>
    request.headers.find((_, at) => at % 2 === 1 && request.headers[at - 1]?.toLowerCase() === name) ?? ''
  return {
    request,
    target: {
      raw: target,
      path: mark < 0 ? target : target.slice(0, mark),
      query: mark < 0 ? '' : target.slice(mark),
      ambiguous: false,
    },
    cookies: [],
    requestId: 'request-1',
    facts: {
      client: '127.0.0.1',
      scheme: 'http',
      host: line('host'),
      origin: `http://${line('host')}`,
      trusted: false,
      navigation: false,
      wantsHtml: false,
      websocket: line('upgrade').toLowerCase() === 'websocket',
      preflight: false,
      originHeader: undefined,
      fetchSite: undefined,
      userAgent: '',
      authorization: undefined,
      forwarded: { request: undefined, redirect: undefined },
    },
  }
}
