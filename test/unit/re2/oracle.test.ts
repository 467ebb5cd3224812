import { RE2JS } from 're2js'
import { describe, expect, it } from 'vitest'
import { compilePattern } from '../../../src/re2/compile.ts'
import { createRandom } from '../../support/mutator.ts'
import { FIRST_SEED, randomPattern, randomText, TIMES } from './random-fixture.ts'

const PATTERNS = 4_000 * TIMES
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

interface Comparison {
  readonly taken: boolean
  readonly matches: number
  readonly disagreement?: string
}

/** Compares the verdicts over one random pattern. */
function compare(seed: number, oddOneIn: number): Comparison {
  const random = createRandom(seed)
  const source = randomPattern(random, oddOneIn)
  const own = compilePattern(source)
  const oracle = askOracle(source)
  const where = `SIDEGATE_FUZZ_SEED=${seed}: ${JSON.stringify(source)}`
  if (!own.ok || oracle === undefined) {
    if (own.ok === (oracle !== undefined)) return { taken: false, matches: 0 }
    return { taken: false, matches: 0, disagreement: `${where} is ${own.ok ? 'taken' : own.problem}` }
  }
  const texts = Array.from({ length: TEXTS }, () => randomText(random, 12))
  const hits = texts.filter(own.value.test)
  const wrong = texts.find((text) => hits.includes(text) !== oracle(text))
  if (wrong === undefined) return { taken: true, matches: hits.length }
  return { taken: true, matches: hits.length, disagreement: `${where} with ${JSON.stringify(wrong)}` }
}

describe(`random patterns from SIDEGATE_FUZZ_SEED=${FIRST_SEED} on`, () => {
  it.each([
    ['of all kinds', 300, 0.9],
    ['that are often wrong', 8, 0.3],
  ])(
    '%s are taken, refused and matched as re2js does',
    (_, oddOneIn, leastTaken) => {
      const compared = Array.from({ length: PATTERNS }, (__, at) => compare(FIRST_SEED + at, oddOneIn))
      expect(compared.flatMap(({ disagreement }) => disagreement ?? [])).toEqual([])
      const taken = compared.filter((one) => one.taken).length
      expect(taken).toBeGreaterThan(PATTERNS * leastTaken)
      // Neither verdict is the rule.
      const matches = compared.reduce((sum, one) => sum + one.matches, 0) / (taken * TEXTS)
      expect(matches).toBeGreaterThan(0.05)
      expect(matches).toBeLessThan(0.8)
    },
    60_000 * TIMES,
  )
})
