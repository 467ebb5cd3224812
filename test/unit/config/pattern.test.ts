import { describe, expect, it } from 'vitest'
import { checkPattern } from '../../../src/config/pattern.ts'
import { parseRoute } from '../../../src/config/sections/route.ts'

function compile(text: string): RegExp {
  const checked = checkPattern(text)
  if (!checked.ok) throw new Error(checked.problem)
  return new RegExp(checked.value.pattern.source, checked.value.pattern.flags)
}

describe('RE2 patterns mean the same here', () => {
  it.each([
    ['^/public/', '/public/x', '/a/public/x'],
    ['(?i)^/Public', '/pUBLIC', '/x'],
    ['(?s)^a.b', 'a\nb', 'ab'],
    ['^a.b', 'a\u2028b', 'a\nb'],
    ['\\A/x\\z', '/x', '/xx'],
    ['^(?P<year>\\d+)$', '2026', 'x'],
    ['^(?<year>\\d+)$', '2026', 'x'],
    ['^\\pL+$', 'é', '1'],
    ['^\\p{Greek}$', 'λ', 'l'],
    ['^\\P{Greek}$', 'l', 'λ'],
    ['^\\p{^Greek}$', 'l', 'λ'],
    ['^[[:alpha:]_-]+$', 'a_-', '1'],
    ['^[[:^digit:]]$', 'a', '1'],
    ['^[]a]+$', ']a', 'b'],
    ['^[^]a]$', 'b', ']'],
    ['^[\\w-.]+$', 'a-.', '/'],
    ['^[a-]$', '-', 'b'],
    ['^\\Qa.b\\E+$', 'a.bb', 'axb'],
    ['^\\Qa.b', 'a.b', 'axb'],
    ['^{a}$', '{a}', 'a'],
    ['^a{,2}$', 'a{,2}', 'aa'],
    ['^a{2,3}?$', 'aa', 'a'],
    ['^\\x41\\x{1F600}\\101\\a$', 'A😀A\x07', 'A'],
    ['^a\\-b\\_c\\/d\\@$', 'a-b_c/d@', 'a-b_c/d'],
    ['^\\.\\+\\*$', '.+*', 'abc'],
    ['\\.(css|js)$', '/x.css', '/x.css/'],
    ['^/a|/b$', '/x/b', '/x/c'],
    ['^]$', ']', 'x'],
  ])('an RE2 pattern means the same here: %s', (pattern, hit, miss) => {
    expect(compile(pattern).test(hit)).toBe(true)
    expect(compile(pattern).test(miss)).toBe(false)
  })

  it.each([
    ['(?=a)', 'look-around'],
    ['(?!a)', 'look-around'],
    ['(?<=a)b', 'look-around'],
    ['(a)\\1', '"\\1"'],
    ['(?m)^a', 'flags'],
    ['(?U)a*', 'flags'],
    ['a(?i)b', 'flags'],
    ['(?i:a)', 'flags'],
    ['\\C', '"\\C"'],
    ['\\Z', '"\\Z"'],
    ['\\', '"\\"'],
    ['\\p{Klingon}', '"\\p"'],
    ['(', 'close'],
    ['a)', 'closing'],
    ['PUT=(bad[regex', 'brackets'],
    ['[b-a]', 'brackets'],
    ['[a-\\d]', 'brackets'],
    ['[[:nope:]]', 'brackets'],
    ['*', 'in front'],
    ['a**', 'in a row'],
    ['a{2}{3}', 'in a row'],
    ['^*', 'quantifier'],
    ['a{1001}', '1000'],
    ['a{3,2}', 'smaller'],
    ['(?P<n>a)(?P<n>b)', 'not a valid'],
    ['x'.repeat(2001), 'shorten'],
    ['x'.repeat(500), 'too long'],
  ])('checkPattern() refuses %j with a sentence about %s', (pattern, word) => {
    const checked = checkPattern(pattern)
    expect(checked.ok).toBe(false)
    expect(checked).toHaveProperty('problem', expect.stringContaining(word))
  })
})

