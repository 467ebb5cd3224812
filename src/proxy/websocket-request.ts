import type { IncomingRequest } from '../platform.ts'

/** base64 of sixteen bytes (RFC 6455 §4.1). */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/u

/**
 * Says whether a WebSocket handshake is complete enough to be passed on (RFC 6455 §4.2.1): GET, HTTP/1.1, exactly one
 * well-formed key. Its version is the upstream's business, which answers 426 to one it does not speak.
 */
export function isWebSocketHandshake(request: IncomingRequest): boolean {
  if (request.method !== 'GET' || request.httpVersion !== '1.1') return false
  const keys = valuesOf(request, 'sec-websocket-key')
  const key = keys[0]
  return keys.length === 1 && key !== undefined && KEY.test(key) && !hasBody(request)
}

/** Says whether a request announces a body: a length other than zero, or any transfer coding (RFC 9112 §6). */
export function hasBody(request: IncomingRequest): boolean {
  const { headers } = request
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? ''
    // Lengths first: this runs for each GET, and few names are as long.
    if (name.length === 14 && name.toLowerCase() === 'content-length' && headers[at + 1] !== '0') return true
    if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') return true
  }
  return false
}

function valuesOf(request: IncomingRequest, wanted: string): string[] {
  const values: string[] = []
  for (let at = 0; at + 1 < request.headers.length; at += 2) {
    if (request.headers[at]?.toLowerCase() === wanted) values.push(request.headers[at + 1] ?? '')
  }
  return values
}
