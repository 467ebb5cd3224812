import type { Exchange } from '../../http/exchange.ts'
import { onlyValue, readForm } from '../../http/form.ts'
import { problem } from '../../problems.ts'
import { logFailure, type SignInContext } from '../context.ts'
import type { ReturnTargets } from '../login/return-targets.ts'
import { completeSignIn } from '../new-session.ts'
import { type Outcome, refuse } from '../outcome.ts'
import { toLocalSource } from './local-users.ts'

/** Creates `POST <prefix>/sign_in`: the form for local users, from Sidegate's own page only. */
export function createPasswordForm(
  context: SignInContext,
  { targets }: { readonly targets: ReturnTargets },
): (exchange: Exchange) => Promise<Outcome> {
  return async function password(exchange) {
    const { localUsers } = context
    if (exchange.request.method !== 'POST' || localUsers === undefined)
      return refuse(problem('method_not_allowed'))
    const form = await readForm(exchange)
    if (!form.ok) return refuse(form.problem)
    const returnTo = targets.choose(exchange, form.value)
    const foreign = context.site.checkOwnOrigin(exchange)
    if (foreign !== undefined) return refuse(foreign, { returnTo })
    const username = onlyValue(form.value, 'username') ?? ''
    const grant = await localUsers.verify({
      username,
      password: onlyValue(form.value, 'password') ?? '',
      client: exchange.facts.client,
    })
    if (grant.ok) {
      const source = toLocalSource(grant.value)
      return completeSignIn(context, exchange, { grant: grant.value, source, returnTo })
    }
    logFailure(context, 'sign_in_failed', { exchange, why: grant.problem, fields: { source: 'local' } })
    return refuse(grant.problem, { returnTo, username })
  }
}
