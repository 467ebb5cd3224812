import { describe, expect, it } from 'vitest'
import { seal } from '../../../../src/crypto/seal.ts'
import type { Cookie } from '../../../../src/http/exchange.ts'
import { createSessionReader } from '../../../../src/session/cookie/read.ts'
import { headersOf } from '../../../support/headers.ts'
import { aSession, NOW_MS } from '../../../support/session.ts'
import {
  ATTRIBUTE_BYTES,
  aGate,
  applied,
  aToken,
  changesOf,
  cookiesOf,
  DEPLOYMENT,
  kindOf,
  NAME,
  OTHER_SECRET,
  openAesGcm,
  SECRET,
  sessionOf,
  someGroups,
} from '../refresh-fixture.ts'

const HOUR_MS = 3_600_000

/** The end of a cookie. */
function ended(name: string) {
  return { name, value: '', maxAgeSeconds: 0, purpose: 'session' }
}

/** A clock that the test moves. */
function aClock() {
  const clock = { ms: NOW_MS, now: () => clock.ms }
  return clock
}

/** Alice with enough groups for several cookies. */
function bigAlice(groups = 200) {
  return aSession({ groups: someGroups(groups) })
}

describe('load()', () => {
  it('load() finds no session where there is no cookie, or an empty one', async () => {
    const gate = await aGate()
    expect(gate.store.load([])).toEqual({ kind: 'none' })
    expect(gate.store.load([{ name: NAME, value: '' }])).toEqual({ kind: 'none' })
    expect(gate.store.load([{ name: 'other', value: 'x' }])).toEqual({ kind: 'none' })
  })

  it.each([
    ['by WebCrypto', undefined],
    ['by the runtime', openAesGcm],
  ])('load() reads back what was saved, opened %s', async (_, lent) => {
    const gate = await aGate({ platform: { now: () => NOW_MS, openAesGcm: lent } })
    const loaded = await sessionOf(gate, await cookiesOf(gate, aSession()))
    expect(loaded).toEqual({
      kind: 'active',
      session: aSession(),
      reference: expect.any(String),
      needsWrite: false,
      changes: [],
    })
  })

  it('load() answers at once the second time, with one cookie and with three', async () => {
    for (const session of [aSession(), aSession({ groups: someGroups(240) })]) {
      const gate = await aGate({ session: { budgetBytes: 30_000 } })
      const cookies = await cookiesOf(gate, session)
      expect(gate.store.load(cookies)).toBeInstanceOf(Promise)
      await gate.store.load(cookies)
      expect(gate.store.load(cookies)).toMatchObject({ kind: 'active', session })
    }
  })

  it('load() does not take a cached session for a token that only ends like it', async () => {
    const gate = await aGate()
    const [cookie] = (await cookiesOf(gate, aSession())) as [Cookie]
    await gate.store.load([cookie])
    const forged = cookie.value.replace(/\.\.(.)/u, (_, first) => `..${first === 'A' ? 'B' : 'A'}`)
    expect(await kindOf(gate, [{ name: NAME, value: forged }])).toBe('key')
  })

  it.each([
    ['another secret (CK-07)', { secrets: [OTHER_SECRET] }],
    ['another deployment with the same secret (CK-22)', { deployment: `${DEPLOYMENT}x` }],
  ])('load() refuses a cookie of %s', async (_, other) => {
    const cookies = await cookiesOf(await aGate(other), aSession())
    expect(await kindOf(await aGate(), cookies)).toBe('key')
  })

  it.each(['%', 'null', 'a.b.c', '{}', '\u0001', '\u00ff', 'x'.repeat(1_000_000), '....', '__proto__'])(
    'load() calls %.20j unreadable and never throws [CK-06, CK-41, CK-43, CK-48]',
    async (value) => {
      const gate = await aGate()
      expect(await kindOf(gate, [{ name: NAME, value }])).toBe('format')
      const good = await cookiesOf(gate, aSession())
      expect(await kindOf(gate, [{ name: 'junk', value }, ...good])).toBe('active')
    },
  )

  it('load() refuses bytes that have a good seal but are no session [CK-24]', async () => {
    const gate = await aGate()
    const value = await seal(gate.ring, new TextEncoder().encode('\u0020{"sub":""}'))
    expect(await kindOf(gate, [{ name: NAME, value }])).toBe('format')
  })

  it('load() finds a good session among a hundred and fifty other cookies [CK-43]', async () => {
    const gate = await aGate()
    const junk = Array.from({ length: 150 }, (_, at) => ({ name: `${NAME}x${at}`, value: '\u0001' }))
    expect(await kindOf(gate, [...junk, ...(await cookiesOf(gate, aSession()))])).toBe('active')
  })

  it('load() forgets sessions that take much memory before they are many, however short their cookies [DS-81]', async () => {
    let opened = 0
    const gate = await aGate({
      platform: {
        now: () => NOW_MS,
        openAesGcm: (...sealed) => {
          opened += 1
          return openAesGcm(...sealed)
        },
      },
    })
    const groups = Array.from({ length: 1500 }, (_, at) => `/departments/research/unit-${at}`)
    const jars: (readonly Cookie[])[] = []
    for (let at = 0; at < 250; at += 1) {
      const jar = await cookiesOf(gate, aSession({ id: `session-${at}`, groups }))
      jars.push(jar)
      expect(await kindOf(gate, jar)).toBe('active')
    }
    expect(await kindOf(gate, jars.at(-1) ?? [])).toBe('active')
    expect(opened).toBe(250)
    // Each of them takes some 100 KiB, so 250 of them are over the bound of 24 MiB.
    expect(await kindOf(gate, jars[0] ?? [])).toBe('active')
    expect(opened).toBe(251)
  })
})

