import type { ProviderConfig } from '../../../config/sections/provider.ts'
import { problem } from '../../../problems.ts'
import { failed, ok, type Result } from '../../../result.ts'
import type { Grant } from '../../../session/session.ts'
import type { ProviderContext } from '../../context.ts'
import { createProviderClient } from '../../http/client.ts'
import { createReadClientSecret } from '../../http/client-secret.ts'
import { callValidateUrl } from '../../http/validate-url.ts'
import { createOAuth2Flow } from '../../oauth2/oauth2.ts'
import type { Provider } from '../../provider.ts'
import { createGithubApi, type GithubApi, withRateLimit } from './api.ts'
import { checkGithubRules } from './rules.ts'

const LOGIN_URL = 'https://github.com/login/oauth/authorize'
const TOKEN_URL = 'https://github.com/login/oauth/access_token'
const API_URL = 'https://api.github.com/'

/**
 * GitHub, GitHub Enterprise, Gitea and Forgejo over plain OAuth 2.0. Organisations and teams become groups (`org`,
 * `org:team`); the rules on them are judged at each sign-in. There is nothing to refresh: the token has no end.
 */
export function createGithubProvider(config: ProviderConfig, context: ProviderContext): Provider {
  const { loginUrl = LOGIN_URL, redeemUrl = TOKEN_URL, validateUrl = API_URL } = config
  const operatorUrls = [loginUrl, redeemUrl, validateUrl]
  const http = withRateLimit(createProviderClient({ platform: context.platform, operatorUrls }))
  const api = createGithubApi(http, toApiBase(validateUrl))
  const flow = createOAuth2Flow({
    config,
    authorizationEndpoint: loginUrl,
    tokenEndpoint: redeemUrl,
    scopes: (config.scope ?? 'user:email read:org').split(' '),
    readClientSecret: createReadClientSecret(config, context),
    http,
  })
  return {
    id: config.id,
    displayName: config.displayName,
    authorizationUrl: async (login) => ok(flow.authorizationUrl(login)),
    redeem: async (login) => {
      const accessToken = await flow.redeem(login)
      return accessToken.ok
        ? readGrant(config, api, accessToken.value, new URL(loginUrl).origin)
        : accessToken
    },
    refresh: async () => failed(problem('refresh_unsupported')),
    validate: ({ tokens }) => callValidateUrl(http, validateUrl, tokens.access, 'token'),
    endSessionUrl: async () => undefined,
    revoke: async () => ok(undefined),
  }
}

async function readGrant(
  { github }: ProviderConfig,
  api: GithubApi,
  accessToken: string,
  issuer: string,
): Promise<Result<Grant>> {
  const user = await api.user(accessToken)
  if (!user.ok) return user
  const [email, groups] = await Promise.all([api.primaryEmail(accessToken), api.groups(accessToken)])
  if (!email.ok) return email
  if (!groups.ok) return groups
  const { id, login } = user.value
  const refusal = await checkGithubRules(github, { login, groups: groups.value, accessToken, api })
  if (refusal !== undefined) return failed(refusal)
  return ok({
    identity: {
      issuer,
      subject: String(id),
      user: login,
      email: email.value,
      preferredUsername: undefined,
      groups: groups.value,
      sid: undefined,
    },
    tokens: { access: accessToken, id: undefined, refresh: undefined, accessExpiresAtMs: undefined },
  })
}

/** Where the calls go: `/api/v3` of an Enterprise or Gitea address, else the address' own path. */
function toApiBase(validateUrl: string): string {
  const { origin, pathname } = new URL(validateUrl)
  const path = /^\/api\/v\d+/u.exec(pathname)?.[0] ?? pathname
  return `${origin}${path.replace(/\/+$/u, '')}`
}
