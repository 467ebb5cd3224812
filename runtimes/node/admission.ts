import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

/** Carries a request on; one that is `overdue` has waited too long and is to be told so. */
export type Admit = (incoming: IncomingMessage, outgoing: ServerResponse, overdue: boolean) => void

/** What the admission is made from. */
export interface AdmissionInput {
  readonly admit: Admit
  /** Paths that are carried on at once, however many wait: health checks. */
  readonly urgent: ReadonlySet<string>
  readonly limits?: AdmissionLimits
}

/** How much may wait, and how long. */
export interface AdmissionLimits {
  /** Requests that are begun in one turn of the event loop. */
  readonly perTurn: number
  readonly maxWaiting: number
  readonly maxWaitMs: number
}

/** Sixteen requests take one or two milliseconds; a thousand that wait are a second of work, and 8 MiB of memory, in a small pod. */
const LIMITS: AdmissionLimits = { perTurn: 16, maxWaiting: 1024, maxWaitMs: 5000 }

interface Waiting {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly sinceMs: number
}

/**
 * Begins no more requests in one turn of the event loop than leave it short. Node takes one new connection in each turn: where
 * a thousand busy connections make a turn a second long, nobody else gets in, health checks least of all. What does not get
 * its turn waits in line; when the line is full, or somebody stood in it for too long, the answer is 503.
 */
export function createAdmission({ admit, urgent, limits = LIMITS }: AdmissionInput): RequestListener {
  const line: Waiting[] = []
  let room = limits.perTurn
  let isTurnMarked = false

  /** Runs when this turn has seen everything that arrived. */
  const beginTurn = (): void => {
    isTurnMarked = false
    room = limits.perTurn
    const nowMs = Date.now()
    for (; room > 0; room -= 1) {
      const next = nextOf(line)
      if (next === undefined) return
      admit(next.incoming, next.outgoing, nowMs - next.sinceMs > limits.maxWaitMs)
    }
    markTurn()
  }

  const markTurn = (): void => {
    if (isTurnMarked) return
    isTurnMarked = true
    setImmediate(beginTurn)
  }

  return (incoming, outgoing) => {
    if (room > 0) {
      room -= 1
      admit(incoming, outgoing, false)
    } else if (urgent.has(pathOf(incoming))) admit(incoming, outgoing, false)
    else if (line.length >= limits.maxWaiting) admit(incoming, outgoing, true)
    else {
      line.push({ incoming, outgoing, sinceMs: Date.now() })
      markTurn()
    }
  }
}

/** The first in line whose client is still there. */
function nextOf(line: Waiting[]): Waiting | undefined {
  let next = line.shift()
  while (next?.outgoing.destroyed === true) next = line.shift()
  return next
}

function pathOf({ url = '' }: IncomingMessage): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}
