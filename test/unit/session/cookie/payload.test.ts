import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../../src/lib/bytes.ts'
import { deflate } from '../../../../src/session/cookie/deflate.ts'
import { decodeSession, encodeSession } from '../../../../src/session/cookie/payload.ts'
import type { Session } from '../../../../src/session/session.ts'
import { aSession, NOW_MS } from '../../../support/session.ts'
import { aToken, someGroups } from '../refresh-fixture.ts'

const PLAIN = 0x10
const DEFLATED = 0x11

/** A whole session with every field filled in, in whole seconds. */
const FULL = aSession({
  user: 'al',
  groups: ['users', 'été', 'a,b'],
  sid: 'op-session-1',
  tokens: { access: 'AT', id: 'IT', refresh: 'RT', accessExpiresAtMs: NOW_MS + 3_600_000 },
  refreshedAtMs: NOW_MS + 60_000,
  seenAtMs: NOW_MS + 120_000,
})

/** Version 1 with forty groups, deflated by the zlib of Node 24. Never to be recorded anew. */
const RECORDED =
  'EV3SPW_CMBSF4f9yZgP2NQ3gqZ06t0IdqDqExBSjfFhxQKhV_3sVKqT6ePJ74-GR42-cxgCHSt6-Kmku-2Auu2CO--fmtHuBQqgj' +
  'HPpQV1OkBIfjOMbkFos-zv21bGPj51XfQiGd93Aom1D5mYGCb5t7P-Yn47m7f4HC5xDh3lH7WA5j67txpqH-p8lT8rR5LvN8yLPI' +
  'c5XnOs8NMZhFLkMwQzJDNEM2QzhDOkM8Qz4hn_C9kU_IJ-QT8gn5hHxCPiGfJZ8ln-UfSz5LPks-Sz5LPks-u8GHQgr19MLjLPmU' +
  'Qt_dXls5wuFpC4Vh2r1ub7MrnFkVq0LbQmuFMJ36G0xLYfCHfJC8zwf-Gm-DtejlWuufXw'

async function encoded(session: Session): Promise<Uint8Array> {
  const bytes = await encodeSession(session)
  if (!bytes.ok) throw new Error(bytes.problem)
  return bytes.value
}

function payload(lead: number, json: unknown): Uint8Array {
  const text = typeof json === 'string' ? json : JSON.stringify(json)
  return new Uint8Array([lead, ...utf8(text)])
}

/** The JSON of an ordinary session, which tests then spoil. */
const VALID = { jti: 'j', idp: 'oidc', iss: 'https://op', sub: 's', iat: 1, ref: 1, see: 1, exp: 2 }

describe('a session as bytes', () => {
  it('a payload gives the session back as it went in', async () => {
    expect(await decodeSession(await encoded(FULL))).toEqual(FULL)
    expect(await decodeSession(await encoded(aSession()))).toEqual(aSession())
  })

  it('a payload has exactly this form; a change of it raises the version and keeps a reader', async () => {
    const bytes = await encoded(aSession())
    expect(bytes[0]).toBe(PLAIN)
    expect(new TextDecoder().decode(bytes.subarray(1))).toBe(
      '{"jti":"c2Vzc2lvbi1vZi1hbGljZQ","idp":"oidc","iss":"https://op.example.com","sub":"alice-1",' +
        '"eml":"alice@example.com","pun":"alice","grp":["users"],' +
        '"iat":1767600000,"ref":1767600000,"see":1767600000,"exp":1768204800}',
    )
  })

  it('a payload is still read from the deflated bytes that the first version wrote', async () => {
    const session = await decodeSession(new Uint8Array(Buffer.from(RECORDED, 'base64url')))
    expect(session).toEqual(
      aSession({
        groups: Array.from({ length: 40 }, (_, at) => `department-${at}`),
        sid: 'op-session-1',
        tokens: { access: 'AT', id: undefined, refresh: 'RT', accessExpiresAtMs: NOW_MS + 3_600_000 },
      }),
    )
  })

  it('a payload loses what is smaller than a second, and nothing else', async () => {
    const session = aSession({ signedInAtMs: NOW_MS + 999, expiresAtMs: NOW_MS + 1500 })
    const back = await decodeSession(await encoded(session))
    expect(back).toMatchObject({ signedInAtMs: NOW_MS, expiresAtMs: NOW_MS + 1000 })
  })

  it('a payload writes a session without an end as one that ends with the year 9999', async () => {
    const back = await decodeSession(await encoded(aSession({ expiresAtMs: Number.POSITIVE_INFINITY })))
    expect(new Date(back?.expiresAtMs ?? 0).toISOString()).toBe('9999-12-31T23:59:59.000Z')
  })

  it('a payload deflates two hundred groups to less than six tenths', async () => {
    const session = aSession({ groups: someGroups(200) })
    const bytes = await encoded(session)
    expect(bytes[0]).toBe(DEFLATED)
    expect(bytes.length).toBeLessThan(0.6 * JSON.stringify(session.groups).length)
    expect(await decodeSession(bytes)).toEqual(session)
  })

  it('a payload leaves out empty groups, which no rule can mean', async () => {
    expect((await decodeSession(await encoded(aSession({ groups: ['', 'a', ''] }))))?.groups).toEqual(['a'])
  })

  it('a payload may hold a person without an issuer', async () => {
    expect(await decodeSession(await encoded(aSession({ issuer: '' })))).toEqual(aSession({ issuer: '' }))
  })

  it('a session of a local user is of version 2: version 1 and the record', async () => {
    const session = aSession({ localRecord: 'record-of-alice' })
    const bytes = await encoded(session)
    expect(bytes[0]).toBe(0x20)
    expect(new TextDecoder().decode(bytes)).toContain('"grp":["users"],"rec":"record-of-alice","iat"')
    expect(await decodeSession(bytes)).toEqual(session)
    const long = aSession({ localRecord: 'record-of-alice', groups: someGroups(200) })
    expect((await encoded(long))[0]).toBe(0x21)
    expect(await decodeSession(await encoded(long))).toEqual(long)
  })

  it.each<[string, number, unknown]>([
    ['a record in version 1', 0x10, { ...VALID, rec: 'r' }],
    ['version 2 without a record', 0x20, VALID],
    ['version 3', 0x30, { ...VALID, rec: 'r' }],
  ])('a session is not read from %s', async (_, lead, json) => {
    expect(await decodeSession(payload(lead, json))).toBeUndefined()
  })
})

