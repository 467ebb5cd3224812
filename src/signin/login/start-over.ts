import type { CookieChange, Exchange } from '../../http/exchange.ts'
import { type Problem, problem } from '../../problems.ts'
import { loadSession, logFailure, type SignInContext } from '../context.ts'
import { diagnoseBinding } from '../failure/diagnosis.ts'
import { type Outcome, redirect, refuse } from '../outcome.ts'
import type { AuthorizationError } from './authorization-error.ts'
import type { RedirectToProvider } from './start.ts'
import type { ReturnedLogin, Transactions } from './transaction.ts'

/** Ends a login: logs the reason and answers with it. */
export type Stop = (
  exchange: Exchange,
  why: Problem,
  rest?: {
    readonly returnTo?: string
    readonly changes?: readonly CookieChange[]
    /** Id of the provider that the login went to, as far as that is known. */
    readonly provider?: string
  },
) => Outcome

/** Logins that come back without a code to redeem, and may be started over once. */
export interface StartOver {
  startOver(exchange: Exchange, late: LateLogin): Promise<Outcome>
  startOverAfterError(exchange: Exchange, error: AuthorizationError, login: FailedLogin): Promise<Outcome>
}

interface FailedLogin {
  readonly login: ReturnedLogin
  readonly returnTo: string
}

interface LateLogin extends FailedLogin {
  readonly isHonest: boolean
}

export interface StartOverDeps {
  readonly begin: RedirectToProvider
  readonly stop: Stop
  readonly transactions: Pick<Transactions, 'carries'>
}

/** Limit on restarts of a login without the person. */
const MAX_RESTARTS = 1

/** Creates the end of logins that fail. */
export function createStop(context: SignInContext): Stop {
  return (exchange, why, { provider, ...rest } = {}) => {
    logFailure(context, 'sign_in_failed', { exchange, why, fields: { provider } })
    return refuse(why, rest)
  }
}

/** Creates the second try of a login. */
export function createStartOver(
  context: SignInContext,
  { begin, stop, transactions }: StartOverDeps,
): StartOver {
  /** Starts the login again, unless this was the second try already, or the provider is not configured any more. */
  async function again(
    exchange: Exchange,
    why: Problem,
    { login, returnTo, interactive }: FailedLogin & { readonly interactive: boolean },
  ): Promise<Outcome> {
    const { loginState, cleanUp: changes } = login
    const provider = context.providers.find(({ id }) => id === loginState.provider)
    if (provider === undefined || loginState.restarts >= MAX_RESTARTS)
      return stop(exchange, why, { returnTo, changes, provider: loginState.provider })
    logFailure(context, 'sign_in_restarted', { exchange, why, fields: { provider: provider.id } })
    const restarts = loginState.restarts + 1
    return begin(exchange, { provider, returnTo, restarts, otherAccount: false, interactive })
  }

  /** Problem of a login that is under way, in a browser that cannot prove that it is its own. */
  function toUnbound(exchange: Exchange, { loginState: { host } }: ReturnedLogin): Problem {
    const carriesCookie = transactions.carries(exchange.cookies)
    const findings = diagnoseBinding(exchange, context.config.cookie, { host, carriesCookie })
    return { ...problem('state_mismatch', { check: carriesCookie ? 'browser' : 'cookie' }), findings }
  }

  return {
    /**
     * Ends a callback whose state is genuine, but came too late or to another browser. A person who is signed in goes
     * on. What is only late starts over, once, as long as the answer looks like one of a provider. What another browser
     * started ends here: it may be an attempt to sign this person in as another one (RFC 9700 §4.7).
     */
    async startOver(exchange, { login, returnTo, isHonest }) {
      const { loginState, secrets, expired, cleanUp: changes } = login
      const { provider } = loginState
      if (secrets !== undefined && (await loadSession(context, exchange)) !== undefined)
        return redirect(returnTo, changes)
      const why = expired ? problem('state_expired') : toUnbound(exchange, login)
      if (!expired || !isHonest) return stop(exchange, why, { returnTo, changes, provider })
      return again(exchange, why, { login, returnTo, interactive: false })
    },
    /** Starts over where that can help; a person who is signed in meanwhile goes on. */
    async startOverAfterError(exchange, { problem: why, next }, { login, returnTo }) {
      const changes = login.cleanUp
      const { provider } = login.loginState
      if (next === 'stop') return stop(exchange, why, { returnTo, changes, provider })
      if ((await loadSession(context, exchange)) !== undefined) return redirect(returnTo, changes)
      return again(exchange, why, { login, returnTo, interactive: next === 'interact' })
    },
  }
}
