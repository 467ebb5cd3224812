import { expect, test } from 'vitest'
import { readIntrospected } from '../../../../src/providers/bearer/introspected.ts'
import { aProviderConfig, verdictOf } from '../providers-fixture.ts'

const NOW = 1_800_000_000
const GOOD = {
  active: true,
  iss: 'https://op.test',
  sub: 'alice',
  username: 'al',
  aud: 'sidegate',
  client_id: 'robot',
  exp: NOW + 60,
}

const read = (change: Readonly<Record<string, unknown>>, clientIds: readonly string[] = []) =>
  readIntrospected(
    { ...GOOD, ...change },
    {
      introspection: { issuer: 'https://op.test' },
      claims: { ...aProviderConfig().claims, extraAudiences: ['api'] },
      clientId: 'sidegate',
      clientIds,
      fallbackIssuer: 'https://op.test',
    },
    NOW * 1000,
  )

// [row, what is different, members, verdict]
const answers: [string, string, Readonly<Record<string, unknown>>, string][] = [
  ['ID-120', 'that is complete', {}, 'ok'],
  ['ID-120', 'that is not active', { active: false }, 'bearer_invalid/active'],
  ['ID-120', 'that is active in a text', { active: 'true' }, 'provider_misbehaved/shape'],
  ['ID-120', 'that is active as a number', { active: 1 }, 'provider_misbehaved/shape'],
  ['ID-120', 'that does not say active', { active: undefined }, 'provider_misbehaved/shape'],
  ['ID-120', 'that is active as null', { active: null }, 'provider_misbehaved/shape'],
  ['ID-121', 'of a token that ends now', { exp: NOW }, 'bearer_invalid/exp'],
  ['ID-121', 'whose end is a text', { exp: String(NOW + 60) }, 'bearer_invalid/exp'],
  ['ID-121', 'whose end is infinite', { exp: Number.POSITIVE_INFINITY }, 'bearer_invalid/exp'],
  ['ID-121', 'whose end is below zero', { exp: -1 }, 'bearer_invalid/exp'],
  ['ID-121', 'without an end', { exp: undefined }, 'ok'],
  ['ID-121', 'of a token of tomorrow', { nbf: NOW + 86_400 }, 'bearer_invalid/nbf'],
  ['ID-121', 'that was issued tomorrow', { iat: NOW + 86_400 }, 'bearer_invalid/iat'],
  ['ID-122', 'of another issuer', { iss: 'https://evil.test' }, 'bearer_invalid/iss'],
  ['ID-122', 'of an issuer with a slash more', { iss: 'https://op.test/' }, 'bearer_invalid/iss'],
  ['ID-122', 'of two issuers', { iss: ['https://op.test'] }, 'bearer_invalid/iss'],
  ['ID-122', 'without an issuer', { iss: undefined }, 'ok'],
  ['ID-123', 'without a subject', { sub: undefined }, 'bearer_invalid/sub'],
  ['ID-123', 'with an empty subject', { sub: '' }, 'bearer_invalid/sub'],
  ['ID-123', 'with a line break in the subject', { sub: 'a\nb' }, 'bearer_invalid/sub'],
  ['ID-123', 'with a list as subject', { sub: ['alice'] }, 'bearer_invalid/sub'],
  ['ID-124', 'for another audience', { aud: 'other' }, 'bearer_invalid/aud'],
  ['ID-124', 'for another audience, issued to us', { aud: 'x', client_id: 'sidegate' }, 'bearer_invalid/aud'],
  ['ID-124', 'for several audiences with us', { aud: ['other', 'api'] }, 'ok'],
  ['ID-124', 'for audiences that are no texts', { aud: [{ sidegate: 1 }] }, 'bearer_invalid/aud'],
  ['ID-124', 'for nobody, issued to another client', { aud: undefined }, 'bearer_invalid/client_id'],
  ['ID-124', 'for an empty list, issued to another client', { aud: [] }, 'bearer_invalid/client_id'],
  ['ID-124', 'for nobody, issued to us', { aud: null, client_id: 'sidegate' }, 'ok'],
  ['ID-124', 'for nobody, issued to none', { aud: '', client_id: undefined }, 'bearer_invalid/client_id'],
  ['ID-125', 'of a refresh token', { token_type: 'refresh_token' }, 'bearer_invalid/token_type'],
  ['ID-125', 'of a refresh token of Hydra', { token_use: 'refresh_token' }, 'bearer_invalid/token_type'],
  ['ID-125', 'of a refresh token of Keycloak', { typ: 'Offline' }, 'bearer_invalid/token_type'],
  ['ID-125', 'of an access token of Keycloak', { typ: 'Bearer' }, 'ok'],
  ['ID-125', 'of a token for DPoP', { token_type: 'DPoP' }, 'bearer_invalid/token_type'],
  ['ID-125', 'of a token that is bound to a key', { cnf: { jkt: 'x' } }, 'bearer_invalid/cnf'],
  ['ID-126', 'with an unverified address', { email: 'a@b.test', email_verified: false }, 'email_unverified'],
  ['ID-126', 'with a list as address', { email: ['a@b.test'] }, 'identity_incomplete/type'],
]

test.each(answers)('an introspection response $1 is judged as $3 [$0]', (_row, _name, change, verdict) => {
  expect(verdictOf(read(change))).toBe(verdict)
})

test('an introspection response without an audience counts for a client that bearer-client-id names', () => {
  expect(verdictOf(read({ aud: undefined }, ['robot']))).toBe('ok')
  expect(verdictOf(read({ aud: 'other' }, ['robot']))).toBe('bearer_invalid/aud')
})

test('an introspection response becomes an identity by the claim settings', () => {
  const answer = read({ email: 'a@b.test', groups: ['ops'], scope: 'read' })
  expect(answer).toMatchObject({
    ok: true,
    value: {
      identity: {
        issuer: 'https://op.test',
        subject: 'alice',
        user: 'alice',
        preferredUsername: 'al',
        email: 'a@b.test',
        groups: ['ops'],
      },
      expiresAtMs: (NOW + 60) * 1000,
    },
  })
})
