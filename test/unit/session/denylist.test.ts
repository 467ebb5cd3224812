import { describe, expect, it } from 'vitest'
import { createDenylist } from '../../../src/session/denylist.ts'
import { aSession, NOW_MS } from '../../support/session.ts'
import { createFakeSharedState } from '../../support/shared-state.ts'

const DAY_MS = 86_400_000
const alice = aSession({ sid: 'op-1' })

function aDenylist(given: Partial<Parameters<typeof createDenylist>[0]> = {}) {
  const config = { expireMs: 7 * DAY_MS, maxLifetimeMs: 0 }
  return createDenylist({ now: () => NOW_MS, config, ...given })
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

  it('a denylist holds a bounded number of entries, the newest', async () => {
    const list = aDenylist({ maxEntries: 3 })
    for (const id of ['a', 'b', 'c', 'd']) await list.deny({ kind: 'session', id })
    expect(list.denies({ ...alice, id: 'a' })).toBe(false)
    for (const id of ['b', 'c', 'd']) expect(list.denies({ ...alice, id })).toBe(true)
  })

  it('a denylist is the same in all processes, also in one that starts later', async () => {
    const shared = createFakeSharedState(() => NOW_MS)
    const [here, there] = [aDenylist({ shared }), aDenylist({ shared })]
    await here.deny({ kind: 'session', id: alice.id })
    expect(there.denies(alice)).toBe(true)
    expect(aDenylist({ shared }).denies(alice)).toBe(true)
  })

  it.each(['', 'x', '5', '[]', '[1,2]', '["k","soon"]', 'null'])(
    'a denylist passes over %j from outside',
    async (line) => {
      const shared = createFakeSharedState(() => NOW_MS)
      await shared.announce(line, NOW_MS + DAY_MS)
      expect(aDenylist({ shared }).denies(alice)).toBe(false)
    },
  )
})
