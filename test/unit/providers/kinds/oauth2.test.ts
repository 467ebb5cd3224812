import { describe, expect, it } from 'vitest'
import type { ProviderConfig } from '../../../../src/config/sections/provider.ts'
import { type FakeApi, instead } from '../../../support/fake-oauth2.ts'
import { type Script, status } from '../../../support/fake-server.ts'
import { aSession } from '../../../support/session.ts'
import { configOf } from '../../config/config-fixture.ts'
import { verdictOf } from '../providers-fixture.ts'
import { anOAuth2Provider } from './oauth2-fixture.ts'

/** How the API of one kind answers when all is well, after the documents that each kind's file names. */
interface Sample {
  readonly apis: Readonly<Record<string, FakeApi>>
  readonly urls: { readonly profileUrl?: string; readonly validateUrl?: string }
  readonly given?: Partial<ProviderConfig>
  readonly identity: Readonly<Record<string, unknown>>
  /** [what the endpoint answers, endpoint, answer, parts of the identity or a verdict] */
  readonly cases: readonly (readonly [string, string, Script, string | Readonly<Record<string, unknown>>])[]
}

const EVERYONE = { preferredUsername: undefined, groups: [], sid: undefined, issuer: 'https://oauth2.test' }

const account = (given: object = {}) => ({
  account: {
    droplet_limit: 25,
    email: 'sammy@example.com',
    uuid: 'b6fr89dbf6d9156cace5f3c78dc9851d957381ef',
    email_verified: true,
    status: 'active',
    ...given,
  },
})

const ocs = (data: unknown) => ({ ocs: { meta: { status: 'ok', statuscode: 200 }, data } })

const emails = (given: object = {}) => ({
  pagelen: 10,
  values: [
    { email: 'old@example.com', is_primary: false, is_confirmed: true, type: 'email' },
    { email: 'ann@example.com', is_primary: true, is_confirmed: true, type: 'email', ...given },
  ],
})

const BITBUCKET = {
  emails: {
    path: '/2.0/user/emails',
    // The primary address stands behind the first ten.
    answer: ({ url }: Request) =>
      new URL(url).searchParams.get('pagelen') === '100' ? emails() : { values: [] },
  },
  workspaces: {
    path: '/2.0/user/workspaces',
    // Two pages, of which each names the next.
    answer: ({ url }: Request) =>
      new URL(url).searchParams.has('page')
        ? { values: [{ administrator: false, workspace: { slug: 'acme', type: 'workspace_base' } }] }
        : {
            values: [{ administrator: true, workspace: { slug: 'ann', type: 'workspace_base' } }],
            next: 'https://oauth2.test/2.0/user/workspaces?page=2',
          },
  },
  repositories: {
    path: '/2.0/repositories/:workspace',
    answer: ({ url }: Request, { workspace }: Record<string, string>) => {
      const query = new URL(url).searchParams
      const isAsked = query.get('role') === 'contributor' && query.get('q') === 'full_name="acme/app"'
      return { values: workspace === 'acme' && isAsked ? [{ full_name: 'acme/app' }] : [] }
    },
  },
} satisfies Record<string, FakeApi>

