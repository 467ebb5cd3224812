import type { ProviderConfig } from '../../../config/sections/provider.ts'
import { failed, ok, type Result } from '../../../result.ts'
import type { Identity } from '../../../session/session.ts'
import type { ProviderContext } from '../../context.ts'
import { defineProvider } from '../../define-provider.ts'
import { createProviderClient } from '../../http/client.ts'
import { createOAuth2Provider } from '../../oauth2/provider.ts'
import { OAUTH2_TRAITS } from '../../oauth2/traits.ts'
import type { Provider } from '../../provider.ts'
import { createGithubApi, type GithubApi, withRateLimit } from './api.ts'
import { GITHUB_OPTIONS, readGithubRules } from './options.ts'
import { checkGithubRules, type GithubRules } from './rules.ts'

const ENDPOINTS = {
  loginUrl: 'https://github.com/login/oauth/authorize',
  redeemUrl: 'https://github.com/login/oauth/access_token',
  // Its root answers 200 to a valid token; the other calls go below it.
  validateUrl: 'https://api.github.com/',
}

/**
 * GitHub, GitHub Enterprise, Gitea and Forgejo over plain OAuth 2.0. Organisations and teams become groups (`org`,
 * `org:team`); the rules on them are judged at each sign-in. There is nothing to refresh: the token has no end.
 */
export const github = defineProvider({
  kind: 'github',
  displayName: 'GitHub',
  about: 'GitHub, and Gitea or Forgejo with their own login-url, redeem-url and validate-url',
  traits: { ...OAUTH2_TRAITS, scope: 'user:email read:org', endpoints: ENDPOINTS },
  options: GITHUB_OPTIONS,
  check: (settings) => ({ own: readGithubRules(settings), allowedGroups: [] }),
  create: createGithubProvider,
})

function createGithubProvider(
  config: ProviderConfig,
  rules: GithubRules,
  context: ProviderContext,
): Provider {
  const { loginUrl = ENDPOINTS.loginUrl, redeemUrl, validateUrl = ENDPOINTS.validateUrl } = config
  const operatorUrls = [loginUrl, redeemUrl, validateUrl]
  const http = withRateLimit(createProviderClient({ platform: context.platform, operatorUrls }))
  const api = createGithubApi(http, toApiBase(validateUrl))
  const issuer = new URL(loginUrl).origin
  return createOAuth2Provider({
    config,
    context,
    http,
    scheme: 'token',
    readIdentity: (accessToken) => readIdentity({ rules, api, issuer }, accessToken),
  })
}

async function readIdentity(
  { rules, api, issuer }: { rules: GithubRules; api: GithubApi; issuer: string },
  accessToken: string,
): Promise<Result<Identity>> {
  const user = await api.user(accessToken)
  if (!user.ok) return user
  const [email, groups] = await Promise.all([api.primaryEmail(accessToken), api.groups(accessToken)])
  if (!email.ok) return email
  if (!groups.ok) return groups
  const { id, login } = user.value
  const refusal = await checkGithubRules(rules, { login, groups: groups.value, accessToken, api })
  if (refusal !== undefined) return failed(refusal)
  return ok({
    issuer,
    subject: String(id),
    user: login,
    email: email.value,
    preferredUsername: undefined,
    groups: groups.value,
    sid: undefined,
  })
}

/** Base URL of the API: `/api/v3` of an Enterprise or Gitea address, else the address' own path. */
function toApiBase(validateUrl: string): string {
  const { origin, pathname } = new URL(validateUrl)
  const path = /^\/api\/v\d+/u.exec(pathname)?.[0] ?? pathname
  return `${origin}${path.replace(/\/+$/u, '')}`
}
