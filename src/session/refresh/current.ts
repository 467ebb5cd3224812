import type { Cookie, CookieChange, Exchange } from '../../http/exchange.ts'
import type { Problem } from '../../problems.ts'
import { isFinal } from '../lifetimes.ts'
import type { ActiveSession, Session } from '../session.ts'
import type { SessionStore, StoredSession } from '../store.ts'

/** The session of a request after refresh or rewrite, and the cookies that the response sets. */
export interface Current {
  /** Session; undefined when it has ended. */
  readonly session: Session | undefined
  readonly changes: readonly CookieChange[]
  /** Reason for the end. */
  readonly problem?: Problem
}

/** One request with the session that it carries. */
export interface RefreshRequest {
  readonly loaded: Omit<ActiveSession, 'kind'>
  readonly exchange: Pick<Exchange, 'cookies' | 'requestId'> & {
    readonly request: Pick<Exchange['request'], 'waitUntil'>
  }
}

/** Makes the Current of a newly stored session, with its cookies, unless it was ended while that was under way. */
export async function toCurrent(
  store: SessionStore,
  stored: StoredSession,
  carried: readonly Cookie[],
): Promise<Current> {
  const why = store.judge(stored.session)
  if (why === undefined) return { session: stored.session, changes: store.cookies(stored, carried) }
  return { session: undefined, changes: isFinal(why) ? await store.clear(carried) : [] }
}
