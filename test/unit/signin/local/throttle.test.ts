import { describe, expect, it } from 'vitest'
import { createMissLimit } from '../../../../src/signin/local/miss-limit.ts'
import { createLoginThrottle } from '../../../../src/signin/local/throttle.ts'
import { heapBytes } from '../../../support/heap.ts'

const MINUTE_MS = 60_000

function aThrottle() {
  let nowMs = 1_700_000_000_000
  const lines: string[] = []
  const log = { line: (level: string, msg: string) => void lines.push(`${level} ${msg}`) }
  const throttle = createLoginThrottle({ now: () => nowMs, log })
  return {
    lines,
    pass: (milliseconds: number) => {
      nowMs += milliseconds
    },
    begin: (client: string | undefined, username: string) => throttle.begin({ client, username }),
    /** A whole attempt: what became of it, and where it was stopped. */
    try(client: string | undefined, username: string, result: 'right' | 'wrong' | 'untried') {
      const begun = throttle.begin({ client, username })
      if (begun.kind === 'throttled') return `stopped: ${begun.limit}`
      begun.end(result)
      return result
    },
  }
}

const A = '203.0.113.7'
const B = '203.0.113.8'
/** Clients of which none has anything to do with another. */
const stranger = (at: number): string => `198.51.${Math.floor(at / 250)}.${at % 250}`

describe('the login throttle', () => {
  it('an attempt counts before its outcome is known: of forty at once five may be compared [DS-60]', () => {
    const throttle = aThrottle()
    const begun = Array.from({ length: 40 }, () => throttle.begin(A, 'bob').kind)
    expect(begun.filter((kind) => kind === 'attempt')).toHaveLength(5)
    expect(begun.slice(5)).toEqual(Array(35).fill('throttled'))
  })

  it('the throttle takes back the count of a right password and of one that was not compared, and of no other', () => {
    const throttle = aThrottle()
    for (let at = 0; at < 4; at += 1) throttle.try(A, 'bob', 'wrong')
    for (let at = 0; at < 50; at += 1) expect(throttle.try(A, 'bob', 'right')).toBe('right')
    for (let at = 0; at < 50; at += 1) expect(throttle.try(A, 'bob', 'untried')).toBe('untried')
    expect(throttle.try(A, 'bob', 'wrong')).toBe('wrong')
    expect(throttle.try(A, 'bob', 'wrong')).toBe('stopped: client and user')
  })

  it('a success with an own account makes no room for guesses at others [DS-61]', () => {
    const throttle = aThrottle()
    const outcomes: string[] = []
    for (let at = 0; at < 10; at += 1) {
      outcomes.push(throttle.try(A, 'bob', 'wrong'))
      throttle.try(A, 'mallory', 'right')
    }
    expect(outcomes.filter((outcome) => outcome === 'wrong')).toHaveLength(5)
  })

  it('the throttle says how long to wait, and lets one more attempt through for each minute', () => {
    const throttle = aThrottle()
    for (let at = 0; at < 5; at += 1) throttle.try(A, 'bob', 'wrong')
    throttle.pass(20_000)
    expect(throttle.begin(A, 'bob')).toMatchObject({ kind: 'throttled', waitMs: 40_000 })
    throttle.pass(40_000)
    expect(throttle.try(A, 'bob', 'wrong')).toBe('wrong')
    expect(throttle.try(A, 'bob', 'right')).toBe('stopped: client and user')
    throttle.pass(5 * MINUTE_MS)
    for (let at = 0; at < 5; at += 1) expect(throttle.try(A, 'bob', 'wrong')).toBe('wrong')
  })

  it('misses on other users never stop an attempt, however many there are at one address [DS-62]', () => {
    const throttle = aThrottle()
    for (let at = 0; at < 500; at += 1) throttle.try(A, `user-${at % 100}`, 'wrong')
    expect(throttle.try(A, 'bob', 'right')).toBe('right')
    expect(throttle.try(A, 'carol', 'wrong')).toBe('wrong')
  })

  it('a client that missed twenty times is slow, but not for a user that signed in there before', () => {
    const throttle = aThrottle()
    const isSlow = (client: string, username: string): boolean | undefined => {
      const begun = throttle.begin(client, username)
      if (begun.kind === 'throttled') return undefined
      begun.end('right')
      return begun.slow
    }
    expect(isSlow(A, 'alice')).toBe(false)
    for (let at = 0; at < 20; at += 1) throttle.try(A, `user-${at}`, 'wrong')
    expect(isSlow(A, 'alice')).toBe(false)
    expect(isSlow(A, 'bob')).toBe(true)
    expect(isSlow(B, 'carol')).toBe(false)
    throttle.pass(2 * MINUTE_MS)
    expect(isSlow(A, 'dave')).toBe(false)
  })

  it('a /64 of IPv6 counts as one client, and an IPv4 address in IPv6 form as that address', () => {
    const throttle = aThrottle()
    for (let at = 1; at <= 5; at += 1) throttle.try(`2001:db8:1:2::${at}`, 'bob', 'wrong')
    expect(throttle.try('2001:db8:1:2:ffff::9', 'bob', 'right')).toBe('stopped: client and user')
    expect(throttle.try('2001:db8:1:3::1', 'bob', 'right')).toBe('right')
    for (let at = 1; at <= 5; at += 1) throttle.try('192.0.2.1', 'carol', 'wrong')
    expect(throttle.try('::ffff:192.0.2.1', 'carol', 'right')).toBe('stopped: client and user')
    expect(throttle.try('192.0.2.2', 'carol', 'right')).toBe('right')
  })

  it('clients that no trusted peer names count as one', () => {
    const throttle = aThrottle()
    for (let at = 0; at < 5; at += 1) throttle.try(undefined, 'bob', 'wrong')
    expect(throttle.try(undefined, 'bob', 'right')).toBe('stopped: client and user')
    expect(throttle.try(undefined, 'carol', 'right')).toBe('right')
  })

  it('a hundred misses on one user from everywhere stop strangers, and no client where that user signed in before', () => {
    const throttle = aThrottle()
    throttle.try(A, 'bob', 'right')
    for (let at = 0; at < 100; at += 1) expect(throttle.try(stranger(at), 'bob', 'wrong')).toBe('wrong')
    expect(throttle.try(stranger(100), 'bob', 'right')).toBe('stopped: user')
    expect(throttle.try(A, 'bob', 'right')).toBe('right')
    expect(throttle.try(stranger(101), 'carol', 'right')).toBe('right')
    throttle.pass(MINUTE_MS)
    expect(throttle.try(stranger(102), 'bob', 'wrong')).toBe('wrong')
    expect(throttle.try(stranger(103), 'bob', 'right')).toBe('stopped: user')
    // What the known client itself misses counts against it all the same.
    for (let at = 0; at < 5; at += 1) throttle.try(A, 'bob', 'wrong')
    expect(throttle.try(A, 'bob', 'right')).toBe('stopped: client and user')
  })

  it('a client stays known for thirty days', () => {
    const throttle = aThrottle()
    throttle.try(A, 'bob', 'right')
    throttle.pass(29 * 86_400_000)
    for (let at = 0; at < 100; at += 1) throttle.try(stranger(at), 'bob', 'wrong')
    expect(throttle.try(A, 'bob', 'untried')).toBe('untried')
    throttle.pass(86_400_000)
    for (let at = 0; at < 100; at += 1) throttle.try(stranger(at), 'bob', 'wrong')
    expect(throttle.try(A, 'bob', 'right')).toBe('stopped: user')
  })

  it('a full table fails closed, says so once a minute, and forgets none of what counts [DS-63]', () => {
    const throttle = aThrottle()
    throttle.try(A, 'alice', 'right')
    for (let at = 0; at < 5; at += 1) throttle.try(B, 'bob', 'wrong')
    for (let at = 0; at < 30_000; at += 1) throttle.try(stranger(at), `user-${at}`, 'wrong')
    expect(throttle.try(stranger(40_000), 'dave', 'right')).toBe('stopped: table')
    expect(throttle.try(B, 'bob', 'right')).toBe('stopped: client and user')
    expect(throttle.try(A, 'alice', 'right')).toBe('right')
    expect(throttle.lines).toEqual([
      expect.stringMatching(/^error .*more failed sign-ins than can be counted/u),
    ])
    throttle.pass(MINUTE_MS)
    expect(throttle.try(stranger(40_000), 'dave', 'right')).toBe('right')
  })

  it('a name that is counted does not keep the long text that it begins, or 20,000 would be 300 MiB [DS-82]', async () => {
    const throttle = aThrottle()
    const before = await heapBytes()
    for (let at = 0; at < 500; at += 1) {
      const form = new URLSearchParams(`username=${at}-${'x'.repeat(15_000)}`)
      throttle.begin(stranger(at), form.get('username') ?? '')
    }
    expect((await heapBytes()) - before).toBeLessThan(1024 * 1024)
    expect(throttle.try(stranger(499), `499-${'x'.repeat(15_000)}`, 'wrong')).toBe('wrong')
  })
})

