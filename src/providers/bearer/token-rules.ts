import type { BearerConfig } from '../../config/sections/bearer.ts'
import { type Problem, problem } from '../../problems.ts'
import type { Claims } from '../oidc/jwks.ts'

/**
 * Checks the rules about every bearer token: the client that it was issued to (`client_id` of RFC 9068, else `azp`) and
 * its scopes (`scope`, else `scp` as Entra and Okta write it). What a token does not say satisfies no rule.
 */
export function checkTokenRules(
  claims: Claims,
  { requiredScopes, clientIds }: Pick<BearerConfig, 'requiredScopes' | 'clientIds'>,
): Problem | undefined {
  const client = claims['client_id'] ?? claims['azp']
  if (clientIds.length > 0 && !(typeof client === 'string' && clientIds.includes(client)))
    return problem('bearer_invalid', { check: 'client_id', setting: 'bearer-client-id' })
  const scopes = scopesOf(claims['scope'] ?? claims['scp'])
  return requiredScopes.every((scope) => scopes.includes(scope))
    ? undefined
    : problem('not_permitted', { rule: 'bearer-required-scope' })
}

/** Scopes separated by spaces (RFC 6749 §3.3), or a list of them. */
function scopesOf(value: unknown): readonly unknown[] {
  if (typeof value === 'string') return value.split(' ')
  return Array.isArray(value) ? value : []
}
