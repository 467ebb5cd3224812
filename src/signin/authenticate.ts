import type { CookieChange, Exchange } from '../http/exchange.ts'
import { type MaybePromise, thenMaybe } from '../lib/async.ts'
import type { Log } from '../observe/log.ts'
import type { Platform } from '../platform.ts'
import { type Problem, problem, type Reason } from '../problems.ts'
import { isFinal } from '../session/lifetimes.ts'
import type { Refresher } from '../session/refresh/refresh.ts'
import { type ActiveSession, type Loaded, type Session, sourceFields } from '../session/session.ts'
import type { SessionStore } from '../session/store.ts'
import { requestFields } from './context.ts'

/** Authenticated caller of a request, and the cookie changes of its response. */
export interface Caller {
  readonly session: Session | undefined
  readonly changes: readonly CookieChange[]
  /** True when the session came out of the Authorization header. */
  readonly authorizationUsed: boolean
  /** Reference to the session in its store; only with access of `peek`, and only for one out of the cookies. */
  readonly reference?: string
  /** Problem of credentials that end the request here. */
  readonly problem: Problem | undefined
}

/**
 * Authenticates a request: by the Authorization header where that is allowed, else by Sidegate's cookies; synchronously
 * when no I/O is needed.
 */
export type Authenticate = (exchange: Exchange, access?: SessionAccess) => MaybePromise<Caller>

/**
 * Access to the session: `touch` counts as activity and refreshes when that is due; `refresh` refreshes now; `peek`
 * only reads, asks no provider and puts no end off.
 */
export type SessionAccess = 'touch' | 'refresh' | 'peek'

/** Result of reading an Authorization header of a known kind. */
export interface Authorization extends Pick<Caller, 'session' | 'problem'> {
  /** Lets a session in the cookies count before the problem: the header may be meant for the app. */
  readonly yieldsToCookies?: boolean
}

/** Reads credentials from an Authorization header; undefined when they are not of its kind. */
export type ReadAuthorization = (exchange: Exchange) => Promise<Authorization | undefined>

export interface AuthorizationDeps {
  readonly log: Pick<Log, 'event' | 'line'>
  readonly platform: Pick<Platform, 'now'>
}

export interface AuthenticateDeps {
  readonly sessions: SessionStore
  readonly refresher: Refresher
  /** Readers of the header, bearer tokens before local users: the first that recognises it decides. */
  readonly authorization: readonly ReadAuthorization[]
  readonly log: Pick<Log, 'event' | 'sessionLoaded'>
}

/**
 * The problem of a caller who may be signed in: the password was not compared, because there were too many tries, or the store
 * of sessions does not answer. It asks for patience, and never for a sign-in.
 */
export function undecided({ problem }: Pick<Caller, 'problem'>): Problem | undefined {
  return problem !== undefined && UNDECIDED.has(problem.reason) ? problem : undefined
}
const UNDECIDED: ReadonlySet<Reason> = new Set(['too_many_attempts', 'session_store_unavailable'])

/** The problem of a caller whose session cannot be looked up now. */
export function storeProblem({ problem }: Pick<Caller, 'problem'>): Problem | undefined {
  return problem?.reason === 'session_store_unavailable' ? problem : undefined
}

const ANONYMOUS: Caller = { session: undefined, changes: [], authorizationUsed: false, problem: undefined }
const STORE_UNAVAILABLE: Caller = { ...ANONYMOUS, problem: problem('session_store_unavailable') }

/** Creates the authentication of requests. */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  const { sessions, refresher, authorization, log } = deps

  async function fromHeader(exchange: Exchange, access: SessionAccess): Promise<Caller> {
    for (const read of authorization) {
      const found = await read(exchange)
      if (found === undefined) continue
      const { session, problem, yieldsToCookies = false } = found
      if (!yieldsToCookies)
        return { ...ANONYMOUS, session, problem, authorizationUsed: session !== undefined }
      const caller = await fromCookies(exchange, access)
      return caller.session === undefined ? { ...caller, problem: caller.problem ?? problem } : caller
    }
    return fromCookies(exchange, access)
  }

  function fromCookies(exchange: Exchange, access: SessionAccess): MaybePromise<Caller> {
    return thenMaybe(sessions.load(exchange.cookies), (loaded) => {
      log.sessionLoaded?.(loaded.kind === 'unreadable' ? loaded.why : loaded.kind)
      switch (loaded.kind) {
        case 'none':
          return ANONYMOUS
        case 'unreadable':
          if (loaded.why === 'unavailable') return STORE_UNAVAILABLE
          if (!isFinal(loaded.why)) return ANONYMOUS
          logLostProvider(log, exchange, loaded)
          return thenMaybe(sessions.clear(exchange.cookies), (changes) => ({ ...ANONYMOUS, changes }))
        case 'active':
          return fromSession(loaded, exchange, access)
      }
    })
  }

  function fromSession(
    loaded: ActiveSession,
    exchange: Exchange,
    access: SessionAccess,
  ): MaybePromise<Caller> {
    if (access === 'peek') {
      return { ...toCaller(loaded.session, ANONYMOUS.changes), reference: loaded.reference }
    }
    const current =
      access === 'refresh'
        ? refresher.refreshNow({ loaded, exchange })
        : refresher.refreshIfDue({ loaded, exchange })
    return thenMaybe(current, ({ session, changes, problem: why }) =>
      storeProblem({ problem: why }) === undefined ? toCaller(session, changes) : STORE_UNAVAILABLE,
    )
  }

  return function authenticate(exchange, access = 'touch') {
    if (exchange.facts.authorization === undefined) return fromCookies(exchange, access)
    return fromHeader(exchange, access)
  }
}

/**
 * Logs a session whose provider is gone: people ask why they were signed out, and the settings that did it are the
 * operator's.
 */
function logLostProvider(
  log: Pick<Log, 'event'>,
  exchange: Exchange,
  { why, session }: Extract<Loaded, { kind: 'unreadable' }>,
): void {
  if (session === undefined || (why !== 'provider' && why !== 'client')) return
  log.event('session_ended', 'info', {
    why: why === 'provider' ? 'provider is not configured' : 'made with another client id or issuer',
    ...sourceFields(session.source),
    user: session.user,
    ...requestFields(exchange),
  })
}

function toCaller(session: Caller['session'], changes: Caller['changes']): Caller {
  return { session, changes, authorizationUsed: false, problem: undefined }
}
