import { toBase64Url, utf8 } from '../../lib/bytes.ts'
import { type Problem, problem } from '../../problems.ts'
import type { Claims, VerifiedJwt } from './jwks.ts'

/** Issuer, audiences and authorized parties that a token is checked against. */
export interface Parties {
  /** Accepted values of `iss`; undefined when the operator switched the check off. */
  readonly issuers: readonly string[] | undefined
  readonly clientId: string
  /** Names of the claims that may hold the audience: the first that is present counts. */
  readonly audienceClaims: readonly string[]
  readonly extraAudiences: readonly string[]
  /** Accepts ID tokens that name further audiences: `azp` then has to be the client. */
  readonly otherAudiences: boolean
}

/** Nonce and age that one login expects of its ID token. */
export interface LoginChecks {
  /** Nonce of the authorization request; undefined where none was sent. */
  readonly nonce: string | undefined
  /** Longest age of `iat`; undefined where only `exp` counts. */
  readonly maxAgeMs: number | undefined
  /** True where the caller judges `exp`, `iat` and `nbf` by itself. */
  readonly timesLater?: boolean
}

/** Leeway between the clocks of two honest machines. */
const LEEWAY_SECONDS = 60

/**
 * Checks the claims of an ID token whose signature was verified (OpenID Connect Core 1.0 §3.1.3.7, RFC 8725). Pure: the
 * time comes in, in ms since the epoch. Undefined is a valid token.
 */
export function checkIdToken(
  { typ, claims }: VerifiedJwt,
  parties: Parties,
  login: LoginChecks,
  nowMs: number,
): Problem | undefined {
  if (!isType(typ, ['jwt'])) return invalid('typ')
  // A logout token is signed by the same keys for the same audience.
  if (Object.hasOwn(claims, 'events')) return invalid('events')
  return (
    (login.timesLater ? undefined : checkTimes(claims, nowMs, login.maxAgeMs)) ??
    checkIssuer(claims, parties) ??
    checkAudience(claims, parties) ??
    checkAuthorizedParty(claims, parties) ??
    checkSubject(claims) ??
    checkNonce(claims, login.nonce)
  )
}

/**
 * Checks the claims of a token from an Authorization header. It may be an access token that another client asked for
 * (RFC 9068), so its authorized party and its other audiences are not checked.
 */
export function checkBearer(
  { typ, claims }: VerifiedJwt,
  parties: Parties,
  nowMs: number,
): Problem | undefined {
  if (!isType(typ, ['jwt', 'at+jwt'])) return invalid('typ')
  if (Object.hasOwn(claims, 'events')) return invalid('events')
  return (
    checkTimes(claims, nowMs, undefined) ??
    checkIssuer(claims, parties) ??
    (namesUs(audienceOf(claims, parties), parties) ? undefined : wrongAudience(claims, parties)) ??
    checkSubject(claims)
  )
}

/** Checks a signed profile (Core §5.3.2): it has no times, and where it names its parties they must be right. */
export function checkProfile({ claims }: VerifiedJwt, parties: Parties): Problem | undefined {
  if (Object.hasOwn(claims, 'events')) return invalid('events')
  const issuer = Object.hasOwn(claims, 'iss') ? checkIssuer(claims, parties) : undefined
  if (issuer !== undefined || audienceOf(claims, parties) === undefined) return issuer
  return namesUs(audienceOf(claims, parties), parties) ? undefined : wrongAudience(claims, parties)
}

/** Checks `exp`, `iat` and `nbf`: finite, and now; `iat` also not older than asked. */
export function checkTimes(claims: Claims, nowMs: number, maxAgeMs: number | undefined): Problem | undefined {
  const { exp, iat, nbf } = claims
  const now = nowMs / 1000
  if (!isTime(exp) || exp + LEEWAY_SECONDS <= now) return invalid('exp')
  if (!isTime(iat) || iat - LEEWAY_SECONDS > now) return invalid('iat')
  if (maxAgeMs !== undefined && iat + maxAgeMs / 1000 + LEEWAY_SECONDS < now) return invalid('iat')
  if (nbf !== undefined && (!isTime(nbf) || nbf - LEEWAY_SECONDS > now)) return invalid('nbf')
  return undefined
}

