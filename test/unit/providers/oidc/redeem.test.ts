import { expect, test } from 'vitest'
import type { ProviderConfig } from '../../../../src/config/sections/provider.ts'
import type { Claims } from '../../../support/fake-provider.ts'
import {
  body,
  changed,
  json,
  never,
  oversized,
  redirectTo,
  type Script,
  status,
} from '../../../support/fake-server.ts'
import { aBench, aProviderConfig, verdictOf } from '../providers-fixture.ts'

const claims = aProviderConfig().claims
const CODE = 'x'

// [row, what the token endpoint does, script, verdict]
const tokenAnswers: [string, string, Script, string][] = [
  ['CB-29', 'token_type bearer', changed((answer) => ({ ...answer, token_type: 'bearer' })), 'ok'],
  ['CB-29', 'token_type BEARER', changed((answer) => ({ ...answer, token_type: 'BEARER' })), 'ok'],
  ['CB-29', 'token_type mac', changed((answer) => ({ ...answer, token_type: 'mac' })), 'provider_misbehaved'],
  [
    'CB-29',
    'token_type DPoP',
    changed((answer) => ({ ...answer, token_type: 'DPoP' })),
    'provider_misbehaved',
  ],
  ['CB-29', 'no token_type', changed(({ token_type: _, ...rest }) => rest), 'ok'],
  ['CB-29', 'token_type null', changed((answer) => ({ ...answer, token_type: null })), 'ok'],
  ['CB-29', 'token_type empty', changed((answer) => ({ ...answer, token_type: '' })), 'ok'],
  ['CB-29', 'token_type as a number', changed((answer) => ({ ...answer, token_type: 1 })), 'ok'],
  ['CB-30', 'no access_token', changed(({ access_token: _, ...rest }) => rest), 'provider_misbehaved'],
  [
    'CB-30',
    'access_token empty',
    changed((answer) => ({ ...answer, access_token: '' })),
    'provider_misbehaved',
  ],
  [
    'CB-30',
    'access_token as an object',
    changed((answer) => ({ ...answer, access_token: {} })),
    'provider_misbehaved',
  ],
  [
    'CB-30',
    'an error with status 200, as Slack sends it',
    () => json(200, { ok: false, error: 'invalid_code' }),
    'code_refused',
  ],
  [
    'CB-30',
    'an error about the client with status 200',
    () => json(200, { ok: false, error: 'bad_client_secret' }),
    'misconfigured',
  ],
  [
    'CB-30',
    'an error that is no text with status 200',
    () => json(200, { error: { code: 190 } }),
    'provider_misbehaved',
  ],
  ['CB-30', 'an error beside the tokens', changed((answer) => ({ ...answer, error: '' })), 'ok'],
  ['CB-30', 'refresh_token as a list', changed((answer) => ({ ...answer, refresh_token: [] })), 'ok'],
  ['CB-30', 'refresh_token null', changed((answer) => ({ ...answer, refresh_token: null })), 'ok'],
  ['CB-30', 'refresh_token empty', changed((answer) => ({ ...answer, refresh_token: '' })), 'ok'],
  ['CB-30', 'scope as a list', changed((answer) => ({ ...answer, scope: ['openid'] })), 'ok'],
  [
    'CB-30',
    'further members nested deep',
    changed((answer) => ({ ...answer, more: JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`) })),
    'provider_misbehaved',
  ],
  ['CB-30', 'id_token null', changed((answer) => ({ ...answer, id_token: null })), 'provider_misbehaved'],
  ['CB-30', 'id_token as a number', changed((answer) => ({ ...answer, id_token: 1 })), 'provider_misbehaved'],
  ['CB-30', 'no id_token', changed(({ id_token: _, ...rest }) => rest), 'provider_misbehaved'],
  ['CB-30', 'no scope, no expires_in', changed(({ scope: _, expires_in: __, ...rest }) => rest), 'ok'],
  ['CB-30', 'a page', body('<html>ok</html>', 'text/html'), 'provider_misbehaved'],
  ['CB-30', 'JSON called text', body('{"access_token":"a"}', 'text/plain'), 'provider_misbehaved'],
  ['CB-30', 'an array', body('[]'), 'provider_misbehaved'],
  ['CB-30', 'nothing', body(''), 'provider_misbehaved'],
  ['CB-30', '302', redirectTo('https://canary.test/', 302), 'provider_misbehaved'],
  ['CB-31', '307 to elsewhere', redirectTo('https://canary.test/', 307), 'provider_misbehaved'],
  ['CB-31', '308 to elsewhere', redirectTo('https://canary.test/', 308), 'provider_misbehaved'],
  ['CB-30', '201', () => json(201, { access_token: 'a', token_type: 'Bearer' }), 'provider_misbehaved'],
  ['CB-30', '500', status(500), 'provider_unreachable'],
  ['CB-30', '400 without JSON', status(400), 'provider_misbehaved'],
  ['CB-30', '400 with an error', () => json(400, { error: 'invalid_grant' }), 'code_refused'],
  ['CB-30', '400 with an error that is a number', () => json(400, { error: 1 }), 'provider_misbehaved'],
  [
    'CB-30',
    '401 with a challenge',
    () => json(401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic' }),
    'misconfigured',
  ],
  ['CB-30', '5 MB', oversized(5_000_000), 'provider_misbehaved'],
  ['CB-30', 'an endless body', oversized(), 'provider_misbehaved'],
]

test.each(tokenAnswers)('a token endpoint that answers $1 [$0]', async (_row, _name, script, verdict) => {
  const { op, signIn } = await aBench()
  op.scripts.token = script
  const grant = await signIn()
  expect(grant.ok ? 'ok' : grant.problem.reason).toBe(verdict)
})

test('a token endpoint that never answers is given up after five seconds [CB-30]', async () => {
  const { op, signIn } = await aBench()
  op.scripts.token = never()
  const started = performance.now()
  expect(verdictOf(await signIn())).toBe('provider_unreachable/timeout')
  expect(performance.now() - started).toBeLessThan(5_500)
}, 10_000)

test('nothing that a provider says in an error reaches the problem unchecked [CB-30]', async () => {
  const { op, signIn } = await aBench()
  op.scripts.token = () => json(400, { error: '<script>\n', error_description: 'secret' })
  const grant = await signIn()
  expect(grant).toEqual({ ok: false, problem: { reason: 'code_refused', detail: { error: 'unreadable' } } })
})

// SL-22 [expires_in, seconds kept]
const lifetimes: [unknown, number | undefined][] = [
  [300, 300],
  [1, 1],
  [0, 0],
  ['3600', 3_600],
  [1.9, 1],
  [undefined, undefined],
  [null, undefined],
  [-1, undefined],
  ['soon', undefined],
  [{}, undefined],
  [1e99, 31_536_000],
]

test.each(lifetimes)('expires_in %j is %j seconds [SL-22]', async (given, kept) => {
  const { op, platform, signIn } = await aBench()
  op.scripts.token = changed((answer) => ({ ...answer, expires_in: given }))
  const grant = await signIn()
  const expected = kept === undefined ? undefined : platform.now() + kept * 1000
  expect(grant.ok && grant.value.tokens.accessExpiresAtMs).toBe(expected)
})

// [what the provider advertises, the secret, how the client shows who it is]
const clientAuth: [
  ('client_secret_basic' | 'client_secret_post' | 'none')[] | undefined,
  string | undefined,
  string,
][] = [
  [['client_secret_basic', 'client_secret_post'], 's3cret:+/% é', 'basic'],
  [['client_secret_post'], 's3cret:+/% é', 'post'],
  [undefined, 's3cret:+/% é', 'basic'],
  [['none'], undefined, 'public'],
]

test.each(clientAuth)(
  'the client authenticates with %j and secret %j by %s [CB-32]',
  async (methods, secret, by) => {
    const clientSecret = secret === undefined ? undefined : { value: secret }
    const { op, signIn } = await aBench({ clientSecret })
    op.behaviour.metadata = { token_endpoint_auth_methods_supported: methods }
    op.behaviour.authMethods = methods ?? ['client_secret_basic']
    expect(verdictOf(await signIn())).toBe('ok')
    const [{ form, authorization }] = op.tokenRequests as [(typeof op.tokenRequests)[number]]
    expect(form.get('client_secret')).toBe(by === 'post' ? secret : null)
    expect(form.get('client_id')).toBe(by === 'basic' ? null : 'sidegate')
    const encoded = `sidegate:s3cret%3A%2B%2F%25+%C3%A9`
    expect(authorization).toBe(by === 'basic' ? `Basic ${Buffer.from(encoded).toString('base64')}` : null)
  },
)

test('a provider that says nothing and takes only the form is found out once [CB-32]', async () => {
  const { op, signIn, session, provider } = await aBench()
  op.behaviour.metadata = { token_endpoint_auth_methods_supported: undefined }
  op.behaviour.authMethods = ['client_secret_post']
  const ways = () => op.tokenRequests.map(({ form }) => (form.has('client_secret') ? 'post' : 'basic'))
  expect(verdictOf(await signIn())).toBe('ok')
  expect(ways()).toEqual(['basic', 'post'])
  expect(verdictOf(await provider.refresh(await session()))).toBe('ok')
  expect(ways().slice(2)).toEqual(['post', 'post'])
})

test('the client with a wrong secret tries both methods, and only where the provider does not say [CB-32]', async () => {
  for (const [methods, requests] of [
    [undefined, 2],
    [['client_secret_basic'], 1],
  ] as const) {
    const { op, signIn } = await aBench({ clientSecret: { value: 'wrong' } })
    op.behaviour.metadata = { token_endpoint_auth_methods_supported: methods }
    expect(verdictOf(await signIn())).toBe('misconfigured/invalid_client')
    expect(op.hits.token).toBe(requests)
  }
})

test('a code that is refused is not sent again in another way [CB-32]', async () => {
  const { op, signIn } = await aBench()
  op.behaviour.metadata = { token_endpoint_auth_methods_supported: undefined }
  op.scripts.token = () => json(400, { error: 'invalid_grant' })
  expect(verdictOf(await signIn())).toBe('code_refused/invalid_grant')
  expect(op.hits.token).toBe(1)
})

test("a secret of Entra's, with a tilde, is right for servers that forget to decode [CB-32]", async () => {
  const { op, signIn } = await aBench({ clientSecret: { value: 'abc8Q~x.y-z_1' } })
  await signIn()
  const { authorization } = op.tokenRequests[0] ?? {}
  expect(Buffer.from(authorization?.slice(6) ?? '', 'base64').toString()).toBe('sidegate:abc8Q~x.y-z_1')
})

test('the client secret is read from its file at each use, without the blanks and line ends around it', async () => {
  const files: Record<string, string> = { '/run/secret': ' s3cret:+/% é\r\n\n' }
  const { op, signIn } = await aBench({ clientSecret: { file: '/run/secret' } }, files)
  expect(verdictOf(await signIn())).toBe('ok')
  Object.assign(op.client, { secret: 'rotated' })
  expect(verdictOf(await signIn())).toBe('misconfigured/invalid_client')
  files['/run/secret'] = 'rotated'
  expect(verdictOf(await signIn())).toBe('ok')
  delete files['/run/secret']
  expect(verdictOf(await signIn())).toBe('provider_unreachable/client secret file')
})

test('the token request carries the verifier and the redirect URI of the login [CB-14, CB-34]', async () => {
  const { op, provider, visit } = await aBench()
  const response = await visit()
  await provider.redeem(response)
  const { form } = op.tokenRequests[0] ?? { form: new URLSearchParams() }
  expect(form.get('code_verifier')).toBe('v'.repeat(43))
  expect(form.get('redirect_uri')).toBe('https://app.example.com/oauth2/callback')
  const injected = await provider.redeem({ ...(await visit()), codeVerifier: 'w'.repeat(43) })
  expect(verdictOf(injected)).toBe('code_refused/invalid_grant')
  const elsewhere = await provider.redeem({ ...(await visit()), redirectUri: 'https://other.example.com/' })
  expect(verdictOf(elsewhere)).toBe('code_refused/invalid_grant')
})

// [row, provider sends iss, iss in the callback (null removes), verdict]
const issuers: [string, boolean, string | null | undefined, string, Partial<ProviderConfig>?][] = [
  ['CB-17', true, undefined, 'ok'],
  ['CB-17', true, 'https://evil.example', 'issuer_mismatch'],
  ['CB-17', true, 'https://op.test/', 'issuer_mismatch'],
  ['CB-17', true, 'https://OP.test', 'issuer_mismatch'],
  ['CB-17', true, '', 'issuer_mismatch'],
  ['CB-17', true, null, 'issuer_mismatch'],
  ['CB-18', false, 'https://evil.example', 'issuer_mismatch'],
  ['CB-18', false, 'https://op.test', 'ok'],
  ['CB-18', false, '', 'issuer_mismatch'],
  ['CB-18', false, 'https://tenant.test', 'ok', { skipIssuerVerification: true }],
]

test.each(issuers)(
  'a callback with iss $2 of a provider that sends iss ($1): $3 [$0]',
  async (_row, sends, iss, verdict, given = {}) => {
    const { op, provider, visit } = await aBench(given)
    op.behaviour.issParameter = sends
    const response = await visit()
    if (iss === null) response.parameters.delete('iss')
    else if (iss !== undefined) response.parameters.set('iss', iss)
    const grant = await provider.redeem(response)
    expect(grant.ok ? 'ok' : grant.problem.reason).toBe(verdict)
    expect(op.hits.token).toBe(verdict === 'ok' ? 1 : 0)
  },
)

test('a code that was redeemed before is refused', async () => {
  const { provider, visit } = await aBench()
  const response = await visit()
  expect(verdictOf(await provider.redeem(response))).toBe('ok')
  expect(verdictOf(await provider.redeem(response))).toBe('code_refused/invalid_grant')
  response.parameters.set('code', CODE)
  expect(verdictOf(await provider.redeem(response))).toBe('code_refused/invalid_grant')
})

// [row, what the person is called, verdict or part of the identity, settings]
const people: [string, string, Claims, unknown, Partial<ProviderConfig['claims']>?][] = [
  [
    'C17',
    'everything',
    {},
    { user: 'alice', email: 'alice@example.com', preferredUsername: 'alice', groups: ['staff', 'admins'] },
  ],
  ['ID-25', 'no address', { email: undefined }, { user: 'alice', email: undefined }],
  ['ID-25', 'an address that is null', { email: null }, { user: 'alice', email: undefined }],
  ['ID-25', 'an address in a list', { email: ['a@example.com'] }, 'identity_incomplete/type'],
  ['ID-25', 'an address with a line end', { email: 'a@example.com\n' }, 'identity_incomplete/type'],
  ['ID-25', 'an address with NUL', { email: 'a@example.com\0' }, 'identity_incomplete/type'],
  ['ID-25', 'an empty address', { email: '' }, { user: 'alice', email: undefined }],
  ['ID-26', 'unverified', { email_verified: false }, 'email_unverified'],
  ['ID-26', 'unverified as text', { email_verified: 'false' }, 'email_unverified'],
  ['ID-26', 'unverified as 0', { email_verified: 0 }, 'email_unverified'],
  [
    'ID-26',
    'verified as text, as Cognito says it',
    { email_verified: 'true' },
    { email: 'alice@example.com' },
  ],
  ['ID-26', 'verified as other text', { email_verified: 'TRUE ' }, 'email_unverified'],
  ['ID-26', 'verified as 1', { email_verified: 1 }, 'email_unverified'],
  ['ID-26', 'verified as null', { email_verified: null }, 'email_unverified'],
  ['ID-26', 'nothing said', { email_verified: undefined }, { email: 'alice@example.com' }],
  [
    'ID-26',
    'unverified, allowed',
    { email_verified: false },
    { email: 'alice@example.com' },
    { allowUnverifiedEmail: true },
  ],
  [
    'ID-26',
    'unverified, another claim',
    { email_verified: false, upn: 'a@example.com' },
    { email: 'a@example.com' },
    { email: 'upn' },
  ],
  ['ID-27', 'one group as text', { groups: 'admins' }, { groups: ['admins'] }],
  ['ID-27', 'no splitting', { groups: ['admins,users', 'ops'] }, { groups: ['admins,users', 'ops'] }],
  [
    'ID-27',
    'names with commas, as Active Directory has them',
    { groups: ['CN=A,OU=B'] },
    { groups: ['CN=A,OU=B'] },
  ],
  ['ID-27', 'nested lists', { groups: [['admins'], 'ops'] }, { groups: ['ops'] }],
  ['ID-27', 'null', { groups: null }, { groups: [] }],
  ['ID-27', 'an object', { groups: { admins: true } }, { groups: [] }],
  ['ID-27', 'empty names, booleans', { groups: ['', true, null, 'ops'] }, { groups: ['ops'] }],
  ['ID-27', 'numbers', { groups: [1001, 1.5, 2 ** 53, 'ops'] }, { groups: ['1001', 'ops'] }],
  [
    'ID-27',
    'control characters',
    { groups: ['a\r\nX: y', 'b\0', '\u202eadmins', 'ops'] },
    { groups: ['ops'] },
  ],
  [
    'ID-27',
    'case and spaces count',
    { groups: ['Admins', ' admins', 'my team'] },
    { groups: ['Admins', ' admins', 'my team'] },
  ],
  ['ID-27', 'each once', { groups: ['a', 'b', 'a'] }, { groups: ['a', 'b'] }],
  [
    'ID-28',
    'a literal name before a path',
    { 'realm.roles': ['x'], realm: { roles: ['y'] } },
    { groups: ['x'] },
    { groups: 'realm.roles' },
  ],
  ['ID-28', 'a path', { realm: { roles: ['y'] } }, { groups: ['y'] }, { groups: 'realm.roles' }],
  ['ID-28', 'a path through text', { realm: 'x' }, { groups: [] }, { groups: 'realm.length' }],
  ['ID-28', 'inherited names', {}, { groups: [] }, { groups: 'constructor.name' }],
  ['ID-28', '__proto__', {}, { groups: [] }, { groups: '__proto__' }],
  [
    'ID-30',
    'distributed claims',
    { _claim_names: { groups: 'c' }, _claim_sources: { c: { endpoint: 'https://canary.test' } } },
    { user: 'alice' },
  ],
  ['ID-17', 'an odd preferred name', { preferred_username: 'a\nb' }, { preferredUsername: undefined }],
  ['LO-13', 'a provider session', { sid: 's-1' }, { sid: 's-1' }],
]

test.each(people)('an identity with $1 [$0]', async (_row, _name, changes, expected, given = {}) => {
  const { op, signIn } = await aBench({ claims: { ...claims, ...given } })
  const everything = { ...op.user, ...changes, sub: 'alice' }
  op.user = JSON.parse(JSON.stringify(everything))
  const grant = await signIn()
  if (typeof expected === 'string') expect(verdictOf(grant)).toBe(expected)
  else expect(grant.ok ? grant.value.identity : grant).toMatchObject(expected as object)
})

test('the log says how many entries of the groups were dropped, of which kinds [ID-27]', async () => {
  const { op, signIn, context } = await aBench()
  op.user = {
    sub: 'alice',
    email: 'a@example.com',
    preferred_username: 'a',
    groups: ['a,b', 'c\n', { d: 1 }, 'ops'],
  }
  await signIn()
  expect(context.lines).toEqual([
    expect.objectContaining({
      level: 'warn',
      fields: { provider: 'oidc', claim: 'groups', count: 2, kinds: 'control characters, object' },
    }),
  ])
})

test('claims that only the profile has are asked for, and only then', async () => {
  const bench = await aBench()
  await bench.signIn()
  expect(bench.op.hits.userinfo).toBe(0)
  bench.op.behaviour.profileOnly = ['email', 'email_verified', 'groups']
  const grant = await bench.signIn()
  expect(grant.ok && grant.value.identity).toMatchObject({
    email: 'alice@example.com',
    groups: ['staff', 'admins'],
  })
  expect(bench.op.hits.userinfo).toBe(1)
})

test('Cognito says true in the ID token and "true" in the profile [ID-26]', async () => {
  const { op, signIn } = await aBench()
  op.behaviour.profileOnly = ['groups']
  op.scripts.userinfo = changed((profile) => ({ ...profile, email_verified: 'true' }))
  expect(verdictOf(await signIn())).toBe('ok')
  op.scripts.userinfo = changed((profile) => ({ ...profile, email_verified: 'false' }))
  expect(verdictOf(await signIn())).toBe('email_unverified')
})

test('skip-claims-from-profile-url asks for nothing', async () => {
  const { op, signIn } = await aBench({ claims: { ...claims, skipProfileUrl: true } })
  op.behaviour.profileOnly = ['email']
  const grant = await signIn()
  expect(grant.ok && grant.value.identity).toMatchObject({ user: 'alice', email: undefined })
  expect(op.hits.userinfo).toBe(0)
})

// [row, what the profile endpoint does, script, verdict]
const profiles: [string, string, Script, string][] = [
  [
    'C14',
    'names somebody else',
    changed((profile) => ({ ...profile, sub: 'mallory' })),
    'id_token_invalid/profile sub',
  ],
  ['ID-29', 'names nobody', changed(({ sub: _, ...rest }) => rest), 'id_token_invalid/profile sub'],
  ['ID-29', 'is a page', body('<html>', 'text/html'), 'provider_misbehaved/content type'],
  ['ID-29', 'redirects', redirectTo('https://canary.test/', 302), 'provider_misbehaved/redirect'],
  ['ID-29', 'is a JWT that nobody signed', body('ey.ey.x', 'application/jwt'), 'id_token_invalid/alg'],
  ['ID-29', 'is a JWT in the clothes of JSON', body('ey.ey.x'), 'provider_misbehaved/not JSON'],
  ['ID-29', 'is a list', body('[{"sub":"alice"}]'), 'provider_misbehaved/not an object'],
  ['ID-29', 'refuses the token', status(401), 'provider_misbehaved/status'],
  [
    'ID-26',
    'says unverified',
    changed((profile) => ({ ...profile, email_verified: false })),
    'email_unverified',
  ],
]

test.each(profiles)('a profile that $1 fails the sign-in [$0]', async (_row, _name, script, verdict) => {
  const { op, signIn } = await aBench()
  op.behaviour.profileOnly = ['email']
  op.scripts.userinfo = script
  expect(verdictOf(await signIn())).toBe(verdict)
})

// [what the signed profile says beside sub and e-mail, verdict]
const signedProfiles: [Claims, string][] = [
  [{ iss: 'https://op.test', aud: 'sidegate' }, 'ok'],
  [{ iss: 'https://op.test', aud: ['sidegate', 'account'] }, 'ok'],
  [{}, 'ok'],
  [{ sub: 'mallory' }, 'id_token_invalid/profile sub'],
  [{ iss: 'https://evil.test' }, 'id_token_invalid/iss'],
  [{ aud: 'another-client' }, 'id_token_invalid/aud'],
  [{ events: {} }, 'id_token_invalid/events'],
]

test.each(signedProfiles)('a profile that the provider signed, with %j [ID-29]', async (change, verdict) => {
  const { op, signIn } = await aBench()
  op.behaviour.profileOnly = ['email', 'groups']
  const profile = { sub: 'alice', email: 'alice@example.com', groups: ['signed'], ...change }
  op.scripts.userinfo = async () =>
    new Response(await op.signer.sign(profile), {
      headers: { 'content-type': 'application/jwt; charset=utf-8' },
    })
  const grant = await signIn()
  expect(verdictOf(grant)).toBe(verdict)
  if (grant.ok) expect(grant.value.identity.groups).toEqual(['signed'])
})

test('a signed profile that was changed on the way [ID-29]', async () => {
  const { op, signIn } = await aBench()
  op.behaviour.profileOnly = ['email']
  op.scripts.userinfo = async () => {
    const [header, , signature] = (await op.signer.sign({ sub: 'alice' })).split('.')
    const claims = Buffer.from('{"sub":"alice","email":"admin@example.com"}').toString('base64url')
    return new Response(`${header}.${claims}.${signature}`, {
      headers: { 'content-type': 'application/jwt' },
    })
  }
  expect(verdictOf(await signIn())).toBe('id_token_invalid/signature')
})

test('Google: refresh tokens are asked for and the issuer without a scheme counts as the same', async () => {
  const { op, provider, signIn } = await aBench({ kind: 'google', loginParameters: { prompt: 'consent' } })
  const url = await provider.authorizationUrl({
    redirectUri: 'https://a/',
    state: '',
    nonce: '',
    codeVerifier: 'v',
    extra: {},
  })
  expect(url.ok && new URL(url.value).searchParams.get('access_type')).toBe('offline')
  op.idToken.claims = (honest) => ({ ...honest, iss: 'accounts.google.com' })
  const grant = await signIn()
  expect(grant.ok && grant.value.identity.issuer).toBe('https://op.test')
})

test('an OpenID provider without an issuer, or an unknown one, is a bug of the configuration', async () => {
  await expect(aBench({ issuer: undefined })).rejects.toThrow('issuer')
  await expect(aBench({ kind: 'constructor' })).rejects.toThrow('constructor')
})

test('a provider that offers both and takes only the form is found out once [CB-32]', async () => {
  const { op, signIn } = await aBench()
  op.behaviour.metadata = {
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
  }
  op.behaviour.authMethods = ['client_secret_post']
  const ways = () => op.tokenRequests.map(({ form }) => (form.has('client_secret') ? 'post' : 'basic'))
  expect(verdictOf(await signIn())).toBe('ok')
  expect(verdictOf(await signIn())).toBe('ok')
  expect(ways()).toEqual(['basic', 'post', 'post'])
})

test('no secret is sent to a provider that offers only methods that are not supported [CB-32]', async () => {
  const { op, signIn } = await aBench()
  op.behaviour.metadata = { token_endpoint_auth_methods_supported: ['private_key_jwt', 'tls_client_auth'] }
  const grant = await signIn()
  expect(grant).toMatchObject({
    ok: false,
    problem: { reason: 'misconfigured', detail: { offered: 'private_key_jwt tls_client_auth' } },
  })
  expect(op.hits.token).toBe(0)
})

test('a member of the token response that cannot be used is named in the log once', async () => {
  const { op, signIn, context } = await aBench()
  op.scripts.token = changed((answer) => ({ ...answer, refresh_token: [], expires_in: 'soon' }))
  await signIn()
  await signIn()
  expect(context.lines.map(({ fields }) => fields?.['member'])).toEqual(['refresh_token', 'expires_in'])
})

test('a refresh response with null and empty members keeps what was there', async () => {
  const { op, session, provider } = await aBench()
  const before = await session()
  op.scripts.token = changed((answer) => ({
    ...answer,
    refresh_token: null,
    id_token: '',
    token_type: null,
    scope: null,
  }))
  const grant = await provider.refresh(before)
  expect(grant.ok && grant.value.tokens).toMatchObject({
    refresh: before.tokens.refresh,
    id: before.tokens.id,
  })
})
