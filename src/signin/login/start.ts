import type { Exchange } from '../../http/exchange.ts'
import { onlyValue, readQuery } from '../../http/form.ts'
import { findHeader } from '../../http/head.ts'
import { type Problem, problem } from '../../problems.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Session } from '../../session/session.ts'
import { loadSession, logFailure, requestFields, type SignInContext, toRedirectUri } from '../context.ts'
import { type Outcome, redirect, refuse } from '../outcome.ts'
import type { LoopVerdict } from './loop-guard.ts'
import type { ReturnTargets } from './return-targets.ts'
import type { Transactions } from './transaction.ts'

/** A login that is about to begin. */
export interface LoginStart {
  readonly provider: Provider
  /** Validated. */
  readonly returnTo: string
  /** How often it was started over already. */
  readonly restarts: number
  /** Let the person choose another account. */
  readonly otherAccount: boolean
  /** The provider may ask the person something, whatever `prompt=none` in the settings says. */
  readonly interactive?: boolean
}

/** Sends the browser to the provider. */
export type RedirectToProvider = (exchange: Exchange, login: LoginStart) => Promise<Outcome>

/** Longest return target that travels in `state`. */
const MAX_RETURN_TO = 1_800

/** Builds the one way to begin a login: seal the transaction, then leave for the provider. */
export function createRedirectToProvider(
  context: SignInContext,
  transactions: Transactions,
): RedirectToProvider {
  return async function redirectToProvider(
    exchange,
    { provider, restarts, otherAccount, interactive = false, ...login },
  ) {
    const returnTo = shorten(context, exchange, login.returnTo)
    const redirectUri = toRedirectUri(context, exchange)
    const { cookies } = exchange
    const { changes, ...started } = await transactions.start({
      provider: provider.id,
      returnTo,
      redirectUri,
      restarts,
      cookies,
    })
    const extra = promptFor({ otherAccount, interactive })
    const location = await provider.authorizationUrl({ ...started, redirectUri, extra })
    if (!location.ok) {
      logFailure(context, 'sign_in_failed', {
        exchange,
        why: location.problem,
        fields: { provider: provider.id },
      })
      return refuse(location.problem, { returnTo })
    }
    context.log.event('sign_in_started', 'debug', {
      provider: provider.id,
      restarts,
      ...requestFields(exchange),
    })
    return redirect(location.value, changes)
  }
}

/** An empty `prompt` takes the configured one out of the request. */
function promptFor({
  otherAccount,
  interactive,
}: Required<Pick<LoginStart, 'otherAccount' | 'interactive'>>): Readonly<Record<string, string>> {
  if (otherAccount) return { prompt: 'select_account' }
  return interactive ? { prompt: '' } : {}
}

/**
 * `<prefix>/start`, and page loads that go straight to the provider. Only a visit that a person will see begins a login:
 * a frame, a script, a prefetch or a HEAD gets 401 and no cookie.
 */
export function createStart(
  context: SignInContext,
  { begin, targets }: { readonly begin: RedirectToProvider; readonly targets: ReturnTargets },
): (exchange: Exchange) => Promise<Outcome> {
  return async function start(exchange) {
    const returnTo = targets.choose(exchange)
    const refusal = checkVisit(context, exchange)
    if (refusal !== undefined) return refuse(refusal, { returnTo })
    const query = readQuery(exchange)
    if (!query.ok) return refuse(query.problem, { returnTo })
    const own = isStartEndpoint(context, exchange)
    const wanted = own ? onlyValue(query.value, 'provider') : undefined
    const provider = context.providers.find(({ id }) => wanted === undefined || id === wanted)
    if (provider === undefined) return refuse(problem('not_found', { why: 'provider' }), { returnTo })
    const otherAccount = own && onlyValue(query.value, 'account') === 'other'
    const turn = otherAccount ? undefined : await countTurn(context, exchange, returnTo)
    if (turn?.problem !== undefined) {
      logFailure(context, 'sign_in_failed', { exchange, why: turn.problem })
      return refuse(turn.problem, { returnTo, changes: turn.changes, identity: turn.session })
    }
    const outcome = await begin(exchange, { provider, returnTo, restarts: 0, otherAccount })
    return turn === undefined || outcome.kind === 'done'
      ? outcome
      : { ...outcome, changes: [...outcome.changes, ...turn.changes] }
  }
}

/** A person who is signed in and has to sign in again was sent here, by a gateway that refuses or by the app. */
async function countTurn(
  context: SignInContext,
  exchange: Exchange,
  returnTo: string,
): Promise<(LoopVerdict & { readonly session: Session }) | undefined> {
  const session = await loadSession(context, exchange)
  if (session === undefined) return undefined
  return { ...context.loopGuard.turn(exchange, { returnTo, session: 'good' }), session }
}

function checkVisit(context: SignInContext, exchange: Exchange): Problem | undefined {
  const { method } = exchange.request
  if (method !== 'GET' && method !== 'HEAD') return problem('method_not_allowed')
  if (method === 'HEAD') return problem('sign_in_required')
  if (exchange.facts.navigation) return undefined
  return isStartEndpoint(context, exchange) && isPlain(exchange) ? undefined : problem('sign_in_required')
}

/**
 * Whoever asks for the start endpoint wants to sign in, so a client that says nothing about itself (curl, an old
 * browser's Accept of everything) gets its redirect; one that says that it is a script or a frame does not.
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

/** Some providers cut or refuse a long `state`; a person who lands on the start page is better off than one who cannot sign in. */
function shorten({ log }: SignInContext, exchange: Exchange, returnTo: string): string {
  if (returnTo.length <= MAX_RETURN_TO) return returnTo
  log.event('return_target_dropped', 'warn', { length: returnTo.length, ...requestFields(exchange) })
  return '/'
}
