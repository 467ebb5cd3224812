import type { Exchange } from '../http/exchange.ts'
import { onlyValue } from '../http/form.ts'
import { parseTarget } from '../http/target.ts'
import type { AccessEntry } from '../observe/access.ts'
import { decide } from '../policy/decide.ts'
import type { PolicyRequest } from '../policy/request.ts'
import type { Services } from '../services.ts'
import { displayName, type Session } from '../session/session.ts'
import { storeProblem } from '../signin/authenticate.ts'
import { type Outcome, type Redirected, type Refused, refuse } from '../signin/outcome.ts'
import type { Handle } from './handler.ts'
import { offerSignIn, showSignIn, toResponse, withChanges } from './sign-in-page.ts'

/**
 * Creates `<prefix>/sign_in`: GET shows the sign-in page, POST takes a user name and password where there are local
 * users, and is as good as GET elsewhere.
 */
export function createSignInEndpoint(services: Services): Handle {
  const password = createStep(services, services.signIn.password)
  const { htpasswdFile } = services.config.signIn
  return (exchange, entry) =>
    exchange.request.method === 'POST' && htpasswdFile !== undefined
      ? password(exchange, entry)
      : visitSignIn(services, exchange, entry)
}

/** Creates `<prefix>/signed_in`, where a sign-in without a return target ends: a page that says so. */
export function createSignedInEndpoint(services: Services): Handle {
  return async (exchange) => {
    const { pages, respond } = services
    const caller = await services.authenticate(exchange, 'peek')
    const silent = storeProblem(caller)
    if (silent !== undefined) return respond.problem(exchange, silent, { changes: [], returnTo: '/' })
    if (caller.session === undefined) return offerSignIn(services, exchange, caller)
    const targetLost = onlyValue(new URLSearchParams(exchange.target.query), 'target') === 'lost'
    const page = pages.signedIn({ host: exchange.facts.host, targetLost })
    return respond.page(exchange, 200, page, caller.changes)
  }
}

/** Creates the endpoint of one step of signing in or out: `<prefix>/start`, `/callback`, `/sign_out` and their like. */
export function createStep(services: Services, step: (exchange: Exchange) => Promise<Outcome>): Handle {
  return async (exchange) => toResponse(services, exchange, await step(exchange))
}

/**
 * Creates `<prefix>/callback`. A person is not left at an address with a spent code: what failed is told at one that a
 * reload tries again from. Programs keep status and code; the access line has the reason either way.
 */
export function createCallbackEndpoint(services: Services): Handle {
  const { respond, signIn } = services
  return async (exchange, entry) => {
    const outcome = await signIn.callback(exchange)
    if (outcome.kind !== 'refused') return toResponse(services, exchange, outcome)
    entry.verdict = outcome.problem.reason
    if (!exchange.facts.wantsHtml || outcome.problem.reason === 'method_not_allowed')
      return toResponse(services, exchange, outcome)
    return respond.seeOther(exchange, await signIn.failures.write(exchange, outcome), outcome.changes)
  }
}

/** Redirects a person who is signed in already to their return target, if they may go there. */
async function visitSignIn(services: Services, exchange: Exchange, entry: AccessEntry): Promise<Response> {
  const { config, pages, respond, signIn } = services
  const returnTo = signIn.returnTo(exchange)
  const failure = exchange.facts.navigation ? await signIn.failures.read(exchange) : undefined
  if (failure?.kind === 'show') {
    entry.verdict = failure.problem.reason
    return respond.problem(exchange, failure.problem, { ...failure, changes: [], returnTo })
  }
  const caller = await services.authenticate(exchange)
  const silent = storeProblem(caller)
  if (silent !== undefined) {
    entry.verdict = silent.reason
    return respond.problem(exchange, silent, { changes: [], returnTo })
  }
  const otherAccount = onlyValue(new URLSearchParams(exchange.target.query), 'account') === 'other'
  const page = { status: 200, changes: caller.changes, returnTo, otherAccount }
  if (otherAccount) return showSignIn(services, exchange, page)
  if (caller.session !== undefined) {
    entry.user = displayName(caller.session)
    const isOnItsWay = returnTo !== '/' || signIn.namesTarget(exchange)
    const ended =
      !isOnItsWay && doublesAsSignOut(services, exchange) ? await signIn.endHere(exchange) : undefined
    if (ended !== undefined) return showSignIn(services, exchange, { ...page, changes: ended })
    const outcome = goOn(services, exchange, { session: caller.session, returnTo })
    if (outcome.kind === 'refused') entry.verdict = outcome.problem.reason
    // The button "Sign in" of a template leads here. A page that can say "another account" itself leads elsewhere.
    if (outcome.kind === 'refused' && pages.hasErrorTemplate())
      return showSignIn(services, exchange, { ...page, otherAccount: true, statusCode: 403 })
    return toResponse(services, exchange, withChanges(outcome, caller.changes))
  }
  const startsAlone = config.signIn.skipProviderButton && failure?.kind !== 'unreadable'
  return startsAlone ? offerSignIn(services, exchange, caller) : showSignIn(services, exchange, page)
}

/**
 * True for a visit that oauth2-proxy documents as a second way to sign out: to the sign-in page itself. A gateway sends
 * people here with a target, which they are to reach instead.
 */
function doublesAsSignOut({ config }: Services, { facts, request }: Exchange): boolean {
  const { signInPageSignsOut, skipProviderButton } = config.signIn
  return signInPageSignsOut && !skipProviderButton && facts.navigation && request.method !== 'HEAD'
}

/**
 * Redirects a person who is signed in. What they may not have here they are told here: the same sign-in would lead to
 * the same refusal.
 */
function goOn(
  { rules, signIn }: Services,
  exchange: Exchange,
  visit: { readonly session: Session; readonly returnTo: string },
): Redirected | Refused {
  const { returnTo, session } = visit
  const { problem } = decide(rules, toReturnRequest(exchange, returnTo), session)
  return problem === undefined
    ? signIn.goOn(exchange, visit)
    : refuse(problem, { returnTo, identity: session })
}

/** The page load that a validated return target leads to. */
function toReturnRequest({ facts }: Exchange, returnTo: string): PolicyRequest {
  const [, host = facts.host, raw = ''] = /^(?:https?:\/\/([^/?#]+))?([^#]*)/u.exec(returnTo) ?? []
  const named = parseTarget(raw.startsWith('/') ? raw : `/${raw}`)
  const target = named.ok ? named.value : { raw, path: raw, query: '', ambiguous: true }
  return { method: 'GET', target, facts: { client: facts.client, preflight: false, host } }
}
