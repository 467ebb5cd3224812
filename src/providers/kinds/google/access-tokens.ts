import * as v from 'valibot'
import { problem } from '../../../problems.ts'
import { failed, ok, type Result } from '../../../result.ts'
import type { ProviderContext } from '../../context.ts'
import { located, type ProviderClient, readJson } from '../../http/client.ts'
import { parseSchema, Text } from '../../http/schemas.ts'
import { createSignJwt } from '../../http/sign-jwt.ts'
import {
  type GoogleCredentials,
  IAM_URL,
  type MetadataCredentials,
  type ServiceAccountKey,
  TOKEN_URL,
  type UserCredentials,
} from './credentials.ts'

/** Gets access tokens that act as the administrator. */
export interface AccessTokens {
  /** `unauthorized_client` in the detail of `misconfigured` says that the delegation has no such scope. */
  read(scope: string): Promise<Result<string>>
}

const CLOUD = 'https://www.googleapis.com/auth/cloud-platform'
const LIFETIME_SECONDS = 3_600
/** A token is not used in its last minute. */
const SPARE_MS = 60_000

const TokenAnswer = v.object({ access_token: Text, expires_in: v.optional(v.number(), LIFETIME_SECONDS) })
const ErrorAnswer = v.object({ error: v.string() })
const SignedJwt = v.object({ signedJwt: v.pipe(v.string(), v.minLength(1)) })

interface AccessTokensDeps {
  readonly credentials: GoogleCredentials
  readonly adminEmail: string
  readonly http: ProviderClient
  readonly platform: Pick<ProviderContext['platform'], 'now'>
}

interface CachedToken {
  readonly token: string
  readonly endMs: number
}

/**
 * Gets tokens by a JWT that names the administrator as its subject (domain-wide delegation; RFC 7523 §2.1), and keeps
 * each until shortly before its end.
 */
