import { expect, test } from 'vitest'
import type { Claims } from '../../../support/fake-provider.ts'
import { changed, json, oversized, redirectTo, type Script, status } from '../../../support/fake-server.ts'
import { aSession } from '../../../support/session.ts'
import { aBench, aProviderConfig, verdictOf } from '../providers-fixture.ts'

const claims = aProviderConfig().claims

test('a refresh brings new tokens and what the provider says now', async () => {
  const { op, provider, session } = await aBench()
  const before = await session()
  op.user = { sub: 'alice', email: 'new@example.com', preferred_username: 'alice', groups: ['staff'] }
  const grant = await provider.refresh(before)
  if (!grant.ok) throw new Error(verdictOf(grant))
  expect(grant.value.identity).toEqual({
    issuer: 'https://op.test',
    subject: 'alice',
    user: 'alice',
    email: 'new@example.com',
    preferredUsername: 'alice',
    groups: ['staff'],
    sid: undefined,
  })
  const { access, id, refresh } = grant.value.tokens
  expect([access, id, refresh]).not.toContain(undefined)
  expect(
    new Set([access, id, refresh, before.tokens.access, before.tokens.id, before.tokens.refresh]).size,
  ).toBe(6)
  expect(op.tokenRequests[1]?.form.get('grant_type')).toBe('refresh_token')
})

test('a session without a refresh token has nothing to refresh', async () => {
  const { provider } = await aBench()
  expect(verdictOf(await provider.refresh(aSession()))).toBe('refresh_unsupported')
})

