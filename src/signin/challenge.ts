import type { BearerConfig } from '../config/sections/bearer.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Problem } from '../problems.ts'

/** True for a request that shows a bearer token (RFC 6750 §2.1) to a configuration that reads them. */
export function showsBearer({ enabled }: Pick<BearerConfig, 'enabled'>, { facts }: Exchange): boolean {
  return enabled && facts.authorization !== undefined && /^bearer(?: |$)/iu.test(facts.authorization)
}

/**
 * Adds the challenge of RFC 6750 §3 to the refusal of a request that showed a bearer token: `invalid_token`, or
 * `insufficient_scope` with the scopes that are needed.
 */
export function withBearerChallenge(
  response: Response,
  {
    bearer,
    exchange,
    problem: why,
  }: {
    readonly bearer: Pick<BearerConfig, 'enabled' | 'requiredScopes'>
    readonly exchange: Exchange
    readonly problem: Problem | undefined
  },
): Response {
  if (!showsBearer(bearer, exchange)) return response
  if (why?.detail?.['rule'] === 'bearer-required-scope') {
    const scope = bearer.requiredScopes.join(' ')
    response.headers.set('WWW-Authenticate', `Bearer error="insufficient_scope", scope="${scope}"`)
  } else if (response.status === 401 || why?.reason === 'bearer_invalid') {
    response.headers.set('WWW-Authenticate', 'Bearer error="invalid_token"')
  }
  return response
}
