import type { BearerConfig } from '../config/config.ts'
import type { CookieChange, Exchange } from '../http/exchange.ts'
import { whenKnown } from '../lib/async.ts'
import type { Log } from '../observe/log.ts'
import type { Platform } from '../platform.ts'
import type { Problem } from '../problems.ts'
import type { BearerReader } from '../providers/oidc/bearer.ts'
import type { SessionStore } from '../session/cookie/store.ts'
import type { Refresher } from '../session/refresh/refresh.ts'
import type { ActiveSession, Session } from '../session/session.ts'
import { logFailure } from './context.ts'
import { LOCAL_PROVIDER, type LocalUsers } from './local/local-users.ts'
import { newSession } from './new-session.ts'

/** Who asks, and what the answer must do to the cookies. */
export interface Who {
  readonly session: Session | undefined
  readonly changes: readonly CookieChange[]
  /** The session came out of the Authorization header. */
  readonly authorizationUsed: boolean
  /** Credentials were sent that end the request here. */
  readonly problem: Problem | undefined
}

/** Finds out who asks: from the Authorization header where that is allowed, else from our cookies; at once where nobody has to be asked. */
export type WhoIs = (exchange: Exchange, wish?: Wish) => Who | Promise<Who>

/**
 * What a caller wants with the session: `use` it, which counts as activity and refreshes when that is due; `refresh` it
 * now; or only `look`, which asks nobody and puts no end off.
 */
export type Wish = 'use' | 'refresh' | 'look'

/** What an Authorization header of a known kind came to. */
export interface Authorization extends Pick<Who, 'session' | 'problem'> {
  /** A session in the cookies counts before the problem: the header may be meant for the app. */
  readonly yieldsToCookies?: boolean
}

/** Reads credentials from an Authorization header; undefined when they are not of its kind. */
export type ReadAuthorization = (exchange: Exchange) => Promise<Authorization | undefined>

/** What finding out takes. */
export interface WhoIsParts {
  readonly sessions: SessionStore
  readonly refresher: Refresher
  /** Bearer tokens, then local users: the first that recognises the header decides. */
  readonly authorization: readonly ReadAuthorization[]
}

const NOBODY: Who = { session: undefined, changes: [], authorizationUsed: false, problem: undefined }

export interface AuthorizationDeps {
  readonly log: Pick<Log, 'event' | 'line'>
  readonly platform: Pick<Platform, 'now'>
}

/** Reads verified JWTs as sessions of one request (skip-jwt-bearer-tokens). */
export function bearerCredentials(
  read: BearerReader,
  { loginFallback }: BearerConfig,
  { log, platform: { now } }: AuthorizationDeps,
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

/**
 * Reads Basic credentials of local users. Wrong ones are passed over, as in oauth2-proxy; credentials that were not compared
 * because there were too many attempts are a 429, since they may be right.
 */
export function localCredentials(
  users: LocalUsers,
  { log, platform: { now } }: AuthorizationDeps,
): ReadAuthorization {
  return async (exchange) => {
    const { facts, cookies } = exchange
    const grant = await users.readBasic(facts.authorization ?? '', facts.client)
    if (grant === undefined) return undefined
    if (grant.ok) {
      const { localRecord } = grant.value
      const session = newSession({ grant: grant.value, provider: LOCAL_PROVIDER, localRecord }, now())
      return { session, problem: undefined }
    }
    if (cookies.length === 0) logFailure({ log }, 'basic_refused', { exchange, why: grant.problem })
    if (grant.problem.reason !== 'too_many_attempts') return undefined
    return { session: undefined, problem: grant.problem, yieldsToCookies: true }
  }
}

/** Builds the one place where a request turns into a person. */
export function createWhoIs({ sessions, refresher, authorization }: WhoIsParts): WhoIs {
  async function fromHeader(exchange: Exchange, wish: Wish): Promise<Who> {
    for (const read of authorization) {
      const found = await read(exchange)
      if (found === undefined) continue
      const { session, problem, yieldsToCookies = false } = found
      if (!yieldsToCookies) return { ...NOBODY, session, problem, authorizationUsed: session !== undefined }
      const who = await fromCookies(exchange, wish)
      return who.session === undefined ? { ...who, problem } : who
    }
    return fromCookies(exchange, wish)
  }

  function fromCookies(exchange: Exchange, wish: Wish): Who | Promise<Who> {
    return whenKnown(sessions.load(exchange.cookies), (loaded) => {
      switch (loaded.kind) {
        case 'none':
          return NOBODY
        case 'unreadable':
          // Another replica may have read a newer file, in which the account stands: the cookie stays, and is refused.
          return loaded.why === 'account' ? NOBODY : { ...NOBODY, changes: sessions.clear(exchange.cookies) }
        case 'active':
          return fromSession(loaded, exchange, wish)
      }
    })
  }

  function fromSession(loaded: ActiveSession, exchange: Exchange, wish: Wish): Who | Promise<Who> {
    if (wish === 'look') return toWho(loaded.session, NOBODY.changes)
    const current =
      wish === 'refresh'
        ? refresher.refreshNow({ loaded, exchange })
        : refresher.refreshIfDue({ loaded, exchange })
    return whenKnown(current, ({ session, changes }) => toWho(session, changes))
  }

  return function whoIs(exchange, wish = 'use') {
    if (exchange.facts.authorization === undefined) return fromCookies(exchange, wish)
    return fromHeader(exchange, wish)
  }
}

function toWho(session: Who['session'], changes: Who['changes']): Who {
  return { session, changes, authorizationUsed: false, problem: undefined }
}
