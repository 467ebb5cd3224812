import { failed, ok, type Result } from '../result.ts'
import { type CodePoints, complement, fromPairs, WORD } from './code-points.ts'
import { foldCase } from './fold.ts'
import { type Reader, take } from './reader.ts'
import { unicodeClass } from './unicode.ts'

const PERL: Readonly<Record<string, CodePoints>> = {
  d: fromPairs('09'),
  s: fromPairs('\t\n\f\r  '),
  w: WORD,
}

/** Reads `\d`, `\W`, `\pL`, `\p{^Greek}` and the like; the value is undefined when something else stands here. */
export function readSetEscape(reader: Reader): Result<CodePoints | undefined, string> {
  const [, perl] = take(reader, /\\([dDsSwW])/uy) ?? []
  if (perl !== undefined) {
    const lower = perl.toLowerCase()
    return ok(toMembers(reader, { points: PERL[lower] ?? [], negated: perl !== lower }))
  }
  const [whole, letter, caret, braced, bare] = take(reader, /\\([pP])(?:\{(\^?)([^}]*)\}|([^{]))/uy) ?? []
  if (whole === undefined) return ok(undefined)
  const points = unicodeClass(braced ?? bare ?? '')
  if (points === undefined) {
    return failed(
      `replace "${whole}", there is no such Unicode category or script; \\p{L} and \\p{Greek} are`,
    )
  }
  return ok(toMembers(reader, { points, negated: (letter === 'P') !== (caret === '^') }))
}

/**
 * Members of a set. Letters of other cases join before it is complemented: `(?i)\P{Lu}` excludes small letters too, as
 * in Go.
 */
export function toMembers(
  { flags }: Reader,
  { points, negated }: { readonly points: CodePoints; readonly negated: boolean },
): CodePoints {
  const folded = flags.ignoreCase ? foldCase(points) : points
  return negated ? complement(folded) : folded
}

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }

/** Reads an escape that stands for one code point. */
export function readCodeEscape(reader: Reader): Result<number, string> {
  const [control, name = ''] = take(reader, /\\([afnrtv])/uy) ?? []
  if (control !== undefined) return ok(CONTROLS[name] ?? 0)
  const [octal, digits = ''] = take(reader, /\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/uy) ?? []
  if (octal !== undefined) return ok(Number.parseInt(digits, 8))
  const [hex, long, short] = take(reader, /\\x(?:\{([\da-fA-F]+)\}|([\da-fA-F]{2}))/uy) ?? []
  if (hex !== undefined) {
    const code = Number.parseInt(long ?? short ?? '', 16)
    return code > 0x10ffff ? failed(`replace "${hex}", code points end at \\x{10FFFF}`) : ok(code)
  }
  const [punctuation] = take(reader, /\\(?![0-9A-Za-z])[\x00-\x7f]/uy) ?? []
  return punctuation === undefined ? failed(explainEscape(reader)) : ok(punctuation.charCodeAt(1))
}

function explainEscape(reader: Reader): string {
  const [pair = ''] = take(reader, /\\[\s\S]?/uy) ?? []
  if (pair === '\\') return 'finish the escape at the end of the pattern; a backslash itself is \\\\'
  if (/\d/u.test(pair)) return `remove "${pair}", RE2 has no back-references`
  return `replace "${pair}", RE2 knows no such escape; a backslash itself is \\\\`
}