// [row, what happens, script of the token endpoint, verdict]
const answers: [string, string, Script, string][] = [
  ['SL-04', 'invalid_grant', () => json(400, { error: 'invalid_grant' }), 'refresh_refused/invalid_grant'],
  ['SL-05', 'invalid_client', () => json(401, { error: 'invalid_client' }), 'refresh_refused/invalid_client'],
  [
    'SL-05',
    'invalid_client with a challenge',
    () => json(401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic realm="x"' }),
    'refresh_refused/invalid_client',
  ],
  [
    'SL-07',
    'invalid_grant in the description only',
    () => json(400, { error: 'temporarily_unavailable', error_description: 'invalid_grant' }),
    'provider_misbehaved/temporarily_unavailable',
  ],
  ['SL-06', '500', status(500), 'provider_unreachable'],
  ['SL-06', '500 with invalid_grant', () => json(500, { error: 'invalid_grant' }), 'provider_unreachable'],
  [
    'SL-06',
    '200 with invalid_grant',
    () => json(200, { error: 'invalid_grant' }),
    'provider_misbehaved/OAUTH_INVALID_RESPONSE',
  ],
  ['SL-06', '429', status(429), 'provider_unreachable'],
  ['SL-06', '400 page', status(400), 'provider_misbehaved/OAUTH_RESPONSE_IS_NOT_JSON'],
  ['SL-06', '302', redirectTo('https://canary.test/', 302), 'provider_misbehaved/redirect'],
  ['SL-06', 'an endless body', oversized(), 'provider_misbehaved/body'],
  [
    'SL-06',
    'a dead network',
    () => Promise.reject(new TypeError('fetch failed')),
    'provider_unreachable/network',
  ],
]

test.each(answers)('a refresh answered by $1 [$0]', async (_row, _name, script, verdict) => {
  const { op, provider, session } = await aBench()
  const before = await session()
  op.scripts.token = script
  expect(verdictOf(await provider.refresh(before))).toBe(verdict)
})

// [row, what the new ID token says, verdict]
const tokens: [string, Claims, string][] = [
  ['SL-08', { sub: 'mallory' }, 'id_token_invalid/same person'],
  ['SL-09', { iss: 'https://evil.test' }, 'id_token_invalid/iss'],
  ['SL-09', { aud: 'other' }, 'id_token_invalid/aud'],
  ['SL-09', { azp: 'other' }, 'id_token_invalid/azp'],
  ['SL-08', { sub: 'mallory', exp: 1 }, 'id_token_invalid/same person'],
  ['SL-09', { iss: 'https://evil.test', exp: 1 }, 'id_token_invalid/iss'],
  ['SL-18', { email_verified: false }, 'email_unverified'],
  ['SL-08', { nonce: 'whatever' }, 'ok'],
]

test.each(tokens)('%s: a refreshed ID token with %j', async (_row, change, verdict) => {
  const { op, provider, session } = await aBench()
  const before = await session()
  op.idToken.claims = (honest) => ({ ...honest, ...change })
  expect(verdictOf(await provider.refresh(before))).toBe(verdict)
})

test('a refreshed ID token with a wrong signature counts as a refusal', async () => {
  const { op, provider, session } = await aBench()
  const before = await session()
  op.idToken.text = (token) => `${token.slice(0, -8)}AAAAAAAA`
  expect(verdictOf(await provider.refresh(before))).toBe('refresh_refused/signature')
})

test('a refresh without a new ID token leaves the person who they were, and the profile tells about groups [SL-10]', async () => {
  const { op, provider, session } = await aBench()
  const before = await session()
  op.behaviour.idTokenOnRefresh = false
  op.user = { sub: 'alice', email: 'alice@example.com', groups: ['staff'] }
  const grant = await provider.refresh(before)
  expect(grant.ok && grant.value.identity).toMatchObject({
    subject: 'alice',
    groups: ['staff'],
    preferredUsername: 'alice',
  })
  expect(grant.ok && grant.value.tokens.id).toBe(before.tokens.id)
})

test('a refresh without ID token and profile changes nothing [SL-10]', async () => {
  const { op, provider, session } = await aBench({ claims: { ...claims, skipProfileUrl: true } })
  const before = await session()
  op.behaviour.idTokenOnRefresh = false
  const grant = await provider.refresh(before)
  expect(grant.ok && grant.value.identity).toMatchObject({
    email: 'alice@example.com',
    groups: ['staff', 'admins'],
  })
})

test('a groups claim that is gone is membership that is gone [SL-11]', async () => {
  const { op, provider, session } = await aBench()
  const before = await session()
  op.user = { sub: 'alice', email: 'alice@example.com', preferred_username: 'alice' }
  const grant = await provider.refresh(before)
  expect(grant.ok && grant.value.identity.groups).toEqual([])
})

test('a profile of another person ends the session [SL-08]', async () => {
  const { op, provider, session } = await aBench()
  const before = await session()
  op.behaviour.idTokenOnRefresh = false
  op.scripts.userinfo = changed((profile) => ({ ...profile, sub: 'mallory' }))
  expect(verdictOf(await provider.refresh(before))).toBe('id_token_invalid/profile sub')
})

test('a rotated refresh token is not lost because keys or profile cannot be had', async () => {
  const { op, platform, provider, session } = await aBench()
  const before = await session()
  platform.pass(20 * 60_000)
  op.scripts.jwks = status(503)
  op.scripts.userinfo = status(503)
  const grant = await provider.refresh(before)
  if (!grant.ok) throw new Error(verdictOf(grant))
  expect(grant.value.identity).toMatchObject({ email: 'alice@example.com', groups: ['staff', 'admins'] })
  expect(grant.value.tokens.refresh).not.toBe(before.tokens.refresh)
  // The new ID token could not be verified, so nothing may pass it on.
  expect(grant.value.tokens.id).toBe(before.tokens.id)
  const again = await provider.refresh({ ...before, tokens: grant.value.tokens })
  expect(verdictOf(again)).toBe('ok')
})

test('a rotated refresh token is not lost because a new key is not published yet', async () => {
  const { op, provider, session } = await aBench()
  const before = await session()
  op.idToken.header = () => ({ kid: 'not yet published' })
  op.user = { sub: 'alice', email: 'alice@example.com', email_verified: true, groups: ['staff'] }
  const grant = await provider.refresh(before)
  if (!grant.ok) throw new Error(verdictOf(grant))
  // What the unverified token says counts for nothing; the profile was asked.
  expect(grant.value.identity).toMatchObject({ subject: 'alice', groups: ['staff'] })
  expect(grant.value.tokens.id).toBe(before.tokens.id)
  expect(grant.value.tokens.refresh).not.toBe(before.tokens.refresh)
})

// [what the clock of one of the two does, what the new ID token says of its times]
const untimely: [string, (nowS: number) => Claims][] = [
  ['six minutes behind the provider', (nowS) => ({ iat: nowS + 360, exp: nowS + 660 })],
  ['six minutes behind a provider that says nbf', (nowS) => ({ nbf: nowS + 360 })],
  ['a day ahead of the provider', (nowS) => ({ iat: nowS - 86_400, exp: nowS - 86_100 })],
]

test.each(untimely)('a rotated refresh token is not lost because the clock is %s', async (_, times) => {
  const { op, platform, provider, session } = await aBench()
  const before = await session()
  op.user = { sub: 'alice', email: 'alice@example.com', email_verified: true, groups: ['staff'] }
  op.idToken.claims = (honest) => ({
    ...honest,
    ...times(Math.floor(platform.now() / 1000)),
    groups: ['forged'],
  })
  const grant = await provider.refresh(before)
  if (!grant.ok) throw new Error(verdictOf(grant))
  // What the token says counts for nothing; the profile was asked.
  expect(grant.value.identity).toMatchObject({ subject: 'alice', groups: ['staff'] })
  expect(grant.value.tokens.id).toBe(before.tokens.id)
  expect(grant.value.tokens.refresh).not.toBe(before.tokens.refresh)
  op.idToken.claims = (honest) => honest
  expect(verdictOf(await provider.refresh({ ...before, tokens: grant.value.tokens }))).toBe('ok')
})

test('a provider that gives no new refresh token keeps the old one good', async () => {
  const { op, provider, session } = await aBench()
  const before = await session()
  op.behaviour.rotation = false
  op.behaviour.refreshTokens = false
  const grant = await provider.refresh(before)
  expect(grant.ok && grant.value.tokens.refresh).toBe(before.tokens.refresh)
})

// [status of the validate-url, verdict]
const validations: [Script, string][] = [
  [() => json(200, {}), 'ok'],
  [status(401), 'not_permitted/validate-url'],
  [status(404), 'not_permitted/validate-url'],
  [() => new Response(null, { status: 204 }), 'not_permitted/validate-url'],
  // The old refresh token may be used up: trouble on the way must not lose the new one.
  [status(500), 'ok'],
]

test.each(validations)(
  'a refresh asks the validate-url about the new access token, as oauth2-proxy does %#',
  async (script, expected) => {
    const { op, provider, session } = await aBench({ validateUrl: 'https://op.test/userinfo' })
    const before = await session()
    const asked: (string | null)[] = []
    op.scripts.userinfo = (next, request) => {
      asked.push(request.headers.get('authorization'))
      return script(next, request)
    }
    const grant = await provider.refresh(before)
    expect(verdictOf(grant)).toBe(expected)
    expect(asked).toHaveLength(1)
    expect(asked).not.toContain(`Bearer ${before.tokens.access}`)
  },
)

test('a session without a refresh token is not shown to the validate-url of an OpenID provider, as in oauth2-proxy', async () => {
  const { op, provider, session } = await aBench({ validateUrl: 'https://op.test/userinfo' })
  expect(await provider.validate(await session())).toEqual({ ok: true, value: true })
  expect(op.hits.userinfo).toBe(0)
})

test('revocation sends the refresh token, authenticated; without one there is nothing to send', async () => {
  const { op, provider, session } = await aBench()
  const before = await session()
  expect(verdictOf(await provider.revoke(before))).toBe('ok')
  expect(op.revoked).toEqual([before.tokens.refresh])
  expect(verdictOf(await provider.refresh(before))).toBe('refresh_refused/invalid_grant')
  expect(verdictOf(await provider.revoke(aSession()))).toBe('ok')
  expect(op.hits.revoke).toBe(1)
})

test('a provider without revocation or sign-out of its own is no failure', async () => {
  const { op, provider, session } = await aBench()
  op.behaviour.metadata = { revocation_endpoint: undefined, end_session_endpoint: undefined }
  const before = await session()
  expect(verdictOf(await provider.revoke(before))).toBe('ok')
  expect(await provider.endSessionUrl({ idToken: 'x', returnTo: 'https://a/', state: 's' })).toBeUndefined()
})

test('the provider is asked to end its session with hint, client, target and state [LO-06]', async () => {
  const { op, provider } = await aBench()
  op.behaviour.metadata = { end_session_endpoint: 'https://op.test/logout?realm=main' }
  const url = await provider.endSessionUrl({
    idToken: 'id',
    returnTo: 'https://app.example.com/x',
    state: 's',
  })
  expect(Object.fromEntries(new URL(url ?? '').searchParams)).toEqual({
    realm: 'main',
    client_id: 'sidegate',
    post_logout_redirect_uri: 'https://app.example.com/x',
    state: 's',
    id_token_hint: 'id',
  })
  const plain = await provider.endSessionUrl({
    idToken: undefined,
    returnTo: 'https://app.example.com/x',
    state: 's',
  })
  expect(new URL(plain ?? '').searchParams.has('id_token_hint')).toBe(false)
})
