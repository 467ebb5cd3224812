import { describe, expect, it } from 'vitest'
import type { ProviderConfig } from '../../../src/config/sections/provider.ts'
import type { SessionConfig } from '../../../src/config/sections/session.ts'
import type { Cookie } from '../../../src/http/exchange.ts'
import type { Denylist } from '../../../src/session/denylist.ts'
import type { Session } from '../../../src/session/session.ts'
import type { SessionStore } from '../../../src/session/store.ts'
import { aSession, CLIENT, NOW_MS } from '../../support/session.ts'
import { applied, changesOf, kindOf, NAME, PROVIDER, sessionOf } from './refresh-fixture.ts'
import { createClock } from './session-fixture.ts'

const HOUR_MS = 3_600_000
const LOCAL = aSession({
  source: { kind: 'local', record: 'record-of-bob' },
  client: undefined,
  issuer: 'htpasswd',
  subject: 'bob',
})

/** What a test decides about one process of the deployment. */
export interface AStore {
  readonly now: () => number
  readonly session?: Partial<SessionConfig>
  readonly providers?: readonly Partial<ProviderConfig>[]
  /** The account of a local user is still there; true unless a test says otherwise. */
  readonly hasAccount?: (session: Session) => boolean
}

/** One process with a store of the kind under test. */
export interface AProcess {
  readonly store: SessionStore
  readonly denylist: Denylist
}

/** Makes the processes of one deployment: they share the secret, and what the kind of store shares. */
export type MakeProcess = (given: AStore) => Promise<AProcess>

