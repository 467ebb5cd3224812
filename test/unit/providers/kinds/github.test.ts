import { expect, test } from 'vitest'
import type { ProviderConfig } from '../../../../src/config/sections/provider.ts'
import type { GithubRules } from '../../../../src/providers/kinds/github/rules.ts'
import { createProviders } from '../../../../src/providers/registry.ts'
import { createFakeGithub, type FakeGithub } from '../../../support/fake-github.ts'
import { createFakePlatform } from '../../../support/fake-platform.ts'
import {
  body,
  changed,
  json,
  oversized,
  redirectTo,
  type Script,
  status,
} from '../../../support/fake-server.ts'
import { aSession } from '../../../support/session.ts'
import { aProviderConfig, someTools, verdictOf } from '../providers-fixture.ts'

const REDIRECT_URI = 'https://app.example.com/oauth2/callback'

function aGithub(rules: Partial<GithubRules> = {}, given: Partial<ProviderConfig> = {}) {
  const github = createFakeGithub()
  const config = aProviderConfig({
    id: 'github',
    kind: 'github',
    clientId: github.client.id,
    clientSecret: { value: github.client.secret },
    issuer: undefined,
    loginUrl: `${github.origin}/login/oauth/authorize`,
    redeemUrl: `${github.origin}/login/oauth/access_token`,
    validateUrl: `${github.origin}/api/v3`,
    own: { org: '', teams: [], repo: '', token: '', users: [], ...rules } satisfies GithubRules,
    ...given,
  })
  const platform = createFakePlatform({ provider: github.fetch })
  const [provider] = createProviders([config], someTools(platform))
  if (provider === undefined) throw new Error('No provider')
  return {
    github,
    platform,
    provider,
    async signIn() {
      const login = { redirectUri: REDIRECT_URI, nonce: 'n', codeVerifier: 'v'.repeat(43) }
      const url = await provider.authorizationUrl({ ...login, state: 's', extra: {} })
      const callback = await github.visit(url.ok ? url.value : '')
      return provider.redeem({ ...login, parameters: callback.searchParams })
    },
  }
}

test('GitHub gives login, verified address, organisations and teams at a sign-in', async () => {
  const { github, signIn } = aGithub()
  const grant = await signIn()
  expect(grant).toEqual({
    ok: true,
    value: {
      identity: {
        issuer: 'https://github.test',
        subject: '583231',
        user: 'octocat',
        email: 'octocat@example.com',
        preferredUsername: undefined,
        groups: ['acme', 'acme:platform'],
        sid: undefined,
      },
      tokens: {
        access: expect.stringMatching(/^gho_/u),
        id: undefined,
        refresh: undefined,
        accessExpiresAtMs: undefined,
      },
    },
  })
  expect(github.tokenRequests[0]?.get('code_verifier')).toBe('v'.repeat(43))
})

test('GitHub is asked with PKCE and state; settings cannot change the protocol', async () => {
  const { provider } = aGithub(
    {},
    { loginParameters: { allow_signup: 'false', client_id: 'evil', state: 'evil' } },
  )
  const login = { redirectUri: REDIRECT_URI, state: 's', nonce: 'n', codeVerifier: 'v'.repeat(43) }
  const url = await provider.authorizationUrl({ ...login, extra: { prompt: 'select_account' } })
  expect(url.ok && Object.fromEntries(new URL(url.value).searchParams)).toEqual({
    response_type: 'code',
    client_id: 'gh-client',
    redirect_uri: REDIRECT_URI,
    state: 's',
    scope: 'user:email read:org',
    code_challenge: expect.stringMatching(/^[\w-]{43}$/u),
    code_challenge_method: 'S256',
    allow_signup: 'false',
    prompt: 'select_account',
  })
})

const REPO = { private: false, pull: false, push: false, collaborators: [] as string[] }

