import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import type { ProviderConfig } from '../../../../src/config/sections/provider.ts'
import type { Claims } from '../../../support/fake-provider.ts'
import {
  body,
  json,
  never,
  oversized,
  redirectTo,
  type Script,
  status,
} from '../../../support/fake-server.ts'
import { aBench, verdictOf } from '../providers-fixture.ts'

const LOGIN = {
  redirectUri: 'https://app.example.com/cb',
  state: 's',
  nonce: 'n',
  codeVerifier: 'v'.repeat(43),
  extra: {},
}

// [row, what is wrong, members of the document, verdict, settings]
const documents: [string, string, Claims, string, Partial<ProviderConfig>?][] = [
  ['C21', 'nothing', {}, 'ok'],
  ['C23', 'another issuer', { issuer: 'https://evil.test' }, 'provider_misbehaved/issuer'],
  ['ID-31', 'an issuer with a slash', { issuer: 'https://op.test/' }, 'provider_misbehaved/issuer'],
  ['ID-31', 'no issuer', { issuer: undefined }, 'provider_misbehaved/shape'],
  [
    'ID-31',
    'another issuer, switched off',
    { issuer: 'https://op.test/{tenant}' },
    'ok',
    { skipIssuerVerification: true },
  ],
  [
    'ID-32',
    'a token endpoint without TLS',
    { token_endpoint: 'http://op.test/token' },
    'provider_misbehaved/endpoint',
  ],
  [
    'ID-32',
    'keys at a metadata service',
    { jwks_uri: 'http://169.254.169.254/' },
    'provider_misbehaved/endpoint',
  ],
  ['ID-32', 'keys on loopback', { jwks_uri: 'http://127.0.0.1:9200/' }, 'provider_misbehaved/endpoint'],
  [
    'ID-32',
    'a script as sign-in page',
    { authorization_endpoint: 'javascript:alert(1)' },
    'provider_misbehaved/endpoint',
  ],
  ['ID-32', 'a file as profile', { userinfo_endpoint: 'file:///etc/passwd' }, 'provider_misbehaved/endpoint'],
  [
    'ID-32',
    'end of session without TLS',
    { end_session_endpoint: 'http://op.test/x' },
    'provider_misbehaved/endpoint',
  ],
  ['ID-32', 'keys on another https host', { jwks_uri: 'https://keys.test/jwks' }, 'ok'],
  ['ID-33', 'no token endpoint', { token_endpoint: undefined }, 'provider_misbehaved/shape'],
  ['ID-33', 'a token endpoint that is a number', { token_endpoint: 1 }, 'provider_misbehaved/shape'],
  ['ID-33', 'algorithms that are text', { id_token_signing_alg_values_supported: 'RS256' }, 'ok'],
]

test.each(documents)(
  'a discovery document with $1 [$0]',
  async (_row, _name, metadata, verdict, settings = {}) => {
    const { op, provider } = await aBench(settings)
    op.behaviour.metadata = metadata
    expect(verdictOf(await provider.authorizationUrl(LOGIN))).toBe(verdict)
  },
)

// A provider on the inner network of a Compose file: its pages are elsewhere for the browser than for us.
const plain: [string, Claims, string][] = [
  ['sign-in page', { authorization_endpoint: 'http://login.lan:8080/auth' }, 'ok'],
  ['sign-out page', { end_session_endpoint: 'http://login.lan:8080/logout' }, 'ok'],
  ['sign-in script', { authorization_endpoint: 'javascript:alert(1)' }, 'provider_misbehaved/endpoint'],
  [
    'sign-in page with a password',
    { authorization_endpoint: 'http://a:b@login.lan/auth' },
    'provider_misbehaved/endpoint',
  ],
  ['token endpoint', { token_endpoint: 'http://login.lan:8080/token' }, 'provider_misbehaved/endpoint'],
  ['keys', { jwks_uri: 'http://169.254.169.254/' }, 'provider_misbehaved/endpoint'],
]

test.each(plain)(
  'an issuer without TLS may have its %s on another host [ID-32]',
  async (_, metadata, verdict) => {
    const { op, provider } = await aBench({ issuer: 'http://op.test' })
    op.origin = 'http://op.test'
    op.behaviour.metadata = metadata
    expect(verdictOf(await provider.authorizationUrl(LOGIN))).toBe(verdict)
  },
)

