import type { SessionConfig } from '../../config/sections/session.ts'
import type { Session } from '../session.ts'
import { compileSoftPart, type OwnProcess } from './soft-part.ts'

/**
 * Moments of a session's refresh: when the provider has to be asked again, and how long the last answer is good for
 * without a new one. All in ms since the epoch.
 */
export interface RefreshSchedule {
  /** Moment from which a request asks the provider. */
  readonly askAtMs: number
  /**
   * Moment from which a refusal ends the session. Before, the session is valid by the last answer: the refusal may only
   * mean that another process was quicker with the same refresh token.
   */
  readonly refusalCountsAtMs: number
  /** Moment from which the session is not valid without an answer. A provider that is down signs no one out before. */
  readonly standsUntilMs: number
}

/** Life of an access token whose end the provider did not tell. */
const USUAL_TOKEN_LIFE_MS = 3_600_000

/** Time after `cookie-refresh` is due in which a refusal may still be a lost race. */
const LONGEST_RACE_MS = 60_000

/** Compiles the refresh schedule of sessions. Sessions never change, so each is worked out once. */
export function compileRefreshSchedule(
  config: SessionConfig,
  own?: OwnProcess,
): (session: Session) => RefreshSchedule {
  const softPartOf = compileSoftPart(own)
  const known = new WeakMap<Session, RefreshSchedule>()
  return (session) => {
    const before = known.get(session)
    if (before !== undefined) return before
    const schedule = toSchedule(session, config, softPartOf)
    known.set(session, schedule)
    return schedule
  }
}

/** Schedule of a session; only one of a provider has a refresh. */
function toSchedule(
  session: Session,
  config: SessionConfig,
  softPartOf: (session: Session) => number,
): RefreshSchedule {
  if (session.source.kind !== 'provider') return NEVER
  if (session.tokens.refresh === undefined) return validationDue(session, config)
  return refreshDue(session, config, softPartOf(session))
}

const NEVER: RefreshSchedule = {
  askAtMs: Number.POSITIVE_INFINITY,
  refusalCountsAtMs: Number.POSITIVE_INFINITY,
  standsUntilMs: Number.POSITIVE_INFINITY,
}

/**
 * Schedule of a session with a refresh token: before its access token ends, before `session-revalidate` is over, and
 * once it is as old as `cookie-refresh`; the first of them counts. The operator's own `cookie-refresh` holds for every
 * process alike. Where neither setting asks for an answer of the provider, none ends the session, as in oauth2-proxy:
 * only tokens that are passed on are then kept fresh. Pure.
 */
function refreshDue(
  session: Session,
  { refreshMs, revalidateMs }: SessionConfig,
  softPart: number,
): RefreshSchedule {
  const { refreshedAtMs, tokens } = session
  const tokenEndsAtMs = tokens.accessExpiresAtMs
  if (refreshMs === 0 && revalidateMs === 0) {
    const isPassedOn = tokens.access !== undefined || tokens.id !== undefined
    return isPassedOn && tokenEndsAtMs !== undefined
      ? { ...NEVER, askAtMs: refreshedAtMs + Math.max(tokenEndsAtMs - refreshedAtMs, 1000) * softPart }
      : NEVER
  }
  const spans: { readonly soft: number; readonly hard: number }[] = []
  const soften = (life: number): void => {
    spans.push({ soft: refreshedAtMs + life * softPart, hard: refreshedAtMs + life })
  }
  if (tokenEndsAtMs !== undefined) soften(Math.max(tokenEndsAtMs - refreshedAtMs, 1000))
  if (revalidateMs > 0) soften(revalidateMs)
  if (refreshMs > 0) {
    const dueAtMs = refreshedAtMs + refreshMs
    spans.push({ soft: dueAtMs, hard: dueAtMs + Math.min(refreshMs / 4, LONGEST_RACE_MS) })
  }
  const refusalCountsAtMs = Math.min(...spans.map(({ hard }) => hard))
  return {
    askAtMs: Math.min(...spans.map(({ soft }) => soft)),
    refusalCountsAtMs,
    standsUntilMs: Math.max(tokenEndsAtMs ?? refreshedAtMs + USUAL_TOKEN_LIFE_MS, refusalCountsAtMs),
  }
}

/**
 * Schedule of a session without a refresh token: only `cookie-refresh` asks, whether the access token is still valid,
 * and its end is then the end of the session, as in oauth2-proxy. Pure.
 */
function validationDue({ refreshedAtMs, tokens }: Session, { refreshMs }: SessionConfig): RefreshSchedule {
  const askAtMs = refreshMs === 0 ? Number.POSITIVE_INFINITY : refreshedAtMs + refreshMs
  const tokenEndsAtMs = tokens.accessExpiresAtMs ?? Number.POSITIVE_INFINITY
  return { askAtMs, refusalCountsAtMs: askAtMs, standsUntilMs: Math.max(askAtMs, tokenEndsAtMs) }
}
