import type { SessionConfig } from '../config/sections/session.ts'
import type { Log } from '../observe/log.ts'
import type { SharedState } from '../platform.ts'
import { type Denial, denialKey, parseDenial, writeDenial } from './denial.ts'
import { createDenialMemory, type DenialLimits } from './denial-memory.ts'
import type { Session } from './session.ts'

/** Denylist of sessions that are over before their time. Read on every request, so it answers from memory. */
export interface Denylist {
  deny(denial: Denial): Promise<void>
  denies(session: Session): boolean
}

export interface DenylistDeps {
  readonly now: () => number
  readonly log: Pick<Log, 'line'>
  /**
   * Lifetimes of the cookie: an entry is kept as long as that of a denied session, which nothing renews any more, can
   * last.
   */
  readonly config: Pick<SessionConfig, 'expireMs' | 'maxLifetimeMs'>
  /** State over which the other processes are told; without it the denylist is this process's own. */
  readonly shared?: SharedState | undefined
  /**
   * Called for each denial, of this process and of others, once it counts; undefined for one that concerns everyone.
   */
  readonly onDenied?: (denial?: Denial) => void
  readonly limits?: DenialLimits
}

const LIMITS: DenialLimits = { entries: 50_000, ofOnePerson: 64 }
const YEAR_MS = 365 * 86_400_000
/** Shortest interval between two log lines that memory is full. */
const COMPLAIN_MS = 60_000

/** Creates the denylist: in memory, bounded, and the same in all processes where they share state. */
export function createDenylist(deps: DenylistDeps): Denylist {
  const { now, config, shared, limits = LIMITS } = deps
  const keepMs = config.expireMs || config.maxLifetimeMs || YEAR_MS
  const memory = createDenialMemory({ now, limits, onFloor })
  let complainedAtMs = Number.NEGATIVE_INFINITY

  function onFloor(floorMs: number): void {
    deps.onDenied?.()
    if (now() - complainedAtMs < COMPLAIN_MS) return
    complainedAtMs = now()
    deps.log.line('warn', 'More sign-outs than are remembered: older sessions have to sign in again', {
      began_before: new Date(floorMs).toISOString(),
      remembered: limits.entries,
    })
  }

  function remember(line: string, untilMs: number): void {
    const announced = parseDenial(line, now())
    if (announced === undefined || untilMs <= now()) return
    if (announced.denial === undefined) memory.raiseFloor(announced.boundMs)
    else {
      const { key, issuedBeforeMs, boundMs, person } = announced
      memory.add({ key, issuedBeforeMs, boundMs, person, untilMs })
    }
    deps.onDenied?.(announced.denial)
  }

  shared?.follow(remember)
  return {
    async deny(denial) {
      const line = writeDenial(denial)
      const untilMs = now() + keepMs
      remember(line, untilMs)
      await shared?.announce(line, untilMs)
    },
    denies(session) {
      const { signedInAtMs } = session
      if (memory.isBelowFloor(signedInAtMs)) return true
      if (memory.isEmpty()) return false
      return keysOf(session).some((key) => memory.covers(key, signedInAtMs))
    },
  }
}

/** Sessions never change, so the keys of each are made once. */
const sessionKeys = new WeakMap<Session, readonly string[]>()

/** Keys of the denials that would end a session. */
function keysOf(session: Session): readonly string[] {
  const known = sessionKeys.get(session)
  if (known !== undefined) return known
  const { id, issuer, sid, subject } = session
  const keys = [
    denialKey({ kind: 'session', id }),
    ...(sid === undefined ? [] : [denialKey({ kind: 'sid', issuer, sid })]),
    denialKey({ kind: 'subject', issuer, subject }),
  ]
  sessionKeys.set(session, keys)
  return keys
}
