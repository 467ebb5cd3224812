import { describe, expect, it } from 'vitest'
import type { Cookie } from '../../../../src/http/exchange.ts'
import { createTurns } from '../../../../src/signin/login/turns.ts'

const START_MS = 1_764_000_000_000

/** A browser that keeps what it is given, and a clock. */
function browser() {
  let nowMs = START_MS
  let cookies: readonly Cookie[] = []
  const turns = createTurns('_s', () => nowMs)
  return {
    pass: (seconds: number) => {
      nowMs += seconds * 1000
    },
    keep: (values: readonly string[]) => {
      cookies = values.map((value) => ({ name: '_s_turns', value }))
    },
    isLoop: (target: string) => {
      const { isLoop, changes } = turns.count(cookies, target)
      const kept = changes.filter(({ maxAgeSeconds }) => maxAgeSeconds !== 0)
      for (const { maxAgeSeconds = 0 } of kept) expect(maxAgeSeconds).toBeGreaterThan(0)
      cookies = kept.map(({ name, value }) => ({ name, value }))
      return isLoop
    },
    clear: () => turns.clear(cookies),
  }
}

describe('createTurns()', () => {
  it('calls the third turn to one target within a minute a loop, and begins again', () => {
    const { isLoop, pass } = browser()
    expect(isLoop('/a')).toBe(false)
    pass(29)
    expect(isLoop('/a')).toBe(false)
    pass(30)
    expect(isLoop('/a')).toBe(true)
    expect(isLoop('/a')).toBe(false)
  })

  it('counts targets apart, and no longer than a minute from the first turn', () => {
    const { isLoop, pass } = browser()
    expect(['/a', '/b', '/a', '/b', '/a', '/b'].map(isLoop)).not.toContain(true)
    pass(120)
    expect(isLoop('/c')).toBe(false)
    pass(40)
    expect(isLoop('/c')).toBe(false)
    pass(20)
    expect(isLoop('/c')).toBe(false)
  })

  it.each([
    '',
    '3',
    '9.1764000000.x',
    '2',
    '2.1764000000',
    '2.1764000060.1',
    '-1.1764000000.1',
    '2.1e9.1',
    'x'.repeat(4_000),
  ])('takes a cookie that it did not write for none: %j', (value) => {
    const { isLoop, keep } = browser()
    keep([value])
    expect(isLoop('/a')).toBe(false)
  })

  it('ends its cookie where there is one', () => {
    const { isLoop, clear } = browser()
    expect(clear()).toEqual([])
    isLoop('/a')
    expect(clear()).toEqual([expect.objectContaining({ name: '_s_turns', value: '', maxAgeSeconds: 0 })])
  })
})
