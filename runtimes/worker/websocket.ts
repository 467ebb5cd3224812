/** Codes that stand for "no code was sent" and "the connection broke" and may not be sent themselves (RFC 6455 §7.4.1). */
const NEVER_SENT = new Set([1005, 1006, 1015])

/** "Policy violation": the session that opened the tunnel is over. */
const SESSION_OVER = 1008

/**
 * Puts ourselves between the client and the app's WebSocket so that the tunnel can be cut at a moment (ms from now).
 * Returns the client's end. Costs CPU for each message and has no back-pressure, so it is for tunnels that need it.
 */
export function relayUntil(upstream: WebSocket, remainingMs: number): WebSocket {
  const { 0: client, 1: ours } = new WebSocketPair()
  const timer = setTimeout(() => {
    close(ours, SESSION_OVER, 'session ended')
    close(upstream, SESSION_OVER, 'session ended')
  }, remainingMs)
  // Messages that arrive before a listener is there would be lost.
  carry({ from: upstream, to: ours, timer })
  carry({ from: ours, to: upstream, timer })
  upstream.accept()
  ours.accept()
  return client
}

function carry({ from, to, timer }: { from: WebSocket; to: WebSocket; timer: number }): void {
  from.binaryType = 'arraybuffer'
  from.addEventListener('message', ({ data }) => {
    // A binaryType of arraybuffer leaves no third kind.
    send(to, data as string | ArrayBuffer)
  })
  from.addEventListener('close', ({ code, reason }) => {
    clearTimeout(timer)
    close(to, code, reason)
  })
  from.addEventListener('error', () => {
    clearTimeout(timer)
    close(to, 1011, 'the other side failed')
  })
}

/** The other side may be closing already, and then there is nobody to send to. */
function send(socket: WebSocket, data: string | ArrayBuffer): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(data)
}

function close(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState === WebSocket.CLOSED) return
  if (NEVER_SENT.has(code)) socket.close()
  else socket.close(code, reason)
}
