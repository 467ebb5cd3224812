import type { ProviderConfig } from '../../config/sections/provider.ts'
import type { Result } from '../../result.ts'
import type { Identity } from '../../session/session.ts'
import type { ProviderContext } from '../context.ts'
import {
  createProviderClient,
  located,
  type ProviderClient,
  type ProviderRequest,
  readJson,
} from '../http/client.ts'
import type { Provider } from '../provider.ts'
import { createOAuth2Provider } from './provider.ts'

/** API of a provider, for one access token. */
export interface ProfileApi {
  /** Answer of an address as JSON; `provider_misbehaved` when it is anything else. */
  read(url: string, request: ProviderRequest): Promise<Result<unknown>>
}

export interface ProfileProviderDeps {
  readonly config: ProviderConfig
  readonly context: ProviderContext
  /** Asks the API about the person who granted the access token, and checks the restrictions of the kind. */
  readonly readIdentity: (api: ProfileApi, accessToken: string) => Promise<Result<Identity>>
}

/** A provider of plain OAuth 2.0 whose API takes the access token as a Bearer token (RFC 6750 §2.1). */
export function createProfileProvider({ config, context, readIdentity }: ProfileProviderDeps): Provider {
  const { loginUrl, redeemUrl, profileUrl, validateUrl } = config
  const http = createProviderClient({
    platform: context.platform,
    operatorUrls: [loginUrl, redeemUrl, profileUrl, validateUrl],
  })
  return createOAuth2Provider({
    config,
    context,
    http,
    scheme: 'Bearer',
    readIdentity: (accessToken) => readIdentity(createApi(http, accessToken), accessToken),
  })
}

function createApi(http: ProviderClient, accessToken: string): ProfileApi {
  return {
    async read(url, { headers, ...request }) {
      const authorization = `Bearer ${accessToken}`
      const response = await http.request(url, { ...request, headers: { ...headers, authorization } })
      if (!response.ok) return response
      const json = readJson(response.value)
      return json.ok ? json : located(json, request.endpoint, url)
    },
  }
}

/** Origin of the login-url: the issuer of identities of a provider that names none. */
export function originOf({ loginUrl = '' }: Pick<ProviderConfig, 'loginUrl'>): string {
  return new URL(loginUrl).origin
}

/** The address that says who the person is: profile-url, else validate-url, as in oauth2-proxy. */
export function profileUrlOf({ id, profileUrl, validateUrl }: ProviderConfig): string {
  const url = profileUrl ?? validateUrl
  if (url === undefined) throw new TypeError(`Set profile-url of provider "${id}"`)
  return url
}
