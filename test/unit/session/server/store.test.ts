import { describe, expect, it } from 'vitest'
import { readCookies } from '../../../../src/http/cookies.ts'
import { heapBytes } from '../../../support/heap.ts'
import { aSession, NOW_MS } from '../../../support/session.ts'
import { createFakeSharedEntries } from '../../../support/shared-entries.ts'
import {
  aGate,
  applied,
  aToken,
  changesOf,
  cookiesOf,
  kindOf,
  NAME,
  OTHER_SECRET,
  openAesGcm,
  SECRET,
  sessionOf,
} from '../refresh-fixture.ts'
import { createClock } from '../session-fixture.ts'
import { describeSessionStore } from '../store-suite.ts'
import { type AServerProcess, aServerProcess } from './server-fixture.ts'

describeSessionStore('tickets and shared entries', () => {
  let clock: () => number = () => NOW_MS
  const entries = createFakeSharedEntries(() => clock())
  return ({ now, ...given }) => {
    clock = now
    return aServerProcess({ now, entries, ...given })
  }
})

const MINUTE_MS = 60_000
const TOKENS = { access: aToken(4000), id: aToken(4000), refresh: aToken(2000), accessExpiresAtMs: NOW_MS }

async function start(given: Partial<AServerProcess> = {}) {
  const clock = createClock()
  const entries = createFakeSharedEntries(clock.now)
  const other = (more: Partial<AServerProcess> = {}) =>
    aServerProcess({ now: clock.now, entries, ...given, ...more })
  const one = await other()
  const signIn = async (session = aSession()) => applied([], await changesOf(one.store, session))
  return { ...one, clock, entries, other, signIn }
}

describe('what a server-side session store puts where', () => {
  it('a session with ten kilobytes of tokens is kept whole, and its cookie is one short ticket', async () => {
    const { store, signIn } = await start()
    const jar = await signIn(aSession({ tokens: TOKENS }))
    expect(jar).toHaveLength(1)
    expect(jar[0]?.value.length).toBeLessThan(300)
    expect((await sessionOf({ store }, jar)).session.tokens).toEqual(TOKENS)
  })

  it('all tokens are kept whatever the settings use, but groups that are not to be kept', async () => {
    const { store, signIn } = await start({
      session: { groups: 'named', minimal: true },
      allowedGroups: ['a'],
    })
    const { session } = await sessionOf(
      { store },
      await signIn(aSession({ tokens: TOKENS, groups: ['a', 'b'] })),
    )
    expect([session.tokens, session.groups]).toEqual([TOKENS, ['a']])
  })

  it('the store holds nothing of a person in the clear, in the name of an entry neither', async () => {
    const { entries, signIn } = await start()
    await signIn(aSession({ tokens: TOKENS }))
    const [[key = '', { value } = { value: new Uint8Array() }] = []] = [...entries.values]
    const text = `${key} ${Buffer.from(value).toString('latin1')}`
    for (const part of ['alice', 'users', aSession().id, TOKENS.refresh.slice(0, 20), 'op.example'])
      expect(text).not.toContain(part)
  })

  it('an entry lives as long as its session, and a minute more', async () => {
    const { entries, signIn } = await start({ session: { expireMs: 60 * MINUTE_MS } })
    await signIn()
    expect([...entries.values.values()].map(({ untilMs }) => untilMs)).toEqual([NOW_MS + 61 * MINUTE_MS])
  })

  it('an entry lives as long as the idle limit where that is shorter, and a year where there is no limit', async () => {
    const idle = await start({ session: { idleTimeoutMs: 10 * MINUTE_MS } })
    await idle.signIn()
    const endless = await start({ session: { expireMs: 0 } })
    const jar = await endless.signIn(aSession({ expiresAtMs: Number.MAX_SAFE_INTEGER }))
    const ends = [idle, endless].map(({ entries }) => [...entries.values.values()][0]?.untilMs)
    expect(ends).toEqual([NOW_MS + 11 * MINUTE_MS, NOW_MS + 365 * 86_400_000 + MINUTE_MS])
    const stored = await sessionOf(endless, jar)
    expect(endless.store.cookies(stored, jar)[0]?.maxAgeSeconds).toBeUndefined()
  })

  it('a ticket that is remembered does not keep the Cookie header that it was read from [DS-83]', async () => {
    const { store, signIn } = await start()
    const filler = 'x'.repeat(15_000)
    const kept: unknown[] = []
    const before = await heapBytes()
    for (let at = 0; at < 300; at += 1) {
      const header = `other=${filler}${at}; ${(await signIn()).map(({ name, value }) => `${name}=${value}`).join('; ')}`
      kept.push(await kindOf({ store }, readCookies(header)))
    }
    expect(new Set(kept)).toEqual(new Set(['active']))
    expect((await heapBytes()) - before).toBeLessThan(2 * 1024 * 1024)
  })
})

