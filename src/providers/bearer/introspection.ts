import type { BearerConfig } from '../../config/sections/bearer.ts'
import type { IntrospectionConfig } from '../../config/sections/introspection.ts'
import type { ProviderConfig } from '../../config/sections/provider.ts'
import { toBase64Url, utf8 } from '../../lib/bytes.ts'
import { createSingleFlight } from '../../lib/single-flight.ts'
import { createStaleCache } from '../../lib/stale-cache.ts'
import { type Problem, problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { ProviderContext } from '../context.ts'
import {
  createProviderClient,
  located,
  type ProviderClient,
  readJsonFile,
  readJsonObject,
} from '../http/client.ts'
import { createSendAsClient, isClientRefused } from '../http/client-auth.ts'
import { createReadClientSecret } from '../http/client-secret.ts'
import type { Claims } from '../oidc/jwks.ts'
import { type Introspected, readIntrospected } from './introspected.ts'

/** Asks what an opaque token is worth. */
export type Introspect = (token: string) => Promise<Result<Introspected>>

export interface IntrospectDeps {
  readonly bearer: Pick<BearerConfig, 'clientIds'>
  readonly introspection: IntrospectionConfig
  /** Settings of the first provider: names of claims, audiences, and the issuer whose discovery is asked. */
  readonly settings: Pick<ProviderConfig, 'claims' | 'clientId' | 'issuer' | 'skipIssuerVerification'>
  readonly context: ProviderContext
}

/** Longest time for which an answer counts; a token that was revoked lives on for as long. */
const ACTIVE_MS = 60_000
const INACTIVE_MS = 10_000
/** A failure is kept so that a program that tries again and again does not become as many calls. */
const FAILED_MS = 1_000
const MAX_KEPT = 1_000
/** Calls under way at once: strangers can show as many tokens as they like. */
const MAX_PENDING = 64
/** An answer that is kept is bounded, and with it the memory of all. */
const MAX_ANSWER = 32_768

interface Endpoint {
  readonly url: string
  /** Methods of client authentication that the server advertises (RFC 8414 §2). */
  readonly methods: readonly string[] | undefined
}

/**
 * Creates the introspection of tokens (RFC 7662): one call for a token at a time, and none for one that was asked
 * about a moment ago. Answers are kept by the hash of the token, never with the token.
 */
export function createIntrospect({ bearer, introspection, settings, context }: IntrospectDeps): Introspect {
  const { platform } = context
  const operatorUrls = [introspection.url, settings.issuer]
  const http = createProviderClient({ platform, operatorUrls })
  const send = createSendAsClient(http)
  const readSecret = createReadClientSecret(introspection, context)
  const readEndpoint = createReadEndpoint({ introspection, settings, context, http })
  const calls = createSingleFlight<Result<Introspected>>({
    now: platform.now,
    sharesPromises: platform.runtime !== 'workers',
    maxKept: MAX_KEPT,
  })
  let pending = 0

  async function ask(token: string): Promise<Result<Claims>> {
    const endpoint = await readEndpoint()
    if (!endpoint.ok) return endpoint
    const secret = await readSecret()
    if (!secret.ok) return secret
    const { url, methods } = endpoint.value
    const fields = new URLSearchParams({ token, token_type_hint: 'access_token' })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const client = { id: introspection.clientId, secret: secret.value, methods }
    const response = await send({ url, endpoint: 'introspection', headers, fields }, client)
    if (!response.ok) return response
    const { status, text } = response.value
    if (status === 403 || isClientRefused(response.value)) return failed(toClientProblem(status))
    if (text.length > MAX_ANSWER)
      return located(failed(problem('provider_misbehaved', { why: 'body' })), 'introspection', url)
    const answer = readJsonObject(response.value)
    return answer.ok ? answer : located(answer, 'introspection', url)
  }

  async function judge(token: string): Promise<Result<Introspected>> {
    const answer = await ask(token)
    if (!answer.ok) return answer
    const { claims, clientId } = settings
    const fallbackIssuer = new URL(introspection.url ?? settings.issuer ?? '').origin
    const rules = { introspection, claims, clientId, clientIds: bearer.clientIds, fallbackIssuer }
    return readIntrospected(answer.value, rules, platform.now())
  }

  return async function introspect(token) {
    const key = toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(token))))
    const found = calls.find(key)
    if (found !== undefined) return found
    // On Workers a call can die with its request and would be counted for ever; the platform bounds calls there.
    const isBounded = platform.runtime !== 'workers'
    if (isBounded && pending >= MAX_PENDING && !calls.isPending(key)) return failed(problem('overloaded'))
    const { done } = calls.join(key, async () => {
      pending += 1
      try {
        const value = await judge(token)
        return { value, keepMs: toKeepMs(value, platform.now()) }
      } finally {
        pending -= 1
      }
    })
    return done
  }
}

/** Time for which an answer is kept: never beyond the end of the token. */
function toKeepMs(answer: Result<Introspected>, nowMs: number): number {
  if (!answer.ok) return answer.problem.reason === 'bearer_invalid' ? INACTIVE_MS : FAILED_MS
  return Math.min(ACTIVE_MS, (answer.value.expiresAtMs ?? Number.POSITIVE_INFINITY) - nowMs)
}

function toClientProblem(status: number): Problem {
  return problem('misconfigured', {
    endpoint: 'introspection',
    status,
    setting: 'introspection-client-secret',
  })
}

/** Reads the endpoint: that of the settings, else that of discovery, which is asked at the first token. */
function createReadEndpoint({
  introspection: { url },
  settings,
  context,
  http,
}: Omit<IntrospectDeps, 'bearer'> & { readonly http: ProviderClient }): () => Promise<Result<Endpoint>> {
  if (url !== undefined) return async () => ok({ url, methods: undefined })
  const found = createStaleCache({
    load: () => discoverEndpoint(settings, http),
    platform: context.platform,
    freshMs: 3_600_000,
    staleMs: 86_400_000,
    firstPauseMs: 1_000,
    longestPauseMs: 30_000,
  })
  return found.get
}

async function discoverEndpoint(
  { issuer = '', skipIssuerVerification }: IntrospectDeps['settings'],
  http: ProviderClient,
): Promise<Result<Endpoint>> {
  const url = `${issuer.replace(/\/$/u, '')}/.well-known/openid-configuration`
  const response = await http.request(url, { endpoint: 'discovery' })
  if (!response.ok) return response
  const json = readJsonFile(response.value)
  if (!json.ok) return located(json, 'discovery', url)
  const {
    issuer: named,
    introspection_endpoint: endpoint,
    introspection_endpoint_auth_methods_supported: own,
    token_endpoint_auth_methods_supported: others,
  } = json.value
  if (!skipIssuerVerification && named !== issuer)
    return failed(problem('provider_misbehaved', { why: 'issuer', issuer: String(named).slice(0, 200) }))
  if (endpoint === undefined)
    return failed(
      problem('misconfigured', { why: 'no introspection_endpoint', setting: 'introspection-discovery' }),
    )
  return typeof endpoint === 'string' && http.allows(endpoint)
    ? ok({ url: endpoint, methods: toMethods(own) ?? toMethods(others) })
    : failed(problem('provider_misbehaved', { why: 'endpoint', endpoint: 'introspection_endpoint' }))
}

/** Names of methods; undefined where the metadata have no list of them. */
function toMethods(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((method) => typeof method === 'string') : undefined
}