export function createAccessTokens({
  credentials,
  adminEmail,
  http,
  platform,
}: AccessTokensDeps): AccessTokens {
  const kept = new Map<string, CachedToken>()
  const keyed = new Map<string, ReturnType<typeof createSignJwt>>()

  async function keep(name: string, load: () => Promise<Result<v.InferOutput<typeof TokenAnswer>>>) {
    const known = kept.get(name)
    if (known !== undefined && platform.now() < known.endMs) return ok(known.token)
    const loaded = await load()
    if (!loaded.ok) return loaded
    const { access_token: token, expires_in: seconds } = loaded.value
    kept.set(name, { token, endMs: platform.now() + seconds * 1000 - SPARE_MS })
    return ok(token)
  }

  async function signWithKey(key: ServiceAccountKey, scope: string, subject?: string) {
    const sign = keyed.get(key.email) ?? createSignJwt({ pkcs8: key.pkcs8, alg: 'RS256' })
    keyed.set(key.email, sign)
    return sign({ ...claimsOf(key.email, { scope, subject, nowMs: platform.now() }), aud: key.tokenUrl })
  }

  async function readBase(
    base: ServiceAccountKey | UserCredentials | MetadataCredentials,
  ): Promise<Result<string>> {
    return keep('base', async () => {
      switch (base.kind) {
        case 'service-account':
          return requestToken(http, base.tokenUrl, {
            grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
            assertion: await signWithKey(base, CLOUD),
          })
        case 'user':
          return requestToken(http, TOKEN_URL, {
            grant_type: 'refresh_token',
            client_id: base.clientId,
            client_secret: base.clientSecret,
            refresh_token: base.refreshToken,
          })
        case 'metadata':
          return readMetadataToken(http, base)
      }
    })
  }

  async function signByIam(
    { targetPrincipal, base }: GoogleCredentials & { kind: 'impersonated' },
    scope: string,
  ): Promise<Result<string>> {
    const token = await readBase(base)
    if (!token.ok) return token
    const principal = await readPrincipal(http, targetPrincipal, base)
    if (!principal.ok) return principal
    const url = `${IAM_URL}/v1/projects/-/serviceAccounts/${encodeURIComponent(principal.value)}:signJwt`
    const answer = await readAs(http, SignedJwt, {
      url,
      endpoint: 'signJwt',
      method: 'POST',
      headers: { authorization: `Bearer ${token.value}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        payload: JSON.stringify(
          claimsOf(principal.value, { scope, subject: adminEmail, nowMs: platform.now() }),
        ),
      }),
    })
    return answer.ok ? ok(answer.value.signedJwt) : answer
  }

  return {
    read: (scope) =>
      keep(scope, async () => {
        const isKey = credentials.kind === 'service-account'
        const assertion = isKey
          ? ok(await signWithKey(credentials, scope, adminEmail))
          : await signByIam(credentials, scope)
        if (!assertion.ok) return assertion
        return requestToken(http, isKey ? credentials.tokenUrl : TOKEN_URL, {
          grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
          assertion: assertion.value,
        })
      }),
  }
}

interface Asked {
  readonly scope: string
  /** Account to act as; undefined acts as itself. */
  readonly subject: string | undefined
  readonly nowMs: number
}

function claimsOf(issuer: string, { scope, subject, nowMs }: Asked): Readonly<Record<string, unknown>> {
  const iat = Math.floor(nowMs / 1000)
  const claims = { iss: issuer, scope, aud: TOKEN_URL, iat, exp: iat + LIFETIME_SECONDS }
  return subject === undefined ? claims : { ...claims, sub: subject }
}

async function requestToken(http: ProviderClient, url: string, fields: Readonly<Record<string, string>>) {
  const response = await http.request(url, {
    endpoint: 'token of the directory',
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  })
  if (!response.ok) return response
  const json = readJson({ ...response.value, status: 200 })
  if (!json.ok) return located(json, 'token of the directory', url)
  if (v.is(ErrorAnswer, json.value)) {
    const error = json.value.error.slice(0, 60)
    return failed(
      problem('misconfigured', {
        error,
        endpoint: 'token of the directory',
        setting: 'google-service-account-json',
      }),
    )
  }
  return parseSchema(TokenAnswer, json.value)
}

function readMetadataToken(http: ProviderClient, { metadataOrigin }: MetadataCredentials) {
  return readAs(http, TokenAnswer, {
    url: `${metadataOrigin}/computeMetadata/v1/instance/service-accounts/default/token?scopes=${encodeURIComponent(CLOUD)}`,
    endpoint: 'metadata server',
    headers: { 'metadata-flavor': 'Google' },
  })
}

/** The service account to act as: the given one, else that of the base credentials. */
async function readPrincipal(
  http: ProviderClient,
  targetPrincipal: string,
  base: ServiceAccountKey | UserCredentials | MetadataCredentials,
): Promise<Result<string>> {
  if (targetPrincipal !== '') return ok(targetPrincipal)
  if (base.kind === 'service-account') return ok(base.email)
  if (base.kind === 'user') return failed(problem('misconfigured', { setting: 'google-target-principal' }))
  const url = `${base.metadataOrigin}/computeMetadata/v1/instance/service-accounts/default/email`
  const response = await http.request(url, {
    endpoint: 'metadata server',
    headers: { 'metadata-flavor': 'Google' },
  })
  if (!response.ok) return response
  const { status, text } = response.value
  return status === 200 && /^[\w.+-]+@[\w.-]+$/u.test(text.trim())
    ? ok(text.trim())
    : failed(problem('provider_misbehaved', { why: 'service account', endpoint: 'metadata server', status }))
}

async function readAs<const Schema extends v.GenericSchema>(
  http: ProviderClient,
  schema: Schema,
  { url, ...request }: { url: string } & Parameters<ProviderClient['request']>[1],
): Promise<Result<v.InferOutput<Schema>>> {
  const response = await http.request(url, request)
  if (!response.ok) return response
  const json = readJson(response.value)
  const parsed = json.ok ? parseSchema(schema, json.value) : json
  return parsed.ok ? parsed : located(parsed, request.endpoint, url)
}
