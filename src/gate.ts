import { askedByGateway } from './endpoints/forward-auth.ts'
import { offerSignIn } from './endpoints/own-endpoints.ts'
import { toNetwork } from './http/addresses.ts'
import { toSetCookie } from './http/cookies.ts'
import type { Exchange } from './http/exchange.ts'
import { isOwnOrigin } from './http/origin.ts'
import type { ProblemContext } from './http/respond.ts'
import { whenKnown } from './lib/async.ts'
import type { Note } from './observe/access.ts'
import type { Share } from './platform.ts'
import { type Asked, askedItself, decide } from './policy/decide.ts'
import { PROBLEMS, type Problem, problem } from './problems.ts'
import type { Parts } from './services.ts'
import type { Session } from './session/session.ts'
import type { Who } from './signin/authenticate.ts'
import { readKeptForm } from './signin/login/form-replay.ts'

/** Judges a request for the app: forwards it, asks for a sign-in, or refuses. */
export type Gate = (exchange: Exchange, note: Note) => Response | Promise<Response>

/** Builds the way of every request that is not for one of our own endpoints. */
export function createGate(parts: Parts): Gate {
  function admit(who: Who, exchange: Exchange, note: Note): Promise<Response> {
    const asked = whatIsAsked(parts, exchange)
    const verdict = decide(parts.rules, asked, who.session)
    note.verdict = verdict.kind
    note.user = who.session?.email ?? who.session?.user
    if (who.problem !== undefined && verdict.kind === 'sign-in')
      return Promise.resolve(refuse(parts, exchange, who, who.problem))
    switch (verdict.kind) {
      case 'public':
        return forward(parts, exchange, { who: { ...who, session: verdict.session }, note })
      case 'allow':
        return forward(parts, exchange, { who, note })
      case 'sign-in':
        return askToSignIn(parts, exchange, { who, asked })
      case 'deny':
        return Promise.resolve(refuse(parts, exchange, who, verdict.problem))
    }
  }

  return (exchange, note) => whenKnown(parts.whoIs(exchange), (who) => admit(who, exchange, note))
}

/** In front of a static upstream stands a gateway that asks about a request of its own; there is nothing to forward then. */
function whatIsAsked({ forwarder }: Parts, exchange: Exchange): Asked {
  const isNamed = exchange.facts.forwarded.uri !== undefined
  return isNamed && forwarder.isStatic(exchange.target) ? askedByGateway(exchange) : askedItself(exchange)
}

async function forward(
  parts: Parts,
  exchange: Exchange,
  { who, note }: { who: Who; note: Note },
): Promise<Response> {
  const { config, forwarder, sessions } = parts
  const { session } = who
  if (session !== undefined && isForeignWebSocket(exchange, who)) {
    note.verdict = 'deny'
    return refuse(parts, exchange, who, problem('origin_refused', { origin: exchange.facts.originHeader }))
  }
  const sent = await forwarder.forward({
    exchange,
    session,
    share: toShare(parts, exchange, session),
    setCookies: who.changes.map((change) => toSetCookie(change, config.cookie, exchange.facts.host)),
    closeAtMs: session === undefined ? undefined : sessions.endsAtMs(session),
    // A token is made to be read by programs behind us too, as behind oauth2-proxy; a password is for us alone.
    dropAuthorization: who.authorizationUsed && session?.provider !== 'bearer',
    note,
  })
  if (sent.ok) return sent.value
  logUpstream(parts, exchange, { why: sent.problem, upstream: note.upstream })
  return refuse(parts, exchange, who, sent.problem)
}

const TRUSTED: Share = { holder: undefined, anonymous: false }

/** A person counts as one however many sessions they have; without a session it is the client's network. */
function toShare({ rules }: Parts, { facts }: Exchange, session: Session | undefined): Share {
  const { client } = facts
  if (session !== undefined) return { holder: `${session.issuer} ${session.subject}`, anonymous: false }
  if (client === undefined) return { holder: undefined, anonymous: true }
  // Behind an address of trusted-ip stand many clients, and the operator vouches for them.
  return rules.trustedAddresses.has(client) ? TRUSTED : { holder: toNetwork(client), anonymous: true }
}

/** What the client is not told: why the app gave no answer. What clients do wrong stands in their access lines. */
function logUpstream(
  { log }: Parts,
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
 * Only a page load is offered a sign-in, and a form that a person sent is kept for them where that is safe; everything
 * else learns that a sign-in is needed (401) and keeps its cookies.
 */
async function askToSignIn(
  parts: Parts,
  exchange: Exchange,
  { who, asked }: { who: Who; asked: Asked },
): Promise<Response> {
  const { config, rules } = parts
  const isProgram = config.signIn.forceJsonErrors || rules.isApi(asked.target)
  if (exchange.facts.navigation && !isProgram) return offerSignIn(parts, exchange, who)
  if (exchange.facts.wantsHtml && exchange.arrival.method === 'POST' && !isProgram)
    return keepForm(parts, exchange, who)
  return refuse(parts, isProgram ? asProgram(exchange) : exchange, who, problem('sign_in_required'))
}

async function keepForm(parts: Parts, exchange: Exchange, who: Who): Promise<Response> {
  const { config, pages, respond } = parts
  const fields = await readKeptForm(exchange, config.signIn.formReplayLimitBytes)
  if (!fields.ok) return refuse(parts, exchange, who, fields.problem)
  const page = pages.sendAgain({ host: exchange.facts.host, fields: fields.value })
  return respond.page(exchange, 401, page, who.changes)
}

function refuse(parts: Parts, exchange: Exchange, who: Who, why: Problem): Response {
  const { config, respond, signIn } = parts
  const { session, changes } = who
  const context: ProblemContext = {
    changes,
    account: session?.email ?? session?.user,
    returnTo: signIn.returnTo(exchange),
  }
  return respond.problem(config.signIn.forceJsonErrors ? asProgram(exchange) : exchange, why, context)
}

function asProgram(exchange: Exchange): Exchange {
  return { ...exchange, facts: { ...exchange.facts, wantsHtml: false, navigation: false } }
}

/**
 * A page of another site can open a WebSocket with our cookies, and no CORS stops it (RFC 6455 §10.2). Credentials in
 * a header prove that a program of ours asked.
 */
function isForeignWebSocket({ facts }: Exchange, who: Who): boolean {
  return facts.websocket && !who.authorizationUsed && !isOwnOrigin(facts)
}
