import { generateKeyPairSync } from 'node:crypto'
import { importSPKI, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import type { GoogleCredentials } from '../../../../src/providers/kinds/google/credentials.ts'
import type { GoogleDirectoryConfig } from '../../../../src/providers/kinds/google/options.ts'
import { createFakeGoogle } from '../../../support/fake-google.ts'
import { createFakeServer, json, status } from '../../../support/fake-server.ts'
import { configOf, problemsOf, warningsOf } from '../../config/config-fixture.ts'
import { aBench, verdictOf } from '../providers-fixture.ts'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const SPKI = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const PKCS8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

const KEY = {
  kind: 'service-account',
  email: 'sa@example.iam.gserviceaccount.com',
  pkcs8: PKCS8,
  tokenUrl: 'https://oauth2.googleapis.com/token',
} as const satisfies GoogleCredentials

const METADATA = { kind: 'metadata', metadataOrigin: 'http://metadata.google.internal' } as const

async function aBenchAtGoogle(given: Partial<GoogleDirectoryConfig> = {}, google = createFakeGoogle()) {
  const own: GoogleDirectoryConfig = {
    adminEmail: 'admin@example.com',
    credentials: KEY,
    groups: [],
    organizationId: false,
    userScope: 'https://www.googleapis.com/auth/admin.directory.user.readonly',
    ...given,
  }
  const iam = createFakeServer('https://iamcredentials.googleapis.com', ['sign'])
  const signed: { account: string; authorization: string | null }[] = []
  iam.route('sign', 'post', '/v1/projects/-/serviceAccounts/:call', async (request, { call = '' }) => {
    signed.push({ account: call, authorization: request.headers.get('authorization') })
    const { payload } = await request.json()
    const part = (text: string): string => Buffer.from(text).toString('base64url')
    return json(200, { keyId: '1', signedJwt: `${part('{"alg":"RS256"}')}.${part(payload)}.c2ln` })
  })
  const metadata = createFakeServer('http://metadata.google.internal', ['token', 'email'])
  const flavored = (request: Request, answer: () => Response) =>
    request.headers.get('metadata-flavor') === 'Google' ? answer() : json(403, {})
  const base = '/computeMetadata/v1/instance/service-accounts/default'
  metadata.route('token', 'get', `${base}/token`, (request) =>
    flavored(request, () => json(200, { access_token: 'of the machine', expires_in: 300 })),
  )
  metadata.route('email', 'get', `${base}/email`, (request) =>
    flavored(
      request,
      () =>
        new Response('vm@example.iam.gserviceaccount.com\n', {
          headers: { 'content-type': 'application/text' },
        }),
    ),
  )
  const apis = [google.tokens, google.directory, iam.server, metadata.server]
  const bench = await aBench({ kind: 'google', own, issuer: 'https://op.test' }, {}, { apis })
  return { ...bench, google, signed }
}

describe('the groups of Google', () => {
  it('groups that options name are asked about, members of groups in them and of other domains included', async () => {
    const groups = ['staff@example.com', 'ops@example.com', 'guests@example.com', 'none@example.com']
    const { session } = await aBenchAtGoogle({ groups })
    expect((await session()).groups).toEqual(['staff@example.com', 'guests@example.com'])
  })

  it('all groups are read where none are named, all pages of them', async () => {
    const { session } = await aBenchAtGoogle()
    expect((await session()).groups).toEqual(['a@example.com', 'b@example.com'])
  })

  it('the assertion is signed by the service account for the administrator', async () => {
    const { google, session } = await aBenchAtGoogle()
    let assertion = ''
    google.tokens.scripts['token'] = async (next, request) => {
      assertion = new URLSearchParams(await request.clone().text()).get('assertion') ?? ''
      return next()
    }
    const { platform } = await aBenchAtGoogle()
    await session()
    const { payload } = await jwtVerify(assertion, await importSPKI(SPKI, 'RS256'), {
      currentDate: new Date(platform.now()),
    })
    expect(payload).toMatchObject({
      iss: KEY.email,
      sub: 'admin@example.com',
      aud: KEY.tokenUrl,
      scope: 'https://www.googleapis.com/auth/admin.directory.group.member.readonly',
    })
  })

  it('scopes are tried until the delegation has one, which is remembered', async () => {
    const { google, platform, session } = await aBenchAtGoogle(
      {},
      createFakeGoogle(['admin.directory.group']),
    )
    await session()
    platform.pass(7_200_000)
    await session()
    expect(google.asked).toEqual([
      'admin.directory.group.member.readonly',
      'admin.directory.group.readonly',
      'admin.directory.group.member',
      'admin.directory.group',
      'admin.directory.group',
    ])
  })

  it('a delegation without any of the scopes is a fault of the operator', async () => {
    const { signIn } = await aBenchAtGoogle({}, createFakeGoogle([]))
    expect(verdictOf(await signIn())).toBe('misconfigured/unauthorized_client')
  })

  it('an answer about a person is used again for a minute', async () => {
    const { google, platform, session } = await aBenchAtGoogle({ groups: ['staff@example.com'] })
    await session()
    await session()
    expect(google.directory.hits['hasMember']).toBe(1)
    platform.pass(61_000)
    await session()
    expect(google.directory.hits['hasMember']).toBe(2)
  })

  it('groups of before are kept when the directory fails at a refresh, and those of now count when it answers', async () => {
    const { google, platform, provider, session } = await aBenchAtGoogle()
    const before = await session()
    platform.pass(61_000)
    google.directory.scripts['groups'] = status(503)
    const kept = await provider.refresh(before)
    expect(kept).toMatchObject({ ok: true, value: { identity: { groups: before.groups } } })
    google.directory.scripts['groups'] = () => json(200, { groups: [{ email: 'c@example.com' }] })
    const tokens = kept.ok ? kept.value.tokens : before.tokens
    expect(await provider.refresh({ ...before, tokens })).toMatchObject({
      ok: true,
      value: { identity: { groups: ['c@example.com'] } },
    })
  })

  it('trouble with the directory at a sign-in is trouble, not a person without groups', async () => {
    const { google, signIn } = await aBenchAtGoogle({ groups: ['staff@example.com'] })
    google.directory.scripts['hasMember'] = status(503)
    expect(verdictOf(await signIn())).toBe('provider_unreachable')
    google.directory.scripts['hasMember'] = () => json(403, { error: { code: 403 } })
    expect(verdictOf(await signIn())).toBe('misconfigured')
  })

  it('the id of the organisation is the preferred user name, and a person without one cannot sign in', async () => {
    const { google, session, signIn } = await aBenchAtGoogle({ organizationId: true })
    expect((await session()).preferredUsername).toBe('E-77')
    google.directory.scripts['user'] = () => json(200, { externalIds: [] })
    expect(verdictOf(await signIn())).toBe('identity_incomplete/externalIds')
  })
})

describe('the credentials of the machine', () => {
  it('the metadata server gives a token, with which IAM signs for its account', async () => {
    const { session, signed } = await aBenchAtGoogle({
      credentials: { kind: 'impersonated', targetPrincipal: '', base: METADATA },
    })
    expect((await session()).groups).toEqual(['a@example.com', 'b@example.com'])
    expect(signed).toEqual([
      { account: 'vm@example.iam.gserviceaccount.com:signJwt', authorization: 'Bearer of the machine' },
    ])
  })

  it('another account is acted as where one is named, with a key or with credentials of a person', async () => {
    const person = { kind: 'user', clientId: 'c', clientSecret: 's', refreshToken: 'r' } as const
    for (const [base, token] of [
      [KEY, 'of the account'],
      [person, 'of a person'],
    ] as const) {
      const { session, signed } = await aBenchAtGoogle({
        credentials: { kind: 'impersonated', targetPrincipal: 'other@example.iam.gserviceaccount.com', base },
      })
      expect((await session()).groups).toEqual(['a@example.com', 'b@example.com'])
      expect(signed).toEqual([
        { account: 'other@example.iam.gserviceaccount.com:signJwt', authorization: `Bearer ${token}` },
      ])
    }
  })
})

describe('the options of Google', () => {
  const AT_GOOGLE = ['--provider=google', '--oidc-issuer-url=']
  const file = JSON.stringify({ type: 'service_account', client_email: KEY.email, private_key: PKCS8 })
  const files = {
    '/sa.json': file,
    '/user.json': '{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r"}',
    '/other.json': '{"type":"external_account"}',
    '/none.json': 'hunter2',
  }
  const directory = ['--google-admin-email=admin@example.com', '--google-service-account-json=/sa.json']

  it('groups of the options are those of which one is needed', () => {
    const { policy, providers } = configOf({
      args: [...AT_GOOGLE, ...directory, '--google-group=a@example.com', '--allowed-group=b@example.com'],
      files,
    })
    expect(policy.allowedGroups).toEqual(['b@example.com', 'a@example.com'])
    expect(providers[0]?.own).toMatchObject({
      adminEmail: 'admin@example.com',
      credentials: { email: KEY.email },
    })
  })

  it.each([
    [['--google-group=a@example.com'], 'give google-service-account-json too'],
    [['--google-use-organization-id=true'], 'give google-service-account-json too'],
    [['--google-service-account-json=/sa.json'], 'give the administrator to act as'],
    [
      [...directory, '--google-use-application-default-credentials=true'],
      'remove this or google-use-application-default',
    ],
    [
      ['--google-admin-email=a@b', '--google-service-account-json=/none.json'],
      'give the JSON file that Google Cloud made',
    ],
    [
      ['--google-admin-email=a@b', '--google-service-account-json=/user.json'],
      'give the key of a service account',
    ],
    [
      ['--google-admin-email=a@b', '--google-service-account-json=/other.json'],
      'credentials of the type external_account',
    ],
  ])('the start stops at %j', (args, sentence) => {
    expect(problemsOf({ args: [...AT_GOOGLE, ...args], files })).toEqual([expect.stringContaining(sentence)])
  })

  it('credentials of the machine are those of the file that a variable names, or of the metadata server', () => {
    const args = [
      ...AT_GOOGLE,
      '--google-admin-email=a@b',
      '--google-use-application-default-credentials=true',
    ]
    const own = (env: Record<string, string>) => configOf({ args, env, files }).providers[0]
    expect(own({})).toMatchObject({
      urls: [
        'https://admin.googleapis.com',
        'https://iamcredentials.googleapis.com',
        'http://metadata.google.internal',
      ],
      own: { credentials: { kind: 'impersonated', base: { kind: 'metadata' } } },
    })
    expect(own({ GOOGLE_APPLICATION_CREDENTIALS: '/sa.json' })?.own).toMatchObject({
      credentials: { base: { kind: 'service-account', email: KEY.email } },
    })
    expect(problemsOf({ args, env: { GOOGLE_APPLICATION_CREDENTIALS: '/user.json' }, files })).toEqual([
      expect.stringContaining('give the service account to act as'),
    ])
  })

  it('a rule on groups is warned about where Google gives none', () => {
    expect(warningsOf({ args: [...AT_GOOGLE, '--allowed-group=a'] })).toEqual([
      expect.stringContaining('without it people who sign in at Google have no groups'),
    ])
  })
})
