import type { CompactVerifyGetKey, JSONWebKeySet } from 'jose'
import { decodeProtectedHeader } from 'jose/decode/protected_header'
import * as errors from 'jose/errors'
import { createLocalJWKSet } from 'jose/jwks/local'
import { compactVerify } from 'jose/jws/compact/verify'
import { decodeJwt } from 'jose/jwt/decode'
import { utf8 } from '../../lib/bytes.ts'
import { isRecord, parseJson } from '../../lib/json.ts'
import { createStaleCache } from '../../lib/stale-cache.ts'
import { type Problem, problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { ProviderContext } from '../context.ts'
import { located, type ProviderClient, readJsonFile } from '../http/client.ts'
import type { PublicJwks } from '../http/key-files.ts'
import { JwkSet, parseSchema } from '../http/schemas.ts'

/** Claims of a token: own properties only count. */
export type Claims = Readonly<Record<string, unknown>>

/** A JWS whose signature was verified. The claims come from the very bytes that were signed. */
export interface VerifiedJwt {
  readonly alg: string
  readonly typ: string | undefined
  readonly claims: Claims
}

/** Algorithms and keys that a signature may be made with. */
export interface Acceptance {
  /** Never empty; HS* only when the operator named it. */
  readonly algs: readonly string[]
  /** Key for HS*: the client secret. */
  readonly secret: string | undefined
  /** Sender of the token: the provider in a response, or any client in a request. */
  readonly from: 'provider' | 'anybody'
}

/** The signing keys of one issuer. */
export interface Keys {
  /** Loads the keys, unless the provider does not give them. */
  load(): Promise<Result<void>>
  /** Verifies a compact JWS (RFC 7515, RFC 8725): `id_token_invalid` for whatever is wrong with the token itself. */
  verify(token: string, accepted: Acceptance): Promise<Result<VerifiedJwt>>
}

export interface KeysDeps {
  readonly jwksUri: () => Promise<Result<string>>
  readonly http: ProviderClient
  readonly platform: ProviderContext['platform']
  /** Reads keys from elsewhere than the issuer: files of the operator. */
  readonly readKeys?: (() => Promise<Result<PublicJwks>>) | undefined
}

const MAX_TOKEN = 65_536
const MINUTE_MS = 60_000
/** Pauses between two fetches that tokens with unknown key ids can cause. */
const COOLDOWN_MS = { provider: 5_000, anybody: 30_000 }

/**
 * Verifies against the issuer's published keys: kept 5 minutes, 10 more while its endpoint fails, which is asked at
 * most every 5 seconds then. A token that no kept key verifies causes one fetch, at most every 30 seconds; one that the
 * provider itself sent has a pause of its own, so that strangers cannot keep a new key from being seen.
 */
export function createKeys({ jwksUri, http, platform, readKeys }: KeysDeps): Keys {
  const remembered = createStaleCache({
    load: () => (readKeys === undefined ? loadKeys(jwksUri, http) : takeKeys(readKeys)),
    platform,
    freshMs: 5 * MINUTE_MS,
    staleMs: 10 * MINUTE_MS,
    firstPauseMs: 5_000,
    longestPauseMs: 30_000,
  })
  const renewedAtMs = { provider: Number.NEGATIVE_INFINITY, anybody: Number.NEGATIVE_INFINITY }

  async function verifyByKeys(token: string, { algs, from }: Acceptance): Promise<Result<VerifiedJwt>> {
    const keys = await remembered.get()
    if (!keys.ok) return keys
    const first = await verifyOnce(token, keys.value, algs)
    if (first.ok || !mayBeNewKey(first.problem)) return first
    const sinceMs = platform.now() - renewedAtMs[from]
    // Below 0 the clock was set back, which must not make the pause longer.
    if (sinceMs >= 0 && sinceMs < COOLDOWN_MS[from]) return first
    renewedAtMs[from] = platform.now()
    const renewed = await remembered.renew()
    return renewed.ok ? verifyOnce(token, renewed.value, algs) : renewed
  }

  return {
    async load() {
      const keys = await remembered.get()
      return keys.ok ? ok(undefined) : keys
    },
    async verify(token, accepted) {
      const { algs, secret } = accepted
      if (token.length > MAX_TOKEN) return failed(invalid('size'))
      // Five parts are a JWE (RFC 7516 §3.1): the provider encrypts what it was told to encrypt for this client.
      if (token.split('.').length === 5) return failed(invalid('encrypted'))
      const alg = readAlg(token)
      if (alg === undefined || !algs.includes(alg)) return failed(wrongAlg())
      if (!alg.startsWith('HS')) return verifyByKeys(token, accepted)
      if (secret === undefined) return failed(wrongAlg())
      const key = utf8(secret)
      return verifyOnce(token, async () => key, [alg])
    },
  }
}

async function loadKeys(
  jwksUri: () => Promise<Result<string>>,
  http: ProviderClient,
): Promise<Result<CompactVerifyGetKey>> {
  const url = await jwksUri()
  if (!url.ok) return url
  const response = await http.request(url.value, {
    endpoint: 'jwks',
    headers: { accept: 'application/json, application/jwk-set+json' },
  })
  if (!response.ok) return response
  const json = readJsonFile(response.value)
  const set = json.ok ? parseSchema(JwkSet, json.value) : json
  if (!set.ok) return located(set, 'jwks', url.value)
  // Cast: the shape holds objects with a `kty`; jose checks the rest of each key when it picks one.
  return ok(createLocalJWKSet(set.value as unknown as JSONWebKeySet))
}

/** Keys that the operator gave have no ids, so whatever id a token names, each of its kind is tried. */
async function takeKeys(read: () => Promise<Result<PublicJwks>>): Promise<Result<CompactVerifyGetKey>> {
  const set = await read()
  if (!set.ok) return set
  // Cast: keys that WebCrypto exported; the types of the two standards differ in what may be undefined.
  const find = createLocalJWKSet({ keys: set.value.keys as unknown as JSONWebKeySet['keys'] })
  return ok(({ kid: _, ...header }, token) => find(header, token))
}

async function verifyOnce(
  token: string,
  key: CompactVerifyGetKey,
  algs: readonly string[],
): Promise<Result<VerifiedJwt>> {
  try {
    const { payload, protectedHeader } = await compactVerify(token, key, { algorithms: [...algs] })
    const claims = parseJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(payload))
    if (!isRecord(claims)) return failed(invalid('claims'))
    return ok({ alg: protectedHeader.alg, typ: protectedHeader.typ, claims })
  } catch (cause) {
    if (cause instanceof errors.JWKSMultipleMatchingKeys) return verifyWithEach(token, cause, algs)
    if (cause instanceof errors.JWKSNoMatchingKey) return failed(invalid('kid'))
    return failed(invalid('signature'))
  }
}

