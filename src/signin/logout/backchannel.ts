import type { Exchange } from '../../http/exchange.ts'
import { onlyValue, readForm } from '../../http/form.ts'
import type { ReplayGuard } from '../../lib/replay-guard.ts'
import { type Problem, problem } from '../../problems.ts'
import { verifyWithFirst } from '../../providers/oidc/first-verifier.ts'
import type { Logout } from '../../providers/provider.ts'
import type { Denial } from '../../session/denial.ts'
import { logFailure, requestFields, type SignInContext } from '../context.ts'
import { type Outcome, refuse } from '../outcome.ts'

/** Time for which a `jti` is kept: longer than a logout token is accepted for. */
const REMEMBER_MS = 15 * 60_000

/**
 * Builds `<prefix>/backchannel_logout` (OpenID Connect Back-Channel Logout 1.0 §2.5): a signed logout token ends the sessions
 * of one `sid`, or all of one subject up to its moment. A wrong token is 400; a provider whose keys cannot be had, 503.
 */
export function createBackchannel(
  context: SignInContext,
  { replays }: { readonly replays: ReplayGuard },
): (exchange: Exchange) => Promise<Outcome> {
  const verifiers = context.providers
    .map(({ verifyLogoutToken }) => verifyLogoutToken)
    .filter((verify) => verify !== undefined)
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
    const logout = await verifyWithFirst(verifiers, token, problem('request_malformed', { check: 'iss' }))
    if (!logout.ok) return stop(toLogoutProblem(logout.problem))
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

/** Problem of a logout token: whatever is wrong with it is 400 (Back-Channel Logout 1.0 §2.8). */
function toLogoutProblem(why: Problem): Problem {
  return why.reason === 'id_token_invalid' ? problem('request_malformed', why.detail) : why
}

/**
 * Denial that a logout token asks for: a session id ends one session; a subject alone ends all that began before the
 * token was written.
 */
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
