import type { Platform } from '../platform.ts'
import { type Problem, problem } from '../problems.ts'
import { failed, ok, type Result } from '../result.ts'

/** A value that is loaded when first needed and then kept for a while. */
export interface CachedValue<Value> {
  /** The value: fresh, or stale for a limited time while loading fails. */
  get(): Promise<Result<Value>>
  /** Loads again, unless the last attempt failed a moment ago. */
  renew(): Promise<Result<Value>>
}

/** Loader and lifetimes of a cached value, in milliseconds. */
export interface StaleCacheOptions<Value> {
  readonly load: () => Promise<Result<Value>>
  readonly platform: Pick<Platform, 'now' | 'runtime'>
  readonly freshMs: number
  /** Time beyond `freshMs` for which an old value is used while loading fails (stale-if-error, RFC 5861 §4). */
  readonly staleMs: number
  /** Pause after a failure; doubles with each further one. */
  readonly firstPauseMs: number
  readonly longestPauseMs: number
}

interface Failure {
  readonly problem: Problem
  readonly pauseMs: number
  readonly untilMs: number
}

/**
 * Keeps one settled value. Loads one at a time; after a failure, loading pauses. On
 * Workers a promise of one request must not be awaited by another, so only settled values are shared there.
 */
export function createStaleCache<Value>(options: StaleCacheOptions<Value>): CachedValue<Value> {
  const { platform, freshMs, staleMs } = options
  let kept: { readonly value: Value; readonly atMs: number } | undefined
  let failure: Failure | undefined
  let underWay: Promise<void> | undefined

  async function load(): Promise<void> {
    const loaded = await options.load()
    if (loaded.ok) {
      kept = { value: loaded.value, atMs: platform.now() }
      failure = undefined
      return
    }
    const pauseMs =
      failure === undefined ? options.firstPauseMs : Math.min(failure.pauseMs * 2, options.longestPauseMs)
    failure = { problem: loaded.problem, pauseMs, untilMs: platform.now() + pauseMs }
  }

  async function attempt(): Promise<void> {
    if (failure !== undefined && isPausing(failure)) return
    if (platform.runtime === 'workers') return load()
    underWay ??= load().finally(() => {
      underWay = undefined
    })
    return underWay
  }

  /** A pause that is longer than it began is one of a clock that was set back, and over. */
  function isPausing({ untilMs, pauseMs }: Failure): boolean {
    const leftMs = untilMs - platform.now()
    return leftMs > 0 && leftMs <= pauseMs
  }

  function keptFor(ageMs: number): Result<Value> | undefined {
    return kept !== undefined && platform.now() - kept.atMs <= ageMs ? ok(kept.value) : undefined
  }

  function refusal(): Result<Value> {
    return failed(failure?.problem ?? problem('provider_unreachable'))
  }

  return {
    async get() {
      // After a clock was set back nothing tells how old the value is.
      const isFromFuture = kept !== undefined && kept.atMs > platform.now()
      const fresh = isFromFuture ? undefined : keptFor(freshMs)
      if (fresh !== undefined) return fresh
      await attempt()
      return keptFor(freshMs + staleMs) ?? refusal()
    },
    async renew() {
      await attempt()
      return failure === undefined && kept !== undefined ? ok(kept.value) : refusal()
    },
  }
}
