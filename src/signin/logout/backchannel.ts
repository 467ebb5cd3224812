import type { Exchange } from '../../http/exchange.ts'
import { onlyValue, readForm } from '../../http/form.ts'
import type { ReplayGuard } from '../../lib/replay-guard.ts'
import { type Problem, problem } from '../../problems.ts'
import type { Logout, Provider } from '../../providers/provider.ts'
import { failed, type Result } from '../../result.ts'
import type { Denial } from '../../session/denial.ts'
import { logFailure, requestFields, type SignInContext } from '../context.ts'
import { type Outcome, refuse } from '../outcome.ts'

/** Longer than a logout token is accepted for. */
const REMEMBER_MS = 15 * 60_000

/**
 * Builds `<prefix>/backchannel_logout` (OpenID Connect Back-Channel Logout 1.0 §2.5): a signed logout token ends the sessions
 * of one `sid`, or all of one subject up to its moment. A wrong token is 400; a provider whose keys cannot be had, 503.
 */
export function createBackchannel(
  context: SignInContext,
  { replays }: { readonly replays: ReplayGuard },
): (exchange: Exchange) => Promise<Outcome> {
  return async function backchannel(exchange) {
    const stop = (why: Problem): Outcome => {
      logFailure(context, 'backchannel_logout_refused', { exchange, why })
      return refuse(why)
    }
    if (exchange.request.method !== 'POST') return stop(problem('method_not_allowed'))
    const form = await readForm(exchange)
    if (!form.ok) return stop(form.problem)
    const token = onlyValue(form.value, 'logout_token')
    if (token === undefined) return stop(malformed('logout_token'))
    const logout = await verifyWithFirst(context.providers, token)
    if (!logout.ok) return stop(logout.problem)
    const { issuer, subject, sid, jti } = logout.value
    // What is not remembered any more may have been carried out, and carrying it out again changes nothing.
    if (replays.claim(`${issuer} ${jti}`, logout.value.issuedAtMs + REMEMBER_MS) === 'again')
      return stop(malformed('jti'))
    await context.denylist.deny(toDenial(logout.value))
    context.log.event('backchannel_logout', 'info', {
      issuer,
      subject,
      by: sid === undefined ? 'sub' : 'sid',
      ...requestFields(exchange),
    })
    return { kind: 'done' }
  }
}

/** The token of one provider fails at the others; the first that accepts it decides. */
async function verifyWithFirst(providers: readonly Provider[], token: string): Promise<Result<Logout>> {
  let last: Result<Logout> = failed(malformed('no provider'))
  for (const { verifyLogoutToken } of providers) {
    const logout = await verifyLogoutToken?.(token)
    if (logout === undefined) continue
    if (logout.ok) return logout
    // §2.8: whatever is wrong with the token is 400.
    const { reason, detail } = logout.problem
    last = reason === 'id_token_invalid' ? failed(problem('request_malformed', detail)) : logout
  }
  return last
}

/** A session id ends one session; a subject alone ends all that began before the token was written. */
function toDenial({ issuer, subject, sid, issuedAtMs }: Logout): Denial {
  // `iat` counts whole seconds: a session of the same second counts as older.
  const beforeMs = issuedAtMs + 999
  return sid === undefined
    ? { kind: 'subject', issuer, subject: subject ?? '', issuedBeforeMs: beforeMs }
    : { kind: 'sid', issuer, sid, of: { issuer, subject, signedInBeforeMs: beforeMs } }
}

function malformed(why: string): Problem {
  return problem('request_malformed', { why })
}
