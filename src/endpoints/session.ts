import { toSetCookie } from '../http/cookies.ts'
import type { Exchange } from '../http/exchange.ts'
import { isFromOwnPage } from '../http/origin.ts'
import type { MaybePromise } from '../lib/async.ts'
import type { AccessEntry } from '../observe/access.ts'
import { meetsConstraints } from '../policy/constraints.ts'
import { decide } from '../policy/decide.ts'
import { type Problem, problem } from '../problems.ts'
import type { Services } from '../services.ts'
import { type Session, sourceFields } from '../session/session.ts'
import type { Caller, SessionAccess } from '../signin/authenticate.ts'
import { toForwardAuthRequest } from './forward-auth.ts'

type Handle = (exchange: Exchange, entry: AccessEntry) => MaybePromise<Response>

/** The endpoints that tell a gateway or an app who is signed in. */
export interface SessionEndpoints {
  /** `<prefix>/auth`: 202, 401 or 403 for nginx's auth_request and its relatives. */
  readonly auth: Handle
  /** `<prefix>/userinfo`: who is signed in, in oauth2-proxy's words. */
  readonly userinfo: Handle
  /** `<prefix>/session`: who, and until when; asking does not put the end off. */
  readonly session: Handle
  /** POST `<prefix>/session/refresh`: the same, after the provider was asked. */
  readonly refreshSession: Handle
}

/** Builds the endpoints about the session. */
export function createSessionEndpoints(services: Services): SessionEndpoints {
  const showState = (session: Session): unknown => toState(services, session)
  return {
    auth: (exchange, entry) => answerAuth(services, exchange, entry),
    userinfo: (exchange, entry) =>
      answerAbout(services, { exchange, entry, show: toUserinfo, access: 'touch' }),
    session: (exchange, entry) => answerAbout(services, { exchange, entry, show: showState, access: 'peek' }),
    refreshSession(exchange, entry) {
      const { method } = exchange.request
      if (method !== 'POST') return refuse(services, exchange, problem('method_not_allowed'))
      if (!isFromOwnPage(exchange.facts)) return refuse(services, exchange, problem('origin_refused'))
      return answerAbout(services, { exchange, entry, show: showState, access: 'refresh' })
    },
  }
}

/**
 * Answers what a gateway asks about a request. Rules on paths and methods see what a trusted gateway names
 * (X-Forwarded-Uri, X-Forwarded-Method); without that no such rule can match, because the sub-request has a path of its own.
 */
async function answerAuth(services: Services, exchange: Exchange, entry: AccessEntry): Promise<Response> {
  const caller = await services.authenticate(exchange)
  const verdict = decide(services.rules, toForwardAuthRequest(exchange), caller.session)
  entry.user = nameOf(caller.session)
  if (verdict.kind === 'sign-in')
    return bare(services, { exchange, caller, status: isRefused(caller) ? 403 : 401 })
  if (verdict.kind === 'deny') return bare(services, { exchange, caller, status: 403 })
  const { session } = verdict
  if (session !== undefined && !meetsConstraints(exchange.target.query, session)) {
    return bare(services, { exchange, caller, status: 403 })
  }
  const setCookies = caller.changes.map((change) =>
    toSetCookie(change, services.config.cookie, exchange.facts.host),
  )
  const headers = services.forwarder.answerLines({ session, setCookies })
  return services.respond.answer(exchange, { status: 202, body: null, headers, changes: [] })
}

/** Not for a 429: of the answers that nginx's auth_request understands, 401 is the one that asks for another try. */
function isRefused({ problem }: Caller): boolean {
  return problem !== undefined && problem.reason !== 'too_many_attempts'
}

function bare(
  services: Services,
  { exchange, caller, status }: { exchange: Exchange; caller: Caller; status: 401 | 403 },
) {
  const body = status === 401 ? 'Unauthorized\n' : 'Forbidden\n'
  const headers = ['Content-Type', 'text/plain; charset=utf-8', 'X-Content-Type-Options', 'nosniff']
  return services.respond.answer(exchange, { status, body, headers, changes: caller.changes })
}

interface About {
  readonly exchange: Exchange
  readonly entry: AccessEntry
  readonly show: (session: Session) => unknown
  readonly access: SessionAccess
}

async function answerAbout(services: Services, { exchange, entry, show, access }: About): Promise<Response> {
  const caller = await services.authenticate(exchange, access)
  const { session } = caller
  entry.user = nameOf(session)
  if (session === undefined) {
    const isThrottled = caller.problem !== undefined && !isRefused(caller)
    return refuse(services, exchange, isThrottled ? caller.problem : problem('sign_in_required'), caller)
  }
  const refusal = services.rules.refuses(session, session.source)
  if (refusal !== undefined) return refuse(services, exchange, refusal, caller)
  return services.respond.json(exchange, 200, show(session), caller.changes)
}

/** These endpoints are read by programs, so what they refuse is JSON whoever asks. */
function refuse(services: Services, exchange: Exchange, why: Problem, caller?: Caller): Response {
  const asProgram = { ...exchange, facts: { ...exchange.facts, wantsHtml: false } }
  return services.respond.problem(asProgram, why, {
    changes: caller?.changes ?? [],
    returnTo: '/',
  })
}

/** oauth2-proxy's shape. */
function toUserinfo({ user, email, groups, preferredUsername }: Session): unknown {
  return { user, email, groups, preferredUsername }
}

/** What a single-page app needs to warn before the end; never a token. Times are ISO 8601. */
function toState({ config, sessions }: Services, session: Session): unknown {
  const { user, email, groups, preferredUsername, source, seenAtMs, signedInAtMs, tokens } = session
  const { idleTimeoutMs } = config.session
  return {
    user,
    email,
    groups,
    preferred_username: preferredUsername,
    ...sourceFields(source),
    signed_in_at: toIso(signedInAtMs),
    expires_at: toIso(sessions.endsAtMs(session)),
    idle_expires_at: idleTimeoutMs === 0 ? undefined : toIso(seenAtMs + idleTimeoutMs),
    refreshable: tokens.refresh !== undefined,
  }
}

function toIso(ms: number): string | undefined {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : undefined
}

function nameOf(session: Session | undefined): string | undefined {
  return session?.email ?? session?.user
}