// What file stores and static hosts call a document that they know nothing about.
test.each(['application/octet-stream', 'binary/octet-stream', 'text/plain; charset=utf-8', ''])(
  'metadata and keys that lie in a file store are read, as %j [ID-33]',
  async (type) => {
    const { op, signIn } = await aBench()
    const asFile: Script = async (next) =>
      new Response(new Blob([await (await next()).text()]), {
        headers: type === '' ? {} : { 'content-type': type },
      })
    op.scripts.discovery = asFile
    op.scripts.jwks = asFile
    expect(verdictOf(await signIn())).toBe('ok')
    // The profile is no file.
    op.behaviour.profileOnly = ['email']
    op.scripts.userinfo = asFile
    expect(verdictOf(await signIn())).toBe('provider_misbehaved/content type')
  },
)

const answers: [string, Script, string][] = [
  ['302', redirectTo('https://canary.test/', 302), 'provider_misbehaved/redirect'],
  ['404', status(404), 'provider_misbehaved/status'],
  ['500', status(500), 'provider_unreachable'],
  ['a page', body('<html>', 'text/html'), 'provider_misbehaved/content type'],
  ['an array', body('[]'), 'provider_misbehaved/not an object'],
  ['50 MB', oversized(50_000_000), 'provider_misbehaved/body'],
]

test.each(answers)('discovery that answers %s is a problem [ID-33]', async (_, script, verdict) => {
  const { op, provider } = await aBench()
  op.scripts.discovery = script
  expect(verdictOf(await provider.authorizationUrl(LOGIN))).toBe(verdict)
})

test('discovery that never answers is given up after five seconds [ID-33]', async () => {
  const { op, provider } = await aBench()
  op.scripts.discovery = never()
  const started = performance.now()
  expect(verdictOf(await provider.authorizationUrl(LOGIN))).toBe('provider_unreachable/timeout')
  expect(performance.now() - started).toBeLessThan(5_500)
}, 10_000)

test('a thousand visitors while the provider is down cost it one question a second at most [DS-17]', async () => {
  const { op, platform, provider } = await aBench()
  op.scripts.discovery = status(503)
  const ask = () => provider.authorizationUrl(LOGIN)
  await Promise.all(Array.from({ length: 1_000 }, ask))
  expect(op.hits.discovery).toBe(1)
  platform.pass(1_000)
  await Promise.all(Array.from({ length: 1_000 }, ask))
  expect(op.hits.discovery).toBe(2)
})

test('a provider that was down at start works when it is back', async () => {
  const { op, platform, provider, signIn } = await aBench()
  op.scripts.discovery = status(503)
  expect((await provider.authorizationUrl(LOGIN)).ok).toBe(false)
  delete op.scripts.discovery
  platform.pass(1_000)
  expect(verdictOf(await signIn())).toBe('ok')
})

test('a discovery document is read once an hour, and an old one stands in for a provider that is down', async () => {
  const { op, platform, signIn } = await aBench()
  await signIn()
  platform.pass(3_600_000)
  await signIn()
  expect(op.hits.discovery).toBe(1)
  platform.pass(1)
  op.scripts.discovery = status(503)
  expect(verdictOf(await signIn())).toBe('ok')
  expect(op.hits.discovery).toBe(2)
})

test('the settings name the endpoints without discovery', async () => {
  const { op, provider, signIn } = await aBench({
    skipDiscovery: true,
    loginUrl: 'https://op.test/authorize?realm=main',
    redeemUrl: 'https://op.test/token',
    jwksUrl: 'https://op.test/jwks',
    profileUrl: 'https://op.test/userinfo',
  })
  const url = await provider.authorizationUrl(LOGIN)
  expect(url.ok && new URL(url.value).searchParams.get('realm')).toBe('main')
  expect(verdictOf(await signIn())).toBe('ok')
  expect(op.hits.discovery).toBe(0)
})

