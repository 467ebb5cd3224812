import type { BearerConfig } from '../../config/sections/bearer.ts'
import { fromBase64 } from '../../lib/bytes.ts'
import { type Problem, problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { Grant } from '../../session/session.ts'
import type { ProviderContext } from '../context.ts'
import type { Provider } from '../provider.ts'
import { createIssuerVerifier, type TokenSettings } from './bearer-issuer.ts'
import { type VerifyToken, verifyWithFirst } from './first-verifier.ts'

/**
 * Reads an Authorization header as a sign-in (RFC 6750). Undefined when it holds no JWT that this configuration looks
 * at; a JWT that does not verify is `bearer_invalid`, or the provider's own problem when keys cannot be fetched.
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
  readonly settings: TokenSettings
  readonly context: ProviderContext
}

/** Compiles skip-jwt-bearer-tokens and extra-jwt-issuers. Nothing is stored: each request shows its token. */
export function createBearerReader({ bearer, providers, settings, context }: BearerDeps): BearerReader {
  if (!bearer.enabled) return async () => undefined
  const verifiers = [
    ...providers.flatMap(({ id, verifyBearer }) =>
      verifyBearer === undefined ? [] : from(id, verifyBearer),
    ),
    ...bearer.extraIssuers.map((issuer) => from(undefined, createIssuerVerifier(issuer, settings, context))),
  ]
  return async (authorization) => {
    const read = readToken(authorization)
    if (read === undefined || !read.ok) return read
    const grant = await verifyWithFirst(verifiers, read.value, problem('bearer_invalid', { check: 'iss' }))
    return grant.ok ? grant : failed(toBearerProblem(grant.problem))
  }
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
