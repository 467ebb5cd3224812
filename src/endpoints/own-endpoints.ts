import type { Exchange } from '../http/exchange.ts'
import { withRetryAfter } from '../http/respond.ts'
import type { Note } from '../observe/access.ts'
import { FRAGMENT_SCRIPT } from '../pages/fragment.ts'
import type { SignInFailure } from '../pages/sign-in.ts'
import { PROBLEMS, type Reason } from '../problems.ts'
import type { Parts } from '../services.ts'
import type { Who } from '../signin/authenticate.ts'
import type { Outcome, Refused } from '../signin/outcome.ts'

type Handle = (exchange: Exchange, note: Note) => Response | Promise<Response>

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
export function createOwnEndpoints(parts: Parts, gate: Handle): OwnEndpoints {
  const { respond, signIn } = parts
  const finish = (exchange: Exchange, outcome: Outcome): Response => toAnswer(parts, exchange, outcome)
  return {
    ping(exchange, note) {
      // With ping-user-agent the path answers probes only, and is the app's for everybody else.
      const { pingUserAgent } = parts.config.paths
      const isProbe = pingUserAgent === '' || exchange.facts.userAgent === pingUserAgent
      return isProbe ? respond.text(exchange, 200, 'OK') : gate(exchange, note)
    },
    googlePing: (exchange, note) =>
      exchange.facts.userAgent === GOOGLE_AGENT ? respond.text(exchange, 200, 'OK') : gate(exchange, note),
    ready: (exchange) => respond.text(exchange, 200, 'OK'),
    robots: (exchange) => respond.text(exchange, 200, 'User-agent: *\nDisallow: /\n'),
    async signIn(exchange, note) {
      if (exchange.arrival.method === 'POST') return finish(exchange, await signIn.password(exchange))
      return visitSignIn(parts, exchange, note)
    },
    start: async (exchange) => finish(exchange, await signIn.start(exchange)),
    callback: async (exchange) => finish(exchange, await signIn.callback(exchange)),
    signOut: async (exchange) => finish(exchange, await signIn.signOut(exchange)),
    signedOut: async (exchange) => finish(exchange, await signIn.signedOut(exchange)),
    signedIn: (exchange) => visitSignedIn(parts, exchange),
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
export async function offerSignIn(parts: Parts, exchange: Exchange, who: Who): Promise<Response> {
  const { config, forwarder, signIn } = parts
  if (!config.signIn.skipProviderButton) {
    // In front of a static upstream stands a gateway that takes any 2xx for a yes.
    const isAsked = config.signIn.signInStatus === 200 && forwarder.isStatic(exchange.target)
    const status = isAsked ? 401 : config.signIn.signInStatus
    return showSignIn(parts, exchange, { status, changes: who.changes })
  }
  const outcome = await signIn.start(exchange)
  return toAnswer(parts, exchange, 'changes' in outcome ? withChanges(outcome, who.changes) : outcome)
}

/** A person who is signed in and came here all the same is taken to where they were going. */
async function visitSignIn(parts: Parts, exchange: Exchange, note: Note): Promise<Response> {
  const { config, respond, rules, signIn } = parts
  const who = await parts.whoIs(exchange)
  const { session } = who
  note.user = session?.email ?? session?.user
  if (session !== undefined && rules.refuses(session, session.provider) === undefined) {
    return respond.redirect(exchange, signIn.returnTo(exchange), who.changes)
  }
  if (config.signIn.skipProviderButton) return offerSignIn(parts, exchange, who)
  return showSignIn(parts, exchange, { status: 200, changes: who.changes })
}

async function visitSignedIn(parts: Parts, exchange: Exchange): Promise<Response> {
  const { pages, respond } = parts
  const who = await parts.whoIs(exchange, 'look')
  if (who.session === undefined) return offerSignIn(parts, exchange, who)
  return respond.page(exchange, 200, pages.signedIn({ host: exchange.facts.host }), who.changes)
}

interface SignInPage {
  readonly status: number
  readonly changes: Who['changes']
  readonly failure?: SignInFailure
  readonly username?: string | undefined
  readonly returnTo?: string
}

function showSignIn(parts: Parts, exchange: Exchange, page: SignInPage): Response {
  const { config, pages, providers, respond, signIn } = parts
  const { htpasswdFile, displayHtpasswdForm } = config.signIn
  const view = {
    host: exchange.facts.host,
    returnTo: page.returnTo ?? signIn.returnTo(exchange),
    providers,
    passwordForm: htpasswdFile !== undefined && displayHtpasswdForm,
    failure: page.failure,
    username: page.username,
  }
  return respond.page(exchange, page.status, pages.signIn(view), page.changes)
}

function toAnswer(parts: Parts, exchange: Exchange, outcome: Outcome): Response {
  const { pages, respond } = parts
  switch (outcome.kind) {
    case 'redirect':
      return respond.redirect(exchange, outcome.location, outcome.changes)
    case 'refused':
      return toRefusal(parts, exchange, outcome)
    case 'signed-out':
      return respond.page(exchange, 200, pages.signedOut({ host: exchange.facts.host }), outcome.changes)
    case 'done':
      return respond.answer(exchange, { status: 200, body: null, headers: [], changes: [] })
  }
}

/** What a person can mend is said on the page where they can mend it. */
function toRefusal(parts: Parts, exchange: Exchange, outcome: Refused): Response {
  const { pages, respond } = parts
  const { changes, identity, returnTo, username } = outcome
  const { status, sentence } = PROBLEMS[outcome.problem.reason]
  const isPerson = exchange.facts.wantsHtml
  if (isPerson && FORM_PROBLEMS.has(outcome.problem.reason)) {
    const failure = { message: sentence, fields: outcome.problem.reason !== 'too_many_attempts' }
    const page = showSignIn(parts, exchange, { status, changes, failure, username, returnTo })
    return withRetryAfter(page, outcome.problem)
  }
  const isSignOut = exchange.target.path.endsWith('/sign_out') && exchange.arrival.method === 'GET'
  if (isPerson && isSignOut && outcome.problem.reason === 'origin_refused') {
    return respond.page(exchange, status, pages.confirmSignOut({ host: exchange.facts.host }), changes)
  }
  const account = identity?.email ?? identity?.user
  return respond.problem(exchange, outcome.problem, { changes, returnTo, account })
}

const FORM_PROBLEMS: ReadonlySet<Reason> = new Set([
  'credentials_wrong',
  'credentials_missing',
  'too_many_attempts',
])

function withChanges<Kind extends { readonly changes: Who['changes'] }>(
  outcome: Kind,
  more: Who['changes'],
): Kind {
  return more.length === 0 ? outcome : { ...outcome, changes: [...more, ...outcome.changes] }
}
