import type { ProviderConfig } from '../../config/sections/provider.ts'
import { createStaleCache } from '../../lib/stale-cache.ts'
import { type Problem, problem } from '../../problems.ts'
import { type Failed, failed, ok, type Result } from '../../result.ts'
import type { ProviderContext } from '../context.ts'
import { located, type ProviderClient, readJsonFile } from '../http/client.ts'
import { DiscoveryDocument, parseSchema } from '../http/schemas.ts'

/** Issuer, endpoints and capabilities of an OpenID provider (OpenID Connect Discovery 1.0 §3). */
export interface Metadata {
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly jwksUri: string
  readonly userinfoEndpoint: string | undefined
  readonly endSessionEndpoint: string | undefined
  readonly revocationEndpoint: string | undefined
  /** Advertised algorithms of ID tokens; undefined when it advertises none. */
  readonly signingAlgs: readonly string[] | undefined
  readonly tokenAuthMethods: readonly string[] | undefined
  /** True when it sends `iss` with every authorization response (RFC 9207). */
  readonly sendsIssuer: boolean
}

/** Reads the current metadata, which are loaded when first needed. */
export type ReadMetadata = () => Promise<Result<Metadata>>

type Settings = Pick<
  ProviderConfig,
  'issuer' | 'skipDiscovery' | 'skipIssuerVerification' | 'loginUrl' | 'redeemUrl' | 'profileUrl' | 'jwksUrl'
>

const HOUR_MS = 3_600_000

/**
 * Reads metadata by OpenID Connect Discovery 1.0, or from the settings where discovery is off. A provider that is down
 * is asked again after 1, 2, 4, … 30 seconds; what it said before stands in for up to a day.
 */
export function createReadMetadata(
  settings: Settings,
  http: ProviderClient,
  context: Pick<ProviderContext, 'platform' | 'log'>,
): ReadMetadata {
  if (settings.skipDiscovery) {
    const configured = ok(fromSettings(settings))
    return async () => configured
  }
  const remembered = createStaleCache({
    load: async () => {
      const found = await discover(settings, http)
      if (found.ok) noteForeignHosts(found.value, context)
      return found
    },
    platform: context.platform,
    freshMs: HOUR_MS,
    staleMs: 24 * HOUR_MS,
    firstPauseMs: 1_000,
    longestPauseMs: 30_000,
  })
  return remembered.get
}

async function discover(settings: Settings, http: ProviderClient): Promise<Result<Metadata>> {
  const issuer = settings.issuer ?? ''
  const url = `${issuer.replace(/\/$/u, '')}/.well-known/openid-configuration`
  const response = await http.request(url, { endpoint: 'discovery' })
  if (!response.ok) return response
  const json = readJsonFile(response.value)
  const document = json.ok ? parseSchema(DiscoveryDocument, json.value) : json
  if (!document.ok) return withSetting(located(document, 'discovery', url))
  // Discovery 1.0 §4.3: identical, byte for byte; a slash more is another issuer.
  if (!settings.skipIssuerVerification && document.value.issuer !== issuer) {
    const named = document.value.issuer.slice(0, 200)
    return withSetting(failed(problem('provider_misbehaved', { why: 'issuer', issuer: named })))
  }
  const metadata = toMetadata(document.value)
  const refused = endpointsOf(metadata).find((endpoint) => !isAllowed(endpoint, issuer, http))
  return refused === undefined
    ? ok(metadata)
    : failed(problem('provider_misbehaved', { why: 'endpoint', endpoint: refused[0] }))
}

/** Adds the setting to a problem: what answers there is not what the operator meant. */
function withSetting({ problem: why }: Failed<Problem>): Result<never> {
  return failed({ ...why, detail: { ...why.detail, setting: 'oidc-issuer-url' } })
}

/** Endpoints that only the browser opens. */
const PAGES: readonly string[] = ['authorization_endpoint', 'end_session_endpoint']

/**
 * Permits an endpoint. An issuer that the operator gave without TLS may have its pages without TLS on any host: in a
 * Compose file the browser knows the provider by another name than Sidegate does. Endpoints that Sidegate calls stay
 * where the settings allow it.
 */
function isAllowed([name, url]: readonly [string, string], issuer: string, http: ProviderClient): boolean {
  const isPage = issuer.startsWith('http:') && PAGES.includes(name)
  return http.allows(isPage ? url.replace(/^http:/iu, 'https:') : url)
}

function toMetadata(document: DiscoveryDocument): Metadata {
  return {
    issuer: document.issuer,
    authorizationEndpoint: document.authorization_endpoint,
    tokenEndpoint: document.token_endpoint,
    jwksUri: document.jwks_uri,
    userinfoEndpoint: document.userinfo_endpoint,
    endSessionEndpoint: document.end_session_endpoint,
    revocationEndpoint: document.revocation_endpoint,
    signingAlgs: document.id_token_signing_alg_values_supported,
    tokenAuthMethods: document.token_endpoint_auth_methods_supported,
    sendsIssuer: document.authorization_response_iss_parameter_supported ?? false,
  }
}

/**
 * Metadata from the settings. Without discovery the operator names the endpoints; configuration has checked that the
 * needed ones are there.
 */
function fromSettings(settings: Settings): Metadata {
  return {
    issuer: settings.issuer ?? '',
    authorizationEndpoint: settings.loginUrl ?? '',
    tokenEndpoint: settings.redeemUrl ?? '',
    jwksUri: settings.jwksUrl ?? '',
    userinfoEndpoint: settings.profileUrl,
    endSessionEndpoint: undefined,
    revocationEndpoint: undefined,
    signingAlgs: undefined,
    tokenAuthMethods: undefined,
    sendsIssuer: false,
  }
}

function endpointsOf(metadata: Metadata): readonly (readonly [string, string])[] {
  const named: readonly (readonly [string, string | undefined])[] = [
    ['authorization_endpoint', metadata.authorizationEndpoint],
    ['token_endpoint', metadata.tokenEndpoint],
    ['jwks_uri', metadata.jwksUri],
    ['userinfo_endpoint', metadata.userinfoEndpoint],
    ['end_session_endpoint', metadata.endSessionEndpoint],
    ['revocation_endpoint', metadata.revocationEndpoint],
  ]
  return named.flatMap(([name, url]) => (url === undefined ? [] : [[name, url] as const]))
}

/**
 * Logs endpoints on other hosts. Honest providers spread over hosts too (Google), so this is for the log and no reason
 * to stop.
 */
function noteForeignHosts(metadata: Metadata, { log }: Pick<ProviderContext, 'log'>): void {
  const home = URL.canParse(metadata.issuer) ? new URL(metadata.issuer).host : ''
  for (const [endpoint, url] of endpointsOf(metadata)) {
    const { host } = new URL(url)
    if (host !== home) log.line('debug', 'The provider names an endpoint on another host', { endpoint, host })
  }
}
