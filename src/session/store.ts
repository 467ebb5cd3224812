import type { Cookie, CookieChange } from '../http/exchange.ts'
import type { MaybePromise } from '../lib/async.ts'
import type { Result } from '../result.ts'
import type { SessionJudge } from './judge.ts'
import type { Loaded, Session, Unreadable } from './session.ts'

/** A session as a store holds it: projected, and without what there was no room for. */
export interface StoredSession {
  readonly session: Session
  /** Reference to the session in every process of the deployment: a sealed token, or the ticket of an entry. */
  readonly reference: string
}

/** Records a session's newest form: a request of its browser would carry that one. */
export type OnSeen = (stored: StoredSession) => void

/** A session that was stored for a browser, and what the log should know about it. */
export interface SavedSession extends StoredSession {
  readonly changes: readonly CookieChange[]
  /** Bytes that the browser will send with every request. */
  readonly cookieBytes: number
  /** Parts of the session that the store had no room for. */
  readonly dropped: readonly string[]
}

/**
 * Session store. An implementation decides what is in the cookies and what elsewhere; every session that it hands out
 * was judged, and every one that it writes was bound, by the one `SessionJudge`.
 */
export interface SessionStore extends Pick<SessionJudge, 'judge' | 'endsAtMs' | 'nextEndMs'> {
  /** Loads the session of a request, synchronously when no I/O is needed. Never throws for what a stranger sends. */
  load(cookies: readonly Cookie[]): MaybePromise<Loaded>
  /**
   * Stores the session of a sign-in, in place of what the request carried; `session_too_large`, `identity_incomplete` or
   * `session_store_unavailable`.
   */
  save(request: {
    readonly session: Session
    readonly carried: readonly Cookie[]
  }): Promise<Result<SavedSession>>
  /** Ends the session that a request carries, and every cookie of it. */
  clear(carried: readonly Cookie[]): MaybePromise<readonly CookieChange[]>
  /** True for a cookie of a session: never forwarded, never accepted from an upstream. */
  owns(cookieName: string): boolean

  /**
   * Stores the successor of a loaded session, for all requests that carry the old one: after a refresh, or to note the
   * time of a request. Fails like `save`, and with `sign_in_required` where the session was ended meanwhile.
   */
  write(session: Session, replaces: string): Promise<Result<StoredSession>>
  /** Reads the session behind a reference, judged: another process may have written it. */
  read(reference: string): Promise<Session | Unreadable>
  /** Cookie that carries a stored session, which `load` takes whatever its length. */
  cookieOf(reference: string): Cookie
  /** Cookies that make a browser carry a stored session, and the end of those that the request carried instead. */
  cookies(stored: StoredSession, carried: readonly Cookie[]): readonly CookieChange[]
}
