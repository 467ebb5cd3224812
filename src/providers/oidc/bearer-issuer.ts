import type { BearerConfig } from '../../config/sections/bearer.ts'
import type { ProviderConfig } from '../../config/sections/provider.ts'
import { createStaleCache } from '../../lib/stale-cache.ts'
import { problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { Grant } from '../../session/session.ts'
import type { ProviderContext } from '../context.ts'
import { createProviderClient, type ProviderClient, readJsonFile } from '../http/client.ts'
import { IssuerDocument, parseSchema } from '../http/schemas.ts'
import { readIdentity } from './claims.ts'
import type { VerifyToken } from './first-verifier.ts'
import { toBearerGrant } from './grants.ts'
import { createKeys } from './jwks.ts'
import { chooseAlgs, createTokenVerifier } from './token-verifier.ts'

interface KeySource {
  readonly jwksUri: string
  readonly algs: readonly string[]
}

/** Settings of the sign-in provider that hold for tokens of every issuer: names of claims, and signing algorithms. */
export type TokenSettings = Pick<ProviderConfig, 'claims' | 'signingAlgs'>

/** Verifier of bearer tokens of one entry of extra-jwt-issuers, an issuer without a sign-in: keys by discovery, else from `<issuer>/.well-known/jwks.json`. */
export function createIssuerVerifier(
  { issuer, audience }: BearerConfig['extraIssuers'][number],
  { claims: settings, signingAlgs }: TokenSettings,
  context: ProviderContext,
): VerifyToken<Grant> {
  // There is no secret that this issuer and we share, so nothing symmetric can be verified.
  const allowedAlgs = signingAlgs.filter((alg) => !alg.startsWith('HS'))
  const http = createProviderClient({ platform: context.platform, operatorUrls: [issuer] })
  const source = createStaleCache({
    load: () => findKeys(issuer, http, allowedAlgs),
    platform: context.platform,
    freshMs: 3_600_000,
    staleMs: 86_400_000,
    firstPauseMs: 1_000,
    longestPauseMs: 30_000,
  })
  const read = async <Name extends keyof KeySource>(name: Name): Promise<Result<KeySource[Name]>> => {
    const found = await source.get()
    return found.ok ? ok(found.value[name]) : found
  }
  const verifier = createTokenVerifier({
    keys: createKeys({ jwksUri: () => read('jwksUri'), http, platform: context.platform }),
    parties: {
      issuers: [issuer],
      clientId: audience,
      audienceClaims: settings.audience,
      extraAudiences: settings.extraAudiences,
      otherAudiences: settings.otherAudiences,
    },
    algs: () => read('algs'),
    readClientSecret: async () => ok(undefined),
    platform: context.platform,
  })
  return async function verifyBearer(token) {
    const claims = await verifier.bearer(token)
    if (!claims.ok) return claims
    const identity = readIdentity([claims.value], settings)
    return identity.ok ? ok(toBearerGrant(identity.value.identity, token, claims.value)) : identity
  }
}

async function findKeys(
  issuer: string,
  http: ProviderClient,
  allowedAlgs: readonly string[],
): Promise<Result<KeySource>> {
  const base = issuer.replace(/\/$/u, '')
  const response = await http.request(`${base}/.well-known/openid-configuration`, { endpoint: 'discovery' })
  if (!response.ok) return response
  // 4xx: there is no such document. Anything else that is no good document is not to be papered over.
  if (response.value.status !== 200)
    return ok({ jwksUri: `${base}/.well-known/jwks.json`, algs: chooseAlgs(allowedAlgs, undefined) })
  const json = readJsonFile(response.value)
  const document = json.ok ? parseSchema(IssuerDocument, json.value) : json
  if (!document.ok) return document
  const { issuer: named, jwks_uri: jwksUri, id_token_signing_alg_values_supported: algs } = document.value
  if (named !== issuer || !http.allows(jwksUri)) {
    return failed(problem('provider_misbehaved', { why: named === issuer ? 'endpoint' : 'issuer' }))
  }
  return ok({ jwksUri, algs: chooseAlgs(allowedAlgs, algs) })
}
