import { toSetCookie } from '../http/cookies.ts'
import type { Exchange } from '../http/exchange.ts'
import { withRetryAfter } from '../http/respond.ts'
import { parseTarget } from '../http/target.ts'
import type { AccessEntry } from '../observe/access.ts'
import { meetsConstraints } from '../policy/constraints.ts'
import { decide } from '../policy/decide.ts'
import type { PolicyRequest } from '../policy/request.ts'
import { PROBLEMS, problem } from '../problems.ts'
import type { Services } from '../services.ts'
import { displayName } from '../session/session.ts'
import { type Caller, storeProblem, undecided } from '../signin/authenticate.ts'
import { withBearerChallenge } from '../signin/challenge.ts'
import { logDenied } from '../signin/context.ts'
import { bareStatus } from './bare-status.ts'
import type { Handle } from './handler.ts'

/** Creates `<prefix>/auth`: 202, 401 or 403 for nginx's auth_request and its relatives. */
export function createForwardAuth(services: Services): Handle {
  return (exchange, entry) => answerAuth(services, exchange, entry)
}

/**
 * The request that a gateway asks about, as far as a trusted one names it. Where it names none no rule on paths or methods
 * can match, because the sub-request has a path of its own.
 */
export function toForwardAuthRequest({ facts }: Exchange): PolicyRequest {
  const { client, forwarded, originHeader } = facts
  const request = typeof forwarded.request === 'object' ? forwarded.request : undefined
  const named = parseTarget(request?.uri ?? '')
  const target = named.ok ? named.value : { raw: '', path: '', query: '', ambiguous: true }
  const method = request?.method
  const preflight = method === 'OPTIONS' && originHeader !== undefined
  return { method, target, facts: { client, preflight, host: request?.host ?? facts.host } }
}

async function answerAuth(services: Services, exchange: Exchange, entry: AccessEntry): Promise<Response> {
  const caller = await services.authenticate(exchange)
  const request = toForwardAuthRequest(exchange)
  const verdict = decide(services.rules, request, caller.session)
  entry.user = caller.session && displayName(caller.session)
  entry.decision = verdict.kind
  if (verdict.kind === 'sign-in') {
    entry.verdict = storeProblem(caller)?.reason ?? entry.verdict
    return bare(services, { exchange, caller, status: refusalStatus(caller) })
  }
  if (verdict.kind === 'deny') logDenied(services, exchange, verdict)
  const { session } = verdict
  const { emptyConstraints } = services.config.policy
  const why =
    session === undefined ||
    verdict.kind === 'deny' ||
    meetsConstraints(exchange.target.query, session, emptyConstraints)
      ? verdict.problem
      : problem('not_permitted', { rule: 'query of the gateway' })
  if (session !== undefined && why !== undefined) {
    entry.decision = 'deny'
    // A session out of the header has a new id at each request, so no later request can find it.
    if (!caller.authorizationUsed)
      services.refusals.note(session.id, { problem: why, path: request.target.path || undefined })
    return bare(services, { exchange, caller, status: 403 })
  }
  const setCookies = caller.changes.map((change) =>
    toSetCookie(change, services.config.cookie, exchange.facts.host),
  )
  const headers = services.forwarder.answerLines({ session, setCookies })
  return services.respond.answer(exchange, { status: 202, body: null, headers, changes: [] })
}

/**
 * Status of an answer to a caller who is not signed in, as far as is known. What is a 429 elsewhere is 401: of the answers that
 * nginx's auth_request understands, that one asks for another try. A silent store of sessions, or a provider that cannot be asked
 * about a token, is 503 and never 401, by which a gateway would send people who are signed in to the sign-in; nginx makes 500
 * of it.
 */
function refusalStatus(caller: Caller): 401 | 403 | 503 {
  const { problem: why } = caller
  if (why !== undefined && PROBLEMS[why.reason].status >= 500) return 503
  return why !== undefined && undecided(caller) === undefined ? 403 : 401
}

function bare(
  { respond, config }: Services,
  { exchange, caller, status }: { exchange: Exchange; caller: Caller; status: 401 | 403 | 503 },
) {
  const { problem } = caller
  const plain = bareStatus(respond, exchange, { status, changes: caller.changes })
  const response = withBearerChallenge(plain, { bearer: config.bearer, exchange, problem })
  return status === 503 && problem !== undefined ? withRetryAfter(response, problem) : response
}