// [rule, settings, change to the world, verdict]
const rules: [string, Partial<GithubRules>, (github: FakeGithub) => void, string][] = [
  ['no rule', {}, () => undefined, 'ok'],
  ['org', { org: 'acme' }, () => undefined, 'ok'],
  ['org in another case', { org: 'ACME' }, () => undefined, 'ok'],
  ['org of others', { org: 'other' }, () => undefined, 'not_permitted/github-org'],
  ['org prefix', { org: 'acm' }, () => undefined, 'not_permitted/github-org'],
  ['org and team', { org: 'acme', teams: ['platform'] }, () => undefined, 'ok'],
  ['org and team in another case', { org: 'acme', teams: ['Platform'] }, () => undefined, 'ok'],
  ['org and one of two teams', { org: 'acme', teams: ['x', 'platform'] }, () => undefined, 'ok'],
  ['org and another team', { org: 'acme', teams: ['x'] }, () => undefined, 'not_permitted/github-team'],
  [
    'org and the team of another org',
    { org: 'acme', teams: ['ops'] },
    ({ person }) => {
      person.teams = ['evil:ops']
    },
    'not_permitted/github-team',
  ],
  ['team with its org', { teams: ['acme:platform'] }, () => undefined, 'ok'],
  ['team of another org', { teams: ['other:platform'] }, () => undefined, 'not_permitted/github-team'],
  ['team without an org fits nobody', { teams: ['platform'] }, () => undefined, 'not_permitted/github-team'],
  [
    'team without an org does not fit an organisation of that name',
    { teams: ['platform'] },
    ({ person }) => {
      person.orgs = ['platform']
    },
    'not_permitted/github-team',
  ],
  ['user', { users: ['octocat'] }, () => undefined, 'ok'],
  ['user in another case', { users: ['Octocat'] }, () => undefined, 'ok'],
  ['another user', { users: ['hubot'] }, () => undefined, 'not_permitted/github-user'],
  ['user beside an org of others', { users: ['octocat'], org: 'other' }, () => undefined, 'ok'],
  ['another user, in the org', { users: ['hubot'], org: 'acme' }, () => undefined, 'ok'],
  ['repo unknown', { repo: 'acme/app' }, () => undefined, 'not_permitted/github-repo'],
  [
    'repo with push',
    { repo: 'acme/app' },
    ({ repositories }) => {
      repositories['acme/app'] = { ...REPO, pull: true, push: true }
    },
    'ok',
  ],
  [
    'public repo with pull only',
    { repo: 'acme/app' },
    ({ repositories }) => {
      repositories['acme/app'] = { ...REPO, pull: true }
    },
    'not_permitted/github-repo',
  ],
  [
    'private repo with pull',
    { repo: 'acme/app' },
    ({ repositories }) => {
      repositories['acme/app'] = { ...REPO, private: true, pull: true }
    },
    'ok',
  ],
  [
    'collaborator, asked with a token',
    { repo: 'acme/app', token: 'admin-token' },
    ({ repositories }) => {
      repositories['acme/app'] = { ...REPO, collaborators: ['octocat'] }
    },
    'ok',
  ],
  [
    'no collaborator, asked with a token',
    { repo: 'acme/app', token: 'admin-token' },
    ({ repositories }) => {
      repositories['acme/app'] = { ...REPO, pull: true, push: true, collaborators: ['hubot'] }
    },
    'not_permitted/github-repo',
  ],
  ['repo is ignored beside an org', { repo: 'acme/app', org: 'acme' }, () => undefined, 'ok'],
]

test.each(rules)('GitHub rules: %s', async (_name, given, change, verdict) => {
  const { github, signIn } = aGithub(given)
  change(github)
  expect(verdictOf(await signIn())).toBe(verdict)
})

// [what the addresses are, list, verdict or address]
const addresses: [string, FakeGithub['person']['emails'], string][] = [
  ['none', [], 'identity_incomplete/email'],
  ['no primary one', [{ email: 'a@x.test', primary: false, verified: true }], 'identity_incomplete/email'],
  ['primary and unverified', [{ email: 'a@x.test', primary: true, verified: false }], 'email_unverified'],
  [
    'an unverified primary beside a verified one',
    [
      { email: 'a@x.test', primary: true, verified: false },
      { email: 'b@x.test', primary: false, verified: true },
    ],
    'email_unverified',
  ],
  [
    'an address with a line end',
    [{ email: 'a@x.test\n', primary: true, verified: true }],
    'provider_misbehaved/shape',
  ],
]

