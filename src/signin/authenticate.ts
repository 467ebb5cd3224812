import type { BearerConfig } from '../config/sections/bearer.ts'
import type { CookieChange, Exchange } from '../http/exchange.ts'
import { type MaybePromise, thenMaybe } from '../lib/async.ts'
import type { Log } from '../observe/log.ts'
import type { Platform } from '../platform.ts'
import type { Problem } from '../problems.ts'
import type { BearerReader } from '../providers/oidc/bearer.ts'
import type { SessionStore } from '../session/cookie/store.ts'
import type { Refresher } from '../session/refresh/refresh.ts'
import type { ActiveSession, Session } from '../session/session.ts'
import { logFailure } from './context.ts'
import type { LocalUsers } from './local/local-users.ts'
import { newSession } from './new-session.ts'

/** Who asks, and what the answer must do to the cookies. */
export interface Caller {
  readonly session: Session | undefined
  readonly changes: readonly CookieChange[]
  /** The session came out of the Authorization header. */
  readonly authorizationUsed: boolean
  /** Credentials were sent that end the request here. */
  readonly problem: Problem | undefined
}

/** Finds out who asks: from the Authorization header where that is allowed, else from our cookies; at once where nobody has to be asked. */
export type Authenticate = (exchange: Exchange, access?: SessionAccess) => MaybePromise<Caller>

/**
 * What a caller wants with the session: `use` it, which counts as activity and refreshes when that is due; `refresh` it
 * now; or only `look`, which asks nobody and puts no end off.
 */
export type SessionAccess = 'touch' | 'refresh' | 'peek'

/** Reads credentials from an Authorization header; undefined when they are not of its kind. */
export type ReadAuthorization = (
  exchange: Exchange,
) => Promise<Pick<Caller, 'session' | 'problem'> | undefined>

/** What finding out takes. */
export interface AuthenticateDeps {
  readonly sessions: SessionStore
  readonly refresher: Refresher
  /** Bearer tokens, then local users: the first that recognises the header decides. */
  readonly authorization: readonly ReadAuthorization[]
}

const ANONYMOUS: Caller = { session: undefined, changes: [], authorizationUsed: false, problem: undefined }

/** Reads verified JWTs as sessions of one request (skip-jwt-bearer-tokens). */
export function bearerCredentials(
  read: BearerReader,
  { loginFallback }: BearerConfig,
  {
    log,
    platform: { now },
  }: { readonly log: Pick<Log, 'event' | 'line'>; readonly platform: Pick<Platform, 'now'> },
): ReadAuthorization {
  return async (exchange) => {
    const grant = await read(exchange.facts.authorization ?? '')
    if (grant === undefined) return undefined
    if (grant.ok)
      return { session: newSession({ grant: grant.value, provider: 'bearer' }, now()), problem: undefined }
    // Beside cookies the header may be meant for the app, and then its refusal is no news.
    if (!loginFallback || exchange.cookies.length === 0)
      logFailure({ log }, 'bearer_refused', { exchange, why: grant.problem })
    return loginFallback ? undefined : { session: undefined, problem: grant.problem }
  }
}

/** Reads Basic credentials of local users; wrong ones count as nobody, as in oauth2-proxy. */
export function localCredentials(users: LocalUsers, now: () => number): ReadAuthorization {
  return async ({ facts }) => {
    const grant = await users.readBasic(facts.authorization ?? '', facts.client)
    if (!grant?.ok) return undefined
    return { session: newSession({ grant: grant.value, provider: 'htpasswd' }, now()), problem: undefined }
  }
}

/** Builds the one place where a request turns into a person. */
export function createAuthenticate({ sessions, refresher, authorization }: AuthenticateDeps): Authenticate {
  async function fromHeader(exchange: Exchange): Promise<Caller | undefined> {
    for (const read of authorization) {
      const found = await read(exchange)
      if (found !== undefined)
        return { ...ANONYMOUS, ...found, authorizationUsed: found.session !== undefined }
    }
    return undefined
  }

  function fromCookies(exchange: Exchange, access: SessionAccess): MaybePromise<Caller> {
    return thenMaybe(sessions.load(exchange.cookies), (loaded) => {
      switch (loaded.kind) {
        case 'none':
          return ANONYMOUS
        case 'unreadable':
          return { ...ANONYMOUS, changes: sessions.clear(exchange.cookies) }
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
    if (access === 'peek') return toCaller(loaded.session, ANONYMOUS.changes)
    const current =
      access === 'refresh'
        ? refresher.refreshNow({ loaded, exchange })
        : refresher.refreshIfDue({ loaded, exchange })
    return thenMaybe(current, ({ session, changes }) => toCaller(session, changes))
  }

  return function authenticate(exchange, access = 'touch') {
    if (exchange.facts.authorization === undefined) return fromCookies(exchange, access)
    return fromHeader(exchange).then((known) => known ?? fromCookies(exchange, access))
  }
}

function toCaller(session: Caller['session'], changes: Caller['changes']): Caller {
  return { session, changes, authorizationUsed: false, problem: undefined }
}
