import type { SessionConfig } from '../config/sections/session.ts'
import type { ClientFingerprints } from './clients.ts'
import type { Denylist } from './denylist.ts'
import { endOf, idleEndOf, judge, shouldNoteSeen } from './lifetimes.ts'
import type { Session, Unreadable } from './session.ts'

/**
 * Rules on the validity of a session, wherever it is stored. They read the configuration as it is now, so that a change
 * also counts for the sessions that were made before it.
 */
export interface SessionJudge {
  /** Finds the reason why a session is no longer valid; undefined while it is. */
  judge(session: Session): Unreadable | undefined
  /** End of a session for good, in ms since the epoch. */
  endsAtMs(session: Session): number
  /** End of a session if its browser sends nothing any more: `endsAtMs`, or the idle limit before that. */
  nextEndMs(session: Session): number
  /** True when the time of the last request is due to be written down. */
  shouldNoteSeen(session: Session): boolean
  /**
   * Session as stores write it: bound to its provider's client and to the process that got its refresh token, with the
   * end that the configuration gives it.
   */
  bind(session: Session): Session
}

export interface SessionJudgeDeps {
  readonly config: SessionConfig
  readonly clients: ClientFingerprints
  /** True while the account behind a session exists, as far as this deployment keeps accounts itself. */
  readonly hasAccount: (session: Session) => boolean
  readonly denylist: Pick<Denylist, 'denies'>
  /** Name of this process; absent where processes share their refreshes. */
  readonly processId?: string | undefined
  readonly now: () => number
}

/** Creates the judge of one deployment's sessions. */
export function createSessionJudge(deps: SessionJudgeDeps): SessionJudge {
  const { config, clients, denylist, now, processId } = deps
  const endsAtMs = (session: Session) => Math.min(session.expiresAtMs, endOf(session, config))
  return {
    judge: (session) => judgeSource(session, deps) ?? judge(session, { config, denylist, nowMs: now() }),
    endsAtMs,
    nextEndMs: (session) => Math.min(endsAtMs(session), idleEndOf(session, config)),
    shouldNoteSeen: (session) => shouldNoteSeen(session, config, now()),
    bind: (session) => ({
      ...session,
      client: session.source.kind === 'provider' ? clients.get(session.source.id) : undefined,
      ...(processId === undefined ? {} : { refreshedBy: session.refreshedBy ?? processId }),
      expiresAtMs: endsAtMs(session),
    }),
  }
}

/** Judges the origin of a session: it has to be configured still, and to be the same. */
function judgeSource(session: Session, { clients, hasAccount }: SessionJudgeDeps): Unreadable | undefined {
  const { source, client } = session
  if (source.kind !== 'provider') return hasAccount(session) ? undefined : 'account'
  const known = clients.get(source.id)
  if (known === undefined) return 'provider'
  return known === client ? undefined : 'client'
}
