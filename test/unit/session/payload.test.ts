import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/lib/bytes.ts'
import { deflate } from '../../../src/lib/deflate.ts'
import { decodeSession, encodeSession } from '../../../src/session/payload.ts'
import type { Session } from '../../../src/session/session.ts'
import { aSession, NOW_MS } from '../../support/session.ts'
import { fastestOf } from '../../support/timing.ts'
import { aToken, someGroups } from './refresh-fixture.ts'

const PLAIN = 0x30
const DEFLATED = 0x31
/** Version 2, which did not say which process got the refresh token. */
const PLAIN_2 = 0x20

/** A whole session with every field filled in, in whole seconds. */
const FULL = aSession({
  user: 'al',
  groups: ['users', 'été', 'a,b'],
  sid: 'op-session-1',
  tokens: { access: 'AT', id: 'IT', refresh: 'RT', accessExpiresAtMs: NOW_MS + 3_600_000 },
  refreshedAtMs: NOW_MS + 60_000,
  refreshedBy: 'A1b2C3',
  seenAtMs: NOW_MS + 120_000,
})

/** Version 2 with forty groups, deflated by the zlib of Node 24. Never to be recorded again. */
const RECORDED =
  'IV3Sz0_CMBjG8f_lORfoDxzQk57UgwcNGoPxMLYixY01ayFE4_9uhiGxz077vnsPn3T9xi55WFT65avSzXHt1XHl1XZ92-xWjxDw' +
  'dYBF5-sKAlUz7N4_m226-4wP07p-PWzcsBUjLLYphWgnky6M3alsQ-PGVddCIB7WsCgbX7mRgoBrm0tf55vhsL98gcBHH2DfULtQ' +
  '9ql1-zSSEP9T5anzNHlO87zKs8hzluc8zwUxmEUuRTBFMkU0RTZFOEU6RTxFPk0-zedGPk0-TT5NPk0-TT5NPk0-Qz5DPsM_lnyG' +
  'fIZ8hnyGfIZ8ZoF3gejr4eqHUXQx-m5_vm1lgsXNEgL98Pa0PM9OsGpWzAppCikF_LD1Nxgegd5t8kF0Lh-4UzgP5lpO51L-_AI'

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
const VALID = { jti: 'j', idp: 'oidc', cli: 'c', iss: 'https://op', sub: 's', iat: 1, ref: 1, see: 1, exp: 2 }

