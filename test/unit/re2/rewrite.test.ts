// biome-ignore-all lint/suspicious/noTemplateCurlyInString: replacements name groups in this form
import { RE2JS } from 're2js'
import { describe, expect, it } from 'vitest'
import { compileRewrite } from '../../../src/re2/rewrite.ts'
import { createRandom } from '../../support/mutator.ts'
import { FIRST_SEED, randomPattern, randomText, TIMES } from './random-fixture.ts'

function replaced(pattern: string, replacement: string, text: string): string {
  const rewrite = compileRewrite(pattern, replacement)
  if (!rewrite.ok) throw new Error(rewrite.problem)
  const pieces = rewrite.value.apply(text)
  return pieces === undefined ? 'too long' : pieces.map((piece) => piece.text).join('')
}

/** [pattern, replacement, text, result], each as Go 1.24's `Regexp.ReplaceAllString` gives it. */
const GO: [string, string, string, string][] = [
  ['^/http/(.*)', '/$1', '/http/foo/bar', '/foo/bar'],
  ['^/http/(.*)', '/$1', '/https/foo/bar', '/https/foo/bar'],
  ['/http/(.*)', '/$1', '/bar/http/foo/bar', '/bar/foo/bar'],
  ['/articles/([a-z0-9\\-]*)', '/article?id=$1', '/articles/blog-2021-01-01', '/article?id=blog-2021-01-01'],
  ['/articles/([a-z0-9\\-]*)', '/article?id=$1', '/articles/foo/bar', '/article?id=foo/bar'],
  ['^/(?P<first>[^/]+)/(?P<rest>.*)$', '/${rest}/$first', '/a/b/c', '/b/c/a'],
  ['^/(a)(b)?', '/$1-$2-$3', '/a', '/a--'],
  ['(a)', '$1x', 'bab', 'bb'],
  ['(a)', '${1}x', 'bab', 'baxb'],
  ['(a)', '$$1', 'bab', 'b$1b'],
  ['(a)', '$', 'bab', 'b$b'],
  ['(a)', '$ ', 'bab', 'b$ b'],
  ['(a)', '${1', 'bab', 'b${1b'],
  ['(a)', '${}', 'bab', 'b${}b'],
  ['(a)', '$0$0', 'bab', 'baab'],
  ['(a)', '$01', 'bab', 'bb'],
  ['(a)', '$é.', 'bab', 'b.b'],
  ['a*', '-', 'baaac', '-b-c-'],
  ['', '-', 'ab', '-a-b-'],
  ['', '-', 'éß😀', '-é-ß-😀-'],
  ['a|ab', 'x', 'abab', 'xbxb'],
  ['ab|a', 'x', 'abab', 'xx'],
  ['(a+?)(a*)', '[$1|$2]', 'aaa', '[a|aa]'],
  ['(a+)(a*)', '[$1|$2]', 'aaa', '[aaa|]'],
  ['(?U)(a+)(a*)', '[$1|$2]', 'aaa', '[a|][a|][a|]'],
  ['(a*)*', '[$1]', 'baab', '[]b[aa]b[]'],
  ['(a|b)*', '[$1]', 'abc', '[b]c[]'],
  ['(a*)+', '[$1]', 'b', '[]b[]'],
  ['(|a)*', '[$1]', 'aa', '[]a[]a[]'],
  ['(|a)+', '[$1]', 'aa', '[]a[]a[]'],
  ['(?:(a)|(b))*', '[$1|$2]', 'ab', '[a|b]'],
  ['^a', 'x', 'aaa', 'xaa'],
  ['a$', 'x', 'aaa', 'aax'],
  ['(?m)^', '> ', 'a\nb', '> a\n> b'],
  ['\\b', '|', 'a bc', '|a| |bc|'],
  ['(?i)Ab', 'x', 'aBAB', 'xx'],
  ['x*?', '-', 'xx', '-x-x-'],
  ['(a{2}){1,2}', '[$1]', 'aaaaa', '[aa]a'],
  ['(.)(?P<last>.)$', '$last$1', 'héß', 'hßé'],
  ['^(?P<a>x)(?P<a>y)?', '[$a]', 'xy', '[x]'],
  ['^(?P<a>x)?(?P<a>y)', '[$a]', 'y', '[y]'],
  ['^/(.*)/(.*)$', '/$2/$1', '/a/b/c', '/c/a/b'],
]

