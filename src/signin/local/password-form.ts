import type { Exchange } from '../../http/exchange.ts'
import { onlyValue, readForm } from '../../http/form.ts'
import { PERSON } from '../../observe/event.ts'
import { type Problem, problem } from '../../problems.ts'
import { logFailure, type SignInContext } from '../context.ts'
import { diagnoseScope, toLoopProblem } from '../failure/diagnosis.ts'
import type { Turns } from '../failure/turns.ts'
import type { ReturnTargets } from '../login/return-targets.ts'
import { completeSignIn } from '../new-session.ts'
import { type Outcome, redirect, refuse } from '../outcome.ts'
import { toLocalSource } from './account.ts'

/** Creates `POST <prefix>/sign_in`: the form for local users, from Sidegate's own page only. */
export function createPasswordForm(
  context: SignInContext,
  { targets, turns }: { readonly targets: ReturnTargets; readonly turns: Turns },
): (exchange: Exchange) => Promise<Outcome> {
  return async function password(exchange) {
    const { localUsers } = context
    if (exchange.request.method !== 'POST' || localUsers === undefined)
      return refuse(problem('method_not_allowed'))
    const form = await readForm(exchange)
    if (!form.ok) return refuse(form.problem)
    const returnTo = targets.choose(exchange, form.value)
    const foreign = context.site.checkOwnOrigin(exchange)
    if (foreign !== undefined) return refuse(withScope(context, exchange, foreign), { returnTo })
    const username = onlyValue(form.value, 'username') ?? ''
    const grant = await localUsers.verify({
      username,
      password: onlyValue(form.value, 'password') ?? '',
      client: exchange.facts.client,
    })
    // The name is no field: people type passwords into the wrong box.
    const fields = { source: 'local', [PERSON]: { user: username } }
    if (!grant.ok) {
      logFailure(context, 'sign_in_failed', { exchange, why: grant.problem, fields })
      return refuse(grant.problem, { returnTo, username })
    }
    const turn = turns.next({ cookies: exchange.cookies, returnTo, began: undefined })
    if (turn.stops) {
      const why = await toLoopProblem(context, exchange)
      logFailure(context, 'sign_in_failed', { exchange, why, fields })
      return refuse(why, { returnTo, changes: turn.changes })
    }
    const source = toLocalSource(grant.value)
    const outcome = await completeSignIn(context, exchange, { grant: grant.value, source, returnTo })
    return outcome.kind === 'redirect' ? redirect(returnTo, [...outcome.changes, ...turn.changes]) : outcome
  }
}

/** Our own page over plain http looks like another site where cookies are Secure; then they are what is wrong. */
function withScope({ config }: SignInContext, exchange: Exchange, foreign: Problem): Problem {
  const { host, originHeader } = exchange.facts
  return originHeader === `http://${host}`
    ? { ...foreign, findings: diagnoseScope(exchange, config.cookie) }
    : foreign
}
