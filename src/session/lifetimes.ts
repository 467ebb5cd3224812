import type { SessionConfig } from '../config/sections/session.ts'
import type { Denylist } from './denylist.ts'
import type { Session, Unreadable } from './session.ts'

/** Clock skew between two replicas up to which a session "from the future" is not refused. */
const SKEW_MS = 5 * 60_000

/** Shortest interval at which the time of the last request is written down. */
const SEEN_INTERVAL_MS = 5 * 60_000

/** Configuration, denylist and time that a session is judged by. */
export interface Judging {
  readonly config: SessionConfig
  readonly denylist: Pick<Denylist, 'denies'>
  readonly nowMs: number
}

/**
 * End of a session for good, in ms since the epoch: the lifetime of the cookie from the last answer of the provider,
 * and the absolute lifetime from the sign-in, whichever ends first. Infinity where neither is limited.
 */
export function endOf(session: Session, { expireMs, maxLifetimeMs }: SessionConfig): number {
  const cookieEnds = expireMs === 0 ? Number.POSITIVE_INFINITY : session.refreshedAtMs + expireMs
  const lifetimeEnds = maxLifetimeMs === 0 ? Number.POSITIVE_INFINITY : session.signedInAtMs + maxLifetimeMs
  return Math.min(cookieEnds, lifetimeEnds)
}

/** End of a session unless a request is noted before, in ms since the epoch. Infinity without an idle limit. */
export function idleEndOf({ seenAtMs }: Session, { idleTimeoutMs }: SessionConfig): number {
  return idleTimeoutMs === 0 ? Number.POSITIVE_INFINITY : seenAtMs + idleTimeoutMs
}

/**
 * Finds the reason why a session that opened is not valid all the same; undefined when it is. Reads the configuration
 * as it is now, so that a shorter lifetime also ends the sessions that were sealed before it. Pure.
 */
export function judge(session: Session, { config, denylist, nowMs }: Judging): Unreadable | undefined {
  const newestMs = Math.max(session.signedInAtMs, session.refreshedAtMs, session.seenAtMs)
  if (newestMs > nowMs + SKEW_MS) return 'future'
  if (session.signedInAtMs < config.minIssuedAtMs || denylist.denies(session)) return 'revoked'
  if (config.maxLifetimeMs > 0 && nowMs >= session.signedInAtMs + config.maxLifetimeMs) return 'lifetime'
  if (nowMs >= Math.min(session.expiresAtMs, endOf(session, config))) return 'expired'
  if (nowMs >= idleEndOf(session, config)) return 'idle'
  return undefined
}

/**
 * True for a reason for which no process will take this session again, so its cookies go. Whether an account exists is
 * a question to a file, of which another replica may have read a newer version, a session from the future one to a clock
 * that will be set right, and a store that is silent will answer again; there the cookie is refused and stays.
 */
export function isFinal(why: Unreadable): boolean {
  return why !== 'account' && why !== 'future' && why !== 'unavailable'
}

/** True when the cookie should say that its owner was here: a quarter of the idle limit has passed, or five minutes. */
export function shouldNoteSeen(session: Session, { idleTimeoutMs }: SessionConfig, nowMs: number): boolean {
  return idleTimeoutMs > 0 && nowMs - session.seenAtMs >= Math.min(idleTimeoutMs / 4, SEEN_INTERVAL_MS)
}
