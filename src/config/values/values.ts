import { quote } from '../../lib/text.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { BareOption } from '../option.ts'
import type { Unparsed } from '../sources/source.ts'
import { parseDuration } from './duration.ts'
import { checkUrl } from './url.ts'

/** Value of an option once it is read. */
export type Value = boolean | number | string | readonly string[]

const BOOLEANS: Readonly<Record<string, boolean>> = Object.fromEntries([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true]),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false]),
])

/** Reads one value by the kind of its option; the failure says what to write instead and never shows a secret. */
export function parseValue(option: BareOption, raw: Unparsed): Result<Value, string> {
  const parsed = raw.form === 'items' ? parseItems(raw.items) : parseText(option, raw.text)
  if (parsed.ok || raw.form === 'items' || option.secret) return parsed
  return failed(`${parsed.problem}, not ${quote(raw.text)}`)
}

/** The default of an option in the form in which values are read: durations in milliseconds. */
export function defaultOf(option: BareOption): Value {
  return option.kind === 'duration' ? (parseDuration(option.default) ?? Number.NaN) : option.default
}

/** Compares two values of one option. */
export function sameValue(left: Value, right: Value): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}

function parseText(option: BareOption, text: string): Result<Value, string> {
  switch (option.kind) {
    case 'boolean':
      return Object.hasOwn(BOOLEANS, text) ? ok(BOOLEANS[text] === true) : failed('give true or false')
    case 'integer':
      return parseInteger(option, text)
    case 'duration':
      return parseBoundedDuration(option, text)
    case 'enum':
      return option.values.includes(text)
        ? ok(text)
        : failed(`give one of ${option.values.map(quote).join(', ')}`)
    case 'url':
      return text === '' ? ok('') : checkUrl(text)
    default:
      return ok(text)
  }
}

function parseInteger(option: BareOption & { kind: 'integer' }, text: string): Result<number, string> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = option
  const value = /^[+-]?\d+$/u.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return ok(value)
  return failed(
    option.max === undefined
      ? `give a whole number of at least ${min}`
      : `give a whole number from ${min} to ${max}`,
  )
}

function parseBoundedDuration(
  option: BareOption & { kind: 'duration' },
  text: string,
): Result<number, string> {
  const value = parseDuration(text)
  if (value === undefined) return failed('give a duration with a unit, such as 30s, 15m or 168h')
  if (value < 0 && !option.negative) return failed('give a duration that is not negative')
  // Rounding would turn a tiny duration into 0, which means "off" or "for ever".
  if (value !== 0 && Math.abs(value) < 1) return failed('give at least 1ms, or 0')
  const max = parseDuration(option.max ?? '876000h') ?? Number.NaN
  return value <= max ? ok(value) : failed(`give at most ${option.max ?? '876000h'}`)
}

function parseItems(items: readonly string[]): Result<readonly string[], string> {
  return items.includes('') ? failed('remove the empty entry, a stray comma makes one too') : ok(items)
}
