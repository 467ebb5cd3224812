import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Calls back when nothing has moved on a client's connection for so long, and again after each further pause: no byte came
 * from it, and the kernel took none for it. Ends with the response.
 */
export function onClientIdle(outgoing: ServerResponse, ms: number, callback: () => void): void {
  outgoing.setTimeout(ms, () => {
    // Node's timer runs once and waits for something to move, which a client that is gone never does.
    outgoing.socket?.setTimeout(ms)
    callback()
  })
  // Before Node's own listener, which sets the time that an idle connection may stay.
  outgoing.prependListener('finish', () => outgoing.socket?.setTimeout(0))
}

/**
 * Calls back when the other side has taken nothing of what waits to be written for so long; 0 is no limit. Returns a
 * function that ends the watch.
 */
export function onStalledWrites(socket: Socket, ms: number, callback: () => void): () => void {
  const onTimeout = (): void => {
    if (socket.writableLength > 0) callback()
  }
  socket.setTimeout(ms)
  socket.on('timeout', onTimeout)
  return () => {
    socket.setTimeout(0)
    socket.off('timeout', onTimeout)
  }
}
