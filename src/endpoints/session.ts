import { toSetCookie } from '../http/cookies.ts'
import type { Exchange } from '../http/exchange.ts'
import { isFromOwnPage } from '../http/origin.ts'
import type { Note } from '../observe/access.ts'
import { meetsConstraints } from '../policy/constraints.ts'
import { decide } from '../policy/decide.ts'
import { type Problem, problem } from '../problems.ts'
import type { Parts } from '../services.ts'
import type { Session } from '../session/session.ts'
import type { Who, Wish } from '../signin/authenticate.ts'
import { askedByGateway } from './forward-auth.ts'

type Handle = (exchange: Exchange, note: Note) => Response | Promise<Response>

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
export function createSessionEndpoints(parts: Parts): SessionEndpoints {
  const showState = (session: Session): unknown => toState(parts, session)
  return {
    auth: (exchange, note) => answerAuth(parts, exchange, note),
    userinfo: (exchange, note) => answerAbout(parts, { exchange, note, show: toUserinfo, wish: 'use' }),
    session: (exchange, note) => answerAbout(parts, { exchange, note, show: showState, wish: 'look' }),
    refreshSession(exchange, note) {
      const { method } = exchange.arrival
      if (method !== 'POST') return refuse(parts, exchange, problem('method_not_allowed'))
      if (!isFromOwnPage(exchange.facts)) return refuse(parts, exchange, problem('origin_refused'))
      return answerAbout(parts, { exchange, note, show: showState, wish: 'refresh' })
    },
  }
}

/**
 * Answers what a gateway asks about a request. Rules on paths and methods see what a trusted gateway names
 * (X-Forwarded-Uri, X-Forwarded-Method); without that no such rule can match, because the sub-request has a path of its own.
 */
async function answerAuth(parts: Parts, exchange: Exchange, note: Note): Promise<Response> {
  const who = await parts.whoIs(exchange)
  const verdict = decide(parts.rules, askedByGateway(exchange), who.session)
  note.user = nameOf(who.session)
  if (verdict.kind === 'sign-in') return bare(parts, { exchange, who, status: isRefused(who) ? 403 : 401 })
  if (verdict.kind === 'deny') return bare(parts, { exchange, who, status: 403 })
  const { session } = verdict
  if (session !== undefined && !meetsConstraints(exchange.target.query, session)) {
    return bare(parts, { exchange, who, status: 403 })
  }
  const setCookies = who.changes.map((change) =>
    toSetCookie(change, parts.config.cookie, exchange.facts.host),
  )
  const headers = parts.forwarder.answerLines({ session, setCookies })
  return parts.respond.answer(exchange, { status: 202, body: null, headers, changes: [] })
}

/** Not for a 429: of the answers that nginx's auth_request understands, 401 is the one that asks for another try. */
function isRefused({ problem }: Who): boolean {
  return problem !== undefined && problem.reason !== 'too_many_attempts'
}

function bare(parts: Parts, { exchange, who, status }: { exchange: Exchange; who: Who; status: 401 | 403 }) {
  const body = status === 401 ? 'Unauthorized\n' : 'Forbidden\n'
  const headers = ['Content-Type', 'text/plain; charset=utf-8', 'X-Content-Type-Options', 'nosniff']
  return parts.respond.answer(exchange, { status, body, headers, changes: who.changes })
}

interface About {
  readonly exchange: Exchange
  readonly note: Note
  readonly show: (session: Session) => unknown
  readonly wish: Wish
}

async function answerAbout(parts: Parts, { exchange, note, show, wish }: About): Promise<Response> {
  const who = await parts.whoIs(exchange, wish)
  const { session } = who
  note.user = nameOf(session)
  if (session === undefined) {
    const why = who.problem === undefined || isRefused(who) ? problem('sign_in_required') : who.problem
    return refuse(parts, exchange, why, who)
  }
  const refusal = parts.rules.refuses(session, session.provider)
  if (refusal !== undefined) return refuse(parts, exchange, refusal, who)
  return parts.respond.json(exchange, 200, show(session), who.changes)
}

/** These endpoints are read by programs, so what they refuse is JSON whoever asks. */
function refuse(parts: Parts, exchange: Exchange, why: Problem, who?: Who): Response {
  const asked = { ...exchange, facts: { ...exchange.facts, wantsHtml: false } }
  return parts.respond.problem(asked, why, { changes: who?.changes ?? [], returnTo: '/' })
}

/** oauth2-proxy's shape. */
function toUserinfo({ user, email, groups, preferredUsername }: Session): unknown {
  return { user, email, groups, preferredUsername }
}

/** What a single-page app needs to warn before the end; never a token. Times are ISO 8601. */
function toState({ config, sessions }: Parts, session: Session): unknown {
  const { user, email, groups, preferredUsername, provider, seenAtMs, signedInAtMs, tokens } = session
  const { idleTimeoutMs } = config.session
  return {
    user,
    email,
    groups,
    preferred_username: preferredUsername,
    provider,
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
