import type { CookieChange, Exchange } from '../../http/exchange.ts'
import type { ReplayGuard } from '../../lib/replay-guard.ts'
import type { SignInContext } from '../context.ts'
import type { Outcome } from '../outcome.ts'
import { createBackchannel } from './backchannel.ts'
import { createLogoutState } from './logout-state.ts'
import { createEndHere, createSignedOut, createSignOut, type SignOutTools } from './sign-out.ts'

/** Signing out, endpoint by endpoint. */
export interface SignOutEndpoints {
  readonly signOut: (exchange: Exchange) => Promise<Outcome>
  readonly signedOut: (exchange: Exchange) => Promise<Outcome>
  readonly endHere: (exchange: Exchange) => Promise<readonly CookieChange[] | undefined>
  readonly backchannel: (exchange: Exchange) => Promise<Outcome>
}

/** Collaborators of signing out. */
export interface LogoutDeps extends Omit<SignOutTools, 'logoutState'> {
  /** Identifiers of logout tokens that were used. */
  readonly replays: ReplayGuard
}

/** Creates the endpoints of signing out. */
export function createLogout(
  context: SignInContext,
  { targets, transactions, replays }: LogoutDeps,
): SignOutEndpoints {
  const logoutState = createLogoutState(context.ring, context.platform.now)
  return {
    signOut: createSignOut(context, { targets, logoutState, transactions }),
    signedOut: createSignedOut({ targets, logoutState }),
    endHere: createEndHere(context, { transactions }),
    backchannel: createBackchannel(context, { replays }),
  }
}
