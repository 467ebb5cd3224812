import { expect, test } from 'vitest'
import type { ProviderConfig } from '../../../../src/config/sections/provider.ts'
import { problem } from '../../../../src/problems.ts'
import { createBearerReader, readToken } from '../../../../src/providers/oidc/bearer.ts'
import { failed } from '../../../../src/result.ts'
import { createFakePlatform } from '../../../support/fake-platform.ts'
import { type Claims, createFakeProvider } from '../../../support/fake-provider.ts'
import { json, status } from '../../../support/fake-server.ts'
import { aBench, aProviderConfig, someTools, verdictOf } from '../providers-fixture.ts'

const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln'
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

// [row, header, what is found]
const headers: [string, string, string][] = [
  ['ID-40', `Bearer ${JWT}`, 'token'],
  ['ID-40', `bearer ${JWT}`, 'token'],
  ['ID-40', `BEARER ${JWT}`, 'token'],
  ['ID-40', `Bearer  ${JWT}`, 'refused'],
  ['ID-40', `Bearer ${JWT} `, 'refused'],
  ['ID-40', `Bearer ${JWT},Bearer x`, 'refused'],
  ['ID-40', `Bearer ${JWT}, Bearer ${JWT}`, 'refused'],
  ['ID-40', `Bearer\t${JWT}`, 'nothing'],
  ['ID-40', `Foo ${JWT}`, 'nothing'],
  ['ID-40', JWT, 'nothing'],
  ['ID-39', 'Bearer x', 'refused'],
  ['ID-39', 'Bearer', 'refused'],
  ['ID-39', 'Bearer ', 'refused'],
  ['ID-39', 'Bearer eyJ.eyJ.', 'refused'],
  ['ID-39', 'Bearer a.b.c', 'refused'],
  ['ID-39', `Bearer ${JWT}.more`, 'refused'],
  ['ID-39', basic(`${JWT}:`), 'token'],
  ['ID-39', basic(`${JWT}:x-oauth-basic`), 'token'],
  ['ID-39', basic(`user:${JWT}`), 'token'],
  ['ID-39', basic(`:${JWT}`), 'token'],
  ['ID-39', basic(`${JWT}:${JWT}`), 'nothing'],
  ['ID-39', basic(`${JWT}:other`), 'nothing'],
  ['ID-39', basic('alice:secret'), 'nothing'],
  ['ID-39', basic(JWT), 'nothing'],
  ['ID-39', 'Basic !!!', 'nothing'],
  ['ID-39', '', 'nothing'],
]

test.each(headers)('the Authorization header "$1" holds $2 [$0]', (_row, header, found) => {
  const read = readToken(header)
  expect(read === undefined ? 'nothing' : read.ok ? 'token' : 'refused').toBe(found)
  if (read?.ok) expect(read.value).toBe(JWT)
})

/** One provider people sign in at, one more issuer, and a reader of headers. */
async function aReader({ enabled = true, ...given }: { enabled?: boolean } & Partial<ProviderConfig> = {}) {
  const { op, provider, platform } = await aBench()
  const extra = await createFakeProvider('https://tokens.test')
  extra.behaviour.now = platform.now
  const world = createFakePlatform({
    provider: (url, init) => (url.startsWith(extra.origin) ? extra.fetch(url, init) : op.fetch(url, init)),
  })
  const read = createBearerReader({
    bearer: {
      enabled,
      loginFallback: true,
      extraIssuers: [{ issuer: 'https://tokens.test', audience: 'api' }],
      requiredScopes: [],
      clientIds: [],
      introspection: undefined,
    },
    providers: [provider],
    settings: aProviderConfig(given),
    context: someTools(world),
  })
  return { op, extra, platform, world, read: async (token: string) => read(`Bearer ${token}`) }
}

test('no Authorization header is looked at when bearer tokens are switched off', async () => {
  const { op, read } = await aReader({ enabled: false })
  expect(await read(await op.mint())).toBeUndefined()
})

test('a bearer token of the provider is a sign-in with that token', async () => {
  const { op, read } = await aReader()
  const token = await op.mint({ email: undefined, groups: ['ops'] })
  const grant = await read(token)
  expect(grant).toMatchObject({
    ok: true,
    value: {
      identity: { issuer: 'https://op.test', subject: 'alice', email: undefined, groups: ['ops'] },
      tokens: { access: token, id: token, refresh: undefined },
    },
  })
  expect(op.hits.userinfo).toBe(0)
})

