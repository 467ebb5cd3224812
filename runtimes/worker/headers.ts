import type { HeaderLines, ResponseEdit } from '../../src/platform.ts'
import { fromBytes, toBytes } from './bytes.ts'

/**
 * The headers of an upstream request. `Host` stays behind, `fetch` takes it from the URL; a body's length and coding are
 * added by the runtime. Repeated lines stay repeated.
 */
export function toRequestHeaders(lines: HeaderLines, { websocket }: { websocket: boolean }): Headers {
  const headers = new Headers()
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const name = lines[at] ?? ''
    if (!isHost(name)) headers.append(name, fromBytes(lines[at + 1] ?? ''))
  }
  if (websocket) headers.set('Upgrade', 'websocket')
  return headers
}

/** The Host line of a plan; undefined when there is none. */
export function hostOf(lines: HeaderLines): string | undefined {
  const at = lines.findIndex((name, index) => index % 2 === 0 && isHost(name))
  return at === -1 ? undefined : lines[at + 1]
}

/**
 * The headers that go back to the client. A length is only kept where there is no body to measure (HEAD, 304): the
 * runtime frames bodies itself, and a 204 must not have one (RFC 9110 §8.6).
 */
export function toResponseHeaders(upstream: Response, edit: ResponseEdit): Headers {
  const headers = new Headers()
  for (const [name, value] of upstream.headers) {
    if (FRAMING.has(name)) continue
    const edited = edit.rewrite(name, toBytes(value))
    if (edited !== undefined) headers.append(name, fromBytes(edited))
  }
  const { body, status } = upstream
  const length = body === null && status !== 204 ? upstream.headers.get('content-length') : null
  if (length !== null) headers.set('Content-Length', length)
  for (let at = 0; at + 1 < edit.add.length; at += 2) {
    headers.append(edit.add[at] ?? '', fromBytes(edit.add[at + 1] ?? ''))
  }
  return headers
}

/** Headers of one connection (RFC 9112 §6, RFC 9110 §7.6.1). */
const FRAMING = new Set(['connection', 'content-length', 'transfer-encoding', 'keep-alive', 'upgrade'])

function isHost(name: string): boolean {
  return name.length === 4 && name.toLowerCase() === 'host'
}