describe('several sessions in one request', () => {
  async function alice(gate: Awaited<ReturnType<typeof aGate>>) {
    return cookiesOf(gate, bigAlice())
  }

  it('load() takes the one of two values that authenticates, whichever comes first [CK-33]', async () => {
    const gate = await aGate()
    const good = await cookiesOf(gate, aSession())
    const evil = [{ name: NAME, value: 'evil' }]
    expect(await kindOf(gate, [...evil, ...good])).toBe('active')
    expect(await kindOf(gate, [...good, ...evil])).toBe('active')
  })

  it('load() takes the newer one of two sessions, in whatever order and form they come [CK-31]', async () => {
    const gate = await aGate()
    const older = await cookiesOf(gate, aSession({ subject: 'older', refreshedAtMs: NOW_MS - HOUR_MS }))
    const newer = await cookiesOf(gate, aSession({ subject: 'newer', groups: someGroups(200) }))
    expect(newer).toHaveLength(2)
    for (const cookies of [
      [...older, ...newer],
      [...newer, ...older],
    ]) {
      const loaded = await sessionOf(gate, cookies)
      expect(loaded.session.subject).toBe('newer')
      expect(loaded.changes).toEqual([ended(NAME)])
    }
  })

  it('load() decides between two sessions of the same moment without looking at their order', async () => {
    const gate = await aGate()
    const one = await cookiesOf(gate, aSession({ id: 'a', subject: 'one' }))
    const two = await cookiesOf(gate, aSession({ id: 'b', subject: 'two' }))
    expect((await sessionOf(gate, [...one, ...two])).session.subject).toBe('two')
    expect((await sessionOf(gate, [...two, ...one])).session.subject).toBe('two')
  })

  it('load() never makes one session of two people [CK-29, SL-17]', async () => {
    const gate = await aGate()
    const bob = await cookiesOf(gate, aSession({ subject: 'bob', groups: someGroups(200) }))
    const [first] = (await alice(gate)) as [Cookie]
    expect(await kindOf(gate, [first, ...bob.slice(1)])).toBe('format')
  })

  it('load() names the chunks that an older, longer session left behind [CK-30]', async () => {
    const gate = await aGate({ session: { budgetBytes: 30_000 } })
    const longer = await cookiesOf(gate, bigAlice(400))
    const shorter = await alice(gate)
    const left = longer.filter(({ name }) => shorter.every((cookie) => cookie.name !== name))
    expect(left.length).toBeGreaterThan(0)
    const loaded = await sessionOf(gate, [...shorter, ...left])
    expect(loaded.changes).toEqual(left.map(({ name }) => ended(name)))
  })
})