const SAMPLES: Readonly<Record<string, Sample>> = {
  bitbucket: {
    apis: BITBUCKET,
    urls: { validateUrl: '/2.0/user/emails' },
    given: { own: { team: 'acme', repository: 'acme/app' } },
    identity: {
      subject: 'ann@example.com',
      user: 'ann@example.com',
      email: 'ann@example.com',
      groups: ['ann', 'acme'],
    },
    cases: [
      ['no primary address', 'emails', instead({ values: [] }), 'identity_incomplete/email'],
      [
        'an address that is not confirmed',
        'emails',
        instead(emails({ is_confirmed: false })),
        'email_unverified',
      ],
      ['other workspaces', 'workspaces', instead({ values: [] }), 'not_permitted/bitbucket-team'],
      ['other repositories', 'repositories', instead({ values: [] }), 'not_permitted/bitbucket-repository'],
      ['a retired endpoint', 'workspaces', status(410), 'provider_misbehaved/status'],
      [
        'a next page elsewhere [SS-20]',
        'workspaces',
        instead({ values: [], next: 'https://canary.test/' }),
        'provider_misbehaved/next page',
      ],
    ],
  },
  atlassian: {
    apis: {
      me: {
        path: '/me',
        answer: () => ({
          account_type: 'atlassian',
          account_id: '557058:96b-2e',
          email: 'ann@example.com',
          name: 'Ann',
        }),
      },
    },
    urls: { profileUrl: '/me', validateUrl: '/me' },
    identity: { subject: '557058:96b-2e', user: '557058:96b-2e', email: 'ann@example.com' },
    cases: [
      ['no address', 'me', instead({ account_id: '1' }), 'provider_misbehaved/shape'],
      ['an odd id', 'me', instead({ account_id: 'a b', email: 'a@b' }), 'provider_misbehaved/shape'],
    ],
  },
  discord: {
    apis: {
      me: {
        path: '/users/@me',
        answer: () => ({
          id: '80351110224678912',
          username: 'nelly',
          email: 'nelly@example.com',
          verified: true,
        }),
      },
      guilds: { path: '/users/@me/guilds', answer: () => [{ id: '197038439483310086', name: 'Testers' }] },
    },
    urls: { profileUrl: '/users/@me', validateUrl: '/users/@me' },
    given: { own: true },
    identity: {
      subject: '80351110224678912',
      user: '80351110224678912',
      preferredUsername: 'nelly',
      email: 'nelly@example.com',
      groups: ['guild:197038439483310086'],
    },
    cases: [
      [
        'an address that is not verified',
        'me',
        instead({ id: '1', username: 'a', email: 'a@b', verified: false }),
        'email_unverified',
      ],
      [
        'an account without an address',
        'me',
        instead({ id: '1', username: 'a', email: null }),
        { email: undefined },
      ],
      ['too many questions', 'guilds', status(429), 'provider_unreachable'],
      ['no scope for servers', 'guilds', status(401), 'provider_misbehaved/status'],
    ],
  },
  oauth2: {
    apis: {
      profile: {
        path: '/api/me',
        answer: () => ({ data: { id: 42, login: 'ann' }, email: 'ann@example.com', groups: ['a', 'b'] }),
      },
    },
    urls: { profileUrl: '/api/me' },
    given: { own: { subject: 'data.id', user: 'data.login' } },
    identity: {
      subject: '42',
      user: 'ann',
      preferredUsername: 'ann',
      email: 'ann@example.com',
      groups: ['a', 'b'],
    },
    cases: [
      ['no subject', 'profile', instead({ email: 'a@b' }), 'identity_incomplete/data.id'],
      [
        'a subject that is an object',
        'profile',
        instead({ data: { id: {} } }),
        'identity_incomplete/data.id',
      ],
      ['a list', 'profile', instead([]), 'identity_incomplete/data.id'],
      [
        'an address that is a list',
        'profile',
        instead({ data: { id: 1 }, email: ['a@b'] }),
        'identity_incomplete/type',
      ],
      [
        'an address that is not verified',
        'profile',
        instead({ data: { id: 1 }, email: 'a@b', email_verified: false }),
        'email_unverified',
      ],
      [
        'a subject alone',
        'profile',
        instead({ data: { id: 1 } }),
        { user: '1', email: undefined, groups: [] },
      ],
    ],
  },
  digitalocean: {
    apis: { account: { path: '/v2/account', answer: () => account() } },
    urls: { profileUrl: '/v2/account', validateUrl: '/v2/account' },
    identity: {
      subject: 'b6fr89dbf6d9156cace5f3c78dc9851d957381ef',
      user: 'b6fr89dbf6d9156cace5f3c78dc9851d957381ef',
      email: 'sammy@example.com',
    },
    cases: [
      [
        'an address that is not verified',
        'account',
        instead(account({ email_verified: false })),
        'email_unverified',
      ],
      ['no address', 'account', instead(account({ email: null })), 'provider_misbehaved/shape'],
      ['no account', 'account', instead({}), 'provider_misbehaved/shape'],
      ['401', 'account', status(401), 'provider_misbehaved/status'],
      ['502', 'account', status(502), 'provider_unreachable'],
    ],
  },
  facebook: {
    apis: {
      me: {
        path: '/v2.5/me',
        // Without `fields` the Graph API says the name and the id alone.
        answer: ({ url }) =>
          new URL(url).searchParams.get('fields')?.includes('email') === true
            ? { id: '10224', name: 'Ann', email: 'ann@example.com' }
            : { id: '10224', name: 'Ann' },
      },
    },
    urls: { profileUrl: '/v2.5/me', validateUrl: '/v2.5/me' },
    identity: { subject: '10224', user: '10224', email: 'ann@example.com' },
    cases: [
      ['an account without an address', 'me', instead({ id: '1' }), { subject: '1', email: undefined }],
      ['an error with status 200', 'me', instead({ error: { code: 190 } }), 'provider_misbehaved/shape'],
      [
        'an address with a line break',
        'me',
        instead({ id: '1', email: 'a@b\r\nc' }),
        'provider_misbehaved/shape',
      ],
    ],
  },
  linkedin: {
    apis: {
      address: {
        path: '/v2/emailAddress',
        answer: ({ url }) =>
          new URL(url).search === '?q=members&projection=(elements*(handle~))'
            ? {
                elements: [
                  {
                    handle: 'urn:li:emailAddress:3775708763',
                    'handle~': { emailAddress: 'ding@example.com' },
                  },
                ],
              }
            : { elements: [{ handle: 'urn:li:emailAddress:3775708763' }] },
      },
      me: { path: '/v2/me', answer: () => ({ id: 'yrZCpj2Z12', localizedFirstName: 'Bob' }) },
    },
    urls: { profileUrl: '/v2/emailAddress', validateUrl: '/v2/me' },
    identity: { subject: 'yrZCpj2Z12', user: 'yrZCpj2Z12', email: 'ding@example.com' },
    cases: [
      ['no address', 'address', instead({ elements: [] }), 'identity_incomplete/email'],
      ['no id', 'me', instead({}), 'provider_misbehaved/shape'],
      ['a refusal of the product', 'me', status(403), 'provider_misbehaved/status'],
    ],
  },
  nextcloud: {
    apis: {
      user: {
        path: '/ocs/v2.php/cloud/user',
        answer: () => ocs({ id: 'ann', email: 'ann@example.com', groups: ['admin', 'a, b'], enabled: true }),
      },
    },
    urls: { validateUrl: '/ocs/v2.php/cloud/user?format=json' },
    identity: { subject: 'ann', user: 'ann', email: 'ann@example.com', groups: ['admin', 'a, b'] },
    cases: [
      ['no address', 'user', instead(ocs({ id: 'ann', email: null, groups: [] })), { email: undefined }],
      ['an empty address', 'user', instead(ocs({ id: 'ann', email: '' })), { email: undefined, groups: [] }],
      ['no data', 'user', instead(ocs([])), 'provider_misbehaved/shape'],
      [
        'a page',
        'user',
        () => new Response('<ocs/>', { headers: { 'content-type': 'text/xml' } }),
        'provider_misbehaved/content type',
      ],
    ],
  },
  keycloak: {
    apis: {
      userinfo: {
        path: '/userinfo',
        answer: () => ({
          sub: '8d2c',
          preferred_username: 'ann',
          email: 'ann@example.com',
          email_verified: true,
          groups: ['/staff'],
        }),
      },
    },
    urls: { profileUrl: '/userinfo', validateUrl: '/userinfo' },
    identity: {
      subject: '8d2c',
      user: 'ann',
      preferredUsername: 'ann',
      email: 'ann@example.com',
      groups: ['/staff'],
    },
    cases: [
      [
        'a mapped user',
        'userinfo',
        instead({ sub: '1', user: 'a', preferred_username: 'b' }),
        { user: 'a', preferredUsername: 'b' },
      ],
      [
        'no name',
        'userinfo',
        instead({ sub: '1' }),
        { user: '1', preferredUsername: undefined, email: undefined },
      ],
      ['nothing', 'userinfo', instead({}), 'identity_incomplete/sub'],
      [
        'an address that is not verified',
        'userinfo',
        instead({ sub: '1', email: 'a@b', email_verified: false }),
        'email_unverified',
      ],
    ],
  },
  sourcehut: {
    apis: {
      query: {
        method: 'post',
        path: '/query',
        answer: async (request) =>
          /^\{\s*me\s*\{\s*username,?\s*email\s*\}\s*\}$/u.test((await request.json()).query)
            ? { data: { me: { username: 'ann', email: 'ann@example.com' } } }
            : { errors: [{ message: 'unexpected' }] },
      },
    },
    urls: { profileUrl: '/query', validateUrl: '/profile' },
    identity: { subject: 'ann', user: 'ann', preferredUsername: 'ann', email: 'ann@example.com' },
    cases: [
      ['errors with status 200', 'query', instead({ data: null, errors: [] }), 'provider_misbehaved/shape'],
    ],
  },
}

