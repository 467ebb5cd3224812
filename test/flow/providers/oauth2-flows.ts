import { createFakeGithub } from '../../support/fake-github.ts'
import { startGate } from '../../support/gate.ts'
import { oauth2 } from './oauth2.ts'
import { groupRule, type ProviderFlow } from './provider-flow.ts'

const BITBUCKET = 'https://api.bitbucket.org/2.0'
const KEYCLOAK = 'https://sso.example.net/realms/main/protocol/openid-connect'
const NEXTCLOUD = 'https://cloud.example.net'

/** Kinds that are providers of plain OAuth 2.0. */
export const OAUTH2_FLOWS: readonly ProviderFlow[] = [
  githubFlow('github', undefined),
  githubFlow('github with the tokens of a GitHub App', 28_800),
  oauth2({
    kind: 'bitbucket',
    login: 'https://bitbucket.org/site/oauth2/authorize',
    token: 'https://bitbucket.org/site/oauth2/access_token',
    apis: (person) => ({
      [`${BITBUCKET}/user/emails`]: () => ({
        values: [{ email: person.email, is_primary: true, is_confirmed: true }],
      }),
      [`${BITBUCKET}/user/workspaces`]: () => ({ values: [{ workspace: { slug: 'acme' } }] }),
      [`${BITBUCKET}/repositories/:workspace`]: ({ url }) => ({
        values: url.includes(encodeURIComponent('"acme/app"')) ? [{ full_name: 'acme/app' }] : [],
      }),
    }),
    told: { user: 'ann@example.com', email: 'ann@example.com' },
    rules: [
      { fits: ['--bitbucket-team=acme'], misses: ['--bitbucket-team=other'], rule: 'bitbucket-team' },
      {
        fits: ['--bitbucket-repository=acme/app'],
        misses: ['--bitbucket-repository=acme/other'],
        rule: 'bitbucket-repository',
      },
    ],
  }),
  oauth2({
    kind: 'digitalocean',
    login: 'https://cloud.digitalocean.com/v1/oauth/authorize',
    token: 'https://cloud.digitalocean.com/v1/oauth/token',
    apis: (person) => ({
      'https://api.digitalocean.com/v2/account': () => ({
        account: { uuid: 'b6fr89', email: person.email, email_verified: true },
      }),
    }),
    told: { user: 'b6fr89', email: 'ann@example.com' },
  }),
  oauth2({
    kind: 'facebook',
    login: 'https://www.facebook.com/v2.5/dialog/oauth',
    token: 'https://graph.facebook.com/v2.5/oauth/access_token',
    apis: (person) => ({
      'https://graph.facebook.com/v2.5/me': () => ({ id: '10224', name: 'Ann', email: person.email }),
    }),
    told: { user: '10224', email: 'ann@example.com' },
  }),
  oauth2({
    kind: 'keycloak',
    login: `${KEYCLOAK}/auth`,
    token: `${KEYCLOAK}/token`,
    args: [
      `--login-url=${KEYCLOAK}/auth`,
      `--redeem-url=${KEYCLOAK}/token`,
      `--profile-url=${KEYCLOAK}/userinfo`,
      `--validate-url=${KEYCLOAK}/userinfo`,
    ],
    apis: (person) => ({
      [`${KEYCLOAK}/userinfo`]: () => ({
        sub: '8d2c',
        preferred_username: 'ann',
        email: person.email,
        groups: ['/staff'],
      }),
    }),
    told: { user: 'ann', email: 'ann@example.com', groups: '/staff', name: 'ann' },
    rules: [groupRule('/staff', '/board', 'keycloak-group'), groupRule('/staff', '/board')],
  }),
  oauth2({
    kind: 'linkedin',
    login: 'https://www.linkedin.com/oauth/v2/authorization',
    token: 'https://www.linkedin.com/oauth/v2/accessToken',
    apis: (person) => ({
      'https://api.linkedin.com/v2/emailAddress': () => ({
        elements: [{ 'handle~': { emailAddress: person.email } }],
      }),
      'https://api.linkedin.com/v2/me': () => ({ id: 'yrZCpj2Z12' }),
    }),
    told: { user: 'yrZCpj2Z12', email: 'ann@example.com' },
  }),
  oauth2({
    name: 'linkedin with an app of the product with OpenID Connect',
    kind: 'linkedin',
    login: 'https://www.linkedin.com/oauth/v2/authorization',
    token: 'https://www.linkedin.com/oauth/v2/accessToken',
    args: [
      '--scope=openid email profile',
      '--profile-url=https://api.linkedin.com/v2/userinfo',
      '--validate-url=https://api.linkedin.com/v2/userinfo',
    ],
    apis: (person) => ({
      'https://api.linkedin.com/v2/userinfo': () => ({
        sub: '782bbtaQ',
        email: person.email,
        email_verified: 'true',
      }),
    }),
    told: { user: '782bbtaQ', email: 'ann@example.com' },
  }),
  oauth2({
    kind: 'nextcloud',
    login: `${NEXTCLOUD}/apps/oauth2/authorize`,
    token: `${NEXTCLOUD}/apps/oauth2/api/v1/token`,
    args: [
      `--login-url=${NEXTCLOUD}/apps/oauth2/authorize`,
      `--redeem-url=${NEXTCLOUD}/apps/oauth2/api/v1/token`,
      `--validate-url=${NEXTCLOUD}/ocs/v2.php/cloud/user?format=json`,
    ],
    apis: (person) => ({
      [`${NEXTCLOUD}/ocs/v2.php/cloud/user`]: () => ({
        ocs: { meta: { status: 'ok' }, data: { id: 'ann', email: person.email, groups: ['staff'] } },
      }),
    }),
    told: { user: 'ann', email: 'ann@example.com', groups: 'staff' },
    rules: [groupRule('staff', 'board')],
  }),
  oauth2({
    kind: 'sourcehut',
    login: 'https://meta.sr.ht/oauth2/authorize',
    token: 'https://meta.sr.ht/oauth2/access-token',
    apis: (person) => ({
      'https://meta.sr.ht/query': {
        post: () => ({ data: { me: { username: 'ann', email: person.email } } }),
      },
      'https://meta.sr.ht/profile': () => new Response('<h1>ann</h1>'),
    }),
    told: { user: 'ann', email: 'ann@example.com', name: 'ann' },
  }),
  oauth2({
    kind: 'discord',
    login: 'https://discord.com/oauth2/authorize',
    token: 'https://discord.com/api/oauth2/token',
    apis: (person) => ({
      'https://discord.com/api/users/@me': () => ({
        id: '8035',
        username: 'ann',
        email: person.email,
        verified: true,
      }),
      'https://discord.com/api/users/@me/guilds': () => [{ id: '1970', name: 'Testers' }],
    }),
    told: { user: '8035', email: 'ann@example.com', name: 'ann' },
    rules: [groupRule('1970', '1971', 'discord-guild')],
  }),
  oauth2({
    kind: 'atlassian',
    login: 'https://auth.atlassian.com/authorize',
    token: 'https://auth.atlassian.com/oauth/token',
    apis: (person) => ({
      'https://api.atlassian.com/me': () => ({ account_id: '557058:96b', email: person.email }),
    }),
    told: { user: '557058:96b', email: 'ann@example.com' },
  }),
  oauth2({
    kind: 'oauth2',
    login: 'https://id.example.net/authorize',
    token: 'https://id.example.net/token',
    args: [
      '--login-url=https://id.example.net/authorize',
      '--redeem-url=https://id.example.net/token',
      '--profile-url=https://id.example.net/api/me',
      '--oauth2-subject-claim=data.id',
      '--oauth2-user-claim=data.login',
    ],
    apis: (person) => ({
      'https://id.example.net/api/me': () => ({
        data: { id: 42, login: 'ann' },
        email: person.email,
        groups: ['staff'],
      }),
    }),
    told: { user: 'ann', email: 'ann@example.com', groups: 'staff', name: 'ann' },
    refresh: 'nothing',
    rules: [groupRule('staff', 'board')],
  }),
]

