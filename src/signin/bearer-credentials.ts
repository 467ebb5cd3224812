import type { Reason } from '../problems.ts'
import { type BearerDeps, createBearerReader } from '../providers/oidc/bearer.ts'
import type { AuthorizationDeps, ReadAuthorization } from './authenticate.ts'
import { logFailure } from './context.ts'
import { newSession } from './new-session.ts'

/**
 * Reads verified tokens as sessions of one request (skip-jwt-bearer-tokens). The file is loaded only where they count.
 */
export function bearerCredentials(
  given: BearerDeps,
  { log, platform: { now } }: AuthorizationDeps,
): ReadAuthorization {
  const read = createBearerReader(given)
  const { loginFallback } = given.bearer
  return async (exchange) => {
    const grant = await read(exchange.facts.authorization ?? '')
    if (grant === undefined) return undefined
    if (grant.ok)
      return {
        session: newSession(
          { grant: grant.value, source: { kind: 'bearer', provider: grant.value.provider } },
          now(),
        ),
        problem: undefined,
      }
    // Beside cookies the header may be meant for the app, and then its refusal is no news.
    if (!loginFallback || exchange.cookies.length === 0)
      logFailure({ log }, 'bearer_refused', { exchange, why: grant.problem })
    const refusal = { session: undefined, problem: grant.problem }
    if (!loginFallback) return refusal
    // A token that may well be good, or that is and lacks a scope, is not passed over as if it were none.
    return BAD_TOKEN.has(grant.problem.reason) ? undefined : { ...refusal, yieldsToCookies: true }
  }
}
const BAD_TOKEN: ReadonlySet<Reason> = new Set(['bearer_invalid', 'identity_incomplete', 'email_unverified'])