describe('a session as bytes', () => {
  it('a payload gives the session back as it went in', async () => {
    expect(await decodeSession(await encoded(FULL))).toEqual(FULL)
    expect(await decodeSession(await encoded(aSession()))).toEqual(aSession())
  })

  it('a payload has exactly this form; a change of it raises the version and keeps a reader', async () => {
    const bytes = await encoded(aSession())
    expect(bytes[0]).toBe(PLAIN)
    expect(new TextDecoder().decode(bytes.subarray(1))).toBe(
      '{"jti":"c2Vzc2lvbi1vZi1hbGljZQ","idp":"oidc","cli":"IU3htHksM4ddXufe","iss":"https://op.example.com",' +
        '"sub":"alice-1",' +
        '"eml":"alice@example.com","pun":"alice","grp":["users"],' +
        '"iat":1767600000,"ref":1767600000,"see":1767600000,"exp":1768204800}',
    )
  })

  it('a payload keeps further claims, texts and lists of them', async () => {
    const session = aSession({ claims: { 'tenant.id': 'acme', roles: ['a', 'b'], 'urn:x': '' } })
    expect(await decodeSession(await encoded(session))).toEqual(session)
    expect(new TextDecoder().decode(await encoded(aSession({ claims: {} })))).not.toContain('clm')
  })

  it('a payload names the process that got the refresh token, and none where there is no refresh token', async () => {
    const text = new TextDecoder().decode(await encoded({ ...FULL, groups: [] }))
    expect(text).toContain('"rby":"A1b2C3"')
    const tokens = { ...FULL.tokens, refresh: undefined }
    const without = await decodeSession(await encoded({ ...FULL, tokens }))
    expect(without).toEqual({ ...FULL, tokens, refreshedBy: undefined })
  })

  it('a payload of version 2 is still read, as one that no known process got', async () => {
    const session = await decodeSession(payload(PLAIN_2, { ...VALID, rt: 'RT' }))
    expect(session).toMatchObject({ subject: 's', tokens: { refresh: 'RT' } })
    expect(session?.refreshedBy).toBeUndefined()
  })

  it('a payload is still read from deflated bytes that were recorded', async () => {
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

  it('a payload keeps a local user, whose session has a record in place of a provider', async () => {
    const source = { kind: 'local', record: 'record-of-alice' } as const
    for (const groups of [['users'], someGroups(200)]) {
      const session = aSession({ source, client: undefined, issuer: '', groups })
      const bytes = await encoded(session)
      expect(await decodeSession(bytes)).toEqual(session)
    }
    const bytes = await encoded(aSession({ source, client: undefined }))
    expect(new TextDecoder().decode(bytes)).toContain('"rec":"record-of-alice"')
    expect(new TextDecoder().decode(bytes)).not.toContain('idp')
  })

  it.each(['local', 'bearer', 'htpasswd'])(
    'a payload keeps a provider that is called %s a provider',
    async (id) => {
      const session = aSession({ source: { kind: 'provider', id } })
      expect(await decodeSession(await encoded(session))).toEqual(session)
    },
  )

  it('a payload may hold a person without an issuer', async () => {
    expect(await decodeSession(await encoded(aSession({ issuer: '' })))).toEqual(aSession({ issuer: '' }))
  })
})

describe('what cannot be a session', () => {
  it.each<[string, Partial<Session>]>([
    ['without a subject', { subject: '' }],
    ['without an id', { id: '' }],
    ['with a sign-in at no time', { signedInAtMs: Number.NaN }],
    ['with an end before time', { expiresAtMs: -5000 }],
    ['of a bearer token', { source: { kind: 'bearer' }, client: undefined }],
  ])('a payload is not written for a session %s', async (_, spoilt) => {
    expect(await encodeSession(aSession(spoilt))).toEqual({ ok: false, problem: 'identity_incomplete' })
  })

  it('a payload of more than 64 KiB is not written, however well it deflates', async () => {
    const groups = Array.from({ length: 20_000 }, () => 'users')
    expect(await encodeSession(aSession({ groups }))).toEqual({ ok: false, problem: 'session_too_large' })
  })

  it.each<[string, unknown]>([
    ['nothing (CK-24)', {}],
    ['no source', { ...VALID, idp: undefined }],
    ['two sources', { ...VALID, rec: 'r' }],
    ['a local user with a client', { ...VALID, idp: undefined, rec: 'r' }],
    ['an empty record', { ...VALID, idp: undefined, cli: undefined, rec: '' }],
    ['a provider without a name', { ...VALID, idp: '' }],
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
    ['further claims that are no record', { ...VALID, clm: 'tenant' }],
    ['a further claim that is no text', { ...VALID, clm: { tenant: {} } }],
    ['a further claim that is a number', { ...VALID, clm: { level: 3 } }],
    ['a list of claims with a number', { ...VALID, clm: { roles: ['a', 1] } }],
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

  it.each([0x00, 0x10, 0x11, 0x22, 0x32, 0x40, 0x7b, 0xff])(
    'a payload of another version (%i) is not read',
    async (lead) => {
      expect(await decodeSession(payload(lead, VALID))).toBeUndefined()
    },
  )

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
    const bytes = new Uint8Array([DEFLATED, ...bomb])
    expect(await decodeSession(bytes)).toBeUndefined()
    expect(await fastestOf(5, () => decodeSession(bytes))).toBeLessThan(100)
  })

  it('a payload that is cut off inside is not read', async () => {
    const bytes = await encoded(aSession({ groups: [aToken(1000)] }))
    expect(bytes[0]).toBe(DEFLATED)
    expect(await decodeSession(bytes.subarray(0, bytes.length - 20))).toBeUndefined()
  })
})