describe('save()', () => {
  it('save() keeps 200 groups of 36 characters within the default budget, all of them', async () => {
    const gate = await aGate()
    const session = bigAlice()
    const saved = await gate.store.save({ session, carried: [] })
    expect(saved.ok && saved.value.dropped).toEqual([])
    expect(saved.ok && saved.value.cookieBytes).toBeLessThanOrEqual(7168)
    expect((await sessionOf(gate, await cookiesOf(gate, session))).session.groups).toEqual(session.groups)
  })

  it('save() needs one cookie for the same person when only groups that rules name are kept', async () => {
    const session = bigAlice()
    const gate = await aGate({ session: { groups: 'named' }, allowedGroups: session.groups.slice(3, 6) })
    const cookies = await cookiesOf(gate, session)
    expect(cookies).toHaveLength(1)
    expect(`${cookies[0]?.name}${cookies[0]?.value}`.length + ATTRIBUTE_BYTES).toBeLessThan(4096)
    expect((await sessionOf(gate, cookies)).session.groups).toEqual(session.groups.slice(3, 6))
  })

  it('save() drops the ID token, then the access token, and never the refresh token', async () => {
    const gate = await aGate({ headers: headersOf('--pass-access-token', '--pass-authorization-header') })
    const tokens = (id: number, access: number, refresh: number) => ({
      id: aToken(id),
      access: aToken(access),
      refresh: aToken(refresh),
      accessExpiresAtMs: NOW_MS + HOUR_MS,
    })
    const droppedOf = async (given: ReturnType<typeof tokens>) => {
      const saved = await gate.store.save({ session: aSession({ tokens: given }), carried: [] })
      if (!saved.ok) return saved.problem.reason
      expect(saved.value.cookieBytes).toBeLessThanOrEqual(7168)
      expect(saved.value.session.tokens.refresh).toBe(given.refresh)
      return saved.value.dropped.join()
    }
    expect(await droppedOf(tokens(1500, 1500, 1200))).toBe('')
    expect(await droppedOf(tokens(3000, 3500, 1200))).toBe('id_token')
    expect(await droppedOf(tokens(8000, 8000, 1200))).toBe('id_token,access_token')
    expect(await droppedOf(tokens(1000, 1000, 8000))).toBe('session_too_large')
  })

  it.each([
    ['if that makes room for what is passed on', 3_000, ['refresh_token']],
    ['not where that would not be enough', 9_000, ['id_token']],
  ])(
    'save() leaves out a refresh token that only a sign-out would use, %s',
    async (_, idTokenBytes, dropped) => {
      const quiet = { refreshMs: 0, revalidateMs: 0 }
      const headers = headersOf('--pass-access-token', '--pass-authorization-header')
      const { store } = await aGate({ session: quiet, headers })
      const tokens = {
        ...aSession().tokens,
        access: aToken(3_000),
        id: aToken(idTokenBytes),
        refresh: aToken(2_500),
      }
      const saved = await store.save({ session: aSession({ tokens }), carried: [] })
      expect(saved.ok && saved.value.dropped).toEqual(dropped)
    },
  )

  it('save() drops further claims before groups, and neither before it must', async () => {
    const row = { name: 'X-Roles', values: [{ kind: 'claim', names: ['roles'], prefix: '' } as const] }
    const gate = await aGate({ headers: { ...headersOf(), response: [row] } })
    const droppedOf = async (groups: number, roles: number) => {
      const session = aSession({
        groups: someGroups(groups),
        claims: { roles: someGroups(roles), other: 'x' },
      })
      const saved = await gate.store.save({ session, carried: [] })
      return saved.ok
        ? [saved.value.dropped.join(), Object.keys(saved.value.session.claims ?? {}).join()]
        : []
    }
    expect(await droppedOf(100, 50)).toEqual(['', 'roles'])
    expect(await droppedOf(150, 150)).toEqual(['claims', ''])
    expect(await droppedOf(300, 150)).toEqual(['claims,groups', ''])
  })

  it('save() drops groups that no rule names last of all', async () => {
    const groups = someGroups(400)
    const gate = await aGate({ allowedGroups: groups.slice(0, 2) })
    const saved = await gate.store.save({ session: aSession({ groups }), carried: [] })
    expect(saved.ok && saved.value.dropped).toEqual(['groups'])
    expect(saved.ok && saved.value.session.groups).toEqual(groups.slice(0, 2))
  })

  it('save() writes lines that browsers keep, whatever the size [CK-44]', async () => {
    const gate = await aGate({ session: { budgetBytes: 32_000 } })
    for (const count of [0, 50, 150, 300, 600]) {
      for (const { name, value } of await changesOf(gate.store, bigAlice(count))) {
        expect(name.length + value.length + ATTRIBUTE_BYTES).toBeLessThanOrEqual(4096)
      }
    }
  })

  it('save() ends chunks that the request carried and the new session does not use', async () => {
    const gate = await aGate()
    const big = await cookiesOf(gate, bigAlice())
    const changes = await changesOf(gate.store, aSession(), [...big, { name: 'app', value: '1' }])
    expect(changes.filter(({ maxAgeSeconds }) => maxAgeSeconds === 0).map(({ name }) => name)).toEqual(
      big.map(({ name }) => name),
    )
    const jar = applied([...big, { name: 'app', value: '1' }], changes)
    expect(jar.map(({ name }) => name)).toEqual(['app', NAME])
    expect(await kindOf(gate, jar)).toBe('active')
  })

  it('save() ends the plain cookie when chunks take its place', async () => {
    const gate = await aGate()
    const plain = await cookiesOf(gate, aSession())
    const jar = applied(plain, await changesOf(gate.store, bigAlice(), plain))
    expect(jar.map(({ name }) => name)).toEqual([`${NAME}_0`, `${NAME}_1`])
  })

  it('save() gives the cookie the time that the session has left', async () => {
    const clock = aClock()
    const gate = await aGate({ platform: clock, session: { maxLifetimeMs: 8 * 86_400_000 } })
    const maxAge = async (given: Parameters<typeof aSession>[0]) =>
      (await changesOf(gate.store, aSession(given)))[0]?.maxAgeSeconds
    expect(await maxAge({})).toBe(7 * 86_400)
    clock.ms = NOW_MS + 5 * 86_400_000
    expect(await maxAge({})).toBe(2 * 86_400)
    const refreshed = { refreshedAtMs: clock.ms, seenAtMs: clock.ms, expiresAtMs: Number.POSITIVE_INFINITY }
    expect(await maxAge(refreshed)).toBe(3 * 86_400)
  })

  it('save() makes a browser-session cookie of cookie-expire=0, which no age ends', async () => {
    const clock = aClock()
    const gate = await aGate({ platform: clock, session: { expireMs: 0 } })
    const session = aSession({ expiresAtMs: Number.POSITIVE_INFINITY })
    const changes = await changesOf(gate.store, session)
    expect(changes.map(({ maxAgeSeconds }) => maxAgeSeconds)).toEqual([undefined])
    clock.ms += 1000 * 86_400_000
    expect(await kindOf(gate, applied([], changes))).toBe('active')
  })

  it('save() refuses a person without a subject instead of writing a cookie that cannot be read', async () => {
    const saved = await (await aGate()).store.save({ session: aSession({ subject: '' }), carried: [] })
    expect(saved).toEqual({ ok: false, problem: { reason: 'identity_incomplete' } })
  })
})

