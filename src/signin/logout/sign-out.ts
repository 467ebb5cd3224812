import type { CookieChange, Exchange } from '../../http/exchange.ts'
import { onlyValue, readParameters, readQuery } from '../../http/form.ts'
import { problem } from '../../problems.ts'
import { failed } from '../../result.ts'
import { isFinal } from '../../session/lifetimes.ts'
import { findProvider, type Session, sourceFields } from '../../session/session.ts'
import { logFailure, requestFields, type SignInContext, toRedirectUri } from '../context.ts'
import type { ReturnTargets } from '../login/return-targets.ts'
import type { Transactions } from '../login/transaction.ts'
import { type Outcome, redirect, refuse } from '../outcome.ts'
import { callBackendLogout } from './backend-logout.ts'
import { withIdToken } from './id-token-hint.ts'
import type { LogoutState } from './logout-state.ts'

/** Collaborators of signing out. */
export interface SignOutTools {
  readonly targets: ReturnTargets
  readonly logoutState: LogoutState
  readonly transactions: Pick<Transactions, 'clear'>
}

const ID_TOKEN = '{id_token}'
/**
 * Stand-in for the braces, which are no part of a URL, so that the check sees the address as it will be but for the
 * token.
 */
const STAND_IN = 'ID_TOKEN_GOES_HERE'

/**
 * Creates `<prefix>/sign_out`: by POST, or by GET from Sidegate's own pages or the address bar. Ends every cookie of
 * Sidegate, tells the backend, denies and revokes what could bring the session back, and leaves through the provider's
 * own sign-out where sign-out-at-provider is set and it has one.
 */
export function createSignOut(
  context: SignInContext,
  { targets, logoutState, transactions }: SignOutTools,
): (exchange: Exchange) => Promise<Outcome> {
  return async function signOut(exchange) {
    const form = await readSignOutForm(exchange)
    const foreign = context.site.checkSite(exchange)
    if (foreign !== undefined || !form.ok) {
      const why = foreign ?? (form.ok ? problem('request_malformed') : form.problem)
      logFailure(context, 'sign_out_refused', { exchange, why })
      return refuse(why)
    }
    const target = readTarget(targets, exchange, form.value)
    const loaded = await context.sessions.load(exchange.cookies)
    // Without its store the session cannot be ended, and to say that it is would be worse than to ask for another try.
    if (loaded.kind === 'unreadable' && loaded.why === 'unavailable') {
      const why = problem('session_store_unavailable')
      logFailure(context, 'sign_out_refused', { exchange, why })
      return refuse(why)
    }
    // A session that is only refused for now would count again when the clock or the file is right.
    const mayReturn = loaded.kind === 'unreadable' && !isFinal(loaded.why)
    const carried = loaded.kind === 'active' || mayReturn ? loaded.session : undefined
    const session = carried && (await toEnding(context, carried, target))
    const exit = await chooseExit(context, exchange, { session, target, logoutState })
    if (session !== undefined) await endSession(context, exchange, session)
    return redirect(exit, await clearCookies(context, exchange, transactions))
  }
}

/**
 * Creates the sign-out of a visit to the sign-in page: it ends the session as `<prefix>/sign_out` does, unless another
 * site sent the person. Returns the cookie changes; undefined where nothing ended.
 */
export function createEndHere(
  context: SignInContext,
  { transactions }: Pick<SignOutTools, 'transactions'>,
): (exchange: Exchange) => Promise<readonly CookieChange[] | undefined> {
  return async function endHere(exchange) {
    if (context.site.checkSite(exchange) !== undefined) return undefined
    const loaded = await context.sessions.load(exchange.cookies)
    if (loaded.kind !== 'active') return undefined
    await endSession(context, exchange, await toEnding(context, loaded.session, undefined))
    return clearCookies(context, exchange, transactions)
  }
}

async function clearCookies(
  { sessions }: SignInContext,
  { cookies }: Exchange,
  transactions: SignOutTools['transactions'],
): Promise<readonly CookieChange[]> {
  return [...(await sessions.clear(cookies)), ...transactions.clear(cookies)]
}

