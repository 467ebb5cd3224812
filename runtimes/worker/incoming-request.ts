import type { Completion, HeaderLines, IncomingRequest, Peer } from '../../src/platform.ts'
import { toBytes } from './bytes.ts'
import { targetOf } from './target.ts'

/** Longest wait for the first byte of a body. */
const OWN_BODY_MS = 10_000

/** Environment that the Worker's entrypoint passes beside the Request. */
export interface Visit {
  /** `ctx.waitUntil`. */
  readonly waitUntil: (work: Promise<unknown>) => void
  /** Listeners for the end of the response. */
  readonly listeners: ((completion: Completion) => void)[]
}

/**
 * Reads a request of a Worker. The edge ends the connection, so HTTP/2 and HTTP/3 look like HTTP/1.1 here, names are
 * lower case and repeated lines are joined.
 */
export function toIncomingRequest(request: Request, visit: Visit): IncomingRequest {
  const { method, url, headers } = request
  return {
    method,
    target: toBytes(targetOf(url, headers.get('host') ?? '')),
    httpVersion: '1.1',
    headers: toLines(headers),
    peer: toPeer(headers.get('cf-connecting-ip')),
    encrypted: url.startsWith('https:'),
    body: request.body,
    hasContent: () => hasContent(request.body),
    onFinished: (listener) => visit.listeners.push(listener),
    waitUntil: visit.waitUntil,
  }
}

/**
 * True when a body has a byte. It is given up with that: a Worker can send none with the methods that are asked about.
 */
async function hasContent(body: Request['body']): Promise<boolean> {
  if (body === null) return false
  const reader = body.getReader()
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    // Ends the read that is under way.
    reader.cancel().catch(() => undefined)
  }, OWN_BODY_MS)
  try {
    let read = await reader.read()
    while (!read.done && read.value.byteLength === 0) read = await reader.read()
    return isLate || !read.done
  } catch {
    return true
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Peer of the connection. Cloudflare's edge writes this header itself and lets no client write it; there is no socket
 * to ask.
 */
function toPeer(address: string | null): Peer {
  return address === null ? { kind: 'unknown' } : { kind: 'ip', address }
}

/**
 * Two Cookie lines that arrive as `a=1, b=2` stay that way: a value may hold a comma, so splitting there would let a
 * cookie of a sibling domain become one of Sidegate's.
 */
function toLines(headers: Headers): HeaderLines {
  const lines: string[] = []
  for (const [name, value] of headers) lines.push(name, toBytes(value))
  return lines
}
