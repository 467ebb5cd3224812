import { toForwardAuthRequest } from './endpoints/forward-auth.ts'
import type { Handle } from './endpoints/handler.ts'
import { offerSignIn } from './endpoints/sign-in-page.ts'
import { toClientNetwork } from './http/addresses.ts'
import { toSetCookie, withChanges } from './http/cookies.ts'
import type { CookieChange, Exchange } from './http/exchange.ts'
import type { ProblemContext } from './http/respond.ts'
import { thenMaybe } from './lib/async.ts'
import type { AccessEntry } from './observe/access.ts'
import type { Follow, Share } from './platform.ts'
import { decide } from './policy/decide.ts'
import { type PolicyRequest, toPolicyRequest } from './policy/request.ts'
import { PROBLEMS, type Problem, problem } from './problems.ts'
import type { Services } from './services.ts'
import { displayName, type Session } from './session/session.ts'
import { type Caller, storeProblem } from './signin/authenticate.ts'
import { showsBearer, withBearerChallenge } from './signin/challenge.ts'
import { logDenied } from './signin/context.ts'
import { readFormReplay } from './signin/login/form-replay.ts'

/** Authorizes every request for the upstreams: forwards it, starts sign-in, or denies. */
export function createGate(services: Services): Handle {
  function handle(caller: Caller, exchange: Exchange, entry: AccessEntry): Promise<Response> {
    const request = whatIsAsked(services, exchange)
    const verdict = decide(services.rules, request, caller.session)
    entry.verdict = verdict.kind
    entry.user = caller.session && displayName(caller.session)
    if (caller.problem !== undefined && verdict.kind === 'sign-in') {
      entry.verdict = storeProblem(caller)?.reason ?? entry.verdict
      return Promise.resolve(refuse(services, exchange, caller, caller.problem))
    }
    switch (verdict.kind) {
      case 'public':
      case 'allow':
        return forward(services, exchange, { caller, session: verdict.session, entry })
      case 'sign-in':
        return askToSignIn(services, exchange, { caller, request })
      case 'deny':
        logDenied(services, exchange, verdict)
        return Promise.resolve(refuse(services, exchange, caller, verdict.problem))
    }
  }

  return (exchange, entry) =>
    thenMaybe(services.authenticate(exchange), (caller) => handle(caller, exchange, entry))
}

/**
 * Request that the rules are applied to. In front of a static upstream stands a gateway that asks about a request of
 * its own; there is nothing to forward then.
 */
function whatIsAsked({ forwarder }: Services, exchange: Exchange): PolicyRequest {
  const isNamed = exchange.facts.forwarded.request !== undefined
  return isNamed && forwarder.isStatic(exchange.target)
    ? toForwardAuthRequest(exchange)
    : toPolicyRequest(exchange)
}

async function forward(
  services: Services,
  exchange: Exchange,
  { caller, session, entry }: { caller: Caller; session: Session | undefined; entry: AccessEntry },
): Promise<Response> {
  const { config, forwarder } = services
  if (session !== undefined && isForeignWebSocket(services, exchange, caller)) {
    entry.verdict = 'deny'
    return refuse(
      services,
      exchange,
      caller,
      problem('origin_refused', { origin: exchange.facts.originHeader }),
    )
  }
  const refusal = session && findRefusal(services, exchange, session)
  if (refusal !== undefined) {
    entry.verdict = 'deny'
    return refuse(services, exchange, caller, refusal)
  }
  const sent = await forwarder.forward({
    exchange,
    session,
    share: toShare(services, exchange, session),
    setCookies: caller.changes.map((change) => toSetCookie(change, config.cookie, exchange.facts.host)),
    follow: session === undefined ? undefined : toFollow(services, exchange, { ...caller, session }),
    // A token is made to be read by upstreams too, as behind oauth2-proxy; a password is for Sidegate alone.
    dropAuthorization: caller.authorizationUsed && caller.session?.source.kind !== 'bearer',
    entry,
  })
  if (sent.ok) return sent.value
  entry.failure = sent.problem.reason
  logUpstream(services, exchange, { why: sent.problem, upstream: entry.upstream })
  const isOver = sent.problem.reason === 'sign_in_required'
  return refuse(services, exchange, isOver ? { ...caller, ...SIGNED_OUT } : caller, sent.problem)
}

/**
 * Caller of a session that ended while its request was under way: the cookies that renewed it must not leave any more.
 */
const SIGNED_OUT = { session: undefined, changes: [] }

