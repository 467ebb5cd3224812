import { ok } from '../../result.ts'
import type { ProviderContext } from '../context.ts'
import type { ClientAssertion } from './client-auth.ts'
import type { SignJwt } from './sign-jwt.ts'

const LIFETIME_SECONDS = 300

/**
 * Makes client assertions (RFC 7523 §3): issuer and subject are the client, the audience is the token endpoint, and each
 * is good for five minutes and one use.
 */
export function createClientAssertion(
  { clientId, pkcs8 }: { readonly clientId: string; readonly pkcs8: string },
  { platform }: Pick<ProviderContext, 'platform'>,
): ClientAssertion {
  let sign: SignJwt | undefined
  return async (tokenEndpoint) => {
    if (sign === undefined) {
      // Loaded for the few clients that have a key.
      const { createSignJwt } = await import('./sign-jwt.ts')
      sign ??= createSignJwt({ pkcs8, alg: 'RS256' })
    }
    const iat = Math.floor(platform.now() / 1000)
    return ok(
      await sign({
        iss: clientId,
        sub: clientId,
        aud: tokenEndpoint,
        jti: crypto.randomUUID(),
        iat,
        exp: iat + LIFETIME_SECONDS,
      }),
    )
  }
}