describe('patterns that can keep the CPU busy', () => {
  it.each([
    '^/(a+)+$',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '^/(a|a)*$',
    '^/(\\w|_)*$',
    '^/(a?b?)*$',
    '^/(a*)*$',
    '^/(a{1,3})+$',
    '^/(a{1,50}){1,50}$',
    '^/([a-z]+|[0-9a-f]+)*$',
    '^/(.*/)*x$',
    '(?i)^/(a|A)*$',
    '^/(ab|a|b)*$',
    '^/.*a.*a.*a$',
    '/.*x.*y$',
    '^/[^/]*[^/]*[^/]*x$',
  ])('checkPattern() refuses a pattern that can keep the CPU busy: %s', (pattern) => {
    const checked = checkPattern(pattern)
    expect(checked).toHaveProperty('problem', expect.stringContaining('rewrite the pattern'))
  })

  it.each([
    '^/(?:[a-z]+/)*public$',
    '^(/[^/]+)*$',
    '^/(a|ab)*b$',
    '^/(foo|foobar)*$',
    '^/foo/.*/bar$',
    '^/.*/x/.*/y/.*$',
    '^/[a-z0-9._-]+/[a-z0-9._-]+/[a-z0-9._-]+/[a-z]+$',
    '^/api/v[0-9]+(/[^/]+){1,5}$',
    '^/static/(.+/)?[^/]+\\.(png|jpe?g)$',
    '.*\\.css$',
  ])('checkPattern() takes a pattern that cannot keep the CPU busy: %s', (pattern) => {
    expect(checkPattern(pattern)).toHaveProperty('ok', true)
  })

  it('a checked pattern is quick on the longest path that rules are asked about', () => {
    const hostile = ['/a', '/', 'a/', 'ab', '/x/y', 'foo'].map(
      (text) => `/${text.repeat(1024 / text.length)}!`,
    )
    for (const pattern of [
      '^(/[^/]+)*$',
      '^/(a|ab)*b$',
      '^/.*/x/.*/y/.*$',
      '^/foo/.*/bar$',
      '^/(foo|foobar)*$',
    ]) {
      const started = performance.now()
      for (const path of hostile) compile(pattern).test(path)
      expect(performance.now() - started).toBeLessThan(500)
    }
  })

  it('checkPattern() comes to an end with a pattern that is made to be hard to judge', () => {
    const branches = Array.from({ length: 90 }, (_, at) => `[a-z]{${at % 7}}x[a-y]*`).join('|')
    const started = performance.now()
    expect(checkPattern(`^(?:${branches})+$`).ok).toBe(false)
    expect(checkPattern(`${'('.repeat(400)}a${'+)'.repeat(400)}`).ok).toBe(false)
    expect(performance.now() - started).toBeLessThan(3_000)
  })
})

describe('skip-auth routes', () => {
  it.each([
    ['GET=^/x', 'GET', false, '/x'],
    ['WEIRD=^/m', 'WEIRD', false, '/m'],
    ['get=^/x', 'GET', false, '/x'],
    ['PATCH=/s?are=h&just=f', 'PATCH', false, '/are=h&just=f'],
    ['^/x', undefined, false, '/x'],
    ['=^/x=1', undefined, false, '/x=1'],
    ['!=^/api', undefined, true, '/api'],
    ['M!=^/api', 'M', true, '/api'],
    ['GET=^/a!=b', 'GET', false, '/a!=b'],
  ])('parseRoute() reads %s', (text, method, negate, hit) => {
    const route = parseRoute(text)
    if (!route.ok) throw new Error(route.problem)
    const { rule } = route.value
    expect([rule.method, rule.negate]).toEqual([method, negate])
    expect(new RegExp(rule.pattern.source, rule.pattern.flags).test(hit)).toBe(true)
  })

  it.each(['^/x=1', '^/x!=1', 'GET ^/x=', 'GET=', '=', '', '/a=/b'])(
    'parseRoute() refuses %j, which would never match or always',
    (text) => {
      expect(parseRoute(text).ok).toBe(false)
    },
  )

  it.each([
    ['^/a', true],
    ['\\A/a', true],
    ['(?:^/a|^/b)', true],
    ['^/a|/b', false],
    ['/a', false],
  ])('checkPattern() knows whether %s is bound to the start', (text, anchored) => {
    expect(checkPattern(text)).toMatchObject({ ok: true, value: { anchored } })
  })
})
