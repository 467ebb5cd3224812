import type { Exchange } from '../http/exchange.ts'
import { parseTarget } from '../http/target.ts'
import type { AccessEntry } from '../observe/access.ts'
import { decide } from '../policy/decide.ts'
import type { PolicyRequest } from '../policy/request.ts'
import { problem } from '../problems.ts'
import type { Services } from '../services.ts'
import { displayName, type Session } from '../session/session.ts'
import { logFailure } from '../signin/context.ts'
import type { LoopVerdict } from '../signin/login/loop-guard.ts'
import type { Outcome } from '../signin/outcome.ts'
import type { Handle } from './handler.ts'
import { offerSignIn, showSignIn, toResponse } from './sign-in-page.ts'

/** Builds `<prefix>/sign_in`: GET shows the sign-in page, POST takes a user name and password. */
export function createSignInEndpoint(services: Services): Handle {
  const password = createStep(services, services.signIn.password)
  return (exchange, entry) =>
    exchange.request.method === 'POST' ? password(exchange, entry) : visitSignIn(services, exchange, entry)
}

/** Builds `<prefix>/signed_in`, where a sign-in on the side ends: a page that says so. */
export function createSignedInEndpoint(services: Services): Handle {
  return async (exchange) => {
    const { pages, respond } = services
    const caller = await services.authenticate(exchange, 'peek')
    if (caller.session === undefined) return offerSignIn(services, exchange, caller)
    return respond.page(exchange, 200, pages.signedIn({ host: exchange.facts.host }), caller.changes)
  }
}

/** Builds the endpoint of one step of signing in or out: `<prefix>/start`, `/callback`, `/sign_out` and their like. */
export function createStep(services: Services, step: (exchange: Exchange) => Promise<Outcome>): Handle {
  return async (exchange) => toResponse(services, exchange, await step(exchange))
}

/**
 * Builds `<prefix>/start`. A gateway may show it to people whom it refused: who is signed in as one of them sees why, unless
 * they ask for another account.
 */
export function createStartEndpoint(services: Services): Handle {
  const start = createStep(services, services.signIn.start)
  return async (exchange, entry) => {
    const { respond, signIn } = services
    const otherAccount = new URLSearchParams(exchange.target.query).get('account') === 'other'
    const caller = otherAccount ? undefined : await services.authenticate(exchange, 'peek')
    const returnTo = signIn.returnTo(exchange)
    if (caller?.session === undefined || !wasRefused(services, caller.session, returnTo)) {
      return start(exchange, entry)
    }
    entry.user = displayName(caller.session)
    return respond.problem(exchange, REFUSED, { changes: [], returnTo, account: entry.user })
  }
}

/** A gateway said no a moment ago, by a constraint that is not part of this visit. */
const REFUSED = problem('not_permitted', { rule: 'gateway' })

/** A person who is signed in and came here all the same is taken to where they were going, if they may go there. */
async function visitSignIn(services: Services, exchange: Exchange, entry: AccessEntry): Promise<Response> {
  const { config, respond, signIn } = services
  const caller = await services.authenticate(exchange)
  const { session } = caller
  if (session === undefined) {
    if (config.signIn.skipProviderButton) return offerSignIn(services, exchange, caller)
    return showSignIn(services, exchange, { status: 200, changes: caller.changes })
  }
  entry.user = displayName(session)
  const returnTo = signIn.returnTo(exchange)
  const turn = goBack(services, exchange, { session, returnTo })
  const changes = [...caller.changes, ...turn.changes]
  return turn.problem === undefined
    ? respond.redirect(exchange, returnTo, changes)
    : respond.problem(exchange, turn.problem, { changes, returnTo, account: entry.user })
}

/** Whoever was refused there just now sees why and another way, and not the same way again. */
function goBack(
  services: Services,
  exchange: Exchange,
  { session, returnTo }: { readonly session: Session; readonly returnTo: string },
): LoopVerdict {
  const verdict = decide(services.rules, toReturnRequest(exchange, returnTo), session)
  const refusal = verdict.problem ?? (wasRefused(services, session, returnTo) ? REFUSED : undefined)
  if (refusal !== undefined) return { problem: refusal, changes: [] }
  const turn = services.loopGuard.turn(exchange, { returnTo, session: 'good' })
  if (turn.problem !== undefined) logFailure(services, 'sign_in_failed', { exchange, why: turn.problem })
  return turn
}

function wasRefused({ refusals }: Services, session: Session, returnTo: string): boolean {
  return refusals.has(session, returnTo) || refusals.has(session, undefined)
}

/** The page load that a validated return target leads to. */
function toReturnRequest({ facts }: Exchange, returnTo: string): PolicyRequest {
  const [, host = facts.host, raw = ''] = /^(?:https?:\/\/([^/?#]+))?([^#]*)/u.exec(returnTo) ?? []
  const named = parseTarget(raw.startsWith('/') ? raw : `/${raw}`)
  const target = named.ok ? named.value : { raw, path: raw, query: '', ambiguous: true }
  return { method: 'GET', target, facts: { client: facts.client, preflight: false, host } }
}