/** Completes the session that ends with an ID token where the provider or the backend is going to be shown it. */
async function toEnding(
  context: SignInContext,
  session: Session,
  target: string | undefined,
): Promise<Session> {
  const provider = findProvider(context.providers, session.source)
  const { signOutAtProvider } = context.config.signIn
  const isNamed =
    target?.includes(STAND_IN) || (backendLogoutUrlOf(context, session)?.includes(ID_TOKEN) ?? false)
  const isShown = async () =>
    signOutAtProvider &&
    target?.startsWith('/') !== false &&
    (await provider?.endSessionUrl({ idToken: undefined, returnTo: '', state: '' })) !== undefined
  return isNamed || (await isShown()) ? withIdToken(session, provider) : session
}

interface Leaving {
  readonly session: Session | undefined
  /** Validated; undefined where none was asked for. */
  readonly target: string | undefined
  readonly logoutState: LogoutState
}

/**
 * Chooses the target. An absolute one of the operator's choice is usually the provider's own sign-out, so it wins over
 * Sidegate's. Without one it is the start page, as in oauth2-proxy, except where that would sign in again at once.
 */
async function chooseExit(
  context: SignInContext,
  exchange: Exchange,
  { session, target, logoutState }: Leaving,
): Promise<string> {
  const { paths, signIn } = context.config
  const idToken = session?.tokens.id
  if (target !== undefined && !target.startsWith('/'))
    return target.replaceAll(STAND_IN, encodeURIComponent(idToken ?? ''))
  const returnTo = target?.replaceAll(STAND_IN, '')
  const here = returnTo ?? (signIn.skipProviderButton ? paths.signedOut : '/')
  if (!signIn.signOutAtProvider) return here
  const provided = await findProvider(context.providers, session?.source)?.endSessionUrl({
    idToken,
    returnTo: `${new URL(toRedirectUri(context, exchange)).origin}${paths.signedOut}`,
    state: await logoutState.write(returnTo ?? '/'),
  })
  return provided ?? here
}

/**
 * Creates `<prefix>/signed_out`, to which the provider's sign-out returns: on to the target that the sealed state
 * names.
 */
export function createSignedOut({
  targets,
  logoutState,
}: Omit<SignOutTools, 'transactions'>): (exchange: Exchange) => Promise<Outcome> {
  return async function signedOut(exchange) {
    const query = readQuery(exchange)
    const state = query.ok ? onlyValue(query.value, 'state') : undefined
    const named = state === undefined ? undefined : await logoutState.read(state)
    const returnTo = named === undefined ? '/' : targets.check(named, exchange)
    return returnTo === '/' ? { kind: 'signed-out', changes: [] } : redirect(returnTo)
  }
}

async function readSignOutForm(exchange: Exchange): ReturnType<typeof readParameters> {
  const { method } = exchange.request
  return method === 'GET' || method === 'HEAD' || method === 'POST'
    ? readParameters(exchange)
    : failed(problem('method_not_allowed'))
}

/** Reads `rd` as oauth2-proxy takes it; the stand-in for `{id_token}` is filled in after the check. */
function readTarget(targets: ReturnTargets, exchange: Exchange, form: URLSearchParams): string | undefined {
  const named = targets.named(exchange, form)
  return named === undefined ? undefined : targets.check(named.replaceAll(ID_TOKEN, STAND_IN), exchange)
}

/** Address that is called when a session ends: that of its provider; for local users that of one that is alone. */
function backendLogoutUrlOf(
  { config: { providers } }: SignInContext,
  { source }: Session,
): string | undefined {
  const from = providers.length === 1 ? providers[0] : findProvider(providers, source)
  return from?.backendLogoutUrl
}

/** Ends the session elsewhere: each part is tried, none can keep the person signed in here. */
async function endSession(context: SignInContext, exchange: Exchange, session: Session): Promise<void> {
  const { denylist, log } = context
  const { id, issuer, subject, signedInAtMs } = session
  await denylist.deny({ kind: 'session', id, of: { issuer, subject, signedInBeforeMs: signedInAtMs } })
  const elsewhere = Promise.all([
    callBackendLogout(context, backendLogoutUrlOf(context, session), session.tokens.id),
    findProvider(context.providers, session.source)?.revoke(session),
  ]).then(([called, revoked]) => {
    for (const [step, result] of Object.entries({ backend: called, revoke: revoked })) {
      if (result?.ok === false)
        logFailure(context, 'sign_out_incomplete', { exchange, why: result.problem, fields: { step } })
    }
  })
  exchange.request.waitUntil(elsewhere)
  log.event('signed_out', 'info', {
    user: session.user,
    email: session.email,
    ...sourceFields(session.source),
    ...requestFields(exchange),
  })
}
