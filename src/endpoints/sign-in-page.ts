import type { Exchange } from '../http/exchange.ts'
import { withRetryAfter } from '../http/respond.ts'
import { PROBLEMS, type Reason } from '../problems.ts'
import type { Services } from '../services.ts'
import { displayName } from '../session/session.ts'
import type { Caller } from '../signin/authenticate.ts'
import type { Outcome, Refused } from '../signin/outcome.ts'

/** The sign-in page of one request. */
export interface SignInPage {
  readonly status: number
  readonly changes: Caller['changes']
  /** Reason for the failure of the last attempt. */
  readonly problem?: Reason
  readonly username?: string | undefined
  readonly returnTo?: string
  /** Asks for another account than the one that the provider would choose. */
  readonly otherAccount?: boolean
  /** Status for templates, where it is not that of a failure and not 200. */
  readonly statusCode?: number
}

/** Offers a sign-in to a person: the page, or straight on to the provider where there is nothing to choose. */
export async function offerSignIn(services: Services, exchange: Exchange, caller: Caller): Promise<Response> {
  const { config, forwarder, signIn } = services
  if (!config.signIn.skipProviderButton) {
    // In front of a static upstream stands a gateway that takes any 2xx for a yes.
    const isAsked = config.signIn.signInStatus === 200 && forwarder.isStatic(exchange.target)
    const status = isAsked ? 401 : config.signIn.signInStatus
    return showSignIn(services, exchange, { status, changes: caller.changes, statusCode: 403 })
  }
  const outcome = await signIn.start(exchange)
  return toResponse(services, exchange, 'changes' in outcome ? withChanges(outcome, caller.changes) : outcome)
}

/** Answers with the sign-in page. */
export function showSignIn(services: Services, exchange: Exchange, page: SignInPage): Response {
  const { config, pages, respond, signIn } = services
  const { htpasswdFile, displayHtpasswdForm } = config.signIn
  const offer = signIn.offer(exchange)
  const isUnknown = page.problem === undefined && offer.unknown
  const problem = isUnknown ? 'provider_unknown' : page.problem
  const status = isUnknown && page.status === 200 ? PROBLEMS.provider_unknown.status : page.status
  const view = {
    host: exchange.facts.host,
    returnTo: page.returnTo ?? signIn.returnTo(exchange),
    providers: offer.providers,
    loginHint: offer.loginHint,
    addressForm: offer.asksForAddress,
    otherAccount: page.otherAccount ?? false,
    passwordForm: htpasswdFile !== undefined && displayHtpasswdForm,
    problem,
    statusCode: page.statusCode ?? (problem === undefined ? 200 : status),
    requestId: exchange.requestId,
    username: page.username,
  }
  return respond.page(exchange, status, pages.signIn(view), page.changes)
}

/** Answers with the outcome of a step of signing in or out. */
export function toResponse(services: Services, exchange: Exchange, outcome: Outcome): Response {
  const { pages, respond } = services
  switch (outcome.kind) {
    case 'redirect':
      return respond.redirect(exchange, outcome.location, outcome.changes)
    case 'refused':
      return toRefusal(services, exchange, outcome)
    case 'signed-out':
      return respond.page(exchange, 200, pages.signedOut({ host: exchange.facts.host }), outcome.changes)
    case 'done':
      return respond.answer(exchange, { status: 200, body: null, headers: [], changes: [] })
  }
}

/** Answers a refusal on the page where a person can fix it, where they can. */
function toRefusal(services: Services, exchange: Exchange, outcome: Refused): Response {
  const { config, pages, respond } = services
  const { changes, identity, returnTo, username } = outcome
  const { reason } = outcome.problem
  const { status, recovery } = PROBLEMS[reason]
  const isPerson = exchange.facts.wantsHtml
  if (isPerson && recovery === 'form') {
    const page = showSignIn(services, exchange, { status, changes, problem: reason, username, returnTo })
    return withRetryAfter(page, outcome.problem)
  }
  const isSignOut = exchange.target.path === config.paths.signOut && exchange.request.method === 'GET'
  if (isPerson && isSignOut && reason === 'origin_refused') {
    return respond.page(exchange, status, pages.confirmSignOut({ host: exchange.facts.host }), changes)
  }
  const account = identity && displayName(identity)
  return respond.problem(exchange, outcome.problem, { changes, returnTo, account })
}

/** Adds cookie changes to an outcome. */
export function withChanges<Kind extends { readonly changes: Caller['changes'] }>(
  outcome: Kind,
  more: Caller['changes'],
): Kind {
  return more.length === 0 ? outcome : { ...outcome, changes: [...more, ...outcome.changes] }
}
