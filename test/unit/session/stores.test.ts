import { describe, expect, it } from 'vitest'
import { aSession } from '../../support/session.ts'
import { aGate, applied, changesOf, kindOf, NAME, sessionOf } from './refresh-fixture.ts'
import { describeSessionStore } from './store-suite.ts'
import { createTicketStore, type TicketMemory } from './ticket-store.ts'

describeSessionStore(
  'sealed cookies',
  () =>
    async ({ now, ...given }) =>
      aGate({ platform: { now }, ...given }),
)

/** One process of a deployment that keeps its sessions in shared memory. */
async function aTicketProcess(
  memory: TicketMemory,
  { now, ...given }: Parameters<typeof aGate>[0] & { now: () => number },
) {
  const gate = await aGate({ platform: { now }, ...given })
  return { ...gate, store: createTicketStore({ cookieName: NAME, memory, judge: gate.judge, now }) }
}

describeSessionStore('tickets and shared memory', () => {
  const memory: TicketMemory = new Map()
  return (given) => aTicketProcess(memory, given)
})

describe('a store of tickets', () => {
  const now = () => aSession().signedInAtMs

  it('clear() ends copies of the cookie too, in every process', async () => {
    const memory: TicketMemory = new Map()
    const one = await aTicketProcess(memory, { now })
    const jar = applied([], await changesOf(one.store, aSession()))
    await one.store.clear(jar)
    expect(await kindOf(await aTicketProcess(memory, { now }), jar)).toBe('key')
    expect(memory.size).toBe(0)
  })

  it('write() does not bring back what was signed out meanwhile', async () => {
    const { store } = await aTicketProcess(new Map(), { now })
    const jar = applied([], await changesOf(store, aSession()))
    const { session, reference } = await sessionOf({ store }, jar)
    await store.clear(jar)
    expect(await store.write(session, reference)).toEqual({
      ok: false,
      problem: { reason: 'sign_in_required' },
    })
    expect(await kindOf({ store }, jar)).toBe('key')
  })
})
