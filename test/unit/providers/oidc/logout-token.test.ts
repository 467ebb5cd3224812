import { expect, test } from 'vitest'
import type { Claims } from '../../../support/fake-provider.ts'
import { unsigned } from '../../../support/fake-signer.ts'
import { NOW_MS } from '../../../support/session.ts'
import { aBench, verdictOf } from '../providers-fixture.ts'

const NOW = NOW_MS / 1000
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

// [row, what is different, overrides, verdict]
const rows: [string, string, Claims, string][] = [
  ['LO-09', 'nothing', {}, 'ok'],
  ['LO-09', 'a sid beside the subject', { sid: 's-1' }, 'ok'],
  ['LO-09', 'a sid alone', { sub: undefined, sid: 's-1' }, 'ok'],
  ['LO-11', 'no event', { events: undefined }, 'id_token_invalid/events'],
  [
    'LO-11',
    'another event',
    { events: { 'http://schemas.openid.net/event/other': {} } },
    'id_token_invalid/events',
  ],
  ['LO-11', 'the event as text', { events: { [EVENT]: 'yes' } }, 'id_token_invalid/events'],
  ['LO-11', 'the event as a list', { events: { [EVENT]: [] } }, 'id_token_invalid/events'],
  ['LO-11', 'events as a list', { events: [EVENT] }, 'id_token_invalid/events'],
  ['LO-12', 'a nonce', { nonce: 'n' }, 'id_token_invalid/nonce'],
  ['LO-12', 'an empty nonce', { nonce: '' }, 'id_token_invalid/nonce'],
  ['LO-13', 'another audience', { aud: 'other' }, 'id_token_invalid/aud'],
  ['LO-13', 'another audience beside us', { aud: ['sidegate', 'other'] }, 'id_token_invalid/aud'],
  ['LO-13', 'another issuer', { iss: 'https://evil.test' }, 'id_token_invalid/iss'],
  ['LO-14', 'no iat', { iat: undefined }, 'id_token_invalid/iat'],
  ['LO-14', 'an old iat', { iat: NOW - 3_600 }, 'id_token_invalid/iat'],
  ['LO-14', 'an iat in the future', { iat: NOW + 3_600 }, 'id_token_invalid/iat'],
  ['LO-14', 'no exp', { exp: undefined }, 'id_token_invalid/exp'],
  ['LO-14', 'exp past', { exp: NOW - 61 }, 'id_token_invalid/exp'],
  ['LO-14', 'no jti', { jti: undefined }, 'id_token_invalid/jti'],
  ['LO-14', 'jti as a number', { jti: 1 }, 'id_token_invalid/jti'],
  ['LO-14', 'jti of a kilobyte', { jti: 'j'.repeat(1_024) }, 'id_token_invalid/jti'],
  ['LO-14', 'neither sub nor sid', { sub: undefined }, 'id_token_invalid/sub'],
  ['LO-14', 'sub as a safe integer', { sub: 1 }, 'ok'],
  ['LO-14', 'sub as a fraction', { sub: 1.5 }, 'id_token_invalid/sub'],
  ['LO-14', 'an empty sid', { sid: '' }, 'id_token_invalid/sid'],
]

test.each(rows)('a logout token with $1 [$0]', async (_row, _name, overrides, verdict) => {
  const { op, provider } = await aBench()
  const result = await provider.verifyLogoutToken?.(await op.logoutToken(overrides))
  expect(result && verdictOf(result)).toBe(verdict)
})

test('a logout token gives its subject, session id and moment [LO-09]', async () => {
  const { op, provider } = await aBench()
  const result = await provider.verifyLogoutToken?.(await op.logoutToken({ jti: 'j-1', sid: 's-1' }))
  expect(result).toEqual({
    ok: true,
    value: { issuer: 'https://op.test', subject: 'alice', sid: 's-1', jti: 'j-1', issuedAtMs: NOW_MS },
  })
})

test('unsigned tokens, changed tokens and ID tokens are refused [LO-10, LO-14]', async () => {
  const { op, provider } = await aBench()
  const verify = async (token: string) => provider.verifyLogoutToken?.(token).then(verdictOf)
  const honest = await op.logoutToken()
  const claims = JSON.parse(Buffer.from(honest.split('.')[1] ?? '', 'base64url').toString()) as Claims
  expect(await verify(unsigned({ alg: 'none', typ: 'logout+jwt' }, claims))).toBe('id_token_invalid/alg')
  expect(await verify(await op.signer.sign(claims, { alg: 'PS256' }).catch(() => 'x.y.z'))).toMatch(
    /^id_token_invalid/u,
  )
  expect(await verify(`${honest.slice(0, -6)}AAAAAA`)).toBe('id_token_invalid/signature')
  expect(await verify(await op.mint({ jti: 'j' }))).toBe('id_token_invalid/events')
  expect(await verify(await op.mint({ ...claims }, { typ: 'at+jwt' }))).toBe('id_token_invalid/typ')
})
