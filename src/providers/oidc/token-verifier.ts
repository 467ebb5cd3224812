import { failed, ok, type Result } from '../../result.ts'
import type { ProviderContext } from '../context.ts'
import type { ReadClientSecret } from '../http/client-secret.ts'
import type { Logout } from '../provider.ts'
import {
  checkAccessTokenHash,
  checkBearer,
  checkIdToken,
  checkProfile,
  invalid,
  type LoginChecks,
  type Parties,
} from './id-token.ts'
import { type Acceptance, type Claims, type Keys, peekIssuer, type VerifiedJwt } from './jwks.ts'
import { readLogoutToken } from './logout-token.ts'

/** Verifies tokens of one issuer and returns their claims. */
export interface TokenVerifier {
  /** Verifies an ID token of a login or a refresh; `accessToken` came with it. */
  idToken(token: string, login: LoginChecks & { readonly accessToken: string }): Promise<Result<Claims>>
  /** Verifies a profile that came as a JWT; its subject is the caller's to compare. */
  profile(token: string): Promise<Result<Claims>>
  /** Verifies a JWT from an Authorization header. */
  bearer(token: string): Promise<Result<Claims>>
  logoutToken(token: string): Promise<Result<Logout>>
}

export interface TokenVerifierDeps {
  readonly keys: Keys
  readonly parties: Parties
  /** Algorithms that are accepted at the moment. */
  readonly algs: () => Promise<Result<readonly string[]>>
  readonly readClientSecret: ReadClientSecret
  readonly platform: Pick<ProviderContext['platform'], 'now'>
}

const ASYMMETRIC = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

/**
 * Chooses the accepted algorithms (RFC 8725 §3.1): what the operator named, else what the provider advertises and is
 * asymmetric, else RS256. `none` never, HS* only by name.
 */
export function chooseAlgs(
  configured: readonly string[],
  advertised: readonly string[] | undefined,
): readonly string[] {
  const named = configured.filter((alg) => ASYMMETRIC.includes(alg) || /^HS(?:256|384|512)$/u.test(alg))
  if (named.length > 0) return named
  const usable = advertised?.filter((alg) => ASYMMETRIC.includes(alg)) ?? []
  return usable.length > 0 ? usable : ['RS256']
}

/** Verifies signature and claims: no claim is looked at before the signature is verified. */
export function createTokenVerifier(deps: TokenVerifierDeps): TokenVerifier {
  const { keys, parties, platform } = deps

  /** Algorithm of the last ID token of a sign-in: what the provider was told to sign with for this client. */
  let usedAlg: string | undefined

  async function verify(token: string, from: Acceptance['from']): Promise<Result<VerifiedJwt>> {
    const algs = await deps.algs()
    if (!algs.ok) return algs
    if (!algs.value.some((alg) => alg.startsWith('HS'))) {
      return keys.verify(token, { algs: algs.value, secret: undefined, from })
    }
    const secret = await deps.readClientSecret()
    return secret.ok ? keys.verify(token, { algs: algs.value, secret: secret.value, from }) : secret
  }

  return {
    async idToken(token, login) {
      const jwt = await verify(token, 'provider')
      if (!jwt.ok) return jwt
      const refusal =
        checkIdToken(jwt.value, parties, login, platform.now()) ??
        (await checkAccessTokenHash(jwt.value, login.accessToken))
      if (refusal === undefined) usedAlg = jwt.value.alg
      return refusal === undefined ? ok(jwt.value.claims) : failed(refusal)
    },
    async profile(token) {
      const jwt = await verify(token, 'provider')
      if (!jwt.ok) return jwt
      const refusal = checkProfile(jwt.value, parties)
      return refusal === undefined ? ok(jwt.value.claims) : failed(refusal)
    },
    async bearer(token) {
      const named = peekIssuer(token)
      if (parties.issuers !== undefined && !parties.issuers.includes(named ?? ''))
        return failed(invalid('iss'))
      const jwt = await verify(token, 'anybody')
      if (!jwt.ok) return jwt
      const refusal = checkBearer(jwt.value, parties, platform.now())
      return refusal === undefined ? ok(jwt.value.claims) : failed(refusal)
    },
    async logoutToken(token) {
      // Another provider's token is no reason to fetch the keys of this one.
      const named = peekIssuer(token)
      if (named !== undefined && parties.issuers?.includes(named) === false) return failed(invalid('iss'))
      const jwt = await verify(token, 'anybody')
      if (!jwt.ok) return jwt
      // Back-Channel Logout 1.0 §2.6: signed with the algorithm of the client's ID tokens.
      if (usedAlg !== undefined && jwt.value.alg !== usedAlg) return failed(invalid('alg'))
      return readLogoutToken(jwt.value, parties, platform.now())
    },
  }
}
