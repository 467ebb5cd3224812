import { describe, expect, it } from 'vitest'
import type { StreamEnd } from '../../../src/platform.ts'
import { createLiveStreams, type Standing } from '../../../src/session/live-streams.ts'
import type { Session } from '../../../src/session/session.ts'
import { createFakePlatform } from '../../support/fake-platform.ts'
import { aSession, NOW_MS } from '../../support/session.ts'

const STANDS: Standing = { untilMs: Number.POSITIVE_INFINITY, next: 'sign-in' }
const OVER: Standing = { untilMs: 0, next: 'sign-in' }
const alice = aSession({ sid: 'op-1' })

/** The list, with streams whose verdict a test decides. */
function aList(given: { onWorkers?: boolean; followInFlight?: () => void } = {}) {
  const { every, ...others } = createFakePlatform()
  const { onWorkers = false, ...more } = given
  const platform = { ...others, ...(every !== undefined && !onWorkers ? { every } : {}), ...more }
  const lines: unknown[] = []
  const log = {
    event: (...line: unknown[]) => lines.push(line),
    line: (...line: unknown[]) => lines.push(line),
  }
  const streams = createLiveStreams({ platform, log })
  const follow = (session: Session = alice) => {
    const judged: (string | undefined)[] = []
    const stream = {
      verdict: STANDS as Standing | Promise<Standing>,
      judged,
      ended: undefined as StreamEnd | undefined,
    }
    const judge = (token: string | undefined) => {
      judged.push(token)
      return stream.verdict
    }
    const following = streams.follow({ session, requestId: 'r1', judge }, (why) => {
      stream.ended = why
    })
    return Object.assign(stream, { following })
  }
  const pass = async (ms: number): Promise<void> => {
    platform.pass(ms)
    await platform.settled()
  }
  return { platform, streams, follow, pass, lines }
}

describe('open streams', () => {
  it('open streams are judged soon after they begin to be followed, and every thirty seconds', async () => {
    const { follow, pass } = aList()
    const stream = follow()
    await pass(250)
    expect(stream.judged).toHaveLength(1)
    await pass(29_000)
    expect(stream.judged).toHaveLength(1)
    await pass(1_000)
    expect(stream.judged).toHaveLength(2)
  })

  it('open streams are judged at the moment that the last judgement named', async () => {
    const { follow, pass } = aList()
    const stream = follow()
    stream.verdict = { untilMs: NOW_MS + 5_000, next: 'reconnect' }
    await pass(4_999)
    expect(stream.ended).toBeUndefined()
    await pass(1)
    expect(stream.ended).toBe('reconnect')
  })

  it.each<[string, Parameters<ReturnType<typeof aList>['streams']['denied']>[0], readonly number[]]>([
    ['one session', { kind: 'session', id: alice.id }, [1, 0]],
    ['one session of the provider', { kind: 'sid', issuer: alice.issuer, sid: 'op-1' }, [1, 0]],
    [
      'a person',
      { kind: 'subject', issuer: alice.issuer, subject: alice.subject, issuedBeforeMs: NOW_MS },
      [1, 0],
    ],
    ['anything', undefined, [1, 1]],
  ])(
    'open streams are judged at once when %s is denied, and others are left alone',
    async (_, denial, expected) => {
      const { streams, follow } = aList()
      const [his, hers] = [follow(), follow(aSession({ id: 'another', subject: 'bob', sid: 'op-2' }))]
      streams.denied(denial)
      expect([his.judged.length, hers.judged.length]).toEqual(expected)
    },
  )

  it('open streams begin to be followed before a denial is looked at, when they are under way', () => {
    const followed: ReturnType<typeof follow>[] = []
    const { streams, follow } = aList({ followInFlight: () => void followed.push(follow()) })
    streams.denied({ kind: 'session', id: alice.id })
    expect(followed[0]?.judged).toEqual([undefined])
  })

  it('open streams are judged with the newest sealed session that was seen', async () => {
    const { streams, follow, pass } = aList()
    const stream = follow()
    streams.renewed({ reference: 'newer', session: { ...alice, refreshedAtMs: alice.refreshedAtMs + 2 } })
    streams.renewed({ reference: 'older', session: { ...alice, refreshedAtMs: alice.refreshedAtMs + 1 } })
    streams.renewed({
      reference: 'of another',
      session: { ...alice, id: 'another', refreshedAtMs: alice.refreshedAtMs + 9 },
    })
    await pass(250)
    expect(stream.judged).toEqual(['newer'])
  })

  it('open streams end when the provider no longer vouches for their session, unless it was renewed since', async () => {
    const { streams, follow, pass } = aList()
    const [old, renewed] = [follow(), follow(aSession({ id: 'renewed' }))]
    streams.renewed({
      reference: 'token',
      session: { ...alice, id: 'renewed', refreshedAtMs: alice.refreshedAtMs + 1 },
    })
    streams.ended(alice)
    streams.ended({ ...alice, id: 'renewed' })
    await pass(0)
    expect([old.ended, renewed.ended]).toEqual(['sign-in', undefined])
  })

  it('open streams end once, and are not judged after that', async () => {
    const { streams, follow, pass, lines } = aList()
    const stream = follow()
    stream.verdict = OVER
    streams.denied()
    streams.denied()
    await pass(0)
    await pass(60_000)
    streams.denied()
    expect(stream.judged).toHaveLength(2)
    expect(lines).toHaveLength(1)
  })

  it('open streams end when they cannot be judged, and the log has the bug', async () => {
    const { follow, pass, lines } = aList()
    const stream = follow()
    stream.verdict = Promise.reject(new Error('no'))
    await pass(250)
    expect(stream.ended).toBe('sign-in')
    expect(lines[0]).toEqual(['error', 'Bug: a stream could not be judged, so it ends', { why: 'Error: no' }])
  })

  it('open streams are forgotten when they are over by themselves', async () => {
    const { streams, follow, pass } = aList()
    const stream = follow()
    stream.following.stop()
    streams.denied()
    await pass(60_000)
    expect(stream.judged).toEqual([])
  })

  it('open streams are left to their own requests where the platform has no timers for all', async () => {
    const { streams, follow, pass } = aList({ onWorkers: true })
    const judged: unknown[] = []
    const following = streams.follow({
      session: alice,
      requestId: 'r1',
      judge: (token) => {
        judged.push(token)
        return { untilMs: NOW_MS + 70_000, next: 'sign-in' }
      },
    })
    follow()
    streams.denied()
    await pass(60_000)
    expect(judged).toEqual([])
    expect(await following.judge()).toBe(NOW_MS + 70_000)
    streams.ended(alice)
    expect(await following.judge()).toBe('sign-in')
  })
})
