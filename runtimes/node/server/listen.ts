import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { App } from '../../../src/app.ts'
import type { ListenConfig } from '../../../src/config/sections/listen.ts'
import { hasBody } from '../../../src/http/body.ts'
import { holdContinue } from '../upstream/request-body.ts'
import type { Watch } from '../watch.ts'
import { type Admission, type AdmissionInput, createAdmission } from './admission.ts'
import { type Bound, bind } from './bind.ts'
import { createCertificate } from './certificate.ts'
import type { NodeEnv } from './incoming-request.ts'
import { handleParserErrors, refuse } from './parser-errors.ts'
import { inOrder } from './pipelining.ts'
import { createUnusedConnections, type UnusedConnections } from './unused-connections.ts'
import { handleUpgrades, isWebSocket } from './upgrade.ts'

/** Configuration, app and collaborators of the listeners. */
export interface ListenInput {
  readonly config: ListenConfig
  readonly app: App
  readonly watch: Watch
  /** Called with what the app threw; the client gets a bare 500. */
  readonly onBug: (error: unknown) => void
}

/** A server that listens. */
export interface Listener extends Bound {
  readonly server: Server
  readonly fresh: UnusedConnections
  /** Number of requests that wait until it is their turn, on all listeners of the program. */
  readonly waiting: () => number
}

/**
 * Limits of every listener: a 7 KiB session among app cookies fits, slow heads do not stay, forwarded bodies may take
 * their time (own endpoints bound theirs, see incoming-request.ts), and no client can ask for the lenient parser.
 */
const LIMITS: ServerOptions = {
  maxHeaderSize: 32 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 0,
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 5000,
  optimizeEmptyRequests: true,
  insecureHTTPParser: false,
  // The core refuses a request without Host, and has a line for it; health checks need none.
  requireHostHeader: false,
  shouldUpgradeCallback: isWebSocket,
}

/** Opens every configured listener; rejects with a sentence for people when one cannot be opened. */
export async function listen({ config, app, watch, onBug }: ListenInput): Promise<readonly Listener[]> {
  const fresh = createUnusedConnections()
  const { listener, waiting } = requestListener({ app, fresh, onBug })
  const listeners: Listener[] = []
  if (config.http !== undefined) {
    const server = withEvents(createServer(LIMITS, listener), { app, listener })
    fresh.follow(server, 'connection')
    listeners.push({ server, fresh, waiting, ...(await bind(server, config.http, 'http')) })
  }
  if (config.https !== undefined) {
    const certificate = createCertificate(config.https)
    const server = createTlsServer({ ...LIMITS, ...certificate.read() }, listener)
    certificate.follow(watch, (next) => server.setSecureContext(next), onBug)
    fresh.follow(withEvents(server, { app, listener }), 'secureConnection')
    listeners.push({ server, fresh, waiting, ...(await bind(server, config.https.address, 'https')) })
  }
  return listeners
}

/** Refuses to run with Node's lenient parser, which accepts what separates two requests for one program and not for another. */
export function refuseLenientParser(flags: readonly string[]): string | undefined {
  if (!flags.some((flag) => flag.includes('--insecure-http-parser'))) return undefined
  return 'Remove "--insecure-http-parser" from the command line or NODE_OPTIONS: it lets one request be read as two'
}

/** Request that the framework routes by: the core reads requests from the incoming request, and one does for all. */
const ANY_REQUEST = new Request('http://gate.invalid/')

interface ListenerDeps extends Pick<ListenInput, 'app' | 'onBug'> {
  readonly fresh: UnusedConnections
}

function requestListener({ app, fresh, onBug }: ListenerDeps): Admission {
  const admit: RequestListener = (incoming, outgoing) => {
    fresh.used(incoming.socket)
    answer(app, { incoming, outgoing }).catch((error: unknown) => {
      onBug(error)
      return write(bare(500), { incoming, outgoing })
    })
  }
  const respondOverloaded: AdmissionInput['respondOverloaded'] = (incoming, outgoing, waitedMs) => {
    fresh.used(incoming.socket)
    sayBusy(app, { incoming, outgoing }, waitedMs)
  }
  const { listener, waiting } = createAdmission({ admit, respondOverloaded, urgent: new Set(app.probes) })
  const ordered = inOrder(listener, (incoming) =>
    refuse(app, incoming, { reason: 'overloaded', why: 'requests on one connection', on: undefined }),
  )
  return { listener: ordered, waiting }
}

/** Answers 503 without the framework and the adapter, which would cost as much as what is refused. */
function sayBusy({ respondOverloaded }: App, { incoming, outgoing }: NodeEnv, waitedMs: number): void {
  const { headers, method = '', url = '', socket } = incoming
  const {
    status,
    headers: lines,
    body,
  } = respondOverloaded({
    method,
    target: url,
    host: headers.host ?? '',
    userAgent: headers['user-agent'] ?? '',
    client: socket.remoteAddress,
    wantsHtml: headers.accept?.includes('text/html') === true,
    durationMs: waitedMs,
  })
  // Unread content would be taken for the next request.
  if (hasBody(incoming.rawHeaders)) outgoing.shouldKeepAlive = false
  outgoing.writeHead(status, [...lines, 'Content-Length', String(Buffer.byteLength(body))]).end(body)
}

/**
 * Answers a request. What was forwarded has been written to the connection already; only the responses of endpoints are
 * left to write.
 */
async function answer(app: App, env: NodeEnv): Promise<void> {
  const response = await app.fetch(ANY_REQUEST, env)
  if (response !== RESPONSE_ALREADY_SENT) await write(response, env)
}

/** Hands an answer to the adapter, which would make a Request of what came in, and give up where it is too odd for one. */
function write(response: Response, { incoming, outgoing }: NodeEnv): Promise<void> {
  return getRequestListener(() => response, { errorHandler: () => response })(incoming, outgoing)
}

function bare(status: number): Response {
  return new Response(null, { status, headers: { connection: 'close', 'cache-control': 'no-store' } })
}

function withEvents<Kind extends Server>(
  server: Kind,
  { app, listener }: { app: App; listener: RequestListener },
): Kind {
  // The core counts lines and refuses too many; Node would drop what is over its limit and say nothing.
  server.maxHeadersCount = 0
  handleParserErrors(server, app)
  handleUpgrades(server, { app, listener })
  server.on('checkExpectation', (incoming: IncomingMessage, { socket }: ServerResponse) => {
    refuse(app, incoming, { reason: 'expectation_failed', why: 'Expect', on: socket ?? undefined })
  })
  server.on('checkContinue', (incoming, outgoing) => {
    holdContinue(outgoing)
    listener(incoming, outgoing)
  })
  return server
}