// [row, what is different, claims, header, verdict]
const tokens: [string, string, Claims, Claims, string][] = [
  ['ID-38', 'for another client', { aud: 'other' }, {}, 'bearer_invalid/aud'],
  ['ID-20', 'for an API', { aud: 'https://api.test' }, { typ: 'at+jwt' }, 'bearer_invalid/aud'],
  ['ID-20', 'an access token for us', { azp: 'spa' }, { typ: 'at+jwt' }, 'ok'],
  ['ID-12', 'for us and others', { aud: ['sidegate', 'account'], azp: 'spa' }, {}, 'ok'],
  ['ID-18', 'a logout token', { events: {} }, {}, 'bearer_invalid/events'],
  ['ID-18', 'typ logout+jwt', {}, { typ: 'logout+jwt' }, 'bearer_invalid/typ'],
  ['ID-09', 'without exp', { exp: undefined }, {}, 'bearer_invalid/exp'],
  ['ID-14', 'of nobody we know', { iss: 'https://evil.test' }, {}, 'bearer_invalid/iss'],
  ['ID-14', 'without an issuer', { iss: undefined }, {}, 'bearer_invalid/iss'],
  ['ID-26', 'of an unverified address', { email_verified: false }, {}, 'email_unverified'],
  ['ID-05', 'with an unknown key', {}, { kid: 'other' }, 'bearer_invalid/kid'],
]

test.each(tokens)('a bearer token $1 [$0]', async (_row, _name, claims, header, verdict) => {
  const { op, read } = await aReader()
  const grant = await read(await op.mint(claims, header))
  expect(grant && verdictOf(grant)).toBe(verdict)
})

test('an extra issuer counts with its own audience and its own keys', async () => {
  const { op, extra, read } = await aReader()
  const grant = await read(await extra.mint({ aud: 'api', sub: 'robot', email: undefined }))
  expect(grant?.ok && grant.value.identity).toMatchObject({
    issuer: 'https://tokens.test',
    user: 'robot',
    email: undefined,
  })
  const wrongAudience = await read(await extra.mint({ aud: 'sidegate' }))
  expect(wrongAudience && verdictOf(wrongAudience)).toBe('bearer_invalid/aud')
  expect(op.hits.jwks).toBe(0)
})

test('a bearer token that names one issuer and is signed by another is refused', async () => {
  const { extra, op, read } = await aReader()
  await extra.signer.rotate()
  const forged = await read(await extra.mint({ iss: op.origin, aud: 'sidegate' }))
  expect(forged && verdictOf(forged)).toMatch(/^bearer_invalid\/(?:kid|signature)$/u)
})

test('an extra issuer without discovery has its keys at /.well-known/jwks.json', async () => {
  const { extra, read } = await aReader()
  extra.scripts.discovery = status(404)
  extra.app.get('/.well-known/jwks.json', () => json(200, extra.signer.jwks()))
  const grant = await read(await extra.mint({ aud: 'api' }))
  expect(grant?.ok).toBe(true)
})

test('an extra issuer that is down, or names itself differently, is no sign-in', async () => {
  const { extra, read } = await aReader()
  extra.scripts.discovery = status(500)
  const down = await read(await extra.mint({ aud: 'api' }))
  expect(down && verdictOf(down)).toBe('provider_unreachable')
  const other = await aReader()
  other.extra.behaviour.metadata = { issuer: 'https://tokens.test/' }
  const wrong = await other.read(await other.extra.mint({ aud: 'api' }))
  expect(wrong && verdictOf(wrong)).toBe('provider_misbehaved/issuer')
})

test('bearer tokens of unknown issuers cost no fetch at all', async () => {
  const { op, extra, read } = await aReader()
  for (let at = 0; at < 20; at += 1) await read(await op.mint({ iss: `https://evil-${at}.test` }))
  expect([op.hits.jwks, extra.hits.jwks, op.hits.discovery, extra.hits.discovery]).toEqual([0, 0, 0, 0])
})

test('claim settings of the provider hold for extra issuers too', async () => {
  const { claims } = aProviderConfig()
  const { extra, read } = await aReader({
    claims: { ...claims, email: 'upn', groups: 'roles', audience: ['client'], allowUnverifiedEmail: true },
  })
  const token = await extra.mint({
    aud: undefined,
    client: 'api',
    upn: 'robot@example.com',
    email_verified: false,
    roles: ['deploy'],
  })
  const grant = await read(token)
  expect(grant?.ok && grant.value.identity).toMatchObject({ email: 'robot@example.com', groups: ['deploy'] })
})

test('algorithms that the operator named hold for extra issuers too', async () => {
  const { extra, read } = await aReader({ signingAlgs: ['ES256'] })
  expect(verdictOf((await read(await extra.mint({ aud: 'api' }))) ?? failed(problem('bug')))).toBe(
    'bearer_invalid/alg',
  )
})
