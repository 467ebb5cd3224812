import { describe, expect, it } from 'vitest'
import { foldDenials, writeDenial } from '../../../src/session/denial.ts'
import { createDenylist } from '../../../src/session/denylist.ts'
import type { Session } from '../../../src/session/session.ts'
import { heapBytes } from '../../support/heap.ts'
import { aSession, NOW_MS } from '../../support/session.ts'
import { createFakeSharedState } from '../../support/shared-state.ts'

const DAY_MS = 86_400_000
const alice = aSession({ sid: 'op-1' })

function aDenylist(given: Partial<Parameters<typeof createDenylist>[0]> = {}) {
  const config = { expireMs: 7 * DAY_MS, maxLifetimeMs: 0 }
  return createDenylist({ now: () => NOW_MS, log: { line() {} }, config, ...given })
}

describe('a denylist', () => {
  it('a denylist denies no session at first', () => expect(aDenylist().denies(alice)).toBe(false))

  it('a denylist denies one session of Sidegate', async () => {
    const list = aDenylist()
    await list.deny({ kind: 'session', id: alice.id })
    expect(list.denies(alice)).toBe(true)
    expect(list.denies({ ...alice, id: 'another' })).toBe(false)
  })

  it("a denylist denies one session of the provider's, of this provider only", async () => {
    const list = aDenylist()
    await list.deny({ kind: 'sid', issuer: alice.issuer, sid: 'op-1' })
    expect(list.denies(alice)).toBe(true)
    expect(list.denies({ ...alice, sid: 'op-2' })).toBe(false)
    expect(list.denies({ ...alice, sid: undefined })).toBe(false)
    expect(list.denies({ ...alice, issuer: 'https://other.example.com' })).toBe(false)
  })

  it('a denylist denies all sessions of a person up to a moment, and none that began later', async () => {
    const list = aDenylist()
    const { issuer, subject } = alice
    await list.deny({ kind: 'subject', issuer, subject, issuedBeforeMs: NOW_MS })
    expect(list.denies(alice)).toBe(true)
    expect(list.denies({ ...alice, signedInAtMs: NOW_MS + 1 })).toBe(false)
    expect(list.denies({ ...alice, subject: 'bob' })).toBe(false)
    await list.deny({ kind: 'subject', issuer, subject, issuedBeforeMs: NOW_MS - 5000 })
    expect(list.denies(alice)).toBe(true)
  })

  it('a denylist cannot be talked into denying another person by an odd name', async () => {
    const list = aDenylist()
    await list.deny({ kind: 'sid', issuer: 'a","b', sid: 'c' })
    expect(list.denies({ ...alice, issuer: 'a', sid: 'b","c' })).toBe(false)
  })

  it('a denylist remembers for as long as the cookie can last', async () => {
    const clock = { ms: NOW_MS }
    const list = aDenylist({ now: () => clock.ms })
    await list.deny({ kind: 'session', id: alice.id })
    clock.ms += 7 * DAY_MS - 1
    expect(list.denies(alice)).toBe(true)
    clock.ms += 1
    expect(list.denies(alice)).toBe(false)
  })

  describe('that is full', () => {
    const limits = { entries: 3, ofOnePerson: 2 }
    const HOUR_MS = 3_600_000
    const signedIn = (id: string, hours: number, subject = id) =>
      aSession({ id, subject, signedInAtMs: NOW_MS + hours * HOUR_MS })
    const denial = ({ id, issuer, subject, signedInAtMs }: Session) =>
      ({ kind: 'session', id, of: { issuer, subject, signedInBeforeMs: signedInAtMs } }) as const

    it('a full denylist denies every session that began before those it has to forget, and says so', async () => {
      const lines: unknown[] = []
      const denied: unknown[] = []
      const list = aDenylist({
        limits,
        log: { line: (...line) => void lines.push(line) },
        onDenied: (one) => void denied.push(one),
      })
      const sessions = [1, 2, 3, 4].map((hour) => signedIn(`of ${hour}`, hour))
      for (const session of sessions) await list.deny(denial(session))
      expect(sessions.map(list.denies)).toEqual([true, true, true, true])
      expect(list.denies(signedIn('older', 0.5))).toBe(true)
      expect(list.denies(signedIn('younger', 1.5))).toBe(false)
      expect(lines).toEqual([
        [
          'warn',
          'More sign-outs than are remembered: older sessions have to sign in again',
          { began_before: new Date(NOW_MS + HOUR_MS).toISOString(), remembered: 3 },
        ],
      ])
      expect(denied).toContain(undefined)
    })

    it('a full denylist makes one entry of a person who signs out often, and no one else pays for that', async () => {
      const list = aDenylist({ limits })
      const bob = signedIn('of bob', 0, 'bob')
      await list.deny(denial(bob))
      const alices = [1, 2, 3, 4, 5].map((hour) => signedIn(`of ${hour}`, hour, 'alice'))
      for (const session of alices) await list.deny(denial(session))
      expect([bob, ...alices].map(list.denies)).toEqual([true, true, true, true, true, true])
      expect(list.denies(signedIn('hers', 3.5, 'alice'))).toBe(false)
      expect(list.denies(signedIn('hers', 2.5, 'alice'))).toBe(true)
      expect(list.denies(signedIn('another', 0.5, 'carol'))).toBe(false)
    })

    it('a full denylist has room again when entries are over', async () => {
      const clock = { ms: NOW_MS }
      const list = aDenylist({ limits, now: () => clock.ms })
      for (const hour of [1, 2, 3]) await list.deny(denial(signedIn(`of ${hour}`, hour)))
      clock.ms += 7 * DAY_MS
      for (const hour of [4, 5, 6]) await list.deny(denial(signedIn(`of ${hour}`, hour)))
      expect(list.denies(signedIn('another', 0.5))).toBe(false)
    })
  })

  it('a denylist is the same in all processes, also in one that starts later', async () => {
    const shared = createFakeSharedState(() => NOW_MS)
    const [here, there] = [aDenylist({ shared }), aDenylist({ shared })]
    await here.deny({ kind: 'session', id: alice.id })
    expect(there.denies(alice)).toBe(true)
    expect(aDenylist({ shared }).denies(alice)).toBe(true)
  })

  it('understands what version 0.1 announced', async () => {
    const shared = createFakeSharedState(() => NOW_MS)
    const list = aDenylist({ shared })
    await shared.announce(JSON.stringify([JSON.stringify(['session', alice.id]), null]), NOW_MS + DAY_MS)
    expect(list.denies(alice)).toBe(true)
  })

  it('a denylist denies what a line of another process means that had to make room there', async () => {
    const shared = createFakeSharedState(() => NOW_MS)
    const list = aDenylist({ shared })
    const of = { issuer: alice.issuer, subject: alice.subject, signedInBeforeMs: alice.signedInAtMs }
    const lines = [writeDenial({ kind: 'session', id: alice.id, of })]
    await shared.announce(foldDenials(lines, NOW_MS), NOW_MS + DAY_MS)
    expect(list.denies(alice)).toBe(true)
    expect(list.denies({ ...alice, signedInAtMs: alice.signedInAtMs + 1 })).toBe(false)
  })

  it.each(['', 'x', '5', '[]', '[1,2]', '["k","soon"]', 'null'])(
    'a denylist passes over %j from outside',
    async (line) => {
      const shared = createFakeSharedState(() => NOW_MS)
      await shared.announce(line, NOW_MS + DAY_MS)
      expect(aDenylist({ shared }).denies(alice)).toBe(false)
    },
  )

  it('a denylist takes less than 25 MiB for as many sign-outs as it holds [DS-84]', async () => {
    const list = aDenylist()
    const issuer = 'https://id.example.com/realms/main'
    const denyTenth = async (from: number): Promise<void> => {
      for (let at = from; at < from + 5000; at += 1) {
        const sid = `0a1b2c3d-4e5f-6071-8293-${String(at).padStart(12, '0')}`
        const of = { issuer, subject: `f${sid}`, signedInBeforeMs: NOW_MS - at }
        await list.deny({ kind: 'sid', issuer, sid, of })
      }
    }
    // Tables grow by doubling: what is measured begins and ends with a full one.
    await denyTenth(0)
    const before = await heapBytes()
    await denyTenth(5000)
    expect((await heapBytes()) - before).toBeLessThan(2.5 * 1024 * 1024)
    expect(list.denies({ ...alice, issuer, sid: '0a1b2c3d-4e5f-6071-8293-000000000007' })).toBe(true)
  })
})