describe('what is checked on every request, remembered or not', () => {
  it.each([
    ['the end of the cookie', 'expired', 7 * 24 * HOUR_MS, {}],
    ['a shorter cookie-expire than the one it was sealed with', 'expired', HOUR_MS, { expireMs: HOUR_MS }],
    ['the absolute lifetime (SL-02)', 'lifetime', 12 * HOUR_MS, { maxLifetimeMs: 12 * HOUR_MS }],
    ['the idle limit', 'idle', HOUR_MS, { idleTimeoutMs: HOUR_MS }],
  ] as const)('load() ends a session that is over: %s', async (_, why, afterMs, session) => {
    const clock = aClock()
    const cookies = await cookiesOf(await aGate({ platform: clock }), aSession())
    const gate = await aGate({ platform: clock, session })
    clock.ms = NOW_MS + afterMs - 1000
    expect(await kindOf(gate, cookies)).toBe('active')
    expect(gate.store.load(cookies)).toMatchObject({ kind: 'active' })
    clock.ms = NOW_MS + afterMs
    expect(gate.store.load(cookies)).toMatchObject({ kind: 'unreadable', why })
    expect(await kindOf(await aGate({ platform: clock, session }), cookies)).toBe(why)
  })

  it('load() ends a session at the absolute lifetime, though refreshes kept the cookie young [SL-03]', async () => {
    const clock = aClock()
    const gate = await aGate({ platform: clock, session: { maxLifetimeMs: HOUR_MS } })
    clock.ms = NOW_MS + HOUR_MS - 1000
    const young = aSession({ refreshedAtMs: clock.ms, seenAtMs: clock.ms })
    const cookies = await cookiesOf(gate, young)
    expect(await kindOf(gate, cookies)).toBe('active')
    clock.ms = NOW_MS + HOUR_MS
    expect(await kindOf(gate, cookies)).toBe('lifetime')
  })

  it('load() ends a session at min-issued-at', async () => {
    const cookies = await cookiesOf(await aGate(), aSession())
    expect(await kindOf(await aGate({ session: { minIssuedAtMs: NOW_MS } }), cookies)).toBe('active')
    expect(await kindOf(await aGate({ session: { minIssuedAtMs: NOW_MS + 1 } }), cookies)).toBe('revoked')
  })

  it('load() ends a session on the denylist', async () => {
    const gate = await aGate()
    const session = aSession({ sid: 'op-1' })
    const cookies = await cookiesOf(gate, session)
    await gate.store.load(cookies)
    await gate.denylist.deny({ kind: 'sid', issuer: session.issuer, sid: 'op-1' })
    expect(gate.store.load(cookies)).toMatchObject({ kind: 'unreadable', why: 'revoked' })
  })

  it('load() ends a session of a sign-in in the future, beyond what clocks differ [CK-25]', async () => {
    const gate = await aGate()
    const soon = NOW_MS + 4 * 60_000
    const late = Date.UTC(2100, 0, 1)
    expect(await kindOf(gate, await cookiesOf(gate, aSession({ signedInAtMs: soon })))).toBe('active')
    const cookies = await cookiesOf(gate, aSession({ signedInAtMs: late, expiresAtMs: late + HOUR_MS }))
    expect(await kindOf(gate, cookies)).toBe('future')
  })
})