describe('what cannot be a session', () => {
  it.each<[string, Partial<Session>]>([
    ['without a subject', { subject: '' }],
    ['without an id', { id: '' }],
    ['with a sign-in at no time', { signedInAtMs: Number.NaN }],
    ['with an end before time', { expiresAtMs: -5000 }],
  ])('a payload is not written for a session %s', async (_, spoilt) => {
    expect(await encodeSession(aSession(spoilt))).toEqual({ ok: false, problem: 'identity_incomplete' })
  })

  it('a payload of more than 64 KiB is not written, however well it deflates', async () => {
    const groups = Array.from({ length: 20_000 }, () => 'users')
    expect(await encodeSession(aSession({ groups }))).toEqual({ ok: false, problem: 'session_too_large' })
  })

  it.each<[string, unknown]>([
    ['nothing (CK-24)', {}],
    ['no subject', { ...VALID, sub: undefined }],
    ['an empty subject', { ...VALID, sub: '' }],
    ['a subject that is null', { ...VALID, sub: null }],
    ['an e-mail that is null', { ...VALID, eml: null }],
    ['no end', { ...VALID, exp: undefined }],
    ['an end beyond all numbers (CK-25)', JSON.stringify(VALID).replace('"exp":2', '"exp":1e400')],
    ['an end in quotes', { ...VALID, exp: '9999999999' }],
    ['a negative end', { ...VALID, exp: -1 }],
    ['half a second', { ...VALID, iat: 0.5 }],
    ['an array (CK-26)', [1]],
    ['a prototype', '{"__proto__":{"grp":["admins"]}}'],
    ['a prototype beside a session', JSON.stringify(VALID).replace('{', '{"__proto__":{"grp":["admins"]},')],
    ['a constructor', { ...VALID, constructor: { grp: ['admins'] } }],
    ['a field of tomorrow', { ...VALID, zzz: 1 }],
    ['groups that are no list', { ...VALID, grp: 'admins' }],
    ['a group that is no text', { ...VALID, grp: [{}] }],
    ['null', null],
    ['a number', 7],
    ['half of it', JSON.stringify(VALID).slice(0, 40)],
    ['nothing at all', ''],
  ])('a payload is not read with %s', async (_, json) => {
    expect(await decodeSession(payload(PLAIN, json))).toBeUndefined()
  })

  it('a payload is read when nothing was spoilt', async () => {
    expect((await decodeSession(payload(PLAIN, VALID)))?.subject).toBe('s')
  })

  it.each([0x00, 0x12, 0x20, 0x7b, 0xff])('a payload of another version (%i) is not read', async (lead) => {
    expect(await decodeSession(payload(lead, VALID))).toBeUndefined()
  })

  it('a payload that is not UTF-8 is not read', async () => {
    expect(await decodeSession(new Uint8Array([PLAIN, 0xff, 0xfe]))).toBeUndefined()
  })

  it('a payload that is no DEFLATE stream is not read', async () => {
    expect(await decodeSession(payload(DEFLATED, VALID))).toBeUndefined()
    expect(await decodeSession(new Uint8Array([DEFLATED]))).toBeUndefined()
    expect(await decodeSession(new Uint8Array())).toBeUndefined()
  })

  it('a payload that swells to 50 MB is given up at 64 KiB [CK-15, CK-16]', async () => {
    const bomb = await deflate(utf8(JSON.stringify({ ...VALID, eml: 'A'.repeat(50_000_000) })))
    expect(bomb.length).toBeLessThan(64_000)
    const started = performance.now()
    expect(await decodeSession(new Uint8Array([DEFLATED, ...bomb]))).toBeUndefined()
    expect(performance.now() - started).toBeLessThan(100)
  })

  it('a payload that is cut off inside is not read', async () => {
    const bytes = await encoded(aSession({ groups: [aToken(1000)] }))
    expect(bytes[0]).toBe(DEFLATED)
    expect(await decodeSession(bytes.subarray(0, bytes.length - 20))).toBeUndefined()
  })
})