/** Judges what outlasts this request as the next request of its browser would be, which carries the cookies of the answer. */
function toFollow(
  { streams, rejudge, now }: Services,
  exchange: Exchange,
  { session, changes }: { session: Session; changes: readonly CookieChange[] },
): Follow {
  return (end) => {
    const openedAtMs = now()
    const next =
      changes.length === 0 ? exchange : { ...exchange, cookies: withChanges(exchange.cookies, changes) }
    const judge = (reference: string | undefined) =>
      rejudge({ exchange: next, session, reference, openedAtMs })
    return streams.follow({ session, requestId: exchange.requestId, judge }, end)
  }
}

/** Sessions never change, so the share of each is made once, and with it the hash of its holder's name. */
const personShares = new WeakMap<Session, Share>()

function toPersonShare(session: Session): Share {
  const known = personShares.get(session)
  if (known !== undefined) return known
  const share = { holder: `${session.issuer} ${session.subject}`, anonymous: false }
  personShares.set(session, share)
  return share
}

const TRUSTED: Share = { holder: undefined, anonymous: false }

/**
 * Share of upstream connections that a request counts against. A person counts as one however many sessions they have;
 * without a session it is the client's network.
 */
function toShare({ rules }: Services, { facts }: Exchange, session: Session | undefined): Share {
  const { client } = facts
  if (session !== undefined) return toPersonShare(session)
  if (client === undefined) return { holder: undefined, anonymous: true }
  // Behind an address of trusted-ip stand many clients, and the operator vouches for them.
  return rules.trustedAddresses.has(client) ? TRUSTED : { holder: toClientNetwork(client), anonymous: true }
}

/**
 * True when a gateway refused this person a moment ago, and may hand them over to a static upstream, so that they see
 * why; its own answer is a bare yes.
 */
function findRefusal(
  { forwarder, refusals }: Services,
  { facts, target }: Exchange,
  session: Session,
): Problem | undefined {
  return facts.navigation && forwarder.isStatic(target) ? refusals.find(session.id, target.raw) : undefined
}

/**
 * Logs the cause that the client is not told: why the upstream gave no answer. Mistakes of clients stand in their
 * access lines.
 */
function logUpstream(
  { log }: Services,
  { requestId }: Exchange,
  { why, upstream }: { why: Problem; upstream: string | undefined },
): void {
  const { level } = PROBLEMS[why.reason]
  if (level !== 'error' && level !== 'warn') return
  log.line(level, 'The app gave no answer', {
    code: why.reason,
    ...why.detail,
    upstream,
    request_id: requestId,
  })
}

/**
 * Starts sign-in. Only a page load is offered one, and a form that a person sent is kept for them where that is safe;
 * everything else learns that a sign-in is needed (401) and keeps its cookies.
 */
async function askToSignIn(
  services: Services,
  exchange: Exchange,
  { caller, request }: { caller: Caller; request: PolicyRequest },
): Promise<Response> {
  const { config, rules } = services
  const isProgram =
    config.signIn.forceJsonErrors || rules.isApi(request.target) || showsBearer(config.bearer, exchange)
  if (exchange.facts.navigation && !isProgram) return offerSignIn(services, exchange, caller)
  if (exchange.facts.wantsHtml && exchange.request.method === 'POST' && !isProgram)
    return keepForm(services, exchange, caller)
  return refuse(services, isProgram ? asProgram(exchange) : exchange, caller, problem('sign_in_required'))
}

async function keepForm(services: Services, exchange: Exchange, caller: Caller): Promise<Response> {
  const { config, pages, respond, site } = services
  const limitBytes = config.signIn.formReplayLimitBytes
  const fields = await readFormReplay(exchange, { limitBytes, site })
  if (!fields.ok) return refuse(services, exchange, caller, fields.problem)
  const page = pages.formReplay({ host: exchange.facts.host, fields: fields.value })
  return respond.page(exchange, 401, page, caller.changes)
}

function refuse(services: Services, exchange: Exchange, caller: Caller, why: Problem): Response {
  const { config, respond, signIn } = services
  const { session, changes } = caller
  const context: ProblemContext = {
    changes,
    account: session && displayName(session),
    returnTo: signIn.returnTo(exchange),
  }
  const asked = config.signIn.forceJsonErrors ? asProgram(exchange) : exchange
  const response = respond.problem(asked, why, context)
  return withBearerChallenge(response, { bearer: config.bearer, exchange, problem: why })
}

function asProgram(exchange: Exchange): Exchange {
  return { ...exchange, facts: { ...exchange.facts, wantsHtml: false, navigation: false } }
}

/**
 * True for a WebSocket of another site: its page can open one with Sidegate's cookies, and no CORS stops it (RFC 6455
 * §10.2). Credentials in a header prove that a program of the app asked.
 */
function isForeignWebSocket({ site }: Services, { facts }: Exchange, caller: Caller): boolean {
  return facts.websocket && !caller.authorizationUsed && !site.isFromSitePage(facts)
}
