import { expect, it } from 'vitest'
import { memoryOf } from '../../../src/session/memory-of.ts'
import { decodeSession, encodeSession } from '../../../src/session/payload.ts'
import type { Session } from '../../../src/session/session.ts'
import { heapBytes } from '../../support/heap.ts'
import { aSession } from '../../support/session.ts'
import { aToken, someGroups } from './refresh-fixture.ts'

const COUNT = 200
/** What the cache of opened sessions counts for each beside its texts. */
const ENTRY_BYTES = 1024

/** The session as it comes out of a cookie. */
async function reread(session: Session): Promise<Session> {
  const bytes = await encodeSession(session)
  const read = bytes.ok ? await decodeSession(bytes.value) : undefined
  if (read === undefined) throw new Error('not a session')
  return read
}

it.each<[string, () => Partial<Session>]>([
  ['nothing but a name', () => ({})],
  [
    'three tokens',
    () => ({
      tokens: { access: aToken(1500), id: aToken(1200), refresh: aToken(700), accessExpiresAtMs: undefined },
    }),
  ],
  ['300 groups', () => ({ groups: someGroups(300) })],
  ['500 groups in Cyrillic', () => ({ groups: Array.from({ length: 500 }, (_, at) => `отдел-${at}`) })],
  ['a claim of 300 texts', () => ({ claims: { teams: someGroups(300) } })],
])(
  'memoryOf() counts at least what a session with %s takes on the heap, and at most three times as much',
  async (_, given) => {
    const kept: Session[] = []
    const read = async (): Promise<void> => {
      for (let at = 0; at < COUNT; at += 1) kept.push(await reread(aSession(given())))
    }
    // Code that runs for the first time takes memory as well.
    await read()
    const before = await heapBytes()
    await read()
    const taken = (await heapBytes()) - before
    const estimate = kept.slice(COUNT).reduce((sum, session) => sum + memoryOf(session) + ENTRY_BYTES, 0)
    expect(kept).toHaveLength(2 * COUNT)
    expect(estimate).toBeGreaterThan(taken)
    expect(estimate).toBeLessThan(3 * taken)
  },
)
