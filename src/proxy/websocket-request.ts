import { hasBody } from '../http/body.ts'
import { headerValues } from '../http/head.ts'
import type { IncomingRequest } from '../platform.ts'

/** base64 of sixteen bytes (RFC 6455 §4.1). */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/u

/**
 * True when a WebSocket handshake is complete enough to be passed on (RFC 6455 §4.2.1): GET, HTTP/1.1, exactly one
 * well-formed key. Its version is the upstream's business, which answers 426 to one it does not speak.
 */
export function isWebSocketHandshake({ method, httpVersion, headers }: IncomingRequest): boolean {
  if (method !== 'GET' || httpVersion !== '1.1') return false
  const keys = headerValues(headers, 'sec-websocket-key')
  const key = keys[0]
  return keys.length === 1 && key !== undefined && KEY.test(key) && !hasBody(headers)
}
