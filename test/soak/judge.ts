import type { Fault } from './faults/fault.ts'

/** Ways in which an answer may differ from what must come, where a fault allows it. */
export type Excuse =
  /** The connection is refused, reset or closed before an answer. */
  | 'no connection'
  /** An answer that broke off in the middle, and can be seen to have. */
  | 'cut'
  /** No answer in time. */
  | 'late'
  /** 502 or 504 in place of the app's answer. */
  | 'no app'
  /** 503 with Retry-After. */
  | 'overload'
  /** A sign-in that fails with a page that says so. */
  | 'no sign-in'
  /** A person with a session is asked to sign in; the cookie stays. */
  | 'refused'
  /** A WebSocket or event stream ends. */
  | 'stream ends'
  /** A sign-out by the provider is not taken. */
  | 'no back-channel'

/** What came in place of what must come. */
export class Deviation extends Error {
  readonly excuse: Excuse | undefined
  /** From when on a fault that allows it counts, performance.now(); without it, from when the traffic was begun. */
  readonly sinceMs: number | undefined

  /** Without an excuse it is wrong whatever happens meanwhile. */
  constructor(what: string, excuse?: Excuse, sinceMs?: number) {
    super(what)
    this.excuse = excuse
    this.sinceMs = sinceMs
  }
}

/** A fault that happened: performance.now() of its begin, its end, and of when everything worked again. */
export interface Window {
  readonly fault: Fault
  readonly fromMs: number
  endedAtMs: number
  toMs: number
}

/** Collects what was played and what came of it. */
export interface Judge {
  readonly windows: Window[]
  /** How often each kind of traffic was played to its end as it must. */
  readonly served: Map<string, number>
  /** How often a deviation was allowed, by kind and excuse. */
  readonly excused: Map<string, number>
  /** What must not be. */
  readonly wrong: string[]
  /** Judges what a kind of traffic threw; `sinceMs` is when it began. */
  judge(kind: string, thrown: unknown, sinceMs: number): void
  note(kind: string): void
  fail(what: string): void
}

const MOST_WRONG = 100

/** Creates a judge; `say` is told at once what is wrong. */
export function createJudge(say: (what: string) => void): Judge {
  const windows: Window[] = []
  const served = new Map<string, number>()
  const excused = new Map<string, number>()
  const wrong: string[] = []
  const count = (map: Map<string, number>, key: string): void => void map.set(key, (map.get(key) ?? 0) + 1)
  const fail = (what: string): void => {
    say(what)
    if (wrong.length < MOST_WRONG) wrong.push(`${timestamp()} ${what}`)
  }

  return {
    windows,
    served,
    excused,
    wrong,
    note: (kind) => count(served, kind),
    fail,
    judge(kind, thrown, sinceMs) {
      if (!(thrown instanceof Deviation)) {
        fail(`${kind}: ${thrown instanceof Error ? thrown.stack : String(thrown)}`)
        return
      }
      const { excuse, message } = thrown
      const from = thrown.sinceMs ?? sinceMs
      const active = windows.filter(({ fault, toMs }) => toMs + (fault.lingerSeconds ?? 0) * 1000 >= from)
      const why = active.find(({ fault }) => excuse !== undefined && fault.allows.includes(excuse))
      if (why !== undefined) count(excused, `${why.fault.name}: ${excuse}`)
      else {
        const names = active.map(({ fault }) => fault.name).join(', ')
        fail(`${kind}: ${message} (${excuse ?? 'never allowed'}; ${names || 'no fault'})`)
      }
    },
  }
}

function timestamp(): string {
  return new Date().toISOString().slice(11, 23)
}
