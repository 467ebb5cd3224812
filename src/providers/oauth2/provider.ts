import type { ProviderConfig } from '../../config/sections/provider.ts'
import { problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { Identity } from '../../session/session.ts'
import type { ProviderContext } from '../context.ts'
import { hostOf, type ProviderClient } from '../http/client.ts'
import { createReadClientSecret } from '../http/client-secret.ts'
import { callValidateUrl } from '../http/validate-url.ts'
import type { Provider } from '../provider.ts'
import type { OAuth2Flow } from './oauth2.ts'

export interface OAuth2ProviderDeps {
  readonly config: ProviderConfig
  readonly context: ProviderContext
  /** HTTP client of the provider; `readIdentity` calls through it too. */
  readonly http: ProviderClient
  /** Scheme of the access token in Authorization headers. */
  readonly scheme: 'Bearer' | 'token'
  /** Asks the provider's API about the person who granted the access token, and checks the restrictions of the kind. */
  readonly readIdentity: (accessToken: string) => Promise<Result<Identity>>
}

/**
 * A provider of plain OAuth 2.0 (RFC 6749): an access token without end, an API of its own to say who the person is, no
 * refresh, no sign-out. A kind spreads it where it can do more.
 */
export function createOAuth2Provider(deps: OAuth2ProviderDeps): Provider {
  const { config, context, http, scheme, readIdentity } = deps
  const { loginUrl, redeemUrl } = config
  if (loginUrl === undefined || redeemUrl === undefined) {
    throw new TypeError(`Set login-url and redeem-url of provider "${config.id}"`)
  }
  const flowDeps = {
    config,
    authorizationEndpoint: loginUrl,
    tokenEndpoint: redeemUrl,
    scopes: config.scope.split(' '),
    readClientSecret: createReadClientSecret(config, context),
    http,
  }
  let flow: OAuth2Flow | undefined
  // Loaded at the first sign-in: most deployments have OpenID providers alone. On Workers a promise of one request must not
  // be awaited by another, so what is kept is the flow.
  const loadFlow = async (): Promise<OAuth2Flow> => {
    if (flow !== undefined) return flow
    const { createOAuth2Flow } = await import('./oauth2.ts')
    flow ??= createOAuth2Flow(flowDeps)
    return flow
  }
  return {
    id: config.id,
    displayName: config.displayName,
    async check() {
      // A GET is no token request, so whatever it is answered says that the endpoint is there.
      const response = await http.request(redeemUrl, { endpoint: 'token' })
      const isAway = !response.ok && response.problem.reason === 'provider_unreachable'
      return isAway ? response : ok({ host: hostOf(redeemUrl) })
    },
    authorizationUrl: async (login) => ok((await loadFlow()).authorizationUrl(login)),
    async redeem(login) {
      const access = await (await loadFlow()).redeem(login)
      if (!access.ok) return access
      const identity = await readIdentity(access.value)
      if (!identity.ok) return identity
      const tokens = { access: access.value, id: undefined, refresh: undefined, accessExpiresAtMs: undefined }
      return ok({ identity: identity.value, tokens })
    },
    refresh: async () => failed(problem('refresh_unsupported')),
    validate: ({ tokens }) => callValidateUrl(http, config.validateUrl, tokens.access, scheme),
    endSessionUrl: async () => undefined,
    revoke: async () => ok(undefined),
  }
}
