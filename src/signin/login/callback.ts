import type { CookieChange, Exchange } from '../../http/exchange.ts'
import { toBase64Url } from '../../lib/bytes.ts'
import type { ReplayGuard } from '../../lib/replay-guard.ts'
import { type Problem, problem } from '../../problems.ts'
import { loadSession, type SignInContext, toRedirectUri, toRedirectUriParameter } from '../context.ts'
import { toLoopProblem } from '../failure/diagnosis.ts'
import type { Turns } from '../failure/turns.ts'
import { completeSignIn } from '../new-session.ts'
import { type Outcome, redirect } from '../outcome.ts'
import { callbackOwner, readOwnCallback } from '../provider/own-callback.ts'
import { type AuthorizationError, readAuthorizationError } from './authorization-error.ts'
import { readCallbackParameters } from './callback-parameters.ts'
import type { ReturnTargets } from './return-targets.ts'
import { lostTarget } from './return-to.ts'
import type { RedirectToProvider } from './start.ts'
import { createStartOver, createStop } from './start-over.ts'
import type { Transactions } from './transaction.ts'

/** Collaborators of the callback. */
export interface CallbackTools {
  readonly transactions: Transactions
  /** Ids of logins that were used. */
  readonly replays: ReplayGuard
  readonly targets: ReturnTargets
  readonly begin: RedirectToProvider
  readonly turns: Turns
}

/**
 * Creates `<prefix>/callback`, a straight list of steps: parameters, state and its binding, `error`, then (in the
 * provider) `iss` and the token request, then the person and the session. Before the state is proved, nothing is asked
 * of anybody.
 */
export function createCallback(
  context: SignInContext,
  tools: CallbackTools,
): (exchange: Exchange) => Promise<Outcome> {
  const stop = createStop(context)
  const { startOver, startOverAfterError } = createStartOver(context, { ...tools, stop })

  return async function callback(exchange) {
    const parameters = await readCallbackParameters(exchange)
    if (!parameters.ok) return stop(exchange, parameters.problem)
    const answer = parameters.value

    // The proof in the state holds for the redirect URI of the login alone.
    const owner = callbackOwner(context.config.paths, exchange.target)
    const redirectUri = toRedirectUri(context, exchange, owner)
    const state = answer.get('state') ?? ''
    const { cookies } = exchange
    const opened = await tools.transactions.open({ state, redirectUri, cookies })
    if (!opened.ok) {
      const isForeign = opened.problem === 'key' && tools.transactions.carries(cookies)
      return stop(exchange, toStateProblem(answer, isForeign))
    }

    const login = opened.value
    const { loginState, secrets, expired, cleanUp: changes } = login
    const returnTo = tools.targets.check(login.returnTo ?? lostTarget(context.config.paths), exchange)
    const fail = (why: Problem, ended: readonly CookieChange[] = []) =>
      stop(exchange, why, { returnTo, changes: ended, provider: loginState.provider })
    if (owner !== undefined && owner !== loginState.provider)
      return fail(problem('issuer_mismatch', { callback: 'another provider' }))
    if (secrets === undefined || expired)
      return startOver(exchange, { login, returnTo, isHonest: isHonest(answer) })
    const claimed = tools.replays.claim(toBase64Url(loginState.id), loginState.expiresAtMs)
    // The state may have been used: as good as expired.
    if (claimed === 'forgotten')
      return startOver(exchange, { login: { ...login, expired: true }, returnTo, isHonest: isHonest(answer) })
    if (claimed === 'again') {
      const known = await loadSession(context, exchange)
      return known === undefined ? fail(problem('state_used')) : redirect(returnTo)
    }

    const malformed = checkAnswer(answer)
    if (malformed !== undefined) return fail(malformed, changes)
    const error = readAuthorizationError(answer)
    if (error !== undefined) return startOverAfterError(exchange, error, { login, returnTo })
    const provider = context.providers.find(({ id }) => id === loginState.provider)
    if (provider === undefined) return fail(problem('callback_malformed', { why: 'provider' }), changes)

    const own = await readOwnCallback(context.providers, provider)
    if (!own.ok) return fail(own.problem, changes)
    // It began when this provider was the only one, or named its issuer.
    if (owner === undefined && own.value !== undefined)
      return startOverAfterError(exchange, OF_UNKNOWN_ISSUER, { login, returnTo })

    const { startedAtMs: atMs, turns } = loginState
    const turn = tools.turns.next({ cookies, returnTo, began: { atMs, turns } })
    if (turn.stops) {
      const looped = await toLoopProblem(context, exchange, loginState)
      return fail(looped, [...changes, ...turn.changes])
    }

    const grant = await provider.redeem({
      parameters: answer,
      redirectUri: toRedirectUriParameter(context, exchange, owner),
      ...secrets,
    })
    if (!grant.ok) {
      // Another replica may have used the code before: then this person is signed in and has somewhere to go.
      const known = grant.problem.reason === 'code_refused' ? await loadSession(context, exchange) : undefined
      if (known !== undefined) return redirect(returnTo, changes)
      return fail(grant.problem, changes)
    }
    const outcome = await completeSignIn(context, exchange, {
      grant: grant.value,
      source: { kind: 'provider', id: provider.id },
      returnTo,
    })
    if (outcome.kind === 'done') return outcome
    const remembered = context.choice?.remember(cookies, provider.id) ?? []
    const counted = outcome.kind === 'redirect' ? [...turn.changes, ...remembered] : []
    return { ...outcome, changes: [...outcome.changes, ...changes, ...counted] }
  }
}

/** Answer at the shared redirect URI of a provider that does not name its issuer, beside others. */
const OF_UNKNOWN_ISSUER: AuthorizationError = {
  problem: problem('issuer_mismatch', { callback: 'shared' }),
  next: 'start-over',
}

/**
 * Problem of the state, without which nothing else in the response means anything. One of the right shape, in a browser
 * that has a sign-in under way, comes from a replica with another secret.
 */
function toStateProblem(answer: URLSearchParams, isForeign: boolean): Problem {
  if (answer.has('error')) return problem('callback_malformed', { why: 'error without state' })
  if (!answer.has('state')) return problem('state_missing')
  const mismatch = problem('state_mismatch', { check: 'seal' })
  return isForeign ? { ...mismatch, findings: [{ code: 'other_secret', values: {} }] } : mismatch
}

/** True for a response that looks like that of a provider that signed a person in. */
function isHonest(answer: URLSearchParams): boolean {
  return checkAnswer(answer) === undefined && !answer.has('error')
}

/** Checks that there is either `error` or `code` (RFC 6749 §4.1.2), and never both. */
function checkAnswer(answer: URLSearchParams): Problem | undefined {
  if (answer.has('error'))
    return answer.has('code') ? problem('callback_malformed', { why: 'error and code' }) : undefined
  return answer.get('code') ? undefined : problem('callback_malformed', { why: 'no code' })
}