describe('createMissLimit', () => {
  it('createMissLimit() takes back exactly what an attempt added, also where the bucket was full', () => {
    let nowMs = 0
    const limit = createMissLimit({ now: () => nowMs, burst: 2, intervalMs: 1_000, maxKeys: 10 })
    limit.count('a')
    limit.count('a')
    const third = limit.count('a')
    third()
    expect(limit.waitMs('a')).toBe(1_000)
    nowMs = 500
    const fourth = limit.count('a')
    fourth()
    expect(limit.waitMs('a')).toBe(500)
    nowMs = 1_000
    expect(limit.waitMs('a')).toBe(0)
  })

  it('createMissLimit() waits for no longer than one interval when the clock was set back', () => {
    let nowMs = 3_600_000
    const limit = createMissLimit({ now: () => nowMs, burst: 2, intervalMs: 1_000, maxKeys: 10 })
    limit.count('a')
    limit.count('a')
    nowMs = 0
    expect(limit.waitMs('a')).toBe(1_000)
    nowMs = 1_000
    expect(limit.waitMs('a')).toBe(0)
  })

  it('createMissLimit() makes room for new keys as soon as old ones count no longer', () => {
    let nowMs = 0
    const limit = createMissLimit({ now: () => nowMs, burst: 2, intervalMs: 1_000, maxKeys: 300 })
    for (let at = 0; at < 300; at += 1) limit.count(`key-${at}`)
    expect(limit.hasRoom('one more')).toBe(false)
    expect(limit.hasRoom('key-7')).toBe(true)
    nowMs = 1_000
    expect(limit.hasRoom('one more')).toBe(true)
  })
})