test.each(addresses)('GitHub addresses: %s', async (_name, emails, verdict) => {
  const { github, signIn } = aGithub()
  github.person.emails = emails
  expect(verdictOf(await signIn())).toBe(verdict)
})

test('GitHub lists are read to their last page, even from a server that caps pages below what was asked', async () => {
  const { github, signIn } = aGithub({ org: 'org-249', teams: ['team-74'] })
  github.person.orgs = Array.from({ length: 250 }, (_, at) => `org-${at}`)
  github.person.teams = Array.from({ length: 75 }, (_, at) => `org-249:team-${at}`)
  github.pageSize = 50
  const grant = await signIn()
  expect(grant.ok && grant.value.identity.groups).toHaveLength(325)
  expect(github.hits.orgs).toBe(6)
})

test('GitHub lists without an end are read for twenty pages', async () => {
  const { github, signIn } = aGithub()
  github.scripts.orgs = () => json(200, [{ login: 'acme' }])
  expect(verdictOf(await signIn())).toBe('ok')
  expect(github.hits.orgs).toBe(20)
})

test('GitHub organisations that the person did not grant are none, and then a rule on them refuses', async () => {
  const { github, signIn } = aGithub({ org: 'acme' })
  github.scripts.orgs = () => json(403, { message: 'scope' })
  github.scripts.teams = () => json(404, {})
  expect(verdictOf(await signIn())).toBe('not_permitted/github-org')
})

// How GitHub says that it was asked too often; the status is that of a missing permission.
const tooOften: Script = () =>
  json(403, {
    message: 'API rate limit exceeded for user ID 583231.',
    documentation_url: 'https://docs.github.com/',
  })

test.each(['user', 'emails', 'orgs', 'teams'] as const)(
  'GitHub that was asked too often for %s is trouble that passes, not a person without groups',
  async (endpoint) => {
    const { github, signIn } = aGithub({ org: 'acme' })
    github.scripts[endpoint] = tooOften
    expect(verdictOf(await signIn())).toBe('provider_unreachable/rate limit')
  },
)

test('GitHub that was asked too often ends no session', async () => {
  const { github, provider, signIn } = aGithub()
  const grant = await signIn()
  if (!grant.ok) throw new Error(verdictOf(grant))
  github.scripts.root = tooOften
  const session = aSession({ ...grant.value.identity, tokens: grant.value.tokens })
  expect(verdictOf(await provider.validate(session))).toBe('provider_unreachable/rate limit')
})

test('GitHub addresses are found behind thirty others', async () => {
  const { github, signIn } = aGithub()
  const others = Array.from({ length: 40 }, (_, at) => ({
    email: `a${at}@example.com`,
    primary: false,
    verified: true,
  }))
  github.person.emails.unshift(...others)
  const grant = await signIn()
  expect(grant.ok && grant.value.identity.email).toBe('octocat@example.com')
})

test('GitHub names with a comma are groups under their own name', async () => {
  const { github, signIn } = aGithub()
  github.person.orgs = ['acme,evil', 'a\nb', 'ok']
  github.person.teams = []
  const grant = await signIn()
  expect(grant.ok && grant.value.identity.groups).toEqual(['acme,evil', 'ok'])
})

test('Gitea and Forgejo name their organisations differently', async () => {
  const { github, signIn } = aGithub({ org: 'acme', teams: ['owners'] })
  github.scripts.orgs = async (_next, request) =>
    json(
      200,
      new URL(request.url).searchParams.get('page') === '1'
        ? [{ id: 1, name: 'acme', username: 'acme' }]
        : [],
    )
  github.scripts.teams = async (_next, request) =>
    json(
      200,
      new URL(request.url).searchParams.get('page') === '1'
        ? [{ name: 'owners', organization: { username: 'acme' } }]
        : [],
    )
  expect(verdictOf(await signIn())).toBe('ok')
})

