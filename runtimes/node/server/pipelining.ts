import type { IncomingMessage, RequestListener } from 'node:http'
import type { Socket } from 'node:net'

/** Limit on requests that wait behind the one that is answered; each takes some kilobytes. */
const MAX_WAITING = 100

/**
 * Serializes the requests of one connection. Node announces all that arrive in a pipeline at once, so one client could
 * take every connection to the app, and what stands behind a request that ends the connection would be carried out (RFC
 * 9112 §9.3.2, §9.6). A client that sends yet more before it has read anything is cut off.
 */
export function inOrder(
  listener: RequestListener,
  cutOff: (incoming: IncomingMessage) => void,
): RequestListener {
  const waiting = new WeakMap<Socket, number>()
  return (incoming, outgoing) => {
    const { socket } = incoming
    // The answer before it has ended the connection: no client would read this one.
    if (socket.writableEnded || socket.destroyed) return
    // Node drops what came in one piece with a request that could have been an upgrade: no answer may be awaited for it.
    if (incoming.headers.upgrade !== undefined) outgoing.shouldKeepAlive = false
    // Node gives a response its socket when all answers before it have left.
    if (outgoing.socket !== null) return listener(incoming, outgoing)
    const before = waiting.get(socket) ?? 0
    if (before >= MAX_WAITING) return cutOff(incoming)
    waiting.set(socket, before + 1)
    outgoing.once('socket', () => {
      waiting.set(socket, (waiting.get(socket) ?? 1) - 1)
      listener(incoming, outgoing)
    })
  }
}