/** Checks `iss`, compared byte for byte. */
export function checkIssuer({ iss }: Claims, { issuers }: Parties): Problem | undefined {
  if (typeof iss !== 'string' || iss === '') return invalid('iss')
  return issuers === undefined || issuers.includes(iss) ? undefined : invalid('iss')
}

/**
 * Checks `aud`: one audience must be this client or one that the operator trusts, and so must all the others unless
 * further ones are accepted.
 */
export function checkAudience(claims: Claims, parties: Parties): Problem | undefined {
  const audience = audienceOf(claims, parties)
  const trusted = [parties.clientId, ...parties.extraAudiences]
  const known = parties.otherAudiences || (audience?.every((value) => trusted.includes(value)) ?? false)
  return known && namesUs(audience, parties) ? undefined : wrongAudience(claims, parties)
}

/** Checks `sub`: 1 to 255 characters that can stand in a header and a log. */
export function checkSubject({ sub }: Claims): Problem | undefined {
  return toSubject(sub) === undefined ? invalid('sub') : undefined
}

/** A subject as text; providers that number their users send a safe integer. Undefined for anything else. */
export function toSubject(sub: unknown): string | undefined {
  if (Number.isSafeInteger(sub)) return String(sub)
  return isPlainText(sub) && sub.length <= 255 && sub.trim() === sub ? sub : undefined
}

/**
 * Compares `at_hash` where it is present (Core §3.1.3.8): the left half of the hash that the signature's algorithm
 * uses. An ID token without it stands: the code flow makes it optional.
 */
export async function checkAccessTokenHash(
  { alg, claims }: VerifiedJwt,
  accessToken: string,
): Promise<Problem | undefined> {
  if (!Object.hasOwn(claims, 'at_hash')) return undefined
  const bits = /(?:256|384|512)$/u.exec(alg)?.[0] ?? '512'
  const hash = new Uint8Array(await crypto.subtle.digest(`SHA-${bits}`, utf8(accessToken)))
  return claims['at_hash'] === toBase64Url(hash.subarray(0, hash.length / 2)) ? undefined : invalid('at_hash')
}

/** True for text without control, formatting or separator characters and without broken surrogates. */
export function isPlainText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(value)
}

/** True for a media type of a JWT in its short or long form; a token without one is judged by the rest. */
export function isType(typ: unknown, accepted: readonly string[]): boolean {
  if (typ === undefined) return true
  return typeof typ === 'string' && accepted.includes(typ.toLowerCase().replace(/^application\//u, ''))
}

/** The problem of a token that fails one check. */
export function invalid(check: string): Problem {
  return problem('id_token_invalid', { check })
}

/**
 * Checks `azp`: with several audiences the one that the token was issued to must be this client; where it is named it
 * must be in any case.
 */
function checkAuthorizedParty(claims: Claims, parties: Parties): Problem | undefined {
  const { azp } = claims
  if (azp === undefined && (audienceOf(claims, parties)?.length ?? 0) <= 1) return undefined
  return azp === parties.clientId ? undefined : invalid('azp')
}

function checkNonce({ nonce }: Claims, expected: string | undefined): Problem | undefined {
  return expected === undefined || nonce === expected ? undefined : invalid('nonce')
}

function audienceOf(claims: Claims, { audienceClaims }: Parties): readonly string[] | undefined {
  const name = audienceClaims.find((claim) => Object.hasOwn(claims, claim))
  const value = name === undefined ? undefined : claims[name]
  if (typeof value === 'string') return [value]
  if (!Array.isArray(value) || value.length > 100) return undefined
  return value.every((entry) => typeof entry === 'string') ? value : undefined
}

/**
 * Problem of a wrong audience. The log says how many there were and which setting has a say; the names themselves are
 * the provider's business.
 */
function wrongAudience(claims: Claims, parties: Parties): Problem {
  const audiences = audienceOf(claims, parties)?.length
  return problem('id_token_invalid', { check: 'aud', audiences, setting: 'oidc-extra-audience' })
}

function namesUs(audience: readonly string[] | undefined, { clientId, extraAudiences }: Parties): boolean {
  return audience?.some((value) => value === clientId || extraAudiences.includes(value)) ?? false
}

/** True for a NumericDate (RFC 7519 §2); JSON's `1e400` parses to Infinity. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}
