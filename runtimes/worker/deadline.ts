/**
 * How far away a deadline may be for a tunnel to be watched. Watching costs a Worker CPU for each message, and Cloudflare
 * ends every connection when it updates its own software, more often than this.
 */
const REACH_MS = 24 * 3_600_000

/** Milliseconds until a deadline that is worth watching; undefined when there is none or it is far away. */
export function remainingOf(closeAtMs: number | undefined, nowMs: number): number | undefined {
  if (closeAtMs === undefined || closeAtMs - nowMs > REACH_MS) return undefined
  return Math.max(0, closeAtMs - nowMs)
}

/**
 * Says whether an answer may go on for ever: of unknown length and not encoded. An encoded one has to pass untouched,
 * since a Worker that touches it unpacks it and packs it again.
 */
export function isEndless({ body, headers }: Response): boolean {
  return body !== null && !headers.has('content-length') && !headers.has('content-encoding')
}

/** A body that breaks off after a time. `defer` keeps the Worker alive while the body is under way. */
export function cutAfter(
  body: ReadableStream,
  { remainingMs, waitUntil }: { remainingMs: number; waitUntil: (work: Promise<unknown>) => void },
): ReadableStream {
  const { readable, writable } = new IdentityTransformStream()
  const over = new AbortController()
  const timer = setTimeout(
    () => over.abort(new Error('The session that asked for this answer has ended.')),
    remainingMs,
  )
  // Either end breaking off is its own business: the other end learns of it through the stream.
  const carried = body.pipeTo(writable, { signal: over.signal }).catch(() => undefined)
  waitUntil(carried.finally(() => clearTimeout(timer)))
  return readable
}
