import { describe, expect, it } from 'vitest'
import { compilePattern } from '../../../src/re2/compile.ts'
import { parse } from '../../../src/re2/parse.ts'
import { compileProgram } from '../../../src/re2/program.ts'
import { createSearch } from '../../../src/re2/search.ts'
import type { PatternNode } from '../../../src/re2/tree.ts'
import { createRandom, type Random } from '../../support/mutator.ts'
import { FIRST_SEED, randomPattern, randomText, TIMES } from './random-fixture.ts'

function read(source: string): PatternNode {
  const root = parse(source, { ignoreCase: false })
  if (!root.ok) throw new Error(`${source}: ${root.problem}`)
  return root.value
}

/** Instructions looked at for one text, in passes over the whole program for each character. */
function passesPerCharacter(root: PatternNode, text: string): number {
  const search = createSearch(root)
  search.test(text)
  return search.visits() / compileProgram(root).instructions.length / (text.length + 2)
}

/** At each character: what assertions let through, what the character leads to, and what that leads to. */
const MOST_PASSES = 3

/** A text that repeats pieces which suit the pattern, and may fail at its very end. */
function hostileText(random: Random, source: string, length: number): string {
  const own = source.replaceAll(/[()[\]{}*+?|^$\\]/gu, '') || 'a'
  const piece = random.pick([
    own,
    own.slice(0, 1),
    own.slice(0, 3),
    randomText(random, 4),
    'ab',
    'a',
    '/',
    'ж',
  ])
  return piece.repeat(length).slice(0, length) + random.pick(['', '!', '\n', '/'])
}

/** Exponential, cubic or quadratic where an engine backtracks or searches from every place. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ['^/(a+)+$', 'a'],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'],
  ['^/(?:a|a)*$', 'a'],
  ['^/(a*)*$', 'a'],
  ['^(.*a){20}$', 'a'],
  ['^(.*a){20}$', 'ab'],
  ['a.*b', 'a'],
  ['.*a.*a.*a.*b', 'a'],
  ['/.*x.*y$', '/x'],
  ['[^/]*[^/]*[^/]*x$', 'x/'],
  ['^/(?:[а-яё]|[ж-ю])+$', 'жз'],
  ['^/(?:\\pL|\\p{Greek})+\\d', 'λж'],
  ['(?i)(?:k|\u212a)+x', 'kK\u212a'],
  ['(?:😀|.)*!!', '😀'],
  ['(x+x+)+y', 'x'],
  ['\\b(?:\\w+\\b ?)+\\z!', 'a b'],
  ['(?m)^(?:.*\\n?)*$x', 'a\n'],
  ['(a?){100}a{100}b', 'a'],
  ['(?:a|b)*a(?:a|b){12}c', 'ab'],
]

describe('a search is linear in the text', () => {
  it(`a search looks at every instruction a bounded number of times a character, from SIDEGATE_FUZZ_SEED=${FIRST_SEED} on`, () => {
    const slow: string[] = []
    for (let seed = FIRST_SEED; seed < FIRST_SEED + 500 * TIMES; seed += 1) {
      const random = createRandom(seed)
      const source = randomPattern(random)
      if (!compilePattern(source).ok) continue
      const root = read(source)
      for (const length of [50, 500, 2_000]) {
        const text = hostileText(random, source, length)
        if (passesPerCharacter(root, text) > MOST_PASSES) slow.push(`${seed}: ${source} with ${text}`)
      }
    }
    expect(slow).toEqual([])
  })

  it.each(HOSTILE)('whatever %s makes of many %j [DS-14]', (source, piece) => {
    const root = read(source)
    for (const length of [1_000, 16_000])
      expect(passesPerCharacter(root, `/${piece.repeat(length)}`)).toBeLessThanOrEqual(MOST_PASSES)
  })

  it.each(HOSTILE)(
    'a search is linear in time as well: %s with 4,000 and 64,000 of %j [DS-14]',
    (source, piece) => {
      const [short = 0, long = 0] = [4_000, 64_000].map((length) =>
        fastest(source, `/${piece.repeat(length)}`),
      )
      // Sixteen times as long; a quadratic search would take 256 times as long, and an exponential one would not end.
      expect(long).toBeLessThan(100 + 64 * short)
    },
  )

  it('a search looks at no instruction for a text whose states it knows', () => {
    const search = createSearch(read('^/(?:[a-z]+/)*(?:api|v[0-9]+)/.*x$'))
    const paths = ['/a/b/api/x', '/a/v12/yx', '/é/api/x', '/a/v12/y']
    expect(paths.map(search.test)).toEqual([true, true, false, false])
    const visits = search.visits()
    expect(paths.map(search.test)).toEqual([true, true, false, false])
    expect(search.visits()).toBe(visits)
  })

  it.each(['a.*b', '^/(a+)+$', '^(.*a){20}$', '(?i)^/[^/]*/x', '\\bab\\b'])(
    'a search builds few states for %s, whatever the length',
    (source) => {
      const search = createSearch(read(source))
      expect(search.test(`/${'a'.repeat(20_000)}!`)).toBe(false)
      expect(search.visits()).toBeLessThan(60 * compileProgram(read(source)).instructions.length)
    },
  )

  it('a search is linear with random letters, for which every state is built again and again', () => {
    const random = createRandom(FIRST_SEED)
    const text = Array.from({ length: 50_000 }, () => random.pick(['a', 'b'])).join('')
    const search = createSearch(read('a[ab]{14}c|d'))
    expect(search.test(text)).toBe(false)
    expect(search.test(`${text}a${'b'.repeat(14)}c`)).toBe(true)
    expect(search.visits()).toBeLessThan(3 * 20 * 2 * (text.length + 20))
  })
})

/** Milliseconds of the fastest of five first searches: what else the machine does makes some slow, hardly all. */
function fastest(source: string, text: string): number {
  const root = read(source)
  const times = Array.from({ length: 5 }, () => {
    const { test } = createSearch(root)
    const startedMs = performance.now()
    test(text)
    return performance.now() - startedMs
  })
  return Math.min(...times)
}

describe('the memory of a search is bounded', () => {
  it('a search has bounded memory when a text leads to more states than there is room for, and its answers stay right', () => {
    const random = createRandom(FIRST_SEED)
    const search = createSearch(read('a[ab]{15}c'))
    for (let round = 0; round < 40; round += 1) {
      const text = Array.from({ length: 2_000 }, () => random.pick(['a', 'a', 'b', 'c'])).join('')
      expect(search.test(text)).toBe(/a[ab]{15}c/u.test(text))
      expect(search.held()).toBeLessThan(80_000)
    }
  })

  it('a search has bounded memory for five hundred rules that meet hostile paths: a few MiB in all', () => {
    const random = createRandom(FIRST_SEED)
    const searches = Array.from({ length: 500 }, (_, at) =>
      createSearch(read(`a[ab]{10}/app${at}/(?:[a-z]+/)*x`)),
    )
    const text = Array.from({ length: 3_000 }, () => random.pick(['a', 'b'])).join('')
    for (const { test } of searches) expect(test(text)).toBe(false)
    const bytes = searches.reduce((sum, { held }) => sum + held(), 0)
    expect(bytes).toBeLessThan(25_000_000)
  })
})
