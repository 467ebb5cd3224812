import type { Exchange } from '../../http/exchange.ts'
import { problem } from '../../problems.ts'
import type { Session } from '../../session/session.ts'
import { logFailure, type SignInContext } from '../context.ts'
import { type Redirected, type Refused, redirect, refuse } from '../outcome.ts'
import type { Refusals } from './refusals.ts'
import type { Turns } from './turns.ts'

/** A visit to the sign-in page by a person who is signed in. */
export interface SignedInVisit {
  readonly session: Session
  /** Validated. */
  readonly returnTo: string
}

/**
 * Creates the redirect of a person who comes to the sign-in page with a session: to where they were going, unless they
 * were refused there just now, or came back from there again and again.
 */
export function createGoOn(
  context: SignInContext,
  { refusals, turns }: { readonly refusals: Pick<Refusals, 'find'>; readonly turns: Turns },
): (exchange: Exchange, visit: SignedInVisit) => Redirected | Refused {
  return (exchange, { session, returnTo }) => {
    const refusal = refusals.find(session.id, returnTo)
    if (refusal !== undefined) return refuse(refusal, { returnTo, identity: session })
    const turn = turns.next({ cookies: exchange.cookies, returnTo, began: undefined })
    if (!turn.stops) return redirect(returnTo, turn.changes)
    const why = problem('sent_back')
    logFailure(context, 'sign_in_failed', { exchange, why, fields: { user: session.user } })
    return refuse(why, { returnTo, identity: session, changes: turn.changes })
  }
}
