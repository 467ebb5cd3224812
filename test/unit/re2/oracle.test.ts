import { RE2JS } from 're2js'
import { describe, expect, it } from 'vitest'
import { compilePattern } from '../../../src/re2/compile.ts'
import { createRandom, randomPattern, randomText, SEED } from './random-fixture.ts'

const PATTERNS = 4_000
const TEXTS = 20

/** Asks re2js about texts; undefined when it refuses the pattern. */
function askOracle(source: string): ((text: string) => boolean) | undefined {
  try {
    const compiled = RE2JS.compile(source)
    return (text) => compiled.matcher(text).find()
  } catch {
    return undefined
  }
}

describe(`random patterns, SIDEGATE_TEST_SEED=${SEED}`, () => {
  it.each([
    ['of all kinds', 300, 0.9],
    ['that are often wrong', 8, 0.3],
  ])('%s are taken, refused and matched as re2js does', (_, oddOneIn, leastTaken) => {
    const random = createRandom(SEED)
    const disagreements: string[] = []
    let taken = 0
    let matches = 0
    for (let at = 0; at < PATTERNS; at += 1) {
      const source = randomPattern(random, oddOneIn)
      const own = compilePattern(source)
      const oracle = askOracle(source)
      if (own.ok !== (oracle !== undefined))
        disagreements.push(`${source}: ${own.ok ? 'taken' : own.problem}`)
      if (!own.ok || oracle === undefined) continue
      taken += 1
      for (let text = 0; text < TEXTS; text += 1) {
        const subject = randomText(random, 12)
        const found = own.value.test(subject)
        if (found) matches += 1
        if (found !== oracle(subject))
          disagreements.push(`${source} with ${JSON.stringify(subject)}: ${found}`)
      }
    }
    expect(disagreements).toEqual([])
    expect(taken).toBeGreaterThan(PATTERNS * leastTaken)
    // Neither verdict is the rule.
    expect(matches / (taken * TEXTS)).toBeGreaterThan(0.05)
    expect(matches / (taken * TEXTS)).toBeLessThan(0.8)
  })
})
