/** What a piece of work came to, and for how long others may have the same. */
export interface Settled<Value> {
  readonly value: Value
  readonly keepMs: number
}

/** A piece of work under way, or done. */
export interface Call<Value> {
  readonly done: Promise<Value>
  readonly startedAtMs: number
}

/** Does the work for one key once, however many ask for it at the same time and shortly after. */
export interface SingleFlight<Value> {
  /** What work for this key came to, while it is kept. */
  find(key: string): Value | undefined
  /** Joins the work that is under way for this key, or starts it. */
  join(key: string, work: () => Promise<Settled<Value>>): Call<Value>
}

/** What flights take. */
export interface SingleFlightOptions {
  readonly now: () => number
  /**
   * Requests may await each other's promises. On Workers they may not: I/O belongs to the request that began
   * it, so a latecomer looks for the settled value from time to time.
   */
  readonly sharesPromises: boolean
  readonly maxKept?: number
}

/** A flight that took longer than this belonged to a request that is gone. */
const LOST_AFTER_MS = 15_000
const LOOK_EVERY_MS = 25

/** Builds the flights of one process. */
export function createSingleFlight<Value>({
  now,
  sharesPromises,
  maxKept = 10_000,
}: SingleFlightOptions): SingleFlight<Value> {
  const inFlight = new Map<string, Call<Value>>()
  const kept = new Map<string, { readonly value: Value; readonly untilMs: number }>()

  function keep(key: string, { value, keepMs }: Settled<Value>): void {
    kept.delete(key)
    kept.set(key, { value, untilMs: now() + keepMs })
    // Oldest first; what is kept for a shorter time than its neighbours waits behind them, which the bound
    // allows for.
    for (const [oldest, { untilMs }] of kept) {
      if (untilMs > now() && kept.size <= maxKept) break
      kept.delete(oldest)
    }
  }

  function find(key: string): Value | undefined {
    const found = kept.get(key)
    return found !== undefined && found.untilMs > now() ? found.value : undefined
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

/** What a promise comes to within so many milliseconds; undefined when it takes longer. */
export async function within<Value>(
  promise: Promise<Value>,
  milliseconds: number,
): Promise<Value | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}
