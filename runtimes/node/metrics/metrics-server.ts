import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { MetricsConfig } from '../../../src/config/sections/metrics.ts'
import { hasBody } from '../../../src/http/body.ts'
import { EXPOSITION_TYPE, type Family } from '../../../src/observe/metrics/exposition.ts'
import { createCounter, createReading } from '../../../src/observe/metrics/instruments.ts'
import { bindAlone } from '../server/bind.ts'
import { createCertificate } from '../server/certificate.ts'
import { inOrder } from '../server/pipelining.ts'
import type { Watch } from '../watch.ts'

/** A listener for Prometheus. */
export interface MetricsListener {
  /** Address to show: `http://0.0.0.0:44180`. */
  readonly url: string
  readonly server: Server
}

export interface MetricsServerOptions {
  readonly config: MetricsConfig
  /** Handles the scrapes. */
  readonly listener: RequestListener
  readonly watch: Watch
  /** Called for a certificate that cannot be used. */
  readonly onBug: (error: unknown) => void
}

/**
 * Limits of the listeners: a scraper sends a small head at once and reads what it gets. It may come back once a minute,
 * and its connection is worth keeping until then.
 */
const LIMITS: ServerOptions = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5000,
  requestTimeout: 5000,
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 1000,
  insecureHTTPParser: false,
}

/** Time without a byte after which a client that sends nothing or reads nothing is cut off. */
const STALL_MS = 10_000
/** Limit on connections: Prometheus has one, and a few people may look. */
const MAX_CONNECTIONS = 64

/** Opens the configured listeners for Prometheus; rejects with a sentence for people when one cannot be opened. */
export async function listenForScrapes({
  config,
  listener,
  watch,
  onBug,
}: MetricsServerOptions): Promise<readonly MetricsListener[]> {
  const listeners: MetricsListener[] = []
  if (config.http !== undefined) {
    const server = bounded(createServer(LIMITS, listener))
    listeners.push({ server, url: await bindAlone(server, config.http, 'http') })
  }
  if (config.https !== undefined) {
    const certificate = createCertificate(config.https)
    const server = bounded(createTlsServer({ ...LIMITS, ...certificate.read() }, listener))
    certificate.follow(watch, (next) => server.setSecureContext(next), onBug)
    listeners.push({ server, url: await bindAlone(server, config.https.address, 'https') })
  }
  return listeners
}

function bounded<Kind extends Server>(server: Kind): Kind {
  server.maxConnections = MAX_CONNECTIONS
  server.timeout = STALL_MS
  return server
}

/** Handler of scrapes, and the families about itself. */
export interface ScrapeHandler {
  readonly listener: RequestListener
  readonly families: readonly Family[]
}

const compress = promisify(gzip)

/**
 * Creates the handler of scrapes. As in oauth2-proxy it answers every path; nothing but the metrics is behind it, and
 * nothing is changed by a request.
 */
export function createScrapeHandler(render: () => string, onBug: (error: unknown) => void): ScrapeHandler {
  const scrapes = createCounter({
    name: 'promhttp_metric_handler_requests_total',
    help: 'Total number of scrapes by HTTP status code.',
    labels: ['code'],
    from: [['200'], ['500'], ['503']],
  })
  let inFlight = 0

  const listener: RequestListener = (incoming, outgoing) => {
    inFlight += 1
    outgoing.on('close', () => {
      inFlight -= 1
    })
    const end = (status: number, headers: Readonly<Record<string, string>>, body: string | Buffer): void => {
      scrapes.cell(String(status)).value += 1
      // Unread content would be taken for the next request.
      if (hasBody(incoming.rawHeaders)) outgoing.shouldKeepAlive = false
      outgoing.writeHead(status, { ...HEADERS, ...headers, 'Content-Length': Buffer.byteLength(body) })
      outgoing.end(incoming.method === 'HEAD' ? undefined : body)
    }
    if (incoming.method !== 'GET' && incoming.method !== 'HEAD') {
      return end(405, { 'Content-Type': TEXT, Allow: 'GET, HEAD' }, 'Method not allowed\n')
    }
    answer(incoming, render).then(
      ({ headers, body }) => end(200, headers, body),
      (error: unknown) => {
        onBug(error)
        end(500, { 'Content-Type': TEXT }, 'The metrics cannot be read\n')
      },
    )
  }
  return {
    // A thousand scrapes fit into one packet.
    listener: inOrder(listener, ({ socket }) => void socket.destroy()),
    families: [
      scrapes,
      createReading(
        {
          name: 'promhttp_metric_handler_requests_in_flight',
          help: 'Current number of scrapes being served.',
          type: 'gauge',
        },
        () => inFlight,
      ),
    ],
  }
}

const TEXT = 'text/plain; charset=utf-8'
const HEADERS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }

async function answer({ headers }: IncomingMessage, render: () => string) {
  const text = render()
  const type = { 'Content-Type': EXPOSITION_TYPE, Vary: 'Accept-Encoding' }
  if (!takesGzip(headers['accept-encoding'])) return { headers: type, body: text }
  return { headers: { ...type, 'Content-Encoding': 'gzip' }, body: await compress(text) }
}

/** True for a client that lists gzip and does not refuse it with a weight of 0 (RFC 9110 §12.5.3). */
function takesGzip(acceptEncoding: string | string[] | undefined): boolean {
  return String(acceptEncoding ?? '')
    .split(',')
    .some((coding) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$)[\d.]+\s*)?$/iu.test(coding))
}
