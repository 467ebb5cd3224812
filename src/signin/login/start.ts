import type { Exchange } from '../../http/exchange.ts'
import { onlyValue, readParameters } from '../../http/form.ts'
import { findHeader } from '../../http/head.ts'
import { type Problem, problem } from '../../problems.ts'
import type { Provider } from '../../providers/provider.ts'
import { failed, ok, type Result } from '../../result.ts'
import {
  loadSession,
  logFailure,
  requestFields,
  type SignInContext,
  toRedirectUri,
  toRedirectUriParameter,
} from '../context.ts'
import { toSessionSeen } from '../failure/diagnosis.ts'
import type { Refusals } from '../failure/refusals.ts'
import type { Turns } from '../failure/turns.ts'
import { type Outcome, redirect, refuse } from '../outcome.ts'
import type { Chosen } from '../provider/choice.ts'
import { readOwnCallback } from '../provider/own-callback.ts'
import { compileLoginParameters } from './login-url-parameters.ts'
import type { ReturnTargets } from './return-targets.ts'
import { lostTarget, MAX_RETURN_TO } from './return-to.ts'
import type { Transactions } from './transaction.ts'

/** A login that is about to begin. */
export interface LoginStart {
  readonly provider: Provider
  /** Return target, validated. */
  readonly returnTo: string
  /** Number of times that it was started over already. */
  readonly restarts: number
  /** Lets the person choose another account. */
  readonly otherAccount: boolean
  /** Lets the provider ask the person something, whatever `prompt=none` in the settings says. */
  readonly interactive?: boolean
  /** Parameters of the authorization request that this visit asked for and the settings allow. */
  readonly parameters?: Readonly<Record<string, readonly string[]>>
}

/** Redirects the browser to the provider. */
export type RedirectToProvider = (exchange: Exchange, login: LoginStart) => Promise<Outcome>

/** Collaborators of the start of a login. */
interface StartTools {
  readonly transactions: Transactions
  readonly turns: Turns
}

/** Creates the only start of a login: seal the transaction, then redirect to the provider. */
export function createRedirectToProvider(
  context: SignInContext,
  { transactions, turns }: StartTools,
): RedirectToProvider {
  return async function redirectToProvider(exchange, login) {
    const { provider, restarts, returnTo, otherAccount, interactive = false, parameters = {} } = login
    const { cookies, facts } = exchange
    const carried = await context.sessions.load(cookies)
    // A sign-in could not be completed now, and this person may be signed in.
    if (carried.kind === 'unreadable' && carried.why === 'unavailable')
      return refuse(problem('session_store_unavailable'), { returnTo })
    const fail = (why: Problem): Outcome => {
      logFailure(context, 'sign_in_failed', { exchange, why, fields: { provider: provider.id } })
      return refuse(why, { returnTo })
    }
    const own = await readOwnCallback(context.providers, provider)
    if (!own.ok) return fail(own.problem)
    const redirectUri = toRedirectUri(context, exchange, own.value)
    const fallback = lostTarget(context.config.paths)
    const { changes, keptTarget, ...started } = await transactions.start({
      provider: provider.id,
      returnTo,
      fallback,
      redirectUri,
      restarts,
      turns: turns.count(cookies, returnTo),
      session: toSessionSeen(carried),
      host: new URL(redirectUri).host === facts.host ? undefined : facts.host,
      cookies,
    })
    const extra = { ...parameters, ...promptFor({ otherAccount, interactive }) }
    const location = await provider.authorizationUrl({
      ...started,
      redirectUri: toRedirectUriParameter(context, exchange, own.value),
      extra,
    })
    if (!location.ok) return fail(location.problem)
    if (!keptTarget || returnTo === fallback) logLostTarget(context, exchange, returnTo)
    context.log.event('sign_in_started', 'debug', {
      provider: provider.id,
      restarts,
      ...requestFields(exchange),
    })
    // A person who chooses another account goes in no circle.
    return redirect(location.value, otherAccount ? [...changes, ...turns.clear(cookies)] : changes)
  }
}

function logLostTarget({ log }: SignInContext, exchange: Exchange, returnTo: string): void {
  log.event('return_target_dropped', 'warn', {
    length: Math.max(returnTo.length, exchange.target.raw.length),
    advice: `a sign-in comes back to addresses of up to ${MAX_RETURN_TO} characters, if their compressed form fits a cookie`,
    ...requestFields(exchange),
  })
}