describe('a ticket of the server-side session store', () => {
  it('a sign-in never takes over the ticket that the browser brings [SL-40]', async () => {
    const { store, entries, signIn } = await start()
    const planted = await signIn()
    const after = applied(planted, await changesOf(store, aSession({ id: 'victim' }), planted))
    expect(after[0]?.value).not.toBe(planted[0]?.value)
    expect(await kindOf({ store }, planted)).toBe('revoked')
    expect(entries.values.size).toBe(1)
  })

  it('an entry that is copied over another one does not open [CK-40]', async () => {
    const { store, entries, signIn } = await start()
    const [alice, bob] = [await signIn(), await signIn(aSession({ id: 'bob', subject: 'bob' }))]
    const [, ofBob] = [...entries.values.keys()]
    const [ofAlice] = [...entries.values.values()]
    if (ofBob !== undefined && ofAlice !== undefined) entries.values.set(ofBob, ofAlice)
    expect([await kindOf({ store }, alice), await kindOf({ store }, bob)]).toEqual(['active', 'key'])
  })

  it('an entry that was changed does not open, with either AES-GCM [CK-40]', async () => {
    for (const platform of [{ now: () => NOW_MS }, { now: () => NOW_MS, openAesGcm }]) {
      const { store, entries, other, signIn } = await start({ platform })
      const jar = await signIn()
      for (const entry of entries.values.values()) entry.value[20] = (entry.value[20] ?? 0) ^ 1
      expect(await kindOf({ store }, jar)).toBe('key')
      expect(await kindOf(await other(), jar)).toBe('key')
    }
  })

  it('a ticket is sealed: another secret opens none, and an old one has it sealed again with the same entry', async () => {
    const { entries, other, signIn } = await start()
    const jar = await signIn()
    expect(await kindOf(await other({ secrets: [OTHER_SECRET] }), jar)).toBe('key')
    const { store } = await other({ secrets: [OTHER_SECRET, SECRET] })
    const { session, reference, needsWrite } = await sessionOf({ store }, jar)
    expect(needsWrite).toBe(true)
    const written = await store.write(session, reference)
    if (!written.ok) throw new Error(written.problem.reason)
    const after = applied(jar, store.cookies(written.value, jar))
    expect((await sessionOf({ store }, after)).needsWrite).toBe(false)
    expect(await kindOf(await other({ secrets: [OTHER_SECRET] }), after)).toBe('active')
    expect(entries.values.size).toBe(1)
  })

  it('the session counts that the provider vouched for last where two tickets have one name', async () => {
    const { store, clock, signIn } = await start()
    const older = await signIn()
    clock.ms += MINUTE_MS
    const newer = await signIn(aSession({ id: 'second', refreshedAtMs: clock.ms }))
    for (const cookies of [
      [...older, ...newer],
      [...newer, ...older, { name: NAME, value: 'x' }],
    ])
      expect((await sessionOf({ store }, cookies)).session.id).toBe('second')
  })

  it('clear() ends copies of the cookie too, in every process', async () => {
    const { store, entries, other, signIn } = await start()
    const jar = await signIn()
    const there = await other()
    expect(await kindOf(there, jar)).toBe('active')
    expect(applied(jar, await store.clear(jar))).toEqual([])
    expect(await kindOf(there, jar)).toBe('revoked')
    expect(entries.values.size).toBe(0)
  })

  it('a session is opened again only when its entry has changed', async () => {
    const seen: string[] = []
    const { store, signIn, other } = await start({
      onSeen: ({ session }) => seen.push(session.groups.join()),
    })
    const jar = await signIn()
    const first = await sessionOf({ store }, jar)
    expect((await sessionOf({ store }, jar)).session).toBe(first.session)
    const there = await other()
    await there.store.write({ ...first.session, groups: ['new'] }, first.reference)
    expect((await sessionOf({ store }, jar)).session.groups).toEqual(['new'])
    expect(seen).toEqual(['users', 'users', 'users', 'new', 'new'])
  })
})