// [what happens, endpoint, script, verdict]
const troubles: [string, 'token' | 'user' | 'emails' | 'orgs', Script, string][] = [
  [
    'an error with status 200',
    'token',
    () => json(200, { error: 'bad_verification_code' }),
    'code_refused/bad_verification_code',
  ],
  ['an error beside a token', 'token', changed((answer) => ({ ...answer, error: 'x' })), 'code_refused/x'],
  ['an error that is an object', 'token', () => json(200, { error: {} }), 'code_refused/unreadable'],
  [
    'an error with status 400',
    'token',
    () => json(400, { error: 'invalid_grant' }),
    'code_refused/invalid_grant',
  ],
  [
    'a token with status 400',
    'token',
    () => json(400, { access_token: 'a', token_type: 'bearer' }),
    'provider_misbehaved/token answer',
  ],
  ['token_type Bearer', 'token', changed((answer) => ({ ...answer, token_type: 'Bearer' })), 'ok'],
  [
    'token_type mac',
    'token',
    changed((answer) => ({ ...answer, token_type: 'mac' })),
    'provider_misbehaved/token answer',
  ],
  ['no token_type', 'token', changed(({ token_type: _, ...rest }) => rest), 'ok'],
  ['no token', 'token', () => json(200, { token_type: 'bearer' }), 'provider_misbehaved/token answer'],
  [
    'a form',
    'token',
    body('access_token=a', 'application/x-www-form-urlencoded'),
    'provider_misbehaved/content type',
  ],
  [
    'a redirect of the token request',
    'token',
    redirectTo('https://canary.test/'),
    'provider_misbehaved/redirect',
  ],
  ['an endless token answer', 'token', oversized(), 'provider_misbehaved/body'],
  ['500', 'token', status(500), 'provider_unreachable'],
  ['a user without a name', 'user', () => json(200, { id: 1 }), 'provider_misbehaved/shape'],
  [
    'a user with an odd name',
    'user',
    () => json(200, { id: 1, login: 'a\r\nb' }),
    'provider_misbehaved/shape',
  ],
  ['a user with a textual id', 'user', () => json(200, { id: '1', login: 'a' }), 'provider_misbehaved/shape'],
  ['a user endpoint that is a page', 'user', body('<html>', 'text/html'), 'provider_misbehaved/content type'],
  ['addresses that are an object', 'emails', () => json(200, {}), 'provider_misbehaved/shape'],
  ['addresses that need a scope', 'emails', () => json(404, {}), 'provider_misbehaved/status'],
  ['organisations that fail', 'orgs', status(502), 'provider_unreachable'],
  ['organisations that are no objects', 'orgs', () => json(200, ['acme']), 'provider_misbehaved/shape'],
]

test.each(troubles)('GitHub answers with %s', async (_name, endpoint, script, verdict) => {
  const { github, signIn } = aGithub()
  github.scripts[endpoint] = script
  expect(verdictOf(await signIn())).toBe(verdict)
})

test('GitHub that refuses an answer about the person is named with the call', async () => {
  const { github, signIn } = aGithub()
  github.scripts.emails = () => json(403, { message: 'Resource not accessible by integration' })
  const grant = await signIn()
  expect(grant.ok ? {} : grant.problem.detail).toEqual({
    why: 'status',
    status: 403,
    endpoint: '/user/emails',
    host: 'github.test',
  })
})

test('GitHub says with status 200 that the client secret is wrong, and that is no sign-in', async () => {
  const { signIn } = aGithub({}, { clientSecret: { value: 'wrong' } })
  expect(verdictOf(await signIn())).toBe('misconfigured/incorrect_client_credentials')
})

test('GitHub checks the access token against the API; there is nothing to refresh, revoke or sign out of', async () => {
  const { github, provider, signIn } = aGithub()
  const grant = await signIn()
  if (!grant.ok) throw new Error(verdictOf(grant))
  const session = aSession({ ...grant.value.identity, tokens: grant.value.tokens })
  expect(await provider.validate(session)).toEqual({ ok: true, value: true })
  expect(github.hits.root).toBe(1)
  const revoked = { ...session, tokens: { ...session.tokens, access: 'revoked' } }
  expect(await provider.validate(revoked)).toEqual({ ok: true, value: false })
  expect(verdictOf(await provider.refresh(session))).toBe('refresh_unsupported')
  expect(verdictOf(await provider.revoke(session))).toBe('ok')
  expect(
    await provider.endSessionUrl({ idToken: undefined, returnTo: 'https://a/', state: '' }),
  ).toBeUndefined()
  expect(provider.verifyBearer).toBeUndefined()
})

const HOUR = 3_600_000

