import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Arrival, Departure, HeaderLines, Peer } from '../../src/platform.ts'

/** What the listener passes to the app beside the Request. */
export interface NodeEnv {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
}

/** An Arrival with what it came from: the forwarder writes into `outgoing` directly. */
export interface NodeArrival extends Arrival, NodeEnv {
  /** Content bytes of a forwarded response, for the access line. */
  bytes: number | undefined
}

const UNIX: Peer = { kind: 'unix' }
const UNKNOWN: Peer = { kind: 'unknown' }

/** An own endpoint waits this long for the body it reads; forwarded bodies have no such limit. */
const OWN_BODY_MS = 10_000

/** Sockets that were accepted on a unix socket: they have no address, and neither has a TCP socket that is gone. */
const unixSockets = new WeakSet<Socket>()

/** Remembers that a socket came in through a unix socket. */
export function markUnixSocket(socket: Socket): void {
  unixSockets.add(socket)
}

/** Makes Arrivals; `defer` is told of work that outlives an answer. */
export function createArrivals(
  defer: (work: Promise<unknown>) => void,
): (request: Request, env: unknown) => NodeArrival {
  return (request, env) => {
    // The listener in listen.ts is the only caller of the app, and it always passes this.
    const { incoming, outgoing } = env as NodeEnv
    return toArrival({ request, incoming, outgoing, defer })
  }
}

function toArrival(from: {
  request: Request
  incoming: IncomingMessage
  outgoing: ServerResponse
  defer: (work: Promise<unknown>) => void
}): NodeArrival {
  const { request, incoming, outgoing, defer } = from
  return {
    incoming,
    outgoing,
    bytes: undefined,
    method: incoming.method ?? '',
    target: incoming.url ?? '',
    httpVersion: versionOf(incoming),
    headers: incoming.rawHeaders as HeaderLines,
    encrypted: 'encrypted' in incoming.socket,
    defer,
    get peer() {
      return peerOf(incoming.socket)
    },
    get request() {
      boundBody(incoming)
      return request
    },
    departed(listener) {
      outgoing.on('close', () => listener(departureOf(this)))
    },
  }
}

function versionOf({ httpVersion }: IncomingMessage): Arrival['httpVersion'] {
  return httpVersion === '1.1' || httpVersion === '1.0' ? httpVersion : '0.9'
}

/** The peer by its socket alone. An IPv4 client on a dual-stack socket is reported by its IPv4 address. */
function peerOf(socket: Socket): Peer {
  const address = socket.remoteAddress
  if (address === undefined) return unixSockets.has(socket) ? UNIX : UNKNOWN
  return { kind: 'ip', address: address.startsWith('::ffff:') ? address.slice(7) : address }
}

function departureOf({ outgoing, bytes }: NodeArrival): Departure {
  const status = outgoing.statusCode
  // A tunnel ends when one side leaves: that is no abortion.
  const aborted = !outgoing.writableFinished && status !== 101
  return bytes === undefined ? { status, aborted } : { status, aborted, bytes }
}

/** Cuts the connection of a client that announces a body and does not deliver it. */
function boundBody(incoming: IncomingMessage): void {
  if (incoming.complete || bounded.has(incoming)) return
  bounded.add(incoming)
  const timer = setTimeout(() => incoming.destroy(), OWN_BODY_MS)
  timer.unref()
  incoming.on('close', () => clearTimeout(timer))
}
const bounded = new WeakSet<IncomingMessage>()
