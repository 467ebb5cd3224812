import { createHash } from 'node:crypto'
import { CompactSign, exportJWK, exportSPKI, generateKeyPair, importJWK } from 'jose'
import { expect, test } from 'vitest'
import type { ProviderConfig } from '../../../../src/config/sections/provider.ts'
import type { Claims } from '../../../support/fake-provider.ts'
import { json } from '../../../support/fake-server.ts'
import { unsigned } from '../../../support/fake-signer.ts'
import { NOW_MS } from '../../../support/session.ts'
import { aBench, aProviderConfig, type Bench, verdictOf } from '../providers-fixture.ts'

const NOW = NOW_MS / 1000
const set = (changes: Claims) => (claims: Claims) => ({ ...claims, ...changes })
const claims = aProviderConfig().claims

// [id of the attack, what is wrong, change to the claims, verdict, settings]
const claimRows: [string, string, (claims: Claims) => Claims, string, Partial<ProviderConfig>?][] = [
  ['C01', 'nothing', set({}), 'ok'],
  ['C02', 'another issuer', set({ iss: 'https://evil.test' }), 'id_token_invalid/iss'],
  ['C03', 'no sub', set({ sub: undefined }), 'id_token_invalid/sub'],
  ['C04', 'another audience', set({ aud: 'other' }), 'id_token_invalid/aud'],
  ['C05', 'no aud', set({ aud: undefined }), 'id_token_invalid/aud'],
  ['C06', 'no iat', set({ iat: undefined }), 'id_token_invalid/iat'],
  ['C15', 'another nonce', set({ nonce: 'other' }), 'id_token_invalid/nonce'],
  ['ID-09', 'no exp', set({ exp: undefined }), 'id_token_invalid/exp'],
  ['ID-09', 'exp long past', set({ exp: NOW - 3_600 }), 'id_token_invalid/exp'],
  ['ID-09', 'exp 59 s past: skew', set({ exp: NOW - 59 }), 'ok'],
  ['ID-09', 'exp 60 s past', set({ exp: NOW - 60 }), 'id_token_invalid/exp'],
  ['ID-09', 'exp as text', set({ exp: String(NOW + 300) }), 'id_token_invalid/exp'],
  ['ID-09', 'exp negative', set({ exp: -1 }), 'id_token_invalid/exp'],
  ['ID-09', 'exp null', set({ exp: null }), 'id_token_invalid/exp'],
  ['ID-09', 'exp fractional', set({ exp: NOW + 300.5 }), 'ok'],
  ['ID-10', 'iat in 2100', set({ iat: 4_102_444_800 }), 'id_token_invalid/iat'],
  ['ID-10', 'iat 61 s ahead', set({ iat: NOW + 61 }), 'id_token_invalid/iat'],
  ['ID-10', 'iat 59 s ahead: skew', set({ iat: NOW + 59 }), 'ok'],
  ['ID-10', 'iat a week old', set({ iat: NOW - 604_800 }), 'id_token_invalid/iat'],
  ['ID-10', 'iat 5 minutes old, as Entra does', set({ iat: NOW - 300 }), 'ok'],
  ['ID-10', 'iat as text', set({ iat: String(NOW) }), 'id_token_invalid/iat'],
  ['ID-11', 'nbf in an hour', set({ nbf: NOW + 3_600 }), 'id_token_invalid/nbf'],
  ['ID-11', 'nbf as text', set({ nbf: 'soon' }), 'id_token_invalid/nbf'],
  ['ID-11', 'nbf now', set({ nbf: NOW }), 'ok'],
  ['ID-12', 'aud as a list of us', set({ aud: ['sidegate'] }), 'ok'],
  ['ID-12', 'two audiences, no azp', set({ aud: ['sidegate', 'other'] }), 'id_token_invalid/aud'],
  [
    'ID-12',
    'two audiences, azp us',
    set({ aud: ['sidegate', 'other'], azp: 'sidegate' }),
    'id_token_invalid/aud',
  ],
  [
    'ID-12',
    'two audiences, azp other',
    set({ aud: ['sidegate', 'other'], azp: 'other' }),
    'id_token_invalid/aud',
  ],
  [
    'ID-12',
    'further audiences, azp us, as oauth2-proxy takes them',
    set({ aud: ['sidegate', 'other'], azp: 'sidegate' }),
    'ok',
    { claims: { ...claims, otherAudiences: true } },
  ],
  [
    'ID-12',
    'further audiences, no azp',
    set({ aud: ['sidegate', 'other'] }),
    'id_token_invalid/azp',
    { claims: { ...claims, otherAudiences: true } },
  ],
  [
    'ID-12',
    'further audiences, azp other',
    set({ aud: ['sidegate', 'other'], azp: 'other' }),
    'id_token_invalid/azp',
    { claims: { ...claims, otherAudiences: true } },
  ],
  [
    'ID-12',
    'only further audiences, azp us',
    set({ aud: ['other', 'another'], azp: 'sidegate' }),
    'id_token_invalid/aud',
    { claims: { ...claims, otherAudiences: true } },
  ],
  [
    'ID-12',
    'two trusted audiences, azp us',
    set({ aud: ['sidegate', 'api'], azp: 'sidegate' }),
    'ok',
    { claims: { ...claims, extraAudiences: ['api'] } },
  ],
  [
    'ID-12',
    'two trusted audiences, no azp',
    set({ aud: ['sidegate', 'api'] }),
    'id_token_invalid/azp',
    { claims: { ...claims, extraAudiences: ['api'] } },
  ],
  [
    'ID-12',
    'an extra audience',
    set({ aud: 'api' }),
    'ok',
    { claims: { ...claims, extraAudiences: ['api'] } },
  ],
  ['ID-12', 'aud with a space', set({ aud: 'sidegate ' }), 'id_token_invalid/aud'],
  ['ID-12', 'aud in capitals', set({ aud: 'Sidegate' }), 'id_token_invalid/aud'],
  ['ID-12', 'aud as an object', set({ aud: { '0': 'sidegate' } }), 'id_token_invalid/aud'],
  ['ID-12', 'aud with a number', set({ aud: ['sidegate', 1] }), 'id_token_invalid/aud'],
  ['ID-12', 'aud empty', set({ aud: [] }), 'id_token_invalid/aud'],
  ['ID-12', '1,000 audiences', set({ aud: Array(1_000).fill('sidegate') }), 'id_token_invalid/aud'],
  ['ID-12', '10,000 audiences', set({ aud: Array(10_000).fill('sidegate') }), 'id_token_invalid/size'],
  [
    'ID-12',
    'the audience in another claim',
    set({ aud: 'whatever', client_id: 'sidegate' }),
    'ok',
    { claims: { ...claims, audience: ['client_id', 'aud'] } },
  ],
  [
    'ID-12',
    'only the first audience claim that is there counts',
    set({ aud: 'sidegate', client_id: 'other' }),
    'id_token_invalid/aud',
    { claims: { ...claims, audience: ['client_id', 'aud'] } },
  ],
  ['ID-13', 'one audience, azp other', set({ azp: 'other' }), 'id_token_invalid/azp'],
  ['ID-13', 'one audience, azp us', set({ azp: 'sidegate' }), 'ok'],
  ['ID-14', 'iss with a slash', set({ iss: 'https://op.test/' }), 'id_token_invalid/iss'],
  ['ID-14', 'iss with http', set({ iss: 'http://op.test' }), 'id_token_invalid/iss'],
  ['ID-14', 'iss in capitals', set({ iss: 'https://OP.test' }), 'id_token_invalid/iss'],
  ['ID-14', 'iss with a user', set({ iss: 'https://op.test@evil.test' }), 'id_token_invalid/iss'],
  ['ID-14', 'iss with a longer host', set({ iss: 'https://op.test.evil.test' }), 'id_token_invalid/iss'],
  ['ID-14', 'iss as a list', set({ iss: ['https://op.test'] }), 'id_token_invalid/iss'],
  ['ID-15', 'another tenant, checked', set({ iss: 'https://op.test/tenant-b' }), 'id_token_invalid/iss'],
  [
    'ID-15',
    'another tenant, check switched off',
    set({ iss: 'https://op.test/tenant-b' }),
    'ok',
    { skipIssuerVerification: true },
  ],
  [
    'ID-15',
    'no iss, check switched off',
    set({ iss: undefined }),
    'id_token_invalid/iss',
    { skipIssuerVerification: true },
  ],
  ['ID-16', 'no nonce', set({ nonce: undefined }), 'id_token_invalid/nonce'],
  ['ID-16', 'empty nonce', set({ nonce: '' }), 'id_token_invalid/nonce'],
  ['ID-16', 'nonce in a list', set({ nonce: ['n'.repeat(43)] }), 'id_token_invalid/nonce'],
  ['ID-16', 'no nonce, switched off', set({ nonce: undefined }), 'ok', { skipNonce: true }],
  ['ID-17', 'empty sub', set({ sub: '' }), 'id_token_invalid/sub'],
  ['ID-17', 'sub of 256 characters', set({ sub: 'a'.repeat(256) }), 'id_token_invalid/sub'],
  [
    'ID-17',
    'sub of 255 characters',
    set({ sub: 'a'.repeat(255), email_verified: true, preferred_username: 'a' }),
    'ok',
  ],
  ['ID-17', 'sub as a safe integer', set({ sub: 1 }), 'ok'],
  ['ID-17', 'sub as a number that is not exact', set({ sub: 2 ** 53 }), 'id_token_invalid/sub'],
  ['ID-17', 'sub as a fraction', set({ sub: 1.5 }), 'id_token_invalid/sub'],
  ['ID-17', 'sub null', set({ sub: null }), 'id_token_invalid/sub'],
  ['ID-17', 'sub as an object', set({ sub: {} }), 'id_token_invalid/sub'],
  ['ID-17', 'sub with a space in front', set({ sub: ' alice' }), 'id_token_invalid/sub'],
  ['ID-17', 'sub with NUL', set({ sub: 'ali\0ce' }), 'id_token_invalid/sub'],
  ['ID-17', 'sub with CRLF', set({ sub: 'alice\r\nX-Admin: 1' }), 'id_token_invalid/sub'],
  ['ID-17', 'sub with a bidi mark', set({ sub: 'alice\u202e' }), 'id_token_invalid/sub'],
  ['ID-17', 'sub with a lone surrogate', set({ sub: 'alice\ud800' }), 'id_token_invalid/sub'],
  [
    'ID-19',
    'a logout token',
    set({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
    'id_token_invalid/events',
  ],
  ['ID-21', 'a wrong at_hash', set({ at_hash: 'x'.repeat(22) }), 'id_token_invalid/at_hash'],
  ['ID-21', 'at_hash as a number', set({ at_hash: 1 }), 'id_token_invalid/at_hash'],
]

test.each(claimRows)('an ID token with $1 [$0]', async (_row, _name, change, verdict, settings = {}) => {
  const { op, signIn } = await aBench(settings)
  op.idToken.claims = change
  expect(verdictOf(await signIn())).toBe(verdict)
})

const headerOf = (token: string) => token.split('.')[0]
const claimsOf = (token: string) => token.split('.')[1]
const decode = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString()) as Claims
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The honest claims under another header, with no signature or the old one. */
const withHeader =
  (header: unknown, signature = '') =>
  (token: string): string =>
    `${encode(header)}.${claimsOf(token)}.${signature}`

/** The honest claims, signed again with a key of its own kind. */
async function resigned(bench: Bench, alg: string, publish: boolean): Promise<void> {
  const pair = await generateKeyPair(alg)
  if (publish) {
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'other', use: 'sig' }
    bench.op.scripts.jwks = () => json(200, { keys: [...bench.op.signer.jwks().keys, jwk] })
  }
  bench.op.idToken.text = (token) =>
    new CompactSign(Buffer.from(claimsOf(token) ?? '', 'base64url'))
      .setProtectedHeader({ alg, kid: publish ? 'other' : 'key-1' })
      .sign(pair.privateKey)
}

