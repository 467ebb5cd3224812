/** Counts failed attempts by key: so many at once, then one for each interval. */
export interface MissLimit {
  /** Milliseconds until one more attempt is within the limit; 0 when it is now. */
  waitMs(key: string): number
  /** Counts an attempt as failed. Returns a function that takes exactly that back, for an attempt that did not fail. */
  count(key: string): () => void
  /** True when another key can be counted; false while the table holds as many as it may, all of which still count. */
  hasRoom(key: string): boolean
}

export interface MissLimitOptions {
  readonly now: () => number
  /** Number of failures that are free. */
  readonly burst: number
  /** Time until one failure counts no longer, in ms. */
  readonly intervalMs: number
  readonly maxKeys: number
}

/** Shortest interval between two searches of a full table for what counts no longer. */
const SWEEP_INTERVAL_MS = 1_000
const FIRST_SWEEP_AT = 256

/**
 * A leaky bucket for each key, kept as the one moment at which it is empty again (the theoretical arrival time of the
 * generic cell rate algorithm, ITU-T I.371). An empty bucket is no entry, so the table holds only what still counts.
 */
export function createMissLimit({ now, burst, intervalMs, maxKeys }: MissLimitOptions): MissLimit {
  const emptyAtMs = new Map<string, number>()
  let sweepAt = FIRST_SWEEP_AT
  let sweptAtMs = Number.NEGATIVE_INFINITY

  /**
   * Reads a bucket, which cannot be more than full: what is beyond comes from a clock that was set back, and would lock
   * for as long.
   */
  function read(key: string): number {
    return Math.min(emptyAtMs.get(key) ?? 0, now() + burst * intervalMs)
  }

  function sweep(): void {
    const sinceMs = now() - sweptAtMs
    if (emptyAtMs.size < sweepAt || (sinceMs >= 0 && sinceMs < SWEEP_INTERVAL_MS)) return
    sweptAtMs = now()
    for (const [key, atMs] of emptyAtMs) if (atMs <= now()) emptyAtMs.delete(key)
    sweepAt = Math.min(Math.max(FIRST_SWEEP_AT, 2 * emptyAtMs.size), maxKeys)
  }

  return {
    waitMs(key) {
      const atMs = read(key)
      if (emptyAtMs.has(key)) emptyAtMs.set(key, atMs)
      return Math.max(0, atMs - now() - (burst - 1) * intervalMs)
    },
    count(key) {
      const before = Math.max(read(key), now())
      // A bucket that is full stays full: what runs over would only be waited for.
      const after = Math.min(before + intervalMs, now() + burst * intervalMs)
      sweep()
      emptyAtMs.set(key, after)
      return () => {
        const left = (emptyAtMs.get(key) ?? 0) - (after - before)
        if (left > now()) emptyAtMs.set(key, left)
        else emptyAtMs.delete(key)
      }
    },
    hasRoom(key) {
      if (emptyAtMs.has(key)) return true
      sweep()
      return emptyAtMs.size < maxKeys
    },
  }
}