describe('a replacement', () => {
  it.each(GO)(
    'a replacement is what Go makes of it: %s with %s in %s',
    (pattern, replacement, text, expected) => {
      expect(replaced(pattern, replacement, text)).toBe(expected)
    },
  )
})

const PATTERNS = 2_000 * TIMES

/** The first match and its first two groups as re2js finds them; undefined when it refuses the pattern. */
function askOracle(source: string): ((text: string) => string | undefined) | undefined {
  try {
    const compiled = RE2JS.compile(source)
    return (text) => {
      const matcher = compiled.matcher(text)
      if (!matcher.find()) return undefined
      const groups = [0, 1, 2].map((group) =>
        group <= compiled.groupCount() ? (matcher.group(group) ?? '') : '',
      )
      return `${matcher.start()}<${groups.join('|')}>`
    }
  } catch {
    return undefined
  }
}

/** The same out of the first replaced match. */
function firstMatch(source: string, text: string): string | undefined {
  const rewrite = compileRewrite(source, '\u0001$0\u0002$1\u0002$2\u0003')
  if (!rewrite.ok) throw new Error(rewrite.problem)
  const all =
    rewrite.value
      .apply(text)
      ?.map((piece) => piece.text)
      .join('') ?? ''
  const [, before = '', whole, one, two] =
    /^([^\u0001]*)\u0001([^\u0002]*)\u0002([^\u0002]*)\u0002([^\u0003]*)\u0003/u.exec(all) ?? []
  return whole === undefined ? undefined : `${before.length}<${whole}|${one}|${two}>`
}

describe(`groups of random patterns from SIDEGATE_FUZZ_SEED=${FIRST_SEED} on`, () => {
  it('groups of random patterns are where re2js finds them', () => {
    const wrong: string[] = []
    let matches = 0
    for (let at = 0; at < PATTERNS; at += 1) {
      const random = createRandom(FIRST_SEED + at)
      const source = randomPattern(random, 300)
      const oracle = askOracle(source)
      if (oracle === undefined) continue
      for (let text = randomText(random, 12), more = 8; more > 0; text = randomText(random, 12), more -= 1) {
        const expected = oracle(text)
        if (expected !== undefined) matches += 1
        if (firstMatch(source, text) !== expected)
          wrong.push(`${JSON.stringify(source)} with ${JSON.stringify(text)}`)
      }
    }
    expect(wrong).toEqual([])
    expect(matches).toBeGreaterThan(PATTERNS)
  })
})

describe('a replacement costs a bounded number of steps', () => {
  it.each([
    ['every match looks at the rest of the text', 'c(?:.*b)?', 'c'.repeat(16_000)],
    ['repeats in repeats', '(?:(?:a*)*b)*c', 'a'.repeat(16_000)],
    ['many branches alive at once', '^(?:(a?){20}){20}b', 'a'.repeat(16_000)],
  ])('a replacement costs a bounded number of steps: %s [DS-66]', (_, pattern, text) => {
    expect(['too long', text]).toContain(replaced(pattern, '-', text))
  })

  it('a replacement of a long path takes few of its steps', () => {
    expect(replaced('^/app/(.*)$', '/$1', `/app/${'a'.repeat(16_000)}`)).toBe(`/${'a'.repeat(16_000)}`)
  })

  it('a pattern that unfolds to too many steps cannot replace', () => {
    const rewrite = compileRewrite('(?:abcdefghij){300}', '')
    expect(rewrite.ok ? '' : rewrite.problem).toContain('2000 are the most')
  })
})