async function signedWithPublicKey(
  bench: Bench,
  secretOf: (key: CryptoKey) => Promise<Uint8Array>,
): Promise<void> {
  const [jwk] = bench.op.signer.jwks().keys
  const key = (await importJWK({ ...jwk, ext: true }, 'RS256')) as CryptoKey
  const secret = await secretOf(key)
  bench.op.idToken.text = (token) =>
    new CompactSign(Buffer.from(claimsOf(token) ?? '', 'base64url'))
      .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
      .sign(secret)
}

// [row, what is wrong, how, verdict, settings]
const signatureRows: [
  string,
  string,
  (bench: Bench) => void | Promise<void>,
  string,
  Partial<ProviderConfig>?,
][] = [
  ...['none', 'None', 'nOnE', '', 'RS256x'].map((alg): [string, string, (bench: Bench) => void, string] => [
    'ID-01',
    `alg ${JSON.stringify(alg)}, no signature`,
    ({ op }) => {
      op.idToken.text = withHeader({ alg })
    },
    'id_token_invalid/alg',
  ]),
  ...[
    { typ: 'JWT' },
    { alg: null },
    { alg: ['RS256'] },
    { alg: { toString: 'RS256' } },
    [],
    null,
    'RS256',
  ].map((header): [string, string, (bench: Bench) => void, string] => [
    'ID-01',
    `header ${JSON.stringify(header)}`,
    ({ op }) => {
      op.idToken.text = withHeader(header)
    },
    'id_token_invalid/alg',
  ]),
  [
    'C10',
    'alg none although advertised',
    ({ op }) => {
      op.behaviour.metadata = { id_token_signing_alg_values_supported: ['none'] }
      op.idToken.text = withHeader({ alg: 'none' })
    },
    'id_token_invalid/alg',
  ],
  [
    'C11',
    'a changed signature',
    ({ op }) => {
      op.idToken.text = (token) => token.replace(/.{8}$/u, 'AAAAAAAA')
    },
    'id_token_invalid/signature',
  ],
  [
    'C11',
    'changed claims',
    ({ op }) => {
      op.idToken.text = (token) =>
        `${headerOf(token)}.${encode({ ...decode(claimsOf(token)), sub: 'admin' })}.${token.split('.')[2]}`
    },
    'id_token_invalid/signature',
  ],
  [
    'C11',
    'a key that nobody published',
    (bench) => resigned(bench, 'RS256', false),
    'id_token_invalid/signature',
  ],
  [
    'C13',
    'ES256 where RS256 is advertised',
    (bench) => resigned(bench, 'ES256', true),
    'id_token_invalid/alg',
  ],
  [
    'ID-03',
    'PS256 where RS256 is advertised',
    (bench) => resigned(bench, 'PS256', true),
    'id_token_invalid/alg',
  ],
  [
    'ID-03',
    'EdDSA where RS256 is advertised',
    (bench) => resigned(bench, 'EdDSA', true),
    'id_token_invalid/alg',
  ],
  ['ID-03', 'ES256, configured', (bench) => resigned(bench, 'ES256', true), 'ok', { signingAlgs: ['ES256'] }],
  ['ID-03', 'EdDSA, configured', (bench) => resigned(bench, 'EdDSA', true), 'ok', { signingAlgs: ['EdDSA'] }],
  [
    'ID-03',
    'RS256, only ES256 configured',
    () => undefined,
    'id_token_invalid/alg',
    { signingAlgs: ['ES256'] },
  ],
  [
    'ID-03',
    'ES256, advertised',
    async (bench) => {
      bench.op.behaviour.metadata = { id_token_signing_alg_values_supported: ['RS256', 'ES256'] }
      await resigned(bench, 'ES256', true)
    },
    'ok',
  ],
  [
    'ID-03',
    'nothing advertised: RS256',
    ({ op }) => {
      op.behaviour.metadata = { id_token_signing_alg_values_supported: undefined }
    },
    'ok',
  ],
  [
    'ID-02',
    'HS256 with the public key (PEM) as secret',
    (bench) => signedWithPublicKey(bench, async (key) => new TextEncoder().encode(await exportSPKI(key))),
    'id_token_invalid/alg',
  ],
  [
    'ID-02',
    'HS256 with the public key as secret, HS256 and RS256 configured',
    (bench) => signedWithPublicKey(bench, async (key) => new TextEncoder().encode(await exportSPKI(key))),
    'id_token_invalid/signature',
    { signingAlgs: ['RS256', 'HS256'] },
  ],
  [
    'ID-02',
    'HS256 with the modulus as secret',
    (bench) =>
      signedWithPublicKey(bench, async (key) => Buffer.from((await exportJWK(key)).n ?? '', 'base64url')),
    'id_token_invalid/alg',
  ],
  [
    'C12',
    'HS256 with the client secret, not configured',
    ({ op }) => {
      op.idToken.text = (token) => hs256(token, op.client.secret)
    },
    'id_token_invalid/alg',
  ],
  [
    'C12',
    'HS256 with the client secret, advertised only',
    ({ op }) => {
      op.behaviour.metadata = { id_token_signing_alg_values_supported: ['HS256'] }
      op.idToken.text = (token) => hs256(token, op.client.secret)
    },
    'id_token_invalid/alg',
  ],
  [
    'C12',
    'HS256 with the client secret, configured',
    ({ op }) => {
      op.idToken.text = (token) => hs256(token, op.client.secret)
    },
    'ok',
    { signingAlgs: ['HS256'] },
  ],
  [
    'C12',
    'HS256 with another secret, configured',
    ({ op }) => {
      op.idToken.text = (token) => hs256(token, 'another secret of thirty-two bytes')
    },
    'id_token_invalid/signature',
    { signingAlgs: ['HS256'] },
  ],
  [
    'ID-08',
    'HS256 with a key from the JWKS',
    ({ op }) => {
      const key = {
        kty: 'oct',
        k: Buffer.from('x'.repeat(32)).toString('base64url'),
        kid: 'sym',
        alg: 'HS256',
      }
      op.scripts.jwks = () => json(200, { keys: [...op.signer.jwks().keys, key] })
      op.idToken.text = (token) => hs256(token, 'x'.repeat(32), { kid: 'sym' })
    },
    'id_token_invalid/signature',
    { signingAlgs: ['RS256', 'HS256'] },
  ],
  ['C07', 'no kid, one key', headerChange({ kid: undefined }), 'ok'],
  [
    'C08',
    'no kid, three keys',
    async (bench) => {
      await bench.op.signer.rotate(true)
      await bench.op.signer.rotate(true)
      headerChange({ kid: undefined })(bench)
    },
    'ok',
  ],
  [
    'C08',
    'no kid, three keys, none of them',
    async (bench) => {
      await bench.op.signer.rotate(true)
      await resigned(bench, 'RS256', false)
      const { text } = bench.op.idToken
      bench.op.idToken.text = async (token) =>
        `${encode({ alg: 'RS256' })}.${((await text?.(token)) ?? '').split('.').slice(1).join('.')}`
    },
    'id_token_invalid/signature',
  ],
  ['ID-05', 'kid as a path', headerChange({ kid: '../../../etc/passwd' }), 'id_token_invalid/kid'],
  ['ID-05', 'kid as SQL', headerChange({ kid: "' OR 1=1 --" }), 'id_token_invalid/kid'],
  ['ID-05', 'kid as a URL', headerChange({ kid: 'https://canary.test/key' }), 'id_token_invalid/kid'],
  ['ID-05', 'kid of 64 kB', headerChange({ kid: 'k'.repeat(65_536) }), 'id_token_invalid/size'],
  ['ID-05', 'kid as a number', headerChange({ kid: 1 }), 'id_token_invalid/kid'],
  ['ID-18', 'typ at+jwt', headerChange({ typ: 'at+jwt' }), 'id_token_invalid/typ'],
  ['ID-18', 'typ logout+jwt', headerChange({ typ: 'logout+jwt' }), 'id_token_invalid/typ'],
  ['ID-18', 'typ secevent+jwt', headerChange({ typ: 'application/secevent+jwt' }), 'id_token_invalid/typ'],
  ['ID-18', 'typ as a list', headerChange({ typ: ['JWT'] }), 'id_token_invalid/typ'],
  ['ID-18', 'typ in another spelling', headerChange({ typ: 'application/jwt' }), 'ok'],
  ['ID-18', 'no typ', headerChange({ typ: undefined }), 'ok'],
  [
    'ID-22',
    'five segments, as a JWE has',
    ({ op }) => {
      op.idToken.text = () => `${encode({ alg: 'RSA1_5', enc: 'A128GCM' })}.a.b.c.d`
    },
    'id_token_invalid/encrypted',
  ],
  [
    'ID-24',
    '2 MB of claims',
    ({ op }) => {
      op.idToken.claims = set({ filler: 'x'.repeat(2_000_000) })
    },
    'provider_misbehaved/body',
  ],
  [
    'ID-24',
    '100 kB of claims',
    ({ op }) => {
      op.idToken.claims = set({ filler: 'x'.repeat(100_000) })
    },
    'id_token_invalid/size',
  ],
  ['C39', 'an ID token that is no token', ({ op }) => setText(op, 'garbage'), 'id_token_invalid/alg'],
  [
    'C39',
    'an ID token with an empty signature',
    ({ op }) => setText(op, unsigned({ alg: 'RS256' }, {})),
    'id_token_invalid/signature',
  ],
]

