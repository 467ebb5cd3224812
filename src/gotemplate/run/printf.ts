import { utf8 } from '../../lib/bytes.ts'
import { type GoValue, isList, isMap, isStruct, textOf, typeNameOf } from '../values.ts'
import { bounded, refuseValue } from './limits.ts'
import { compareTexts, formatFloat, formatValue } from './print.ts'
import { isPrintable, quoteText } from './quoted.ts'

/** Flags, width and precision of one verb. */
interface Verb {
  readonly letter: string
  readonly flags: string
  readonly width: number | undefined
  readonly precision: number | undefined
}

/** Go's fmt takes no larger width or precision. */
const WIDEST = 1_000_000

const VERB =
  /%(?<flags>[ +\-#0]*)(?:\[(?<widthIndex>[^\]]*)\])?(?<width>\d+|\*)?(?:\.(?:\[(?<precisionIndex>[^\]]*)\])?(?<precision>\d+|\*)?)?(?:\[(?<index>[^\]]*)\])?(?<letter>[\s\S])?/gu

/** Formats as `fmt.Sprintf` does; what does not fit is written into the text, as there. */
export function printFormat([format = null, ...values]: readonly GoValue[]): string {
  const source = textOf(format) ?? ''
  const reader = { values, at: 0, reordered: false }
  let out = ''
  let done = 0
  for (const found of source.matchAll(VERB)) {
    out = bounded(out + source.slice(done, found.index) + formatVerb(reader, found))
    done = found.index + found[0].length
  }
  out += source.slice(done)
  const extra = reader.reordered ? [] : values.slice(reader.at)
  const listed = extra.map((value) =>
    value === null ? '<nil>' : `${typeNameOf(value)}=${formatValue(value)}`,
  )
  return bounded(extra.length === 0 ? out : `${out}%!(EXTRA ${listed.join(', ')})`)
}

interface Reader {
  readonly values: readonly GoValue[]
  at: number
  reordered: boolean
}

function formatVerb(reader: Reader, found: RegExpMatchArray): string {
  const { flags = '', width, precision, widthIndex, precisionIndex, index, letter } = found.groups ?? {}
  if (widthIndex !== undefined || precisionIndex !== undefined || index !== undefined) {
    if (!moveToIndex(reader, [widthIndex, precisionIndex, index])) {
      return `%!${letter ?? ''}(BADINDEX)`
    }
  }
  let left = flags
  const wide = numberOf(reader, width)
  if (typeof wide === 'number' && wide < 0) left = `${flags}-`
  const precise = numberOf(reader, precision) ?? (found[0].includes('.') ? 0 : undefined)
  const complaints = `${wide === null ? '%!(BADWIDTH)' : ''}${precise === null || (precise ?? 0) < 0 ? '%!(BADPREC)' : ''}`
  if (letter === undefined) return `${complaints}%!(NOVERB)`
  if (letter === '%') return `${complaints}%`
  const value = reader.values[reader.at]
  if (value === undefined) return `${complaints}%!${letter}(MISSING)`
  reader.at += 1
  const verb: Verb = {
    letter,
    flags: left,
    width: typeof wide === 'number' ? Math.abs(wide) : undefined,
    precision: typeof precise === 'number' && precise >= 0 ? precise : undefined,
  }
  return complaints + formatOne(value, verb)
}

/** Moves to the argument that `[n]` names; an index for width or precision is one that is only read there. */
function moveToIndex(reader: Reader, indexes: readonly (string | undefined)[]): boolean {
  reader.reordered = true
  const [first] = indexes.filter((index) => index !== undefined)
  if (indexes.filter((index) => index !== undefined).length > 1) {
    return refuseValue('printf takes one [n] in a verb here: write the width as a number')
  }
  const at = Number(first)
  if (!Number.isInteger(at) || at < 1 || at > reader.values.length) return false
  reader.at = at - 1
  return true
}

/** A width or precision: a number, an argument, null for one that is none, undefined where there is none. */
function numberOf(reader: Reader, text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined
  const value = text === '*' ? reader.values[reader.at] : BigInt(text)
  if (text === '*') reader.at += 1
  if (typeof value !== 'bigint' || value > WIDEST || value < -WIDEST) return null
  return Number(value)
}

function formatOne(value: GoValue, verb: Verb): string {
  if (verb.letter === 'T') return pad(typeNameOf(value), verb)
  if (verb.letter === 'p') return bad(value, verb)
  if (value === null) return verb.letter === 'v' ? pad('<nil>', verb) : bad(value, verb)
  if (typeof value === 'boolean')
    return 'tv'.includes(verb.letter) ? pad(String(value), verb) : bad(value, verb)
  if (typeof value === 'bigint') return formatInteger(value, verb)
  if (typeof value === 'number') return formatReal(value, verb)
  const text = textOf(value)
  if (text !== undefined) return formatText(text, value, verb)
  return formatElements(value, verb)
}

function formatElements(value: GoValue, verb: Verb): string {
  if (verb.letter === 'v' && verb.flags.includes('#'))
    return refuseValue('printf has no %#v for this value here')
  if (isList(value)) return `[${value.map((one) => formatOne(one, verb)).join(' ')}]`
  if (isMap(value)) {
    const entries = [...value].sort(([left], [right]) => compareTexts(left, right))
    return `map[${entries.map(([key, one]) => `${formatOne(key, verb)}:${formatOne(one, verb)}`).join(' ')}]`
  }
  return value !== null && isStruct(value)
    ? `{${[...value.fields.values()].map((one) => formatOne(one, verb)).join(' ')}}`
    : bad(value, verb)
}

function bad(value: GoValue, verb: Verb): string {
  if (value === null) return `%!${verb.letter}(<nil>)`
  return `%!${verb.letter}(${typeNameOf(value)}=${formatOne(value, { ...verb, letter: 'v' })})`
}

function formatInteger(value: bigint, verb: Verb): string {
  const { letter, flags } = verb
  const radix = RADIXES[letter]
  if (radix !== undefined) return formatDigits(value, { ...verb, radix })
  const code = value >= 0n && value <= 0x10ffffn ? Number(value) : 0xfffd
  const char = code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code)
  if (letter === 'c') return pad(char, verb)
  if (letter === 'q') return pad(quoteText(char, { quote: "'", onlyAscii: flags.includes('+') }), verb)
  if (letter !== 'U') return bad(value, verb)
  const hex = (value < 0n ? value + 2n ** 64n : value).toString(16).toUpperCase()
  const shown = flags.includes('#') && isPrintable(char) ? ` '${char}'` : ''
  return pad(`U+${hex.padStart(Math.max(4, verb.precision ?? 0), '0')}${shown}`, {
    ...verb,
    flags: flags.replaceAll('0', ''),
  })
}

const RADIXES: Readonly<Record<string, number>> = { b: 2, o: 8, O: 8, d: 10, v: 10, x: 16, X: 16 }
const PREFIXES: Readonly<Record<string, string>> = { b: '0b', o: '0', O: '0o', x: '0x', X: '0X' }

function formatDigits(value: bigint, verb: Verb & { readonly radix: number }): string {
  const { flags, letter, precision, radix, width = 0 } = verb
  const size = value < 0n ? -value : value
  const digits = letter === 'X' ? size.toString(radix).toUpperCase() : size.toString(radix)
  if (precision === 0 && value === 0n) return pad('', { ...verb, flags: flags.replaceAll('0', '') })
  const isPlusValue = letter === 'v' && flags.includes('+')
  const sign = value < 0n ? '-' : flags.includes('+') && !isPlusValue ? '+' : flags.includes(' ') ? ' ' : ''
  const fillsWithZeros = precision === undefined && flags.includes('0') && !flags.includes('-')
  const wanted = precision ?? (fillsWithZeros ? width - sign.length : 0)
  const filled = digits.padStart(wanted, '0')
  const wantsPrefix = letter === 'O' || flags.includes('#')
  const isOctalZero = letter === 'o' && filled.startsWith('0')
  const prefix = wantsPrefix && !isOctalZero ? (PREFIXES[letter] ?? '') : ''
  return pad(`${sign}${prefix}${filled}`, { ...verb, flags: flags.replaceAll('0', '') })
}

function formatReal(value: number, verb: Verb): string {
  const { flags, letter, precision, width = 0 } = verb
  const lower = letter === 'v' ? 'g' : letter.toLowerCase()
  if (lower !== 'e' && lower !== 'f' && lower !== 'g') {
    return 'bxX'.includes(letter)
      ? refuseValue(`printf has no %${letter} for a float here`)
      : bad(value, verb)
  }
  if (flags.includes('#')) return refuseValue('printf has no # for a float here')
  const digits = precision ?? (lower === 'g' ? -1 : 6)
  const plain = formatFloat(value, { verb: lower, precision: digits })
  const text = letter === 'E' || letter === 'G' ? plain.toUpperCase() : plain
  const isPlusValue = letter === 'v' && flags.includes('+')
  const sign = text.startsWith('-')
    ? '-'
    : flags.includes('+') && !isPlusValue
      ? '+'
      : flags.includes(' ')
        ? ' '
        : ''
  const unsigned = text.replace(/^-/u, '')
  const isFilled = flags.includes('0') && !flags.includes('-')
  return pad(sign + (isFilled ? unsigned.padStart(width - sign.length, '0') : unsigned), {
    ...verb,
    flags: flags.replaceAll('0', ''),
  })
}

function formatText(text: string, value: GoValue, verb: Verb): string {
  const { flags, letter, precision } = verb
  const cut = precision === undefined ? text : Array.from(text).slice(0, precision).join('')
  if (letter === 'v' && flags.includes('#'))
    return pad(quoteText(cut, { quote: '"', onlyAscii: false }), verb)
  if (letter === 's' || letter === 'v') return pad(cut, verb)
  if (letter === 'q') {
    const isRaw = flags.includes('#') && !/[`\x00-\x08\x0a-\x1f\x7f\ufeff]/u.test(cut)
    return pad(isRaw ? `\`${cut}\`` : quoteText(cut, { quote: '"', onlyAscii: flags.includes('+') }), verb)
  }
  if (letter !== 'x' && letter !== 'X') return bad(value, verb)
  return pad(formatBytes(utf8(text).slice(0, precision), verb), verb)
}

function formatBytes(bytes: Uint8Array, { flags, letter }: Verb): string {
  const isApart = flags.includes(' ')
  const prefix = flags.includes('#') ? `0${letter}` : ''
  const pairs = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
  const cased = letter === 'X' ? pairs.map((pair) => pair.toUpperCase()) : pairs
  if (cased.length === 0) return ''
  return isApart ? cased.map((pair) => prefix + pair).join(' ') : prefix + cased.join('')
}

/** Fills with blanks to the width, counted in characters. */
function pad(text: string, { flags, width = 0 }: Verb): string {
  const missing = width - Array.from(text).length
  if (missing <= 0) return text
  if (flags.includes('-')) return text + ' '.repeat(missing)
  return (flags.includes('0') ? '0' : ' ').repeat(missing) + text
}
