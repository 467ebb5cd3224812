import type { ProviderConfig } from '../../config/sections/provider.ts'
import { toBase64Url, utf8 } from '../../lib/bytes.ts'
import { ok, type Result } from '../../result.ts'
import type { ProviderContext } from '../context.ts'
import { createProviderClient, hostOf } from '../http/client.ts'
import type { ClientAssertion } from '../http/client-auth.ts'
import { createReadClientSecret, type ReadClientSecret } from '../http/client-secret.ts'
import { addLoginParameters } from '../oauth2/login-url-parameters.ts'
import type { LoginRequest, Provider } from '../provider.ts'
import type { ReadGroupEntries } from './claims.ts'
import type { CodeFlow, CodeFlowDeps } from './code-flow.ts'
import { createReadMetadata, type Metadata, type ReadMetadata } from './discovery.ts'
import { type OidcDeps, readBearerGrant, readLoginGrant, refreshGrant, toIssuer } from './grants.ts'
import { createKeys, type Keys } from './jwks.ts'
import { chooseAlgs, createTokenVerifier } from './token-verifier.ts'

/** Changes of a preset to the generic OpenID provider. */
export interface OidcPreset {
  /** Further spellings of the issuer that its ID tokens carry. */
  readonly issuerAliases?: readonly string[]
  /** Reads the groups, where they are not in the groups claim alone. */
  readonly groupEntries?: ReadGroupEntries
  /** Further claims that the groups are read from: the user-info endpoint is asked where the ID token lacks one. */
  readonly groupClaims?: readonly string[]
  /** Makes the assertion that takes the place of a client secret. */
  readonly clientAssertion?: ClientAssertion
  /** Reads the client secret of a kind that makes it itself. */
  readonly readClientSecret?: ReadClientSecret
  /** Settings that say who the client is where that is not `client-secret`, for the log. */
  readonly credentials?: string
}

/** Any OpenID provider: authorization code flow with PKCE and full ID token validation (OpenID Connect Core 1.0 §3.1). */
export function createOidcProvider(
  config: ProviderConfig,
  context: ProviderContext,
  preset: OidcPreset = {},
): Provider {
  const { keys, ...deps } = assemble(config, context, preset)
  const { flow, verifier, readMetadata } = deps
  return {
    id: config.id,
    displayName: config.displayName,
    async check() {
      const metadata = await readMetadata()
      if (!metadata.ok) return metadata
      const algs = chooseAlgs(config.signingAlgs, metadata.value.signingAlgs)
      // Where the client secret is the only key there are none to fetch.
      const loaded = algs.every((alg) => alg.startsWith('HS')) ? ok(undefined) : await keys.load()
      return loaded.ok ? ok({ host: hostOf(metadata.value.authorizationEndpoint) }) : loaded
    },
    namesIssuer: async () =>
      select(await readMetadata(), ({ sendsIssuer }) => sendsIssuer && !config.skipIssuerVerification),
    authorizationUrl: (login) => toAuthorizationUrl(config, readMetadata, login),
    redeem: async (login) => {
      const response = await flow.redeem(login)
      if (!response.ok) return response
      return readLoginGrant(deps, response.value, config.skipNonce ? undefined : login.nonce)
    },
    refresh: (session) => refreshGrant(deps, session),
    // oauth2-proxy asks a validate-url about new tokens only; without a refresh the end of the tokens counts.
    validate: async () => ok(true),
    verifyBearer: (token) => readBearerGrant(deps, token),
    endSessionUrl: async (request) => {
      const metadata = await readMetadata()
      return metadata.ok ? toEndSessionUrl(config.clientId, metadata.value, request) : undefined
    },
    revoke: async ({ tokens }) =>
      tokens.refresh === undefined ? ok(undefined) : flow.revoke(tokens.refresh),
    verifyLogoutToken: async (token) => {
      const logout = await verifier.logoutToken(token)
      return logout.ok ? ok({ ...logout.value, issuer: toIssuer(config, logout.value.issuer) }) : logout
    },
  }
}

