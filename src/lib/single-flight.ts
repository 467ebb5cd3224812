/** Result of a call, and how long later callers get the same. */
export interface Settled<Value> {
  readonly value: Value
  readonly keepMs: number
}

/** A call under way, or settled. */
export interface Call<Value> {
  readonly done: Promise<Value>
  readonly startedAtMs: number
}

/** Duplicate call suppression: one call per key, whose result is shared with concurrent and shortly later callers. */
export interface SingleFlight<Value> {
  /** The kept result for a key. */
  find(key: string): Value | undefined
  /** A call for this key is under way. */
  isPending(key: string): boolean
  /** Joins the call under way for a key, or starts it. */
  join(key: string, work: () => Promise<Settled<Value>>): Call<Value>
}

export interface SingleFlightOptions {
  readonly now: () => number
  /**
   * Requests may await each other's promises. On Workers they may not: I/O belongs to the request that began
   * it, so a latecomer looks for the settled value from time to time.
   */
  readonly sharesPromises: boolean
  readonly maxKept?: number
}

/** On Workers a call can die with its request; older calls are considered lost. */
const LOST_AFTER_MS = 15_000
const LOOK_EVERY_MS = 25

/** Creates the single-flight group of one process. */
export function createSingleFlight<Value>({
  now,
  sharesPromises,
  maxKept = 10_000,
}: SingleFlightOptions): SingleFlight<Value> {
  const inFlight = new Map<string, Call<Value>>()
  const kept = new Map<string, { readonly value: Value; readonly keepMs: number; untilMs: number }>()

  function keep(key: string, { value, keepMs }: Settled<Value>): void {
    kept.delete(key)
    kept.set(key, { value, keepMs, untilMs: now() + keepMs })
    // Oldest first; what is kept for a shorter time than its neighbours waits behind them, which the bound
    // allows for.
    for (const [oldest, { untilMs }] of kept) {
      if (untilMs > now() && kept.size <= maxKept) break
      kept.delete(oldest)
    }
  }

  function find(key: string): Value | undefined {
    const found = kept.get(key)
    if (found === undefined) return undefined
    // After a clock was set back its time begins again; the step itself would keep it for as long.
    found.untilMs = Math.min(found.untilMs, now() + found.keepMs)
    return found.untilMs > now() ? found.value : undefined
  }

  function start(key: string, work: () => Promise<Settled<Value>>): Call<Value> {
    const done = work().then(
      (settled) => {
        keep(key, settled)
        inFlight.delete(key)
        return settled.value
      },
      (error: unknown) => {
        inFlight.delete(key)
        throw error
      },
    )
    const call = { done, startedAtMs: now() }
    inFlight.set(key, call)
    return call
  }

  async function lookFor(key: string, work: () => Promise<Settled<Value>>): Promise<Value> {
    while (inFlight.has(key) && now() - (inFlight.get(key)?.startedAtMs ?? 0) < LOST_AFTER_MS) {
      await sleep(LOOK_EVERY_MS)
    }
    return find(key) ?? start(key, work).done
  }

  return {
    find,
    isPending: (key) => inFlight.has(key),
    join(key, work) {
      const call = inFlight.get(key)
      if (call === undefined) return start(key, work)
      return sharesPromises ? call : { done: lookFor(key, work), startedAtMs: call.startedAtMs }
    },
  }
}

/** Waits for so many milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** The value of a promise, or undefined when it takes longer than so many milliseconds. */
export async function within<Value>(
  promise: Promise<Value>,
  milliseconds: number,
): Promise<Value | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, milliseconds))
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}