/** A session of somebody who signed in at a GitHub App with tokens that expire. */
async function atGithubApp(rules: Partial<GithubRules> = {}) {
  const bench = aGithub(rules)
  bench.github.tokenSeconds = 28_800
  const grant = await bench.signIn()
  if (!grant.ok) throw new Error(verdictOf(grant))
  const session = aSession({ ...grant.value.identity, tokens: grant.value.tokens })
  /** As it is in a cookie where nothing needs the access token. */
  const bare = { ...session, tokens: { ...session.tokens, access: undefined } }
  return { ...bench, session, bare }
}

test('a GitHub App has tokens that end, and a refresh reads the person and the rules again', async () => {
  const { github, platform, provider, session } = await atGithubApp({ org: 'acme' })
  expect(session.tokens).toEqual({
    access: expect.stringMatching(/^ghu_/u),
    id: undefined,
    refresh: expect.stringMatching(/^ghr_/u),
    accessExpiresAtMs: platform.now() + 8 * HOUR,
  })
  platform.pass(7.6 * HOUR)
  github.person.teams = ['acme:ops']
  const refreshed = await provider.refresh(session)
  expect(refreshed).toMatchObject({
    ok: true,
    value: {
      identity: { subject: '583231', groups: ['acme', 'acme:ops'] },
      tokens: { refresh: expect.stringMatching(/^ghr_/u), accessExpiresAtMs: platform.now() + 8 * HOUR },
    },
  })
  expect(Object.fromEntries(github.tokenRequests.at(-1) ?? [])).toEqual({
    client_id: 'gh-client',
    client_secret: 'gh-secret',
    grant_type: 'refresh_token',
    refresh_token: session.tokens.refresh,
  })
  github.person.orgs = []
  platform.pass(8 * HOUR)
  const next = refreshed.ok
    ? { ...session, ...refreshed.value.identity, tokens: refreshed.value.tokens }
    : session
  expect(verdictOf(await provider.refresh(next))).toBe('not_permitted/github-org')
})

test('a GitHub App gives a new token near the end of the last one alone', async () => {
  const { github, platform, provider, session, bare } = await atGithubApp()
  github.person.teams = ['acme:ops']
  platform.pass(HOUR)
  const asked = await provider.refresh(session)
  expect(asked).toMatchObject({ ok: true, value: { identity: { groups: ['acme', 'acme:ops'] } } })
  expect(asked.ok && asked.value.tokens).toEqual(session.tokens)
  const known = await provider.refresh(bare)
  expect(known).toMatchObject({ ok: true, value: { identity: { groups: ['acme', 'acme:platform'] } } })
  expect(github.hits.token).toBe(1)
})

test('a GitHub App that the person takes back ends the session', async () => {
  const { github, platform, provider, session, bare } = await atGithubApp()
  github.takeBack()
  expect(verdictOf(await provider.refresh(session))).toBe('refresh_refused/bad_refresh_token')
  platform.pass(7.6 * HOUR)
  expect(verdictOf(await provider.refresh(bare))).toBe('refresh_refused/bad_refresh_token')
})

test('a new token of a GitHub App is kept while the API is in trouble, and so is what was known', async () => {
  const { github, platform, provider, session } = await atGithubApp({ org: 'acme' })
  github.scripts.user = () => json(403, { message: 'API rate limit exceeded' })
  platform.pass(HOUR)
  expect(verdictOf(await provider.refresh(session))).toBe('provider_unreachable/rate limit')
  platform.pass(7 * HOUR)
  const refreshed = await provider.refresh(session)
  expect(refreshed).toMatchObject({ ok: true, value: { identity: { groups: ['acme', 'acme:platform'] } } })
  expect(refreshed.ok && refreshed.value.tokens.refresh).not.toBe(session.tokens.refresh)
})

test('GitHub without URLs is github.com', async () => {
  const [provider] = createProviders([aProviderConfig({ kind: 'github' })], someTools(createFakePlatform()))
  const url = await provider!.authorizationUrl({
    redirectUri: 'https://a/',
    state: '',
    nonce: '',
    codeVerifier: 'v',
    extra: {},
  })
  expect(url.ok && url.value).toMatch(/^https:\/\/github\.com\/login\/oauth\/authorize\?/u)
})