test('the authorization request has S256 and a nonce whatever the provider advertises [CB-15, CB-16]', async () => {
  for (const methods of [['plain'], undefined]) {
    const { op, provider } = await aBench({
      loginParameters: { prompt: 'login', code_challenge_method: 'plain' },
    })
    op.behaviour.metadata = { code_challenge_methods_supported: methods }
    const url = await provider.authorizationUrl({
      ...LOGIN,
      extra: { prompt: 'select_account', client_id: 'evil' },
    })
    expect(url.ok && Object.fromEntries(new URL(url.value).searchParams)).toEqual({
      prompt: 'select_account',
      response_type: 'code',
      client_id: 'sidegate',
      redirect_uri: 'https://app.example.com/cb',
      scope: 'openid email profile',
      state: 's',
      nonce: 'n',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/u),
      code_challenge_method: 'S256',
    })
  }
})

test('a token with an unknown key id causes one fetch of the keys and is accepted', async () => {
  const { op, signIn } = await aBench()
  await signIn()
  await op.signer.rotate()
  expect(verdictOf(await signIn())).toBe('ok')
  expect(op.hits.jwks).toBe(2)
})

test('a clock that is set back does not keep a new key from being fetched', async () => {
  const { op, platform, provider, signIn } = await aBench()
  await signIn()
  const { user } = op
  // A token with an unknown key id begins the pause between two fetches.
  await provider.verifyBearer?.(await op.mint({ sub: user?.sub }, { kid: 'random' }))
  platform.pass(-6 * 60_000)
  await signIn()
  await op.signer.rotate()
  platform.pass(31_000)
  expect((await provider.verifyBearer?.(await op.mint()))?.ok).toBe(true)
})

test('keys that cannot be read do not hide the good one', async () => {
  const { op, signIn } = await aBench()
  const odd = [
    null,
    'text',
    1,
    {},
    { kty: 'AKP', kid: 'key-1', alg: 'ML-DSA-44', pub: 'x' },
    { kty: 'EC', crv: 'P-256' },
  ]
  op.scripts.jwks = () => json(200, { keys: [...odd, ...op.signer.jwks().keys] })
  expect(verdictOf(await signIn())).toBe('ok')
})

test('200 tokens with random key ids cost one fetch in thirty seconds [ID-34]', async () => {
  const { op, platform, provider, signIn } = await aBench()
  await signIn()
  const storm = async () => {
    for (let at = 0; at < 200; at += 1) {
      await provider.verifyBearer?.(await op.mint({}, { kid: `random-${at}` }))
    }
  }
  await storm()
  expect(op.hits.jwks).toBe(2)
  platform.pass(30_000)
  await storm()
  expect(op.hits.jwks).toBe(3)
})

test('strangers with random key ids cannot keep a new key of the provider from being fetched', async () => {
  const { op, platform, provider, signIn } = await aBench()
  await signIn()
  await provider.verifyBearer?.(await op.mint({}, { kid: 'random' }))
  await op.signer.rotate()
  platform.pass(1_000)
  expect(verdictOf(await signIn())).toBe('ok')
  expect(op.hits.jwks).toBe(3)
})

test('sign-ins at a provider that does not publish its key cost one fetch in five seconds [ID-34]', async () => {
  const { op, platform, signIn } = await aBench()
  await signIn()
  op.idToken.header = () => ({ kid: 'unpublished' })
  for (let at = 0; at < 10; at += 1) expect(verdictOf(await signIn())).toBe('id_token_invalid/kid')
  expect(op.hits.jwks).toBe(2)
  platform.pass(5_000)
  await signIn()
  expect(op.hits.jwks).toBe(3)
})

test('keys that fail for a minute are asked for at most every five seconds [ID-35]', async () => {
  const { op, platform, provider } = await aBench()
  op.scripts.jwks = status(500)
  const token = await op.mint()
  for (let second = 0; second < 60; second += 1) {
    const before = op.hits.jwks
    await Promise.all(Array.from({ length: 5 }, () => provider.verifyBearer?.(token)))
    expect(op.hits.jwks - before).toBeLessThanOrEqual(1)
    platform.pass(1_000)
  }
  expect(op.hits.jwks).toBeLessThanOrEqual(12)
})

test('known keys go on counting for a quarter of an hour while their endpoint is down [ID-36]', async () => {
  const { op, platform, provider } = await aBench()
  await provider.verifyBearer?.(await op.mint())
  op.scripts.jwks = status(500)
  platform.pass(14 * 60_000)
  expect(verdictOf((await provider.verifyBearer?.(await op.mint())) ?? { ok: true, value: 0 })).toBe('ok')
  platform.pass(2 * 60_000)
  const late = await provider.verifyBearer?.(await op.mint())
  expect(late?.ok === false && late.problem.reason).toBe('provider_unreachable')
})

