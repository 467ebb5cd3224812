import type { BearerConfig } from '../../config/sections/bearer.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { Grant } from '../../session/session.ts'
import type { Claims } from '../oidc/jwks.ts'
import { createIntrospect, type IntrospectDeps } from './introspection.ts'
import { checkTokenRules } from './token-rules.ts'

/** Checks of bearer tokens beyond the verification of JWTs, loaded where settings ask for any. */
export interface TokenChecks {
  /** Applies bearer-client-id and bearer-required-scope to a verified JWT. */
  judge(grant: Grant, claims: Claims): Result<Grant>
  /** Asks the introspection endpoint about a token, and applies the same rules; undefined where there is none. */
  readonly introspect: ((token: string) => Promise<Result<Grant>>) | undefined
}

/** Creates the checks of one configuration. */
export function createTokenChecks({
  bearer,
  settings,
  context,
}: Omit<IntrospectDeps, 'introspection' | 'bearer'> & { readonly bearer: BearerConfig }): TokenChecks {
  const { introspection } = bearer

  function judge(grant: Grant, claims: Claims): Result<Grant> {
    const why = checkTokenRules(claims, bearer)
    return why === undefined ? ok(grant) : failed(why)
  }

  if (introspection === undefined) return { judge, introspect: undefined }
  const ask = createIntrospect({ bearer, introspection, settings, context })
  return {
    judge,
    async introspect(token) {
      const answer = await ask(token)
      if (!answer.ok) return answer
      const { identity, expiresAtMs: accessExpiresAtMs, claims } = answer.value
      const tokens = { access: token, id: undefined, refresh: undefined, accessExpiresAtMs }
      return judge({ identity, tokens }, claims)
    },
  }
}
