import { type IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { App } from '../../../src/app.ts'
import { hasBody } from '../../../src/http/body.ts'
import { asksForWebSocket } from '../../../src/http/upgrade.ts'
import { markUpgrade } from '../upstream/tunnel/websocket.ts'
import { refuse } from './parser-errors.ts'

/**
 * True when a request asks for a WebSocket (RFC 6455 §4.1: a GET without content); every other upgrade is a plain
 * request (RFC 9110 §7.8), whose content Node must go on to read.
 */
export function isWebSocket(incoming: IncomingMessage): boolean {
  const { headers, method, rawHeaders } = incoming
  const { upgrade, connection } = headers
  return asksForWebSocket({ method, upgrade, connection }) && !hasBody(rawHeaders)
}

/**
 * Handles upgrade requests like all others: the app decides, and a refusal is an ordinary answer on a response object
 * that is put onto the socket here. Only when the upstream says 101 the socket becomes a tunnel. CONNECT is refused.
 */
export function handleUpgrades(
  server: Server,
  { app, listener }: { app: Pick<App, 'respondUnparsed'>; listener: RequestListener },
): void {
  server.on('upgrade', (incoming: IncomingMessage, stream: Duplex, head: Buffer) => {
    // Servers of node:http and node:https emit their own sockets here.
    const socket = stream as Socket
    socket.on('error', () => socket.destroy())
    // Node before 24.9 does not ask and hands over every upgrade, without a parser for its content.
    if (!isWebSocket(incoming) && hasBody(incoming.rawHeaders)) {
      return refuse(app, incoming, { reason: 'request_malformed', why: 'upgrade with content', on: socket })
    }
    const outgoing = responseOn(socket, incoming)
    if (outgoing === undefined) {
      return refuse(app, incoming, {
        reason: 'request_malformed',
        why: 'upgrade in a pipeline',
        on: undefined,
      })
    }
    if (isWebSocket(incoming)) markUpgrade(incoming, head)
    listener(incoming, outgoing)
  })
  // Left to itself Node hangs up without a word.
  server.on('connect', (incoming: IncomingMessage, stream: Duplex) => {
    const socket = stream as Socket
    socket.on('error', () => socket.destroy())
    const on = responseOn(socket, incoming) === undefined ? undefined : socket
    refuse(app, incoming, { reason: 'method_not_allowed', why: 'CONNECT', on })
  })
}

/** Response on the socket; undefined while an earlier, pipelined request is still being answered on it. */
function responseOn(socket: Socket, incoming: IncomingMessage): ServerResponse | undefined {
  const outgoing = new ServerResponse(incoming)
  outgoing.shouldKeepAlive = false
  try {
    outgoing.assignSocket(socket)
  } catch {
    return undefined
  }
  // The server would do all this for a response of its own.
  socket.on('drain', () => outgoing.emit('drain'))
  socket.on('timeout', () => outgoing.emit('timeout', socket))
  outgoing.on('finish', () => socket.destroySoon())
  return outgoing
}
