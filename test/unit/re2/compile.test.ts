import { describe, expect, it } from 'vitest'
import { compilePattern, type Pattern } from '../../../src/re2/compile.ts'

function compile(source: string, options?: { ignoreCase: boolean }): Pattern {
  const compiled = compilePattern(source, options)
  if (!compiled.ok) throw new Error(compiled.problem)
  return compiled.value
}

describe('compilePattern()', () => {
  it.each([
    ['', '', undefined],
    ['^/public/', '/public/x', '/a/public/x'],
    ['/public/', '/a/public/', '/publi/c'],
    ['^/healthz$', '/healthz', '/healthz/'],
    ['/healthz$', '/a/healthz', '/healthz/'],
    ['^/api/v[0-9]+/', '/api/v12/x', '/api/v/x'],
    ['\\.(css|js)$', '/x.css', '/x.css/'],
    ['^/a|/b$', '/x/b', '/x/c'],
    ['(?:^/a|^/b)/x', '/b/x', '/c/x'],
    ['a.*b', 'xaxxb', 'bxxa'],
    ['aab', 'aaab', 'abab'],
    ['^(.*a){20}$', 'a'.repeat(25), 'a'.repeat(19)],
    ['^/(a+)+$', '/aaa', '/aab'],
    ['^(?:a{10}){100}$', 'a'.repeat(1_000), 'a'.repeat(999)],
    ['^a{2,3}?$', 'aa', 'a'],
    ['^a{,2}$', 'a{,2}', 'aa'],
    ['^a{01}$', 'a{01}', 'a'],
    ['^{a}$', '{a}', 'a'],
    ['^a{0}b$', 'b', 'ab'],
    ['^(|a)*$', 'aaa', 'ab'],
    ['^*a', 'xa', 'b'],
    ['$?a', 'a', 'b'],
    ['\\b+a', 'x a', 'xa'],
    ['^a*(?i)*$', 'aa', 'b'],
    ['^ab\\Q\\E*$', 'abb', 'abab'],
    ['^\\Qa.b\\E+$', 'a.bb', 'axb'],
    ['^\\Qa.b', 'a.b', 'axb'],
    ['\\A/x\\z', '/x', '/xx'],
    ['(?m)^b$', 'a\nb\nc', 'ab'],
    ['(?m:^)b(?m:$)', 'a\nb\nc', 'a\nbc'],
    ['(?m)\\Ab', 'b\na', 'a\nb'],
    ['\\bfoo\\b', 'a foo.', 'afoo'],
    ['\\Bo', 'foo', 'o'],
    ['\\bé', 'aé', 'é'],
    ['^(?P<year>\\d+)$', '2026', 'x'],
    ['^(?<year>\\d+)(?<year>-)$', '2026-', 'x'],
    ['^]$', ']', 'x'],
    ['^\\x41\\x{1F600}\\101\\a$', 'A😀A\x07', 'A'],
    ['^\\x{0000041}$', 'A', 'a'],
    ['^[\\x{10FFFF}]$', '\u{10ffff}', 'x'],
    ['^.$', '😀', '😀😀'],
    ['😀$', 'x😀', '😀x'],
    ['\\x{d83d}', '\ud83d', '😀'],
    ['\\x{de00}$', '\ude00', '😀'],
    ['[\\x{d800}-\\x{dfff}]', 'a\ud83d', '😀'],
    ['^a\\-b\\_c\\/d\\@$', 'a-b_c/d@', 'a-b_c/d'],
  ])('%j matches %j and not %j', (source, hit, miss) => {
    const { test } = compile(source)
    expect(test(hit)).toBe(true)
    if (miss !== undefined) expect(test(miss)).toBe(false)
    // States are kept from text to text.
    expect(test(hit)).toBe(true)
  })

  it.each([
    ['(?i)^/Public', '/pUBLIC', '/x'],
    ['^/a(?i)b$', '/aB', '/AB'],
    ['^/(?i:a)b$', '/Ab', '/AB'],
    ['(?i)^a(?-i)b$', 'Ab', 'AB'],
    ['^(?i:a)|B$', 'xB', 'xb'],
    ['^(a(?i)b|c)$', 'C', 'AB'],
    ['(?i)^k$', '\u212a', '\u212b'],
    ['(?i)^\u212a$', 'k', 'x'],
    ['(?i)^straſe$', 'STRASE', 'strase '],
    ['(?i)^[^k]$', 'x', '\u212a'],
    ['(?i)^\\W$', '-', 'ſ'],
    ['(?i)^\\P{Lu}$', '1', 'a'],
    ['(?i)^ß$', 'ẞ', 'ss'],
    ['(?i)^i$', 'I', 'ı'],
    ['(?i)^[а-я]+$', 'ЖЮ', 'ё'],
    ['^a.b', 'a\u2028b', 'a\nb'],
    ['(?s)^a.b', 'a\nb', 'ab'],
    ['(?s)^a(?-s).b', 'a\rb', 'a\nb'],
    ['(?U)^a+b$', 'aab', 'b'],
    ['(?ims-U)^A.B', 'x\na\nb', 'x\nab'],
    ['(?)^a', 'a', 'b'],
  ])('%j keeps to its flags: %j and not %j', (source, hit, miss) => {
    expect([hit, miss].map(compile(source).test)).toEqual([true, false])
  })

  it.each([
    ['[]a]', ']', '['],
    ['[^]a]', 'b', ']'],
    ['[\\w-.]', '-', '/'],
    ['[a-]', '-', 'b'],
    ['[a-b-d]', '-', 'c'],
    ['[\\d-z]', '-', 'a'],
    ['[--/]', '.', ','],
    ['[^a]', '\n', 'a'],
    ['[[:alpha:]_-]', '-', '1'],
    ['[[:^digit:]]', 'a', '1'],
    ['[[:space:]]', '\v', 'x'],
    ['\\s', '\f', '\v'],
    ['\\s', ' ', '\u00a0'],
    ['\\d', '7', '٧'],
    ['\\w', '_', 'é'],
    ['[[:word:][:punct:]]', '~', ' '],
    ['[[:ab]', ':', 'c'],
    ['\\pL', 'é', '1'],
    ['\\pN', '٧', 'x'],
    ['\\p{Greek}', 'λ', 'l'],
    ['\\P{Greek}', 'l', 'λ'],
    ['\\p{^Greek}', 'l', 'λ'],
    ['\\P{^Greek}', 'λ', 'l'],
    ['[^\\PL]', 'é', '1'],
    ['\\p{Old_Italic}', '𐌀', 'a'],
    ['\\p{old italic}', '𐌀', 'a'],
    ['\\p{Uppercase_Letter}', 'A', 'a'],
    ['\\p{Any}', '\n', ''],
    ['[\\x00-\\x{10FFFF}]', '😀', ''],
  ])('%j holds %j and not %j', (source, hit, miss) => {
    expect([hit, miss].map(compile(`^(?:${source})$`).test)).toEqual([true, false])
  })

  it.each([
    ['(?=a)', 'remove the look-around "(?="'],
    ['(?!a)', 'remove the look-around "(?!"'],
    ['(?<=a)b', 'remove the look-around "(?<="'],
    ['(?<!a)b', 'remove the look-around "(?<!"'],
    ['(a)\\1', 'remove "\\1", RE2 has no back-references'],
    ['(?P<n>a)(?P=n)', 'replace "(?P", RE2 has the groups'],
    ['(?>a)', 'replace "(?>", RE2 has the groups'],
    ['(?x)a', 'the flags i, m, s and U'],
    ['(?i-)a', 'replace "(?i"'],
    ['(?P<a-b>x)', 'rename the group "a-b"'],
    ['(?P<>x)', 'rename the group ""'],
    ['\\C', 'replace "\\C"'],
    ['\\Z', 'replace "\\Z"'],
    ['\\é', 'replace "\\é"'],
    ['\\x{110000}', 'code points end at \\x{10FFFF}'],
    ['\\x4', 'replace "\\x"'],
    ['a\\', 'finish the escape'],
    ['\\p{Klingon}', 'replace "\\p{Klingon}"'],
    ['\\p{Grek}', 'no such Unicode category or script'],
    ['\\p{L', 'replace "\\p"'],
    ['(', 'close the parenthesis'],
    ['a)', 'remove the closing parenthesis'],
    ['PUT=(bad[regex', 'close the character class'],
    ['[a', 'close the character class'],
    ['[b-a]', 'turn the range "b-a" around'],
    ['[a-\\d]', 'replace "\\d"'],
    ['[[:nope:]]', 'replace "[:nope:]"'],
    ['*', 'put something in front'],
    ['a|*', 'put something in front'],
    ['(*a)', 'put something in front'],
    ['{2}', 'put something in front'],
    ['a**', 'two quantifiers in a row'],
    ['a++', 'two quantifiers in a row'],
    ['a{2}{3}', 'two quantifiers in a row'],
    ['a{1001}', 'repeat at most 1000 times, not "{1001}"'],
    ['a{1,1001}', 'repeat at most 1000 times'],
    ['a{3,2}', 'write the smaller number of "{3,2}" first'],
    ['((a{10}){10}){11}', 'repeats in repeats multiplied'],
    [`${'('.repeat(1_100)}a${')*'.repeat(1_100)}`, 'nest at most 1000'],
    ['[a-z]{1000}'.repeat(101), 'they unfold to 101000 steps and 100000 are the most'],
  ])('compilePattern() refuses %j and says: %s', (source, sentence) => {
    const compiled = compilePattern(source)
    expect(compiled).toMatchObject({ ok: false, problem: expect.stringContaining(sentence) })
  })

  it.each([
    ['captures', `${'('.repeat(999)}a${')'.repeat(999)}`],
    ['plain groups', `${'(?:'.repeat(5_000)}a${')'.repeat(5_000)}`],
    ['repeats', `${'(?:'.repeat(900)}a${')*'.repeat(900)}`],
    ['letters', `${'b'.repeat(90_000)}|a`],
    ['quoted letters', `\\Q${'b'.repeat(90_000)}\\E|a`],
    ['branches', `a|${Array.from({ length: 8_000 }, (_, at) => `w${at}x`).join('|')}`],
  ])('compilePattern() takes a pattern of very many %s', (_, source) => {
    const { test } = compile(source)
    expect([test('a'), test('B')]).toEqual([true, source.endsWith('*')])
  })

  it.each([
    ['^m[\\s\\S]*[\\x{d800}-\\x{dbff}]\\z', 'forward'],
    ['m[\\x{d800}-\\x{dbff}]\\z', 'backward'],
  ])(
    'compilePattern() reads a text that was cut within a character to its end and no further: %j',
    (source) => {
      const { test } = compile(source)
      // Often enough for the engine's compiler, whose codePointAt reads on behind the end.
      for (let at = 0; at < 3_000; at += 1) expect(test('m😀.'.repeat(20).slice(0, 50))).toBe(true)
    },
  )

  it('compilePattern() ignores case where it is told to, up to a flag in the pattern that says otherwise', () => {
    const hits = (source: string) => ['/api', '/API'].map(compile(source, { ignoreCase: true }).test)
    expect(hits('^/api')).toEqual([true, true])
    expect(hits('(?-i)^/api')).toEqual([true, false])
  })

  it.each([
    ['^/a', true],
    ['\\A/a', true],
    ['(?:^/a|^/b)', true],
    ['(^/a)+', true],
    ['^/a|/b', false],
    ['(?m)^/a', false],
    ['(^/a)?', false],
    ['/a', false],
  ])('compilePattern() knows whether %j is bound to the start: %s', (source, anchored) => {
    expect(compile(source)).toMatchObject({ anchored })
  })

  it.each([
    ['^/public/', '/public/', false],
    ['^/healthz$', '/healthz', true],
    ['^\\/a\\-b/', '/a-b/', false],
    ['^(/a)(?:/b)', '/a/b', false],
    ['^/a/?$', '/a', false],
    ['^/ab*', '/a', false],
    ['^/a|^/b', '', false],
    ['(?:^/a|^/b)/c', '', false],
    ['(?i)^/api', '/', false],
    ['/a$', '/a', false],
  ])(
    'compilePattern() finds the plain text at the beginning of %j: %j, and whether it is all',
    (source, prefix, exact) => {
      expect(compile(source)).toMatchObject({ prefix, exact })
    },
  )
})
