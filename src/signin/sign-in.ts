import type { Exchange } from '../http/exchange.ts'
import { createOnce } from '../lib/replay-guard.ts'
import type { SignInParts } from './context.ts'
import { createPasswordForm } from './local/password-form.ts'
import { createCallback } from './login/callback.ts'
import { createReturnTargets } from './login/return-targets.ts'
import { createBegin, createStart } from './login/start.ts'
import { createTransactions } from './login/transaction.ts'
import { createBackchannel } from './logout/backchannel.ts'
import { createSignOutTickets } from './logout/logout-state.ts'
import { createSignedOut, createSignOut } from './logout/sign-out.ts'
import type { Outcome } from './outcome.ts'

type Handle = (exchange: Exchange) => Promise<Outcome>

/** Signing in and out, endpoint by endpoint. */
export interface SignIn {
  /** Leaves for the provider: `<prefix>/start`, or any page load without a session. */
  readonly start: Handle
  /** `<prefix>/callback` */
  readonly callback: Handle
  /** `POST <prefix>/sign_in` */
  readonly password: Handle
  /** `<prefix>/sign_out` */
  readonly signOut: Handle
  /** `<prefix>/signed_out`: where the provider's own sign-out comes back to. */
  readonly signedOut: Handle
  /** `POST <prefix>/backchannel_logout` */
  readonly backchannel: Handle
  /** Where a sign-in that this request causes returns to; always valid. */
  returnTo(exchange: Exchange): string
}

/** Builds signing in and out from one configuration. */
export function createSignIn(parts: SignInParts): SignIn {
  const { ring, platform } = parts
  const targets = createReturnTargets(parts)
  const transactions = createTransactions({ ring, cookie: parts.config.cookie, now: platform.now })
  const tickets = createSignOutTickets(ring, platform.now)
  const begin = createBegin(parts, transactions)
  return {
    start: createStart(parts, { begin, targets }),
    callback: createCallback(parts, { transactions, targets, begin, spent: createOnce() }),
    password: createPasswordForm(parts, { targets }),
    signOut: createSignOut(parts, { targets, tickets, transactions }),
    signedOut: createSignedOut({ targets, tickets }),
    backchannel: createBackchannel(parts, { seen: createOnce() }),
    returnTo: (exchange) => targets.choose(exchange),
  }
}
