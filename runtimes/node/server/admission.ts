import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

/** Handlers of requests that are admitted and of those that are not, and the limits between them. */
export interface AdmissionInput {
  /** Handles a request. */
  readonly admit: RequestListener
  /** Answers that there are too many, to a request that waited for so many ms. */
  readonly respondOverloaded: (incoming: IncomingMessage, outgoing: ServerResponse, waitedMs: number) => void
  /** Paths that are handled at once, however many requests wait: health checks. */
  readonly urgent: ReadonlySet<string>
  readonly limits?: AdmissionLimits
}

/** The line in front of the handler. */
export interface Admission {
  readonly listener: RequestListener
  /** Number of requests that wait. */
  readonly waiting: () => number
}

/** Limits on waiting requests. */
export interface AdmissionLimits {
  /** Requests that are started in one turn of the event loop. */
  readonly perTurn: number
  /** Requests that are refused in one turn, which is done sooner. */
  readonly perTurnAway: number
  readonly maxWaiting: number
  readonly maxWaitMs: number
}

/**
 * Limits that serve a small machine. Eight requests take about a millisecond. Two thousand that wait are 16 MiB.
 * Waiting for two seconds before the refusal keeps clients that ask again at once from asking more often than that.
 */
const LIMITS: AdmissionLimits = { perTurn: 8, perTurnAway: 16, maxWaiting: 2048, maxWaitMs: 2000 }

interface Waiting {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly sinceMs: number
}

/**
 * Starts no more requests in one turn of the event loop than leave it short. Node takes a few new connections in each
 * turn (acceptors.ts): where a thousand busy ones make a turn a second long, no new one gets in, health checks least of
 * all. What does not get its turn waits in line; when the line is full, or a request stood in it for too long, the
 * answer is 503.
 */
export function createAdmission(input: AdmissionInput): Admission {
  const { admit, respondOverloaded, urgent, limits = LIMITS } = input
  const line: Waiting[] = []
  let room = limits.perTurn
  let isTurnMarked = false

  /** Begins a turn once the last one has seen everything that arrived. */
  const beginTurn = (): void => {
    isTurnMarked = false
    room = limits.perTurn
    let roomAway = limits.perTurnAway
    const nowMs = Date.now()
    while (room > 0 && roomAway > 0) {
      const next = nextOf(line)
      if (next === undefined) return
      const { incoming, outgoing, sinceMs } = next
      if (nowMs - sinceMs > limits.maxWaitMs) {
        roomAway -= 1
        respondOverloaded(incoming, outgoing, nowMs - sinceMs)
      } else {
        room -= 1
        admit(incoming, outgoing)
      }
    }
    markTurn()
  }

  const markTurn = (): void => {
    if (isTurnMarked) return
    isTurnMarked = true
    setImmediate(beginTurn)
  }

  const listener: RequestListener = (incoming, outgoing) => {
    if (room > 0) {
      room -= 1
      admit(incoming, outgoing)
    } else if (urgent.has(pathOf(incoming))) admit(incoming, outgoing)
    else if (line.length >= limits.maxWaiting) respondOverloaded(incoming, outgoing, 0)
    else {
      line.push({ incoming, outgoing, sinceMs: Date.now() })
      markTurn()
    }
  }
  return { listener, waiting: () => line.length }
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
