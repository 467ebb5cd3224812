import type { Follow, Following, StreamEnd } from '../../src/platform.ts'

/**
 * Longest time between two judgements. Timers and connections of a Worker belong to one request, so a sign-out in another
 * one cannot reach a stream, which therefore asks more often than it would have to.
 */
const JUDGE_EVERY_MS = 10_000

/** Delay before a stream is watched, so that a short one costs nothing but a timer. */
const FIRST_MS = 1000

/** Watches one stream from its own request; `end` is called once at most. Returns a function that ends the watch. */
export function watchStream(
  follow: Follow,
  { catchUp, end }: { catchUp: () => Promise<void>; end: (why: StreamEnd) => void },
): () => void {
  let following: Following | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let isOver = false

  function wait(ms: number): void {
    timer = setTimeout(() => void look(), Math.min(ms, JUDGE_EVERY_MS))
  }

  async function look(): Promise<void> {
    following ??= follow()
    await catchUp()
    const judged = await following.judge()
    if (isOver) return
    if (typeof judged === 'number') return wait(Math.max(0, judged - Date.now()))
    stop()
    end(judged)
  }

  function stop(): void {
    isOver = true
    clearTimeout(timer)
    following?.stop()
  }

  wait(FIRST_MS)
  return stop
}

/**
 * Makes a body that can be cut. One of unknown length stays so; `length` keeps the announced one. `waitUntil` keeps the
 * Worker alive while the body is under way.
 */
export function cuttable(
  body: ReadableStream,
  { length, waitUntil }: { length: number | undefined; waitUntil: (work: Promise<unknown>) => void },
): { readonly body: ReadableStream; readonly done: Promise<void>; cut(): void } {
  const { readable, writable } =
    length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length)
  const over = new AbortController()
  // Either end breaking off is its own business: the other end learns of it through the stream.
  const done = body.pipeTo(writable, { signal: over.signal }).catch(() => undefined)
  waitUntil(done)
  return {
    body: readable,
    done,
    cut: () => over.abort(new Error('The session that asked for this answer has ended.')),
  }
}
