import type { CookieChange, Exchange } from '../../http/exchange.ts'
import { toBase64Url } from '../../lib/bytes.ts'
import type { ReplayGuard } from '../../lib/replay-guard.ts'
import { type Problem, problem } from '../../problems.ts'
import { toErrorCode } from '../../providers/http/error-code.ts'
import { loadSession, logFailure, type SignInContext, toRedirectUri } from '../context.ts'
import { completeSignIn } from '../new-session.ts'
import { type Outcome, redirect, refuse } from '../outcome.ts'
import { readCallbackParameters } from './callback-parameters.ts'
import type { ReturnTargets } from './return-targets.ts'
import type { RedirectToProvider } from './start.ts'
import type { ReturnedLogin, Transactions } from './transaction.ts'

/** What the callback is made from. */
export interface CallbackTools {
  readonly transactions: Transactions
  /** Ids of logins that were used. */
  readonly replays: ReplayGuard
  readonly targets: ReturnTargets
  readonly begin: RedirectToProvider
}

/** How often a login that came back too late is started over by itself. */
const MAX_RESTARTS = 1

/**
 * Builds `<prefix>/callback`, a straight list of steps: parameters, state and its binding, `error`, then (in the provider)
 * `iss` and the token request, then the person and the session. Before the state is proved, nothing is asked of anybody.
 */
export function createCallback(
  context: SignInContext,
  tools: CallbackTools,
): (exchange: Exchange) => Promise<Outcome> {
  const stop = (
    exchange: Exchange,
    why: Problem,
    rest: { returnTo?: string; changes?: readonly CookieChange[] } = {},
  ) => {
    logFailure(context, 'sign_in_failed', { exchange, why })
    return refuse(why, rest)
  }

  return async function callback(exchange) {
    const parameters = await readCallbackParameters(exchange, context.formPost)
    if (!parameters.ok) return stop(exchange, parameters.problem)
    const answer = parameters.value

    const redirectUri = toRedirectUri(context, exchange)
    const state = answer.get('state') ?? ''
    const login = await tools.transactions.open({ state, redirectUri, cookies: exchange.cookies })
    if (login === undefined) return stop(exchange, toStateProblem(answer))

    const { loginState, secrets, expired, cleanUp: changes } = login
    const returnTo = tools.targets.check(loginState.returnTo, exchange)
    if (secrets === undefined || expired) return startOver(exchange, { login, answer, returnTo })
    const claimed = tools.replays.claim(toBase64Url(loginState.id), loginState.expiresAtMs)
    // It may have been used: as good as expired.
    if (claimed === 'forgotten')
      return startOver(exchange, { login: { ...login, expired: true }, answer, returnTo })
    if (claimed === 'again') {
      const known = await loadSession(context, exchange)
      return known === undefined ? stop(exchange, problem('state_used'), { returnTo }) : redirect(returnTo)
    }

    const refusal = checkAnswer(answer)
    if (refusal !== undefined) return stop(exchange, refusal, { returnTo, changes })
    const provider = context.providers.find(({ id }) => id === loginState.provider)
    if (provider === undefined)
      return stop(exchange, problem('callback_malformed', { why: 'provider' }), { returnTo, changes })

    const grant = await provider.redeem({ parameters: answer, redirectUri, ...secrets })
    if (!grant.ok) {
      // Another replica may have used the code before: then this person is signed in and has somewhere to go.
      const known = grant.problem.reason === 'code_refused' ? await loadSession(context, exchange) : undefined
      if (known !== undefined) return redirect(returnTo, changes)
      return stop(exchange, grant.problem, { returnTo, changes })
    }
    const outcome = await completeSignIn(context, exchange, {
      grant: grant.value,
      provider: provider.id,
      returnTo,
    })
    return outcome.kind === 'done' ? outcome : { ...outcome, changes: [...outcome.changes, ...changes] }
  }

  /**
   * The state is ours, but it came too late or to another browser. Who is signed in goes on. What is only late starts over,
   * once, as long as the answer looks like one of a provider. What another browser started ends here: it may be somebody's
   * attempt to sign this person in as somebody else (RFC 9700 §4.7).
   */
  async function startOver(
    exchange: Exchange,
    { login, answer, returnTo }: { login: ReturnedLogin; answer: URLSearchParams; returnTo: string },
  ): Promise<Outcome> {
    const { loginState, secrets, expired, cleanUp: changes } = login
    if (secrets !== undefined && (await loadSession(context, exchange)) !== undefined)
      return redirect(returnTo, changes)
    const why = expired ? problem('state_expired') : problem('state_mismatch', { check: 'browser' })
    const provider = context.providers.find(({ id }) => id === loginState.provider)
    const honest = expired && checkAnswer(answer) === undefined
    if (!honest || provider === undefined || loginState.restarts >= MAX_RESTARTS)
      return stop(exchange, why, { returnTo, changes })
    logFailure(context, 'sign_in_restarted', { exchange, why })
    return tools.begin(exchange, {
      provider,
      returnTo,
      restarts: loginState.restarts + 1,
      otherAccount: false,
    })
  }
}

/** Without a state that is ours, nothing else in the answer means anything. */
function toStateProblem(answer: URLSearchParams): Problem {
  if (answer.has('error')) return problem('callback_malformed', { why: 'error without state' })
  return answer.has('state') ? problem('state_mismatch', { check: 'seal' }) : problem('state_missing')
}

/** Either `error` or `code` (RFC 6749 §4.1.2): what the provider says, or undefined when there is a code to redeem. */
function checkAnswer(answer: URLSearchParams): Problem | undefined {
  const error = answer.get('error')
  if (error !== null && answer.has('code')) return problem('callback_malformed', { why: 'error and code' })
  // The person can do nothing about a scope; the operator finds the setting in the log.
  if (error === 'invalid_scope') return problem('provider_refused', { error, setting: 'scope' })
  if (error !== null) return problem('provider_refused', { error: toErrorCode(error) })
  return answer.get('code') ? undefined : problem('callback_malformed', { why: 'no code' })
}