test('a key that was withdrawn counts for five minutes at most [ID-37]', async () => {
  const { op, platform, provider } = await aBench()
  const stolen = await op.mint({ sub: 'mallory', exp: Math.floor(platform.now() / 1000) + 3_600 })
  expect((await provider.verifyBearer?.(stolen))?.ok).toBe(true)
  await op.signer.rotate()
  platform.pass(5 * 60_000 + 1)
  const late = await provider.verifyBearer?.(stolen)
  expect(late?.ok === false && late.problem.detail).toEqual({ check: 'kid' })
})

test('a weak RSA key verifies nothing [ID-07]', async () => {
  const { op, signIn } = await aBench()
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 })
  op.scripts.jwks = () =>
    json(200, { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'weak', alg: 'RS256' }] })
  op.idToken.text = (token) => {
    const input = `${Buffer.from('{"alg":"RS256","kid":"weak"}').toString('base64url')}.${token.split('.')[1]}`
    return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
  }
  expect(verdictOf(await signIn())).toBe('id_token_invalid/signature')
})

test('a published private key is not used as if it were public [ID-36]', async () => {
  const { op, signIn } = await aBench()
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  op.scripts.jwks = () => json(200, { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'key-1' }] })
  expect(verdictOf(await signIn())).toBe('id_token_invalid/signature')
})

const keyAnswers: [string, Script][] = [
  ['are huge', oversized(1_000_000)],
  ['redirect', redirectTo('https://canary.test/jwks', 302)],
  ['are empty', body('')],
  ['have no list', body('{}')],
  ['are a page', body('<html>', 'text/html')],
]

test.each(keyAnswers)('keys that %s are no keys [ID-36]', async (_, script) => {
  const { op, signIn } = await aBench()
  op.scripts.jwks = script
  expect(verdictOf(await signIn())).toMatch(/^provider_misbehaved\//u)
})

const badKeys: [string, Claims][] = [
  ['ID-06 for encryption only', { use: 'enc' }],
  ['ID-06 with other key operations', { use: undefined, key_ops: ['encrypt'] }],
  ['ID-06 for another algorithm', { alg: 'RS512' }],
]

test.each(badKeys)('a key set with %s: not used', async (_, change) => {
  const { op, signIn } = await aBench()
  op.scripts.jwks = () => json(200, { keys: op.signer.jwks().keys.map((key) => ({ ...key, ...change })) })
  expect(verdictOf(await signIn())).toMatch(/^id_token_invalid\//u)
})

test.each([['key-1'], [undefined]])(
  'a key that is replaced under the key id %j is fetched at the next refresh and sign-in, and a forged signature is still refused',
  async (kid) => {
    const { op, signIn, session, provider, platform } = await aBench()
    op.idToken.header = (header) => ({ ...header, kid })
    op.scripts.jwks = () => json(200, { keys: op.signer.jwks().keys.map((key) => ({ ...key, kid })) })
    const before = await session()
    await op.signer.rotate()
    expect(verdictOf(await provider.refresh(before))).toBe('ok')
    await op.signer.rotate()
    platform.pass(5_000)
    expect(verdictOf(await signIn())).toBe('ok')
    op.idToken.text = (token) => `${token.slice(0, -8)}AAAAAAAA`
    const fetches = op.hits.jwks
    for (let at = 0; at < 50; at += 1) expect(verdictOf(await signIn())).toBe('id_token_invalid/signature')
    expect(op.hits.jwks - fetches).toBeLessThanOrEqual(1)
  },
)

test.each([
  ['userinfo_endpoint', null],
  ['revocation_endpoint', ''],
  ['end_session_endpoint', 7],
  ['token_endpoint_auth_methods_supported', 'client_secret_basic'],
  ['authorization_response_iss_parameter_supported', 'yes'],
])('a discovery document whose %s is %j is good without it', async (member, value) => {
  const { op, signIn } = await aBench()
  op.behaviour.metadata = { [member]: value }
  expect(verdictOf(await signIn())).toBe('ok')
})
