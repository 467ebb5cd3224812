import type { BearerConfig } from '../../config/sections/bearer.ts'
import type { ProviderConfig } from '../../config/sections/provider.ts'
import { fromBase64 } from '../../lib/bytes.ts'
import { type Problem, problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { Grant } from '../../session/session.ts'
import type { TokenChecks } from '../bearer/token-checks.ts'
import type { ProviderContext } from '../context.ts'
import type { Provider } from '../provider.ts'
import { createIssuerVerifier, type TokenSettings } from './bearer-issuer.ts'
import { peekClaims } from './claims.ts'
import { type VerifyToken, verifyWithFirst } from './first-verifier.ts'

/**
 * Reads an Authorization header as a sign-in (RFC 6750). Undefined when it holds no token that this configuration looks
 * at; a token that does not verify is `bearer_invalid`, one without the scopes that are needed `not_permitted`; where
 * keys cannot be fetched, or introspection gives no answer, it is the provider's own problem.
 */
export type BearerReader = (authorization: string) => Promise<Result<BearerGrant> | undefined>

/** The grant of a token, and the id of the provider that it comes from; undefined for one of extra-jwt-issuers. */
export interface BearerGrant extends Grant {
  readonly provider: string | undefined
}

export interface BearerDeps {
  readonly bearer: BearerConfig
  /** Sign-in providers; their verifiers come before the extra issuers. */
  readonly providers: readonly Provider[]
  /** Settings of the first provider; they hold for the extra issuers too. */
  readonly settings: TokenSettings & Pick<ProviderConfig, 'clientId' | 'issuer' | 'skipIssuerVerification'>
  readonly context: ProviderContext
}

/** Compiles skip-jwt-bearer-tokens and its neighbours. No token is stored: each request shows its own. */
export function createBearerReader(deps: BearerDeps): BearerReader {
  const { bearer, providers, settings, context } = deps
  if (!bearer.enabled) return async () => undefined
  const verifiers = [
    ...providers.flatMap(({ id, verifyBearer }) =>
      verifyBearer === undefined ? [] : from(id, verifyBearer),
    ),
    ...bearer.extraIssuers.map((issuer) => from(undefined, createIssuerVerifier(issuer, settings, context))),
  ]
  const verify = async (token: string): Promise<Result<BearerGrant>> => {
    const grant = await verifyWithFirst(verifiers, token, UNKNOWN_ISSUER)
    return grant.ok ? grant : failed(toBearerProblem(grant.problem))
  }
  const { introspection, requiredScopes, clientIds } = bearer
  if (introspection === undefined && requiredScopes.length === 0 && clientIds.length === 0)
    return async (authorization) => {
      const read = readToken(authorization)
      return read?.ok ? verify(read.value) : read
    }
  return withChecks(deps, verify)
}

const UNKNOWN_ISSUER = problem('bearer_invalid', { check: 'iss' })

/** Adds introspection of what is no JWT of a known issuer, and the rules about all tokens. */
function withChecks(
  { bearer, providers, settings, context }: BearerDeps,
  verify: VerifyToken<BearerGrant>,
): BearerReader {
  const owner = bearer.introspection?.isOfProvider === true ? providers[0]?.id : undefined
  let checks: TokenChecks | undefined
  const load = async (): Promise<TokenChecks> => {
    if (checks !== undefined) return checks
    const { createTokenChecks } = await import('../bearer/token-checks.ts')
    checks ??= createTokenChecks({ bearer, settings, context })
    return checks
  }
  return async (authorization) => {
    const read = readToken(authorization)
    if (read === undefined) return undefined
    const { judge, introspect } = await load()
    const token = read.ok ? read.value : readOpaque(authorization)
    if (token === undefined) return read.ok ? undefined : read
    const verified = read.ok ? await verify(token) : read
    if (verified.ok) {
      const judged = judge(verified.value, peekClaims(token))
      return judged.ok ? verified : judged
    }
    // A JWT of a known issuer that does not verify is bad, whatever else may be said of it.
    const isUnknown = !read.ok || verified.problem === UNKNOWN_ISSUER
    if (introspect === undefined || !isUnknown) return verified
    const grant = await introspect(token)
    return grant.ok ? ok({ ...grant.value, provider: owner }) : grant
  }
}

/** Finds a token of any form after `Bearer` (`b64token`, RFC 6750 §2.1): one space, one value, of bounded length. */
function readOpaque(authorization: string): string | undefined {
  return /^bearer ([\w.~+/-]{1,8192}=*)$/iu.exec(authorization)?.[1]
}

function from(provider: string | undefined, verify: VerifyToken<Grant>): VerifyToken<BearerGrant> {
  return async (token) => {
    const grant = await verify(token)
    return grant.ok ? ok({ ...grant.value, provider }) : grant
  }
}

/**
 * Finds the JWT in an Authorization header value: after `Bearer`, or in a Basic header as the user (with no password or
 * `x-oauth-basic`) or as the password. One space, one value; another scheme or plain Basic credentials are undefined.
 */
export function readToken(authorization: string): Result<string> | undefined {
  const [scheme, token, ...rest] = authorization.split(' ')
  if (scheme?.toLowerCase() === 'bearer') {
    const alone = token !== undefined && rest.length === 0 && isJwt(token)
    return alone ? ok(token) : failed(problem('bearer_invalid', { check: 'form' }))
  }
  if (scheme?.toLowerCase() !== 'basic' || token === undefined || rest.length > 0) return undefined
  const found = findInBasic(token)
  return found === undefined ? undefined : ok(found)
}

function findInBasic(encoded: string): string | undefined {
  const text = decodeBase64(encoded)
  const colon = text?.indexOf(':') ?? -1
  if (text === undefined || colon === -1) return undefined
  const user = text.slice(0, colon)
  const password = text.slice(colon + 1)
  if (isJwt(user)) return password === '' || password === 'x-oauth-basic' ? user : undefined
  return isJwt(password) ? password : undefined
}

/** True for three segments of base64url, the first two JSON objects, all of them there. */
function isJwt(text: string): boolean {
  return /^ey[\w-]+\.ey[\w-]+\.[\w-]+$/u.test(text)
}

function decodeBase64(text: string): string | undefined {
  const bytes = fromBase64(text)
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
}

/**
 * Problem of a bearer token: a JWT that fails a check is no reason to look at the provider; keys that cannot be fetched
 * are.
 */
function toBearerProblem(why: Problem): Problem {
  return why.reason === 'id_token_invalid' ? problem('bearer_invalid', why.detail) : why
}