describe('the idle limit', () => {
  it.each([
    [HOUR_MS, 5 * 60_000],
    [8 * 60_000, 2 * 60_000],
  ])('the idle limit of %i ms has the cookie rewritten after %i ms', async (idleTimeoutMs, afterMs) => {
    const clock = aClock()
    const gate = await aGate({ platform: clock, session: { idleTimeoutMs } })
    const cookies = await cookiesOf(gate, aSession())
    clock.ms += afterMs - 1
    expect((await sessionOf(gate, cookies)).needsWrite).toBe(false)
    clock.ms += 1
    expect((await sessionOf(gate, cookies)).needsWrite).toBe(true)
  })
})

describe('a secret replaced under load (CK-51)', () => {
  it('a secret replaced under load signs no one out while the old one still opens, and then does [CK-51]', async () => {
    const gate = await aGate()
    const cookies = await cookiesOf(gate, aSession())
    await gate.store.load(cookies)
    await gate.ring.replace([OTHER_SECRET, SECRET])
    const loaded = await sessionOf(gate, cookies)
    expect(loaded.needsWrite).toBe(true)
    const fresh = applied(cookies, await changesOf(gate.store, loaded.session, cookies))
    expect((await sessionOf(gate, fresh)).needsWrite).toBe(false)
    await gate.ring.replace([OTHER_SECRET])
    expect(await kindOf(gate, fresh)).toBe('active')
    expect(await kindOf(gate, cookies)).toBe('key')
  })

  it('a secret replaced under load makes the store forget what it had opened under the old one [CK-51]', async () => {
    const gate = await aGate()
    const cookies = await cookiesOf(gate, aSession())
    await gate.store.load(cookies)
    await gate.ring.replace([OTHER_SECRET])
    expect(await kindOf(gate, cookies)).toBe('key')
  })

  it('a secret replaced under load makes the store not remember what was being opened while it changed [CK-51]', async () => {
    const { store, ring, judge } = await aGate()
    const [alice, bob] = await Promise.all(
      ['alice', 'bob'].map((subject) => changesOf(store, aSession({ subject }))),
    )
    // Keys change in the middle of one opening, and another request notices first.
    let generation = 0
    let segments = [ring.sealing.segment]
    const find: typeof ring.find = (segment) => (segments.includes(segment) ? ring.find(segment) : undefined)
    const changing = {
      ...ring,
      sealing: ring.sealing,
      find,
      get generation() {
        return generation
      },
    }
    const reader = createSessionReader({ cookieName: NAME, ring: changing, judge })
    const opening = reader.load(alice ?? [])
    generation = 1
    await reader.load(bob ?? [])
    await opening
    segments = []
    expect(await reader.load(alice ?? [])).toEqual({ kind: 'unreadable', why: 'key' })
    expect(reader.load(bob ?? [])).toMatchObject({ kind: 'active' })
  })
})

describe('clear()', () => {
  it('clear() ends every cookie of the session that the request carried, and the plain one', async () => {
    const { store } = await aGate()
    const carried = [`${NAME}_0`, `${NAME}_7`, `${NAME}_csrf`, 'app'].map((name) => ({ name, value: 'x' }))
    expect(await store.clear(carried)).toEqual([`${NAME}_0`, `${NAME}_7`, NAME].map(ended))
    expect(await store.clear([])).toEqual([ended(NAME)])
  })

  it('clear() writes a bounded number of lines', async () => {
    const { store } = await aGate()
    const flood = Array.from({ length: 5000 }, (_, at) => ({ name: `${NAME}_${at}`, value: 'x' }))
    expect(await store.clear(flood)).toHaveLength(101)
  })
})

it('endsAtMs() says when a session ends for good', async () => {
  const { store } = await aGate({ session: { maxLifetimeMs: HOUR_MS } })
  expect(store.endsAtMs(aSession())).toBe(NOW_MS + HOUR_MS)
  expect((await aGate()).store.endsAtMs(aSession({ expiresAtMs: NOW_MS + 5 }))).toBe(NOW_MS + 5)
})
