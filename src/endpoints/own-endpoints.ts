import type { Exchange } from '../http/exchange.ts'
import { withRetryAfter } from '../http/respond.ts'
import type { MaybePromise } from '../lib/async.ts'
import type { AccessEntry } from '../observe/access.ts'
import { FRAGMENT_SCRIPT } from '../pages/fragment.ts'
import { PROBLEMS, type Reason } from '../problems.ts'
import type { Services } from '../services.ts'
import type { Caller } from '../signin/authenticate.ts'
import type { Outcome, Refused } from '../signin/outcome.ts'

type Handle = (exchange: Exchange, entry: AccessEntry) => MaybePromise<Response>

/** The endpoints that need no session: probes, and the way in and out. */
export interface OwnEndpoints {
  readonly ping: Handle
  /** The same for Google's load balancers, at paths of their own. */
  readonly googlePing: Handle
  readonly ready: Handle
  readonly robots: Handle
  /** GET shows the sign-in page, POST takes a user name and password. */
  readonly signIn: Handle
  readonly start: Handle
  readonly callback: Handle
  readonly signOut: Handle
  readonly signedOut: Handle
  /** Where a sign-in on the side ends: a page that says so. */
  readonly signedIn: Handle
  readonly backchannel: Handle
  readonly fragmentScript: Handle
}

const GOOGLE_AGENT = 'GoogleHC/1.0'

/** Builds the endpoints that need no session. */
export function createOwnEndpoints(services: Services, gate: Handle): OwnEndpoints {
  const { respond, signIn } = services
  const finish = (exchange: Exchange, outcome: Outcome): Response => toAnswer(services, exchange, outcome)
  return {
    ping(exchange, entry) {
      // With ping-user-agent the path answers probes only, and is the app's for everybody else.
      const { pingUserAgent } = services.config.paths
      const isProbe = pingUserAgent === '' || exchange.facts.userAgent === pingUserAgent
      return isProbe ? respond.text(exchange, 200, 'OK') : gate(exchange, entry)
    },
    googlePing: (exchange, entry) =>
      exchange.facts.userAgent === GOOGLE_AGENT ? respond.text(exchange, 200, 'OK') : gate(exchange, entry),
    ready: (exchange) => respond.text(exchange, 200, 'OK'),
    robots: (exchange) => respond.text(exchange, 200, 'User-agent: *\nDisallow: /\n'),
    async signIn(exchange, entry) {
      if (exchange.request.method === 'POST') return finish(exchange, await signIn.password(exchange))
      return visitSignIn(services, exchange, entry)
    },
    start: async (exchange) => finish(exchange, await signIn.start(exchange)),
    callback: async (exchange) => finish(exchange, await signIn.callback(exchange)),
    signOut: async (exchange) => finish(exchange, await signIn.signOut(exchange)),
    signedOut: async (exchange) => finish(exchange, await signIn.signedOut(exchange)),
    signedIn: (exchange) => visitSignedIn(services, exchange),
    backchannel: async (exchange) => finish(exchange, await signIn.backchannel(exchange)),
    fragmentScript: (exchange) =>
      respond.answer(exchange, {
        status: 200,
        body: FRAGMENT_SCRIPT,
        headers: ['Content-Type', 'text/javascript; charset=utf-8', 'X-Content-Type-Options', 'nosniff'],
        changes: [],
      }),
  }
}

/** The offer of a sign-in to a person: the page, or straight on to the provider where there is nothing to choose. */
export async function offerSignIn(services: Services, exchange: Exchange, caller: Caller): Promise<Response> {
  const { config, forwarder, signIn } = services
  if (!config.signIn.skipProviderButton) {
    // In front of a static upstream stands a gateway that takes any 2xx for a yes.
    const isAsked = config.signIn.signInStatus === 200 && forwarder.isStatic(exchange.target)
    const status = isAsked ? 401 : config.signIn.signInStatus
    return showSignIn(services, exchange, { status, changes: caller.changes })
  }
  const outcome = await signIn.start(exchange)
  return toAnswer(services, exchange, 'changes' in outcome ? withChanges(outcome, caller.changes) : outcome)
}

/** A person who is signed in and came here all the same is taken to where they were going. */
async function visitSignIn(services: Services, exchange: Exchange, entry: AccessEntry): Promise<Response> {
  const { config, respond, rules, signIn } = services
  const caller = await services.authenticate(exchange)
  const { session } = caller
  entry.user = session?.email ?? session?.user
  if (session !== undefined && rules.refuses(session, session.source) === undefined) {
    return respond.redirect(exchange, signIn.returnTo(exchange), caller.changes)
  }
  if (config.signIn.skipProviderButton) return offerSignIn(services, exchange, caller)
  return showSignIn(services, exchange, { status: 200, changes: caller.changes })
}

async function visitSignedIn(services: Services, exchange: Exchange): Promise<Response> {
  const { pages, respond } = services
  const caller = await services.authenticate(exchange, 'peek')
  if (caller.session === undefined) return offerSignIn(services, exchange, caller)
  return respond.page(exchange, 200, pages.signedIn({ host: exchange.facts.host }), caller.changes)
}

interface SignInPage {
  readonly status: number
  readonly changes: Caller['changes']
  /** Why the last attempt failed. */
  readonly problem?: Reason
  readonly username?: string | undefined
  readonly returnTo?: string
}

function showSignIn(services: Services, exchange: Exchange, page: SignInPage): Response {
  const { config, pages, providers, respond, signIn } = services
  const { htpasswdFile, displayHtpasswdForm } = config.signIn
  const view = {
    host: exchange.facts.host,
    returnTo: page.returnTo ?? signIn.returnTo(exchange),
    providers,
    passwordForm: htpasswdFile !== undefined && displayHtpasswdForm,
    problem: page.problem,
    username: page.username,
  }
  return respond.page(exchange, page.status, pages.signIn(view), page.changes)
}

function toAnswer(services: Services, exchange: Exchange, outcome: Outcome): Response {
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

/** What a person can fix is said on the page where they can fix it. */
function toRefusal(services: Services, exchange: Exchange, outcome: Refused): Response {
  const { pages, respond } = services
  const { changes, identity, returnTo, username } = outcome
  const { reason } = outcome.problem
  const { status, recovery } = PROBLEMS[reason]
  const isPerson = exchange.facts.wantsHtml
  if (isPerson && recovery === 'form') {
    const page = showSignIn(services, exchange, { status, changes, problem: reason, username, returnTo })
    return withRetryAfter(page, outcome.problem)
  }
  const isSignOut = exchange.target.path.endsWith('/sign_out') && exchange.request.method === 'GET'
  if (isPerson && isSignOut && reason === 'origin_refused') {
    return respond.page(exchange, status, pages.confirmSignOut({ host: exchange.facts.host }), changes)
  }
  const account = identity?.email ?? identity?.user
  return respond.problem(exchange, outcome.problem, { changes, returnTo, account })
}

function withChanges<Kind extends { readonly changes: Caller['changes'] }>(
  outcome: Kind,
  more: Caller['changes'],
): Kind {
  return more.length === 0 ? outcome : { ...outcome, changes: [...more, ...outcome.changes] }
}