function assemble(
  config: ProviderConfig,
  context: ProviderContext,
  {
    issuerAliases = [],
    groupEntries,
    groupClaims,
    clientAssertion,
    readClientSecret = createReadClientSecret(config, context),
    credentials,
  }: OidcPreset,
): OidcDeps & { readonly keys: Keys } {
  if (config.issuer === undefined && !config.skipIssuerVerification) {
    throw new TypeError(`Set the issuer of provider "${config.id}"`)
  }
  const { issuer = '', loginUrl, redeemUrl, profileUrl, jwksUrl, validateUrl, clientId, claims } = config
  const operatorUrls = [issuer, loginUrl, redeemUrl, profileUrl, jwksUrl, validateUrl]
  const http = createProviderClient({ platform: context.platform, operatorUrls })
  const readMetadata = createReadMetadata(config, http, context)
  const keys = createKeys({
    jwksUri: async () => select(await readMetadata(), ({ jwksUri }) => jwksUri),
    http,
    platform: context.platform,
    readKeys:
      config.publicKeyFiles.length === 0
        ? undefined
        : async () => {
            // Read by the few who give their issuer's keys by hand.
            const { readKeyFiles } = await import('../http/key-files.ts')
            return readKeyFiles(config.publicKeyFiles, context.readSecret)
          },
  })
  const verifier = createTokenVerifier({
    keys,
    parties: {
      issuers: config.skipIssuerVerification ? undefined : [issuer, ...issuerAliases],
      clientId,
      audienceClaims: claims.audience,
      extraAudiences: claims.extraAudiences,
      otherAudiences: claims.otherAudiences,
    },
    algs: async () =>
      select(await readMetadata(), ({ signingAlgs }) => chooseAlgs(config.signingAlgs, signingAlgs)),
    readClientSecret,
    platform: context.platform,
  })
  const flow = loadedByNeed({
    config,
    readMetadata,
    readClientSecret,
    clientAssertion,
    credentials,
    http,
    log: context.log,
  })
  return { config, context, readMetadata, http, flow, verifier, keys, groupEntries, groupClaims }
}

/**
 * The code flow, which is loaded at the first sign-in or refresh: most processes serve for long before. On Workers a promise
 * of one request must not be awaited by another, so what is kept is the flow.
 */
function loadedByNeed(deps: CodeFlowDeps): CodeFlow {
  let flow: CodeFlow | undefined
  const load = async (): Promise<CodeFlow> => {
    if (flow !== undefined) return flow
    const { createCodeFlow } = await import('./code-flow.ts')
    flow ??= createCodeFlow(deps)
    return flow
  }
  return {
    redeem: async (response) => (await load()).redeem(response),
    refresh: async (token) => (await load()).refresh(token),
    revoke: async (token) => (await load()).revoke(token),
  }
}

/** S256 code challenge of a verifier (RFC 7636 §4.2). */
async function toCodeChallenge(verifier: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(verifier))))
}

/**
 * Builds the authorization URL. The address' own query stays; what this login adds wins over the settings, and the
 * protocol over both.
 */
async function toAuthorizationUrl(
  config: ProviderConfig,
  readMetadata: ReadMetadata,
  login: LoginRequest,
): Promise<Result<string>> {
  const metadata = await readMetadata()
  if (!metadata.ok) return metadata
  const { codeChallengeMethod: method, scope } = config
  const { authorizationEndpoint } = metadata.value
  // Without a host it is resolved by the browser, on the host that it is at.
  const url = new URL(authorizationEndpoint, ANYWHERE)
  addLoginParameters(url, { config, extra: login.extra })
  const parameters = {
    response_type: 'code',
    client_id: config.clientId,
    redirect_uri: login.redirectUri,
    scope,
    state: login.state,
    ...(config.skipNonce ? {} : { nonce: login.nonce }),
    code_challenge: method === 'plain' ? login.codeVerifier : await toCodeChallenge(login.codeVerifier),
    code_challenge_method: method,
  }
  for (const [name, value] of Object.entries(parameters)) {
    if (value === '') url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  }
  return ok(authorizationEndpoint.startsWith('/') ? `${url.pathname}${url.search}` : url.href)
}
const ANYWHERE = 'https://gate.invalid'

/** Builds the logout request (OpenID Connect RP-Initiated Logout 1.0 §2). */
function toEndSessionUrl(
  clientId: string,
  { endSessionEndpoint }: Metadata,
  { idToken, returnTo, state }: Parameters<Provider['endSessionUrl']>[0],
): string | undefined {
  if (endSessionEndpoint === undefined) return undefined
  const url = new URL(endSessionEndpoint)
  url.searchParams.set('client_id', clientId)
  url.searchParams.set('post_logout_redirect_uri', returnTo)
  url.searchParams.set('state', state)
  if (idToken !== undefined) url.searchParams.set('id_token_hint', idToken)
  return url.href
}

function select<Value>(metadata: Result<Metadata>, read: (metadata: Metadata) => Value): Result<Value> {
  return metadata.ok ? ok(read(metadata.value)) : metadata
}
