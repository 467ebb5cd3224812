import type { ProviderConfig } from '../../../config/sections/provider.ts'
import type { ProviderContext } from '../../context.ts'
import { defineProvider } from '../../define-provider.ts'
import { createProviderClient } from '../../http/client.ts'
import { createOAuth2Provider } from '../../oauth2/provider.ts'
import { OAUTH2_TRAITS } from '../../oauth2/traits.ts'
import type { Provider } from '../../provider.ts'
import { GITHUB_OPTIONS, readGithubRules } from './options.ts'
import { withRateLimit } from './rate-limit.ts'
import type { GithubRules } from './rules.ts'

const ENDPOINTS = {
  loginUrl: 'https://github.com/login/oauth/authorize',
  redeemUrl: 'https://github.com/login/oauth/access_token',
  // Its root answers 200 to a valid token; the other calls go below it.
  validateUrl: 'https://api.github.com/',
}

/**
 * GitHub, GitHub Enterprise, Gitea and Forgejo over plain OAuth 2.0. Organisations and teams become groups (`org`,
 * `org:team`); the rules on them are judged at each sign-in, and at each refresh. A token of an OAuth app has no end and
 * no refresh; those of GitHub Apps, Gitea and Forgejo have.
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
  const issuer = new URL(loginUrl).origin
  return createOAuth2Provider({
    config,
    context,
    http,
    scheme: 'token',
    refreshes: true,
    async readIdentity(accessToken) {
      // Loaded by need: a Worker's start carries every kind.
      const { readGithubIdentity } = await import('./identity.ts')
      return readGithubIdentity({ http, rules, issuer, validateUrl }, accessToken)
    },
  })
}
