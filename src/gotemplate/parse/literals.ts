import { quote } from '../../lib/text.ts'
import { fail } from '../failure.ts'
import type { TemplateToken } from './tokens.ts'

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
}

const LARGEST_INT = 2n ** 63n - 1n

/** Reads the text of a string token (Go spec, "String literals"). */
export function readString(token: TemplateToken): string {
  const inner = token.text.slice(1, -1)
  return token.kind === 'raw' ? inner.replaceAll('\r', '') : readEscapes(token, inner, '"')
}

/** Reads a character constant, which is the number of its code point. */
export function readCharacter(token: TemplateToken): bigint {
  const text = readEscapes(token, token.text.slice(1, -1), "'")
  const code = text.codePointAt(0)
  if (code === undefined || String.fromCodePoint(code) !== text) {
    return fail(token.place, `put one character between the quotes of ${quote(token.text)}`)
  }
  return BigInt(code)
}

const ESCAPE = /\\(?:x([\da-fA-F]{2})|([0-7]{3})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/gu

function readEscapes(token: TemplateToken, text: string, delimiter: string): string {
  if (!text.includes('\\')) return text
  return decodeBytes(
    token,
    text.replaceAll(
      ESCAPE,
      (source, hex?: string, octal?: string, short?: string, long?: string, one = '') => {
        const byte = hex === undefined ? octal && Number.parseInt(octal, 8) : Number.parseInt(hex, 16)
        if (typeof byte === 'number' && byte <= 0xff) return toByteMark(byte)
        const code = Number.parseInt(short ?? long ?? '', 16)
        if (code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)) return String.fromCodePoint(code)
        if (one === delimiter) return delimiter
        return (
          ESCAPES[one] ?? fail(token.place, `remove the escape ${quote(source)}, Go has none of that name`)
        )
      },
    ),
  )
}

/** Bytes of `\xhh` above ASCII stand as these private characters until it is seen what they make together. */
const MARK = 0xf0000

function toByteMark(byte: number): string {
  return String.fromCodePoint(byte < 0x80 ? byte : MARK + byte)
}

function decodeBytes(token: TemplateToken, text: string): string {
  return text.replaceAll(/[\u{f0080}-\u{f00ff}]+/gu, (run) => {
    const bytes = Uint8Array.from(Array.from(run, (mark) => (mark.codePointAt(0) ?? 0) - MARK))
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch {
      return fail(token.place, `write the bytes of ${quote(token.text)} as UTF-8 or as \\u escapes`)
    }
  })
}

const INTEGER =
  /^([+-]?)(?:0[xX]((?:_?[\da-fA-F])+)|0[bB]((?:_?[01])+)|0[oO]?((?:_?[0-7])+)|(0|[1-9](?:_?\d)*))$/u
const FLOAT = /^[+-]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?$/u

/** Reads a number: a `bigint` for an integer, a `number` for what is written as a float. */
export function readNumber({ text, place }: TemplateToken): bigint | number {
  const [isInteger, sign, hex, binary, octal, decimal] = INTEGER.exec(text) ?? []
  if (isInteger !== undefined) {
    const digits =
      [hex && `0x${hex}`, binary && `0b${binary}`, octal && `0o${octal}`, decimal].find(Boolean) ?? '0'
    const value = BigInt(digits.replaceAll('_', '')) * (sign === '-' ? -1n : 1n)
    if (value > LARGEST_INT || value < -LARGEST_INT - 1n)
      fail(place, `give an integer of 64 bits, not ${text}`)
    return value
  }
  if (FLOAT.test(text) && /[.eE]/u.test(text)) {
    const value = Number(text.replaceAll('_', ''))
    if (Number.isFinite(value)) return value
  }
  return fail(place, `write the number ${quote(text)} as an integer or a decimal fraction`)
}
