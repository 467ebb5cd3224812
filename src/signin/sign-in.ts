import type { Cookie, CookieChange, Exchange } from '../http/exchange.ts'
import { createByNeed } from '../lib/async.ts'
import { createReplayGuard, type ReplayGuard } from '../lib/replay-guard.ts'
import type { SignInContext } from './context.ts'
import { createFailureLinks, type FailureLinks } from './failure/failure-links.ts'
import { createGoOn, type SignedInVisit } from './failure/go-on.ts'
import { createTurns } from './failure/turns.ts'
import { createPasswordForm } from './local/password-form.ts'
import { createReturnTargets } from './login/return-targets.ts'
import { createRedirectToProvider, createStart } from './login/start.ts'
import { createTransactions } from './login/transaction.ts'
import type { Outcome, Redirected, Refused } from './outcome.ts'
import type { Offer } from './provider/choice.ts'

type Handle = (exchange: Exchange) => Promise<Outcome>

/** Signing in and out, endpoint by endpoint. */
export interface SignIn {
  /** Redirects to the provider: `<prefix>/start`, or any page load without a session. */
  readonly start: Handle
  /** Providers that the sign-in page of a request offers. */
  readonly offer: (exchange: Exchange) => Offer
  /** `<prefix>/callback` */
  readonly callback: Handle
  /** `POST <prefix>/sign_in` */
  readonly password: Handle
  /** Redirects `GET <prefix>/sign_in` with a session that may go on to its target. */
  readonly goOn: (exchange: Exchange, visit: SignedInVisit) => Redirected | Refused
  /** The pages of callbacks that failed. */
  readonly failures: FailureLinks
  /** `<prefix>/sign_out` */
  readonly signOut: Handle
  /** Ends the session of a visit to the sign-in page; undefined where there is none to end, or another site asks. */
  readonly endHere: (exchange: Exchange) => Promise<readonly CookieChange[] | undefined>
  /** `<prefix>/signed_out`, to which the provider's own sign-out returns. */
  readonly signedOut: Handle
  /** `POST <prefix>/backchannel_logout` */
  readonly backchannel: Handle
  /** Return target of a sign-in that this request causes; always valid. */
  returnTo(exchange: Exchange): string
  /** True when a request names a return target itself. */
  namesTarget(exchange: Exchange): boolean
}

/** Creates the endpoints of signing in and out for one configuration. */
export function createSignIn(context: SignInContext): SignIn {
  const { clients, refusals, ring, platform } = context
  const { now } = platform
  const targets = createReturnTargets(context)
  const transactions = createTransactions({ ring, cookie: context.config.cookie, clients, now })
  const turns = createTurns(context.config.cookie, now)
  const begin = createRedirectToProvider(context, { transactions, turns })
  const clear = (cookies: readonly Cookie[]) => [...transactions.clear(cookies), ...turns.clear(cookies)]
  // Most processes serve for long before the first of these is needed.
  const callback = createByNeed(async () => {
    const { createCallback } = await import('./login/callback.ts')
    return () =>
      createCallback(context, { transactions, targets, begin, turns, replays: createLoginReplays(context) })
  })
  const logout = createByNeed(async () => {
    const { createLogout } = await import('./logout/logout.ts')
    return () =>
      createLogout(context, { targets, transactions: { clear }, replays: createReplayGuard({ now }) })
  })
  return {
    start: createStart(context, { begin, targets, refusals }),
    offer: (exchange) =>
      context.choice?.offer(exchange) ?? {
        providers: context.providers,
        unknown: false,
        asksForAddress: false,
      },
    callback: async (exchange) => (await callback())(exchange),
    password: createPasswordForm(context, { targets, turns }),
    goOn: createGoOn(context, { refusals, turns }),
    failures: createFailureLinks({
      ring,
      paths: context.config.paths,
      replays: createReplayGuard({ now }),
      now,
    }),
    signOut: async (exchange) => (await logout()).signOut(exchange),
    endHere: async (exchange) => (await logout()).endHere(exchange),
    signedOut: async (exchange) => (await logout()).signedOut(exchange),
    backchannel: async (exchange) => (await logout()).backchannel(exchange),
    returnTo: (exchange) => targets.choose(exchange),
    namesTarget: (exchange) => targets.named(exchange) !== undefined,
  }
}

/** Creates the guard of logins that were used. */
function createLoginReplays({ log, platform }: SignInContext): ReplayGuard {
  return createReplayGuard({
    now: platform.now,
    onForget: () =>
      log.line('warn', 'More sign-ins came back than are remembered: those that began earlier start over'),
  })
}
