/** Place of one comparison in the queue. */
export interface Turn {
  readonly client: string
  /** True when the user signed in from this client before: goes before those where that is not so. */
  readonly known: boolean
  /** True when the client missed often: one comparison at a time, and a rest after each. */
  readonly slow: boolean
}

/** Queue of password comparisons, of which a few run at a time. */
export interface ComparisonQueue {
  /** Runs the work in its turn; undefined, at once, when the queue has no room for it. */
  run<Value>(turn: Turn, work: () => Promise<Value>): Promise<Value> | undefined
  /** Delay after which another try makes sense, from how long the last comparison took. */
  retryAfterMs(): number
}

const AT_A_TIME = 2
const MAX_WAITING = 32
/** Places for strangers; the others are for known clients. */
const MAX_WAITING_STRANGERS = 24
const MAX_WAITING_OF_ONE_STRANGER = 12

/** Rest of a slow client, as a multiple of the time that its comparison took, which leaves it a fifth of one thread. */
const REST = 4
const SHORTEST_REST_MS = 100

interface Waiting {
  readonly turn: Turn
  readonly start: () => void
}

/** Builds the queue. Known clients come first, then those with nothing under way, each in the order of arrival. */
export function createComparisonQueue(now: () => number): ComparisonQueue {
  const waiting: Waiting[] = []
  /** Clients of the comparisons that run, one entry for each. */
  const running: string[] = []
  const resting = new Set<string>()
  let lastTookMs = 0

  function mayStart({ client, known, slow }: Turn): boolean {
    return known || !(resting.has(client) || (slow && running.includes(client)))
  }

  function next(): Waiting | undefined {
    const ready = waiting.filter(({ turn }) => mayStart(turn))
    return (
      ready.find(({ turn }) => turn.known) ??
      ready.find(({ turn }) => !running.includes(turn.client)) ??
      ready[0]
    )
  }

  function startWaiting(): void {
    while (running.length < AT_A_TIME) {
      const found = next()
      if (found === undefined) return
      waiting.splice(waiting.indexOf(found), 1)
      found.start()
    }
  }

  function rest(client: string, milliseconds: number): void {
    resting.add(client)
    setTimeout(() => {
      resting.delete(client)
      startWaiting()
    }, milliseconds)
  }

  async function runNow<Value>({ client, slow }: Turn, work: () => Promise<Value>): Promise<Value> {
    const startedAtMs = now()
    running.push(client)
    try {
      return await work()
    } finally {
      lastTookMs = now() - startedAtMs
      running.splice(running.indexOf(client), 1)
      if (slow) rest(client, Math.max(SHORTEST_REST_MS, REST * lastTookMs))
      startWaiting()
    }
  }

  function hasRoom({ client, known }: Turn): boolean {
    if (known) return waiting.length < MAX_WAITING
    const strangers = waiting.filter(({ turn }) => !turn.known)
    const own = strangers.filter(({ turn }) => turn.client === client)
    return strangers.length < MAX_WAITING_STRANGERS && own.length < MAX_WAITING_OF_ONE_STRANGER
  }

  return {
    run(turn, work) {
      if (running.length < AT_A_TIME && mayStart(turn)) return runNow(turn, work)
      if (!hasRoom(turn)) return undefined
      return new Promise((resolve, reject) => {
        waiting.push({ turn, start: () => runNow(turn, work).then(resolve, reject) })
      })
    },
    retryAfterMs: () => Math.max(1_000, ((waiting.length + running.length) * lastTookMs) / AT_A_TIME),
  }
}
