/** One comparison's place in the queue. */
export interface Turn {
  /** Comparisons of one client that is not known run one after another. */
  readonly client: string
  /** Goes before those who are not, and beside other comparisons of its client. */
  readonly known: boolean
  /** How long after this comparison the client's next one may start, in ms. */
  readonly pauseMs: number
}

/** Lets a few comparisons of passwords run at a time. */
export interface ComparisonQueue {
  /** Runs the work in its turn; undefined, at once, when the queue has no room for it. */
  run<Value>(turn: Turn, work: () => Promise<Value>): Promise<Value> | undefined
  /** When another try makes sense, from how long the last comparison took. */
  retryAfterMs(): number
}

const AT_A_TIME = 2
const MAX_WAITING = 16
/** The rest of the places is for those who are known. */
const MAX_WAITING_STRANGERS = 12
const MAX_WAITING_OF_STRANGER = 6

interface Waiting {
  readonly turn: Turn
  readonly start: () => void
}

/** Builds the queue. */
export function createComparisonQueue(now: () => number): ComparisonQueue {
  const waiting: Waiting[] = []
  const busyClients = new Set<string>()
  let running = 0
  let lastTookMs = 0

  function startNext(): void {
    while (running < AT_A_TIME) {
      const first = waiting.findIndex(({ turn }) => turn.known)
      const next = first === -1 ? waiting.findIndex(({ turn }) => !busyClients.has(turn.client)) : first
      const [found] = next === -1 ? [] : waiting.splice(next, 1)
      if (found === undefined) return
      found.start()
    }
  }

  async function runNow<Value>({ client, known, pauseMs }: Turn, work: () => Promise<Value>): Promise<Value> {
    const startedAtMs = now()
    running += 1
    if (!known) busyClients.add(client)
    try {
      return await work()
    } finally {
      running -= 1
      lastTookMs = now() - startedAtMs
      const release = (): void => {
        if (!known) busyClients.delete(client)
        startNext()
      }
      if (pauseMs > 0) setTimeout(release, pauseMs)
      else release()
      startNext()
    }
  }

  function hasRoom({ client, known }: Turn): boolean {
    if (known) return waiting.length < MAX_WAITING
    const strangers = waiting.filter(({ turn }) => !turn.known)
    const own = strangers.filter(({ turn }) => turn.client === client)
    return strangers.length < MAX_WAITING_STRANGERS && own.length < MAX_WAITING_OF_STRANGER
  }

  return {
    run(turn, work) {
      const free = running < AT_A_TIME && (turn.known || !busyClients.has(turn.client))
      if (free) return runNow(turn, work)
      if (!hasRoom(turn)) return undefined
      return new Promise((resolve, reject) => {
        waiting.push({ turn, start: () => runNow(turn, work).then(resolve, reject) })
      })
    },
    retryAfterMs: () => Math.max(1_000, ((waiting.length + running) * lastTookMs) / AT_A_TIME),
  }
}