describe.each(Object.entries(SAMPLES))('%s', (kind, { apis, urls, given, identity, cases }) => {
  it('the API says who the person is', async () => {
    const { fake, signIn } = anOAuth2Provider(kind, apis, urls, given)
    const grant = await signIn()
    expect(grant).toMatchObject({ ok: true, value: { identity: { ...EVERYONE, ...identity } } })
    expect(fake.tokenRequests[0]?.get('code_verifier')).toBe('v'.repeat(43))
  })

  it('a token answer without a type is taken, with another type it is not', async () => {
    const { fake, signIn } = anOAuth2Provider(kind, apis, urls, given)
    fake.tokenAnswer = { token_type: undefined }
    expect(verdictOf(await signIn())).toBe('ok')
    fake.tokenAnswer = { token_type: 'mac' }
    expect(verdictOf(await signIn())).toBe('provider_misbehaved/token answer')
  })

  it.each(cases)('the answer %s of the API is judged', async (_, endpoint, script, expected) => {
    const { fake, signIn } = anOAuth2Provider(kind, apis, urls, given)
    fake.scripts[endpoint] = script
    const grant = await signIn()
    if (typeof expected === 'string') expect(verdictOf(grant)).toBe(expected)
    else expect(grant).toMatchObject({ ok: true, value: { identity: expected } })
  })

  it('a redirect of the API is not followed [SS-19]', async () => {
    const { fake, signIn } = anOAuth2Provider(kind, apis, urls, given)
    const [endpoint = ''] = Object.keys(apis)
    fake.scripts[endpoint] = () =>
      new Response(null, { status: 302, headers: { location: 'https://canary.test/' } })
    expect(verdictOf(await signIn())).toBe('provider_misbehaved/redirect')
  })
})