describe('two processes that write one session of the server-side store', () => {
  it('a refresh that ends after a sign-out brings no session back [SL-41]', async () => {
    const { store, entries, other, signIn } = await start()
    const jar = await signIn()
    const { session, reference } = await sessionOf({ store }, jar)
    const there = await other()
    await there.store.clear(jar)
    expect(
      await store.write({ ...session, refreshedAtMs: NOW_MS + 1, seenAtMs: NOW_MS + 1 }, reference),
    ).toEqual({ ok: false, problem: { reason: 'sign_in_required' } })
    expect(entries.values.size).toBe(0)
  })

  it('noting a request does not write old tokens over those of a refresh', async () => {
    const { store, clock, other, signIn } = await start()
    const jar = await signIn(aSession({ tokens: TOKENS }))
    const { session, reference } = await sessionOf({ store }, jar)
    const there = await other()
    clock.ms += MINUTE_MS
    const tokens = { ...TOKENS, refresh: 'rotated' }
    await there.store.write({ ...session, tokens, refreshedAtMs: clock.ms, seenAtMs: clock.ms }, reference)
    clock.ms += 1
    const touched = await store.write({ ...session, seenAtMs: clock.ms }, reference)
    expect(touched.ok && touched.value.session.tokens.refresh).toBe('rotated')
    expect((await sessionOf({ store }, jar)).session.tokens.refresh).toBe('rotated')
  })

  it('a refresh wins over a request that was noted meanwhile, also when its clock is behind', async () => {
    const { store, clock, other, signIn } = await start()
    const jar = await signIn(aSession({ tokens: TOKENS }))
    const { session, reference } = await sessionOf({ store }, jar)
    const there = await other()
    await there.store.write({ ...session, seenAtMs: clock.ms + MINUTE_MS }, reference)
    const atMs = session.refreshedAtMs - 5_000
    const tokens = { ...TOKENS, refresh: 'rotated' }
    const written = await store.write({ ...session, tokens, refreshedAtMs: atMs, seenAtMs: atMs }, reference)
    expect(written.ok).toBe(true)
    expect((await sessionOf(there, jar)).session.tokens.refresh).toBe('rotated')
  })

  it('a write that another one came before reads again and is done all the same', async () => {
    const { store, entries, other, clock, signIn } = await start()
    const jar = await signIn()
    const { session, reference } = await sessionOf({ store }, jar)
    const there = await other()
    const atMs = clock.ms + MINUTE_MS
    const { replace } = entries
    let isFirst = true
    const overtaken: typeof replace = async (key, entry) => {
      if (!isFirst) return replace(key, entry)
      isFirst = false
      await there.store.write({ ...session, seenAtMs: clock.ms + 1000 }, reference)
      return replace(key, entry)
    }
    const slow = await other({ entries: { ...entries, replace: overtaken } })
    const written = await slow.store.write(
      { ...session, groups: ['new'], refreshedAtMs: atMs, seenAtMs: atMs },
      reference,
    )
    expect(written.ok).toBe(true)
    expect((await sessionOf({ store }, jar)).session.groups).toEqual(['new'])
  })
})

describe('a server-side session store that does not answer', () => {
  it('load() calls a session unavailable, and asks nothing where there is no ticket', async () => {
    const { store, entries, signIn } = await start()
    const jar = await signIn()
    entries.silent = true
    expect(await kindOf({ store }, jar)).toBe('unavailable')
    entries.commands.length = 0
    expect(store.load([{ name: 'app', value: '1' }])).toEqual({ kind: 'none' })
    expect(await kindOf({ store }, [{ name: NAME, value: 'x' }])).toBe('format')
    expect(entries.commands).toEqual([])
    entries.silent = false
    expect(await kindOf({ store }, jar)).toBe('active')
  })

  it('one ticket that cannot be looked up is worth more than another that is over', async () => {
    const { store, entries, signIn } = await start()
    const [gone, jar] = [await signIn(), await signIn(aSession({ id: 'second' }))]
    await store.clear(gone)
    const [left] = entries.values.keys()
    const dead = createFakeSharedEntries(() => NOW_MS)
    dead.silent = true
    const flaky = { ...entries, get: (key: string) => (key === left ? dead : entries).get(key) }
    const other = await aServerProcess({ now: () => NOW_MS, entries: flaky })
    for (const cookies of [
      [...gone, ...jar],
      [...jar, ...gone],
    ])
      expect(await kindOf(other, cookies)).toBe('unavailable')
  })

  it('save() and write() fail with the reason, and clear() ends the cookies all the same', async () => {
    const { store, entries, signIn } = await start()
    const jar = await signIn()
    const { session, reference } = await sessionOf({ store }, jar)
    entries.silent = true
    const problem = { reason: 'session_store_unavailable' }
    expect(await store.save({ session, carried: [] })).toEqual({ ok: false, problem })
    expect(await store.write(session, reference)).toEqual({ ok: false, problem })
    expect(await store.read(reference)).toBe('unavailable')
    expect(applied(jar, await store.clear(jar))).toEqual([])
  })
})

describe('sessions of the cookie store before a server-side one', () => {
  it.each<[string, number]>([
    ['one cookie', 10],
    ['several cookies', 5000],
  ])('a session in %s goes on, and becomes an entry at its first change', async (_, length) => {
    const before = await aGate({
      headers: undefined as never,
      session: { refreshMs: 1, budgetBytes: 20_000 },
    })
    const tokens = { ...TOKENS, refresh: aToken(length) }
    const jar = await cookiesOf(before, aSession({ tokens }))
    const { store, entries, other } = await start()
    const { session, reference, needsWrite } = await sessionOf({ store }, jar)
    expect([session.tokens.refresh, needsWrite, entries.values.size]).toEqual([tokens.refresh, true, 0])
    const written = await store.write(session, reference)
    if (!written.ok) throw new Error(written.problem.reason)
    const after = applied(jar, store.cookies(written.value, jar))
    expect(after).toHaveLength(1)
    const there = await other()
    expect((await sessionOf(there, after)).session).toMatchObject({ id: session.id, tokens: session.tokens })
    expect(await kindOf(before, after)).toBe('key')
  })
})