/** A run through the program in front of GitHub Enterprise; `tokenSeconds` as in the fake. */
function githubFlow(name: string, tokenSeconds: number | undefined): ProviderFlow {
  const origin = 'https://github.example.net'
  const args = [
    '--oidc-issuer-url=',
    `--login-url=${origin}/login/oauth/authorize`,
    `--redeem-url=${origin}/login/oauth/access_token`,
    `--validate-url=${origin}/api/v3`,
  ]
  const rule = (flag: string, fits: string, misses: string) => ({
    fits: [`--${flag}=${fits}`],
    misses: [`--${flag}=${misses}`],
    rule: flag,
  })
  return {
    name,
    kind: 'github',
    args,
    told: { user: 'octocat', email: 'ann@example.com', groups: 'acme,acme:platform' },
    refresh: tokenSeconds === undefined ? 'validate-url' : 'API',
    signOut: 'here',
    revokes: false,
    hasGroupClaims: false,
    rules: [
      rule('github-org', 'acme', 'other'),
      rule('github-team', 'acme:platform', 'acme:ops'),
      rule('github-user', 'octocat', 'hubot'),
      rule('github-repo', 'acme/app', 'acme/other'),
      groupRule('acme:platform', 'platform'),
    ],
    async start(more) {
      const github = createFakeGithub(origin)
      const { id, secret } = github.client
      const gate = await startGate({
        services: [github],
        args: ['--provider=github', `--client-id=${id}`, `--client-secret=${secret}`, ...args, ...more],
      })
      const moveTo = (email: string): void => {
        github.person.emails = [{ email, primary: true, verified: true }]
      }
      moveTo('ann@example.com')
      github.tokenSeconds = tokenSeconds
      github.repositories['acme/app'] = { private: false, pull: true, push: true, collaborators: [] }
      return {
        gate,
        moveTo,
        leaveGroups: () => undefined,
        takeBack: () => github.takeBack(),
        approve: (url) => github.visit(url),
        tokenRequests: () => github.tokenRequests.length,
        revoked: () => 0,
        loggedOut: () => 0,
      }
    },
  }
}
