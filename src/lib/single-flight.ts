/** What a piece of work came to, and for how long others may have the same. */
export interface Landing<Value> {
  readonly value: Value
  readonly keepMs: number
}

/** A piece of work under way, or done. */
export interface Flight<Value> {
  readonly landed: Promise<Value>
  readonly startedAtMs: number
}

/** Does the work for one key once, however many ask for it at the same time and shortly after. */
export interface Flights<Value> {
  /** What work for this key came to, while it is kept. */
  find(key: string): Value | undefined
  /** Joins the work that is under way for this key, or starts it. */
  join(key: string, work: () => Promise<Landing<Value>>): Flight<Value>
}

/** What flights take. */
export interface FlightsParts {
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
export function createFlights<Value>({
  now,
  sharesPromises,
  maxKept = 10_000,
}: FlightsParts): Flights<Value> {
  const flying = new Map<string, Flight<Value>>()
  const kept = new Map<string, { readonly value: Value; readonly untilMs: number }>()

  function keep(key: string, { value, keepMs }: Landing<Value>): void {
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

  function start(key: string, work: () => Promise<Landing<Value>>): Flight<Value> {
    const landed = work().then(
      (landing) => {
        keep(key, landing)
        flying.delete(key)
        return landing.value
      },
      (error: unknown) => {
        flying.delete(key)
        throw error
      },
    )
    const flight = { landed, startedAtMs: now() }
    flying.set(key, flight)
    return flight
  }

  async function lookFor(key: string, work: () => Promise<Landing<Value>>): Promise<Value> {
    while (flying.has(key) && now() - (flying.get(key)?.startedAtMs ?? 0) < LOST_AFTER_MS) {
      await sleep(LOOK_EVERY_MS)
    }
    return find(key) ?? start(key, work).landed
  }

  return {
    find,
    join(key, work) {
      const flight = flying.get(key)
      if (flight === undefined) return start(key, work)
      return sharesPromises ? flight : { landed: lookFor(key, work), startedAtMs: flight.startedAtMs }
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