/**
 * Verifies a token without a key id, which several keys can fit (RFC 7515 §4.1.4 makes it optional): one of them must
 * have signed.
 */
async function verifyWithEach(
  token: string,
  candidates: errors.JWKSMultipleMatchingKeys,
  algs: readonly string[],
): Promise<Result<VerifiedJwt>> {
  for await (const key of candidates) {
    const verified = await verifyOnce(token, async () => key, algs)
    if (verified.ok) return verified
  }
  return failed(invalid('signature'))
}

/**
 * The issuer that an unverified token names, to leave alone tokens of another issuer before their key ids cost a fetch.
 * It decides nothing else.
 */
export function peekIssuer(token: string): string | undefined {
  if (token.length > MAX_TOKEN) return undefined
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}

function readAlg(token: string): string | undefined {
  try {
    const { alg } = decodeProtectedHeader(token)
    return typeof alg === 'string' ? alg : undefined
  } catch {
    return undefined
  }
}

/** True when no key has this id, or none verifies: providers also change a key under its old id, or use none. */
function mayBeNewKey(reason: Problem): boolean {
  const check = reason.detail?.['check']
  return check === 'kid' || check === 'signature'
}

/**
 * Problem of an algorithm that is not accepted. An honest provider may sign with what the operator has to allow: HS256,
 * or more than it advertises.
 */
function wrongAlg(): Problem {
  return problem('id_token_invalid', { check: 'alg', setting: 'oidc-enabled-signing-alg' })
}

function invalid(check: string): Problem {
  return problem('id_token_invalid', { check })
}