/** Parameter `prompt` of the request; an empty one takes the configured one out of it. */
function promptFor({
  otherAccount,
  interactive,
}: Required<Pick<LoginStart, 'otherAccount' | 'interactive'>>): Readonly<Record<string, string>> {
  if (otherAccount) return { prompt: 'select_account' }
  return interactive ? { prompt: '' } : {}
}

export interface StartDeps {
  readonly begin: RedirectToProvider
  readonly targets: ReturnTargets
  readonly refusals: Pick<Refusals, 'find'>
}

/**
 * Creates `<prefix>/start`, and the start of page loads that go straight to the provider. Only a visit that a person
 * will see begins a login: a frame, a script, a prefetch or a HEAD gets 401 and no cookie.
 */
export function createStart(
  context: SignInContext,
  { begin, targets, refusals }: StartDeps,
): (exchange: Exchange) => Promise<Outcome> {
  const chooseParameters = compileLoginParameters(context.config.providers)
  return async function start(exchange) {
    const refusal = checkVisit(context, exchange)
    if (refusal !== undefined) return refuse(refusal, { returnTo: targets.choose(exchange) })
    const parameters = await readParameters(exchange)
    const form = exchange.request.method === 'POST' && parameters.ok ? parameters.value : undefined
    const returnTo = targets.choose(exchange, form)
    if (!parameters.ok) return refuse(parameters.problem, { returnTo })
    const own = isStartEndpoint(context, exchange)
    const wanted = chooseProvider(context, exchange, own ? parameters.value : undefined)
    if (!wanted.ok) return refuse(wanted.problem, { returnTo })
    const { provider, loginHint } = wanted.value
    const otherAccount = own && onlyValue(parameters.value, 'account') === 'other'
    const session = own && !otherAccount ? await loadSession(context, exchange) : undefined
    if (session !== undefined) {
      const refusal = refusals.find(session.id, returnTo)
      if (refusal !== undefined) return refuse(refusal, { returnTo, identity: session })
    }
    const hint = loginHint === undefined ? {} : { login_hint: [loginHint] }
    const chosen = own ? chooseParameters(provider.id, parameters.value) : {}
    return begin(exchange, {
      provider,
      returnTo,
      restarts: 0,
      otherAccount,
      parameters: { ...hint, ...chosen },
    })
  }
}

/** Chooses the provider: the one that is named, else the only one. Fails with `provider_unknown`. */
function chooseProvider(
  { choice, providers }: SignInContext,
  exchange: Exchange,
  parameters: URLSearchParams | undefined,
): Result<Chosen> {
  if (choice !== undefined) return choice.choose(exchange, parameters)
  const id = parameters && onlyValue(parameters, 'provider')
  const provider = providers.find((each) => id === undefined || each.id === id)
  return provider === undefined ? failed(problem('provider_unknown', { why: 'provider' })) : ok({ provider })
}

function checkVisit(context: SignInContext, exchange: Exchange): Problem | undefined {
  const { method } = exchange.request
  // oauth2-proxy takes a form for what a link does, at its own addresses.
  const isOwn = isStartEndpoint(context, exchange)
  if (method !== 'GET' && method !== 'HEAD' && !(method === 'POST' && isOwn))
    return problem('method_not_allowed')
  if (method === 'HEAD') return problem('sign_in_required')
  const { navigation, wantsHtml } = exchange.facts
  if (navigation || (method === 'POST' && wantsHtml)) return undefined
  return isOwn && isPlain(exchange) ? undefined : problem('sign_in_required')
}

/**
 * True for a client that says nothing about itself (curl, an old browser's Accept of everything): asking for the start
 * endpoint means wanting to sign in, so it gets its redirect; one that says that it is a script or a frame does not.
 */
function isPlain({ request, facts }: Exchange): boolean {
  const says = (name: string): boolean => findHeader(request.headers, name) !== undefined
  const accept = findHeader(request.headers, 'accept') ?? '*/*'
  const silent = ![
    'sec-fetch-mode',
    'sec-fetch-dest',
    'sec-purpose',
    'purpose',
    'x-moz',
    'x-requested-with',
  ].some(says)
  return silent && !facts.websocket && accept.includes('*/*') && !accept.includes('json')
}

function isStartEndpoint({ config }: SignInContext, { target }: Exchange): boolean {
  return target.path === config.paths.start || target.path === config.paths.signIn
}
