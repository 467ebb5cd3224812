import { type GoValue, isList, isMap, isStruct, textOf } from '../values.ts'
import { bounded } from './limits.ts'

/** Text of some values as `fmt.Sprint` writes it: blanks stand between two that are no strings. */
export function formatArguments(values: readonly GoValue[]): string {
  let text = ''
  let wasText = true
  for (const [at, value] of values.entries()) {
    const isText = textOf(value) !== undefined
    text = bounded(`${text}${at > 0 && !isText && !wasText ? ' ' : ''}${formatValue(value)}`)
    wasText = isText
  }
  return text
}

/** The same for the functions that escape, to which nil is no value. */
export function formatPrinted(values: readonly GoValue[]): string {
  return formatArguments(values.map((value) => value ?? '<no value>'))
}

/** Text of some values as `fmt.Sprintln` writes it. */
export function formatLine(values: readonly GoValue[]): string {
  return bounded(`${values.map(formatValue).join(' ')}\n`)
}

/** Text of a value as `%v` writes it. */
export function formatValue(value: GoValue): string {
  if (value === null) return '<nil>'
  const text = textOf(value)
  if (text !== undefined) return text
  if (typeof value === 'number') return formatFloat(value, { verb: 'g', precision: -1 })
  if (isList(value)) return bounded(`[${value.map(formatValue).join(' ')}]`)
  if (isMap(value)) {
    const entries = [...value].sort(([left], [right]) => compareTexts(left, right))
    return bounded(`map[${entries.map(([key, entry]) => `${key}:${formatValue(entry)}`).join(' ')}]`)
  }
  return isStruct(value)
    ? bounded(`{${[...value.fields.values()].map(formatValue).join(' ')}}`)
    : String(value)
}

/** Order of texts by code points, which is that of their bytes in UTF-8; JavaScript's is by UTF-16 units. */
export function compareTexts(left: string, right: string): number {
  const [a, b] = [Array.from(left), Array.from(right)]
  const at = a.findIndex((char, index) => char !== b[index])
  if (at === -1) return a.length - b.length
  return (a[at]?.codePointAt(0) ?? 0) - (b[at]?.codePointAt(0) ?? -1)
}

/** A way to write a float. */
export interface FloatFormat {
  readonly verb: 'e' | 'f' | 'g'
  /** Digits behind the point, or significant ones with `g`; -1 is as many as it takes. */
  readonly precision: number
}

/** Writes a float as Go's strconv does. */
export function formatFloat(value: number, { verb, precision }: FloatFormat): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const size = Math.abs(value)
  if (verb === 'f') return sign + (precision < 0 ? expand(size) : toFixed(size, precision))
  if (verb === 'e')
    return (
      sign + toExponent(precision < 0 ? size.toExponential() : size.toExponential(Math.min(precision, 100)))
    )
  const digits = precision < 0 ? undefined : Math.max(precision, 1)
  const scientific =
    digits === undefined ? size.toExponential() : size.toExponential(Math.min(digits, 100) - 1)
  const [mantissa = '', power = '0'] = scientific.split('e')
  const shortest = mantissa.replace(/(\.\d*?)0+$/u, '$1').replace(/\.$/u, '')
  const exponent = Number(power)
  const significant = shortest.replace('.', '').length
  const isShort = digits !== undefined && digits > significant && significant > exponent
  const limit = digits === undefined ? 6 : isShort ? significant : digits
  if (exponent < -4 || exponent >= limit) return sign + toExponent(`${shortest}e${power}`)
  return sign + expand(Number(`${shortest}e${power}`))
}

/** `toFixed` for any size: JavaScript's own writes exponents from 1e21 on. */
function toFixed(size: number, precision: number): string {
  if (size < 1e21) return size.toFixed(Math.min(precision, 100))
  return precision === 0 ? expand(size) : `${expand(size)}.${'0'.repeat(Math.min(precision, 100))}`
}

/** Digits of a float without an exponent. */
function expand(size: number): string {
  const [mantissa = '', power = '0'] = size.toExponential().split('e')
  const digits = mantissa.replace('.', '')
  const point = Number(power) + 1
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`
  if (digits.length <= point) return size === 0 ? '0' : digits + '0'.repeat(point - digits.length)
  return `${digits.slice(0, point)}.${digits.slice(point)}`
}

/** Exponents have two digits at least. */
function toExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/u, 'e$10$2')
}

/** Writes a float as Go's encoding/json does, which is as JavaScript does. */
export function formatFloatAsJson(value: number): string {
  return String(value)
}