function setText(op: Bench['op'], text: string): void {
  op.idToken.text = () => text
}

function headerChange(change: Claims): (bench: Bench) => void {
  return ({ op }) => {
    op.idToken.header = (header) => ({ ...header, ...change })
  }
}

function hs256(token: string, secret: string, header: Claims = {}): Promise<string> {
  return new CompactSign(Buffer.from(claimsOf(token) ?? '', 'base64url'))
    .setProtectedHeader({ alg: 'HS256', ...header })
    .sign(new TextEncoder().encode(secret))
}

test.each(signatureRows)('an ID token with $1 [$0]', async (_row, _name, prepare, verdict, settings = {}) => {
  const bench = await aBench({ ...settings, ...longSecret(settings) })
  if (settings.signingAlgs?.includes('HS256')) Object.assign(bench.op.client, { secret: LONG })
  await prepare(bench)
  expect(verdictOf(await bench.signIn())).toBe(verdict)
})

// RFC 7518 §3.2: an HS256 key has at least 32 bytes.
const LONG = 'a client secret of more than thirty-two bytes'
function longSecret(settings: Partial<ProviderConfig>): Partial<ProviderConfig> {
  return settings.signingAlgs?.includes('HS256') ? { clientSecret: { value: LONG } } : {}
}

test('keys and key addresses inside the token are neither used nor fetched [ID-04]', async () => {
  const bench = await aBench()
  const evil = await generateKeyPair('RS256')
  const jwk = await exportJWK(evil.publicKey)
  const asked: string[] = []
  const { fetch } = bench.op
  bench.op.fetch = (url, init) => {
    asked.push(url)
    return fetch(url, init)
  }
  bench.op.idToken.text = (token) =>
    new CompactSign(Buffer.from(claimsOf(token) ?? '', 'base64url'))
      .setProtectedHeader({
        alg: 'RS256',
        kid: 'key-1',
        jwk,
        jku: 'https://canary.test/jwks',
        x5u: 'https://canary.test/cert',
      })
      .sign(evil.privateKey)
  expect(verdictOf(await bench.signIn())).toBe('id_token_invalid/signature')
  expect(asked.filter((url) => url.includes('canary'))).toEqual([])
})