it('Bitbucket is asked for nothing that no option needs', async () => {
  const { fake, signIn } = anOAuth2Provider(
    'bitbucket',
    BITBUCKET,
    { validateUrl: '/2.0/user/emails' },
    { own: { team: '', repository: '' } },
  )
  expect(await signIn()).toMatchObject({ ok: true, value: { identity: { groups: [] } } })
  expect([fake.hits['workspaces'], fake.hits['repositories']]).toEqual([0, 0])
})

it('Atlassian is asked with the parameters of its reference, and prompt may be another', () => {
  const parametersOf = (...args: readonly string[]) =>
    configOf({ args: ['--provider=atlassian', '--oidc-issuer-url=', ...args] }).providers[0]?.loginParameters
  expect(parametersOf()).toEqual({ audience: 'api.atlassian.com', prompt: 'consent' })
  expect(parametersOf('--prompt=login')).toEqual({ audience: 'api.atlassian.com', prompt: 'login' })
})

it('a token endpoint that takes Basic credentials alone gets them, once that is known at the first request', async () => {
  const me = { me: { path: '/api/me', answer: () => ({ sub: '7' }) } }
  const own = { subject: 'sub', user: '' }
  const { fake, signIn } = anOAuth2Provider('oauth2', me, { profileUrl: '/api/me' }, { own })
  fake.credentialsIn = 'Basic'
  expect(verdictOf(await signIn())).toBe('ok')
  expect(verdictOf(await signIn())).toBe('ok')
  expect(fake.tokenRequests.map((form) => form.has('client_secret'))).toEqual([true, false, false])
})

it('a client secret that is wrong everywhere is a fault of the settings', async () => {
  const me = { me: { path: '/api/me', answer: () => ({ sub: '7' }) } }
  const given = { own: { subject: 'sub', user: '' }, clientSecret: { value: 'wrong' } }
  const { fake, signIn } = anOAuth2Provider('oauth2', me, { profileUrl: '/api/me' }, given)
  expect(verdictOf(await signIn())).toBe('misconfigured/invalid_client')
  expect(fake.hits['token']).toBe(2)
})

it('LinkedIn gives what OpenID Connect has when the profile-url is the userinfo endpoint', async () => {
  const info = { sub: '782bbtaQ', email: 'ann@example.com', email_verified: 'true' }
  const apis = { userinfo: { path: '/v2/userinfo', answer: () => info } }
  const { fake, signIn } = anOAuth2Provider('linkedin', apis, { profileUrl: '/v2/userinfo' })
  expect(await signIn()).toMatchObject({
    ok: true,
    value: { identity: { subject: '782bbtaQ', email: 'ann@example.com' } },
  })
  fake.scripts['userinfo'] = instead({ ...info, email_verified: false })
  expect(verdictOf(await signIn())).toBe('email_unverified')
})

it('the access token of a session is validated at the validate-url, and never refreshed', async () => {
  const { apis, urls } = SAMPLES['keycloak'] ?? { apis: {}, urls: {} }
  const { provider, signIn } = anOAuth2Provider('keycloak', apis, urls)
  const grant = await signIn()
  if (!grant.ok) throw new Error(verdictOf(grant))
  const session = aSession({ ...grant.value.identity, tokens: grant.value.tokens })
  expect(await provider.validate(session)).toEqual({ ok: true, value: true })
  const revoked = { ...session, tokens: { ...session.tokens, access: 'revoked' } }
  expect(await provider.validate(revoked)).toEqual({ ok: true, value: false })
  expect(verdictOf(await provider.refresh(session))).toBe('refresh_unsupported')
})
