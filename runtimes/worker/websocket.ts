import type { StreamEnd } from '../../src/platform.ts'

/** Codes that stand for "no code was sent" and "the connection broke" and may not be sent themselves (RFC 6455 §7.4.1). */
const NEVER_SENT = new Set([1005, 1006, 1015])

/** Close codes by what the client should do next: policy violation (RFC 6455 §7.4.1), service restart (IANA registry). */
const CLOSE_CODES: Readonly<Record<StreamEnd, readonly [code: number, reason: string]>> = {
  'sign-in': [1008, 'session ended'],
  reconnect: [1012, 'connect again to renew the session'],
}

/** A tunnel with the Worker between the client and the app's WebSocket. */
export interface Tunnel {
  /** The end of the client. */
  readonly client: WebSocket
  close(why: StreamEnd): void
}

/** Joins both ends so that the tunnel can be cut. Costs CPU for each message and has no back-pressure. */
export function relay(upstream: WebSocket, onClose: () => void): Tunnel {
  const { 0: client, 1: server } = new WebSocketPair()
  // Messages that arrive before a listener is there would be lost.
  carry({ from: upstream, to: server, onClose })
  carry({ from: server, to: upstream, onClose })
  upstream.accept()
  server.accept()
  return {
    client,
    close: (why) => {
      for (const socket of [server, upstream]) close(socket, ...CLOSE_CODES[why])
    },
  }
}

function carry({ from, to, onClose }: { from: WebSocket; to: WebSocket; onClose: () => void }): void {
  from.binaryType = 'arraybuffer'
  from.addEventListener('message', ({ data }) => {
    // A binaryType of arraybuffer leaves no third kind.
    send(to, data as string | ArrayBuffer)
  })
  from.addEventListener('close', ({ code, reason }) => {
    onClose()
    close(to, code, reason)
  })
  from.addEventListener('error', () => {
    onClose()
    close(to, 1011, 'the other side failed')
  })
}

/** Sends a message, unless the other side is closing already and nothing can be sent to it. */
function send(socket: WebSocket, data: string | ArrayBuffer): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(data)
}

function close(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState === WebSocket.CLOSED) return
  if (NEVER_SENT.has(code)) socket.close()
  else socket.close(code, reason)
}