test('an exp beyond every number is Infinity and refused [ID-09]', async () => {
  const { op, signIn } = await aBench()
  // JSON.stringify cannot write it, so the payload is written by hand and signed.
  op.idToken.text = async (token) => {
    const text = JSON.stringify({ ...decode(claimsOf(token)), exp: 'HERE' }).replace('"HERE"', '1e400')
    return op.signer.signText(text)
  }
  expect(verdictOf(await signIn())).toBe('id_token_invalid/exp')
})

test('claims nested 5,000 deep are refused and crash nothing [ID-24]', async () => {
  const { op, signIn } = await aBench()
  const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`
  op.idToken.text = (token) =>
    op.signer.signText(JSON.stringify({ ...decode(claimsOf(token)), groups: 'HERE' }).replace('"HERE"', deep))
  expect(verdictOf(await signIn())).toBe('id_token_invalid/claims')
})

test('the last of repeated members counts, in the verified bytes as in what is read [ID-23]', async () => {
  const { op, signIn } = await aBench()
  op.idToken.text = (token) =>
    op.signer.signText(JSON.stringify(decode(claimsOf(token))).replace('{', '{"sub":"admin",'))
  const grant = await signIn()
  expect(grant.ok && grant.value.identity.subject).toBe('alice')
})

test('the nonce of an earlier login is refused [ID-16]', async () => {
  const { op, provider, visit } = await aBench()
  const first = await visit()
  op.idToken.claims = (claims) => ({ ...claims, nonce: 'o'.repeat(43) })
  expect(verdictOf(await provider.redeem(first))).toBe('id_token_invalid/nonce')
})

test('a right at_hash is accepted [ID-21]', async () => {
  const { op, signIn } = await aBench()
  op.scripts.token = async (next) => {
    const answer = (await (await next()).json()) as Claims
    const half = createHash('sha256').update(String(answer['access_token'])).digest().subarray(0, 16)
    const id_token = await op.mint({ nonce: 'n'.repeat(43), at_hash: half.toString('base64url') })
    return json(200, { ...answer, id_token })
  }
  expect(verdictOf(await signIn())).toBe('ok')
})

test('a claim that an operator can allow names its setting, and says nothing of what was in the token', async () => {
  const { op, signIn } = await aBench()
  op.idToken.claims = (honest) => ({ ...honest, aud: ['sidegate', 'kubernetes'], azp: 'sidegate' })
  const grant = await signIn()
  expect(grant.ok || grant.problem.detail).toEqual({
    check: 'aud',
    audiences: 2,
    setting: 'oidc-extra-audience',
  })
  op.idToken.text = (token) => hs256(token, op.client.secret)
  const symmetric = await signIn()
  expect(symmetric.ok || symmetric.problem.detail).toEqual({
    check: 'alg',
    setting: 'oidc-enabled-signing-alg',
  })
})
