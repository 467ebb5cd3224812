import { describe, expect, it } from 'vitest'
import { type CodePoints, includes, only } from '../../../src/re2/code-points.ts'
import { foldCase } from '../../../src/re2/fold.ts'
import { unicodeClass } from '../../../src/re2/unicode.ts'

function members(points: CodePoints): readonly string[] {
  return points.flatMap((start, at) =>
    at % 2 === 1
      ? []
      : Array.from({ length: (points[at + 1] ?? 0) - start }, (_, more) =>
          String.fromCodePoint(start + more),
        ),
  )
}

describe('unicodeClass()', () => {
  it.each([
    ['L', 'L'],
    ['Cn', 'Cn'],
    ['C', 'C'],
    ['Co', 'Co'],
    ['Cs', 'Cs'],
    ['Greek', 'Script=Greek'],
    ['Common', 'Script=Common'],
    ['Assigned', 'Assigned'],
    ['ASCII', 'ASCII'],
    ['Any', 'Any'],
  ])(
    'unicodeClass() of %s has exactly the code points of the engine, those in gaps that it does not ask about too',
    (name, property) => {
      const points = unicodeClass(name) ?? []
      const has = new RegExp(`^\\p{${property}}$`, 'u')
      const wrong: number[] = []
      for (let code = 0; code < 0x110000; code += 1) {
        if (includes(points, code) !== has.test(String.fromCodePoint(code))) wrong.push(code)
      }
      expect(wrong).toEqual([])
    },
  )

  it.each([
    'greek',
    'OLD_ITALIC',
    'olditalic',
    'old-italic',
    'Khitan Small Script',
    'SignWriting',
    'Nag_Mundari',
    'Letter',
    'uppercase letter',
    'punct',
    'lc',
  ])('unicodeClass() knows %s', (name) => {
    expect(unicodeClass(name)?.length).toBeGreaterThan(0)
  })

  it.each(['', 'Grek', 'Klingon', 'Alphabetic', 'White_Space', 'gc=L', 'Script=Greek', 'L}', 'toString'])(
    'unicodeClass() does not know %j, as Go does not',
    (name) => {
      expect(unicodeClass(name)).toBeUndefined()
    },
  )
})

describe('foldCase()', () => {
  it.each([
    ['k', 'Kk\u212a'],
    ['\u212a', 'Kk\u212a'],
    ['S', 'Ssſ'],
    ['ſ', 'Ssſ'],
    ['i', 'Ii'],
    ['ı', 'ı'],
    ['İ', 'İ'],
    ['ß', 'ßẞ'],
    ['σ', 'Σςσ'],
    ['\u00b5', '\u00b5\u039c\u03bc'],
    ['\u2126', '\u03a9\u03c9\u2126'],
    ['\u212b', '\u00c5\u00e5\u212b'],
    ['\u01c5', '\u01c4\u01c5\u01c6'],
    ['ᾳ', 'ᾳᾼ'],
    ['Ж', 'Жж'],
    ['ꭰ', 'Ꭰꭰ'],
    ['𐐀', '𐐀𐐨'],
    ['/', '/'],
    ['中', '中'],
  ])('foldCase() of %j is %j', (letter, family) => {
    expect(new Set(members(foldCase(only(letter.codePointAt(0) ?? 0))))).toEqual(new Set(family))
  })

  it('foldCase() of any letter is what the engine takes for the same without case', () => {
    const cased = Array.from({ length: 0x20000 }, (_, code) => String.fromCodePoint(code))
      .filter((letter) => /[\p{Changes_When_Casefolded}\p{Changes_When_Casemapped}]/u.test(letter))
      .join('')
    const wrong = [...cased].filter((letter) => {
      const family = members(foldCase(only(letter.codePointAt(0) ?? 0)))
      const same = cased.match(new RegExp(`\\u{${letter.codePointAt(0)?.toString(16)}}`, 'giu')) ?? []
      return !isSameSet([...family, letter], [...same, letter])
    })
    // Pairs that Unicode 15.1 added; neither Go nor re2js has them.
    expect('\u0390\u03b0\u1fd3\u1fe3\ufb05\ufb06').toContain(wrong.join(''))
    expect(cased.length).toBeGreaterThan(2_800)
  })

  it('foldCase() of a set has the families of all members', () => {
    expect(new Set(members(foldCase([0x61, 0x7b])))).toEqual(
      new Set('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZſ\u212a'),
    )
    expect(members(foldCase([0x436, 0x438]))).toEqual([...'ЖЗжз'])
  })
})

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  const members = new Set(left)
  return members.size === new Set(right).size && right.every((letter) => members.has(letter))
}