/** The behaviour that every session store has. `makeDeployment` starts with nothing stored. */
export function describeSessionStore(kind: string, makeDeployment: () => MakeProcess): void {
  async function start(given: Partial<AStore> = {}) {
    const clock = createClock()
    const make = makeDeployment()
    const one = await make({ now: clock.now, ...given })
    /** Another process, with other settings where they are given. */
    const other = (more: Partial<AStore> = {}) => make({ now: clock.now, ...given, ...more })
    const signIn = async (session: Session = aSession(), carried: readonly Cookie[] = []) =>
      applied(carried, await changesOf(one.store, session, carried))
    return { ...one, clock, other, signIn }
  }

  describe(`a session store of ${kind}`, () => {
    it('load() finds no session where there is no cookie, an empty one or only others', async () => {
      const { store } = await start()
      for (const cookies of [[], [{ name: NAME, value: '' }], [{ name: 'app', value: 'x' }]]) {
        expect(await store.load(cookies)).toEqual({ kind: 'none' })
      }
    })

    it.each(['x', '....', 'a.b', '__proto__.x', '\u0001', 'y'.repeat(100_000)])(
      'load() calls %.10j unreadable and never throws [CK-06]',
      async (value) => {
        const { store } = await start()
        expect(await store.load([{ name: NAME, value }])).toMatchObject({ kind: 'unreadable' })
      },
    )

    it('load() brings back what save() stored, in every process of the deployment', async () => {
      const { store, other, signIn } = await start()
      const tokens = { access: 'AT', id: 'IT', refresh: 'RT', accessExpiresAtMs: NOW_MS + HOUR_MS }
      const jar = await signIn(aSession({ tokens, sid: 'op-1' }))
      for (const process of [{ store }, await other()]) {
        const { session, needsWrite, changes } = await sessionOf(process, jar)
        expect(session).toMatchObject({
          id: aSession().id,
          subject: 'alice-1',
          sid: 'op-1',
          groups: ['users'],
        })
        expect(session.tokens.refresh).toBe('RT')
        expect([needsWrite, changes]).toEqual([false, []])
      }
    })

    it('save() takes the place of the session that the request carried', async () => {
      const { store, signIn } = await start()
      const before = await signIn()
      const after = await signIn(aSession({ id: 'second', subject: 'bob-1' }), before)
      expect((await sessionOf({ store }, after)).session.subject).toBe('bob-1')
    })

    it('save() says how many bytes the browser sends, and what was left out', async () => {
      const { store } = await start()
      const saved = await store.save({ session: aSession(), carried: [] })
      expect(saved.ok && saved.value.cookieBytes).toBeGreaterThan(20)
      expect(saved.ok && saved.value.dropped).toEqual([])
    })

    it('save() refuses a person without a subject', async () => {
      const { store } = await start()
      const saved = await store.save({ session: aSession({ subject: '' }), carried: [] })
      expect(saved).toEqual({ ok: false, problem: { reason: 'identity_incomplete' } })
    })

    it('clear() leaves no cookie of the session, and others alone', async () => {
      const { store, signIn } = await start()
      const jar = [...(await signIn()), { name: 'app', value: '1' }]
      const after = applied(jar, await store.clear(jar))
      expect(after).toEqual([{ name: 'app', value: '1' }])
    })

    it('owns() its own cookies only', async () => {
      const { store, signIn } = await start()
      for (const { name } of await signIn()) expect(store.owns(name)).toBe(true)
      for (const name of ['app', `x${NAME}`, `${NAME}x`, `${NAME}_csrf`]) expect(store.owns(name)).toBe(false)
    })

    it.each<[string, Partial<SessionConfig>, number, string]>([
      ['cookie-expire', { expireMs: HOUR_MS }, HOUR_MS, 'expired'],
      ['session-max-lifetime', { maxLifetimeMs: HOUR_MS }, HOUR_MS, 'lifetime'],
      ['session-idle-timeout', { idleTimeoutMs: HOUR_MS }, HOUR_MS, 'idle'],
    ])(
      'load() ends a session at %s, to the millisecond, and not before',
      async (_, session, afterMs, why) => {
        const { store, clock, signIn } = await start({ session })
        const jar = await signIn()
        clock.ms += afterMs - 1
        expect(await kindOf({ store }, jar)).toBe('active')
        clock.ms += 1
        expect(await kindOf({ store }, jar)).toBe(why)
      },
    )

    it('load() judges by the settings of now: a shorter lifetime, an earlier moment', async () => {
      const { clock, other, signIn } = await start()
      const jar = await signIn()
      clock.ms += HOUR_MS
      expect(await kindOf(await other({ session: { maxLifetimeMs: HOUR_MS } }), jar)).toBe('lifetime')
      expect(await kindOf(await other({ session: { minIssuedAtMs: NOW_MS + 1 } }), jar)).toBe('revoked')
    })

    it('load() refuses a session that the denylist names', async () => {
      const { store, denylist, signIn } = await start()
      const jar = await signIn()
      await denylist.deny({ kind: 'session', id: aSession().id })
      expect(await kindOf({ store }, jar)).toBe('revoked')
    })

    it('endsAtMs() is the end that save() wrote, cut by the settings of now', async () => {
      const { store, other, signIn } = await start({ session: { expireMs: 2 * HOUR_MS } })
      const { session } = await sessionOf(
        { store },
        await signIn(aSession({ expiresAtMs: Number.MAX_SAFE_INTEGER })),
      )
      expect(session.expiresAtMs).toBe(NOW_MS + 2 * HOUR_MS)
      expect(store.endsAtMs(session)).toBe(NOW_MS + 2 * HOUR_MS)
      const shorter = await other({ session: { expireMs: HOUR_MS } })
      expect(shorter.store.endsAtMs(session)).toBe(NOW_MS + HOUR_MS)
    })
  })

  describe(`providers and a session store of ${kind}`, () => {
    const SECOND = { ...PROVIDER, id: 'second', issuer: 'https://second.example', clientId: 'client-2' }

    it('save() binds a session to the client of its provider', async () => {
      const { store, signIn } = await start()
      const jar = await signIn(aSession({ client: undefined }))
      expect((await sessionOf({ store }, jar)).session.client).toBe(CLIENT)
    })

    it.each<[string, readonly Partial<ProviderConfig>[]]>([
      ['added behind', [PROVIDER, SECOND]],
      ['added before', [SECOND, PROVIDER]],
      ['given another display name', [{ ...PROVIDER, displayName: 'Other' }]],
    ])('load() keeps a session when a provider is %s', async (_, providers) => {
      const { other, signIn } = await start()
      expect(await kindOf(await other({ providers }), await signIn())).toBe('active')
    })

    it('load() keeps the sessions of those that stay when a provider is removed, and ends its own', async () => {
      const { other, signIn } = await start({ providers: [PROVIDER, SECOND] })
      const stays = await signIn()
      const goes = await signIn(aSession({ id: 'x', source: { kind: 'provider', id: 'second' } }))
      const after = await other({ providers: [PROVIDER] })
      expect([await kindOf(after, stays), await kindOf(after, goes)]).toEqual(['active', 'provider'])
      const loaded = await after.store.load(goes)
      expect(loaded).toMatchObject({
        session: { source: { kind: 'provider', id: 'second' }, subject: 'alice-1' },
      })
    })

    it.each<[string, Partial<ProviderConfig>]>([
      ['client id', { clientId: 'client-2' }],
      ['issuer', { issuer: 'https://other.example' }],
    ])('load() refuses a session that was made with another %s [CK-22]', async (_, change) => {
      const { other, signIn } = await start()
      const jar = await signIn()
      expect(await kindOf(await other({ providers: [{ ...PROVIDER, ...change }] }), jar)).toBe('client')
    })

    it('load() refuses a session under the id of another provider [CK-22]', async () => {
      const { other, signIn } = await start()
      const jar = await signIn()
      const swapped = [
        { ...SECOND, id: 'oidc' },
        { ...PROVIDER, id: 'second' },
      ]
      expect(await kindOf(await other({ providers: swapped }), jar)).toBe('client')
    })

    it('load() keeps local users whatever the providers are, as long as their account is there', async () => {
      const { other, signIn } = await start()
      const jar = await signIn(LOCAL)
      const after = await other({ providers: [SECOND] })
      expect((await sessionOf(after, jar)).session).toMatchObject({
        source: LOCAL.source,
        subject: 'bob',
      })
      const gone = await other({ hasAccount: ({ source }) => source.kind !== 'local' })
      expect(await kindOf(gone, jar)).toBe('account')
      expect(await kindOf(gone, await signIn())).toBe('active')
    })

    it.each(['htpasswd', 'local', 'bearer'])(
      'load() takes a provider that is called %s for a provider',
      async (id) => {
        const providers = [{ ...PROVIDER, id }]
        const { store, other, signIn } = await start({ providers })
        const jar = await signIn(aSession({ source: { kind: 'provider', id } }))
        expect((await sessionOf({ store }, jar)).session.source).toEqual({ kind: 'provider', id })
        expect(await kindOf(await other({ providers: [PROVIDER] }), jar)).toBe('provider')
        // And a local user is none of its people.
        expect((await sessionOf({ store }, await signIn(LOCAL))).session.source).toEqual(LOCAL.source)
      },
    )
  })

  describe(`successors in a session store of ${kind}`, () => {
    it('write() and cookies() put the successor into the browser, and read() leads to it anywhere', async () => {
      const { store, clock, other, signIn } = await start()
      const jar = await signIn()
      const { session, reference } = await sessionOf({ store }, jar)
      clock.ms += HOUR_MS
      const later = {
        ...session,
        groups: ['admins'],
        refreshedAtMs: clock.ms,
        expiresAtMs: Number.MAX_SAFE_INTEGER,
      }
      const written = await store.write(later, reference)
      if (!written.ok) throw new Error(written.problem.reason)
      const after = applied(jar, store.cookies(written.value, jar))
      expect((await sessionOf({ store }, after)).session).toMatchObject({
        id: session.id,
        groups: ['admins'],
      })
      const elsewhere = await (await other()).store.read(written.value.reference)
      expect(elsewhere).toMatchObject({
        groups: ['admins'],
        expiresAtMs: clock.ms + 7 * 86_400_000,
        client: CLIENT,
      })
    })

    it('read() judges, and finds nothing behind a stranger’s reference', async () => {
      const { store, denylist, signIn } = await start()
      const { reference } = await sessionOf({ store }, await signIn())
      expect(await store.read(reference)).toMatchObject({ subject: 'alice-1' })
      await denylist.deny({ kind: 'session', id: aSession().id })
      expect(await store.read(reference)).toBe('revoked')
      expect(typeof (await store.read('a.b'))).toBe('string')
    })

    it('load() asks for a write once a quarter of the idle limit has passed', async () => {
      const { store, clock, signIn } = await start({ session: { idleTimeoutMs: 8 * 60_000 } })
      const jar = await signIn()
      clock.ms += 2 * 60_000 - 1
      expect((await sessionOf({ store }, jar)).needsWrite).toBe(false)
      clock.ms += 1
      const { session, reference, needsWrite } = await sessionOf({ store }, jar)
      expect(needsWrite).toBe(true)
      const written = await store.write({ ...session, seenAtMs: clock.ms }, reference)
      if (!written.ok) throw new Error(written.problem.reason)
      const after = applied(jar, store.cookies(written.value, jar))
      expect((await sessionOf({ store }, after)).needsWrite).toBe(false)
      clock.ms += 8 * 60_000 - 1
      expect(await kindOf({ store }, after)).toBe('active')
    })
  })
}
