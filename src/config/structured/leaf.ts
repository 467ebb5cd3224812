import { failed, ok, type Result } from '../../result.ts'
import type { Unparsed } from '../sources/source.ts'
import type { LeafShape, MapShape } from './shape.ts'
import type { Entry } from './yaml/entry.ts'

/**
 * Takes a value of the kind that an option wants. Types are strict, as in oauth2-proxy: `"true"` is no boolean, and a number
 * no text. The failure never repeats the value, which may be a secret.
 */
export function toGiven(
  { option, bytes }: LeafShape,
  { loose }: Pick<MapShape, 'loose'>,
  entry: Entry,
): Result<Unparsed, string> {
  switch (option.kind) {
    case 'boolean':
      return entry.kind === 'boolean' ? text(entry.text) : failed('give true or false, without quotes')
    case 'integer':
      return entry.kind === 'number' && /^[-+]?\d+$/u.test(entry.text)
        ? text(entry.text)
        : failed('give a whole number, without quotes')
    case 'duration':
      return toDuration(entry)
    case 'list':
      return loose && entry.kind === 'text' ? toParts(entry.text) : toItems(entry)
    default:
      return bytes && entry.kind === 'list' ? toBytes(entry.entries) : toText(entry)
  }
}

function text(value: string): Result<Unparsed, string> {
  return ok({ form: 'text', text: value })
}

function toText(entry: Entry): Result<Unparsed, string> {
  if (entry.kind === 'text') return text(entry.text)
  return entry.kind === 'map' || entry.kind === 'list'
    ? failed(`give one text, not a ${entry.kind}`)
    : failed('give a text: put quotes around it')
}

/** Fractions are seconds in oauth2-proxy, and whole numbers nanoseconds, which cannot be meant. */
function toDuration(entry: Entry): Result<Unparsed, string> {
  if (entry.kind === 'text') return text(entry.text)
  if (entry.kind !== 'number') return failed('give a duration with a unit, such as 30s, 15m or 168h')
  if (/^[-+]?0+$/u.test(entry.text)) return text('0')
  return /^[-+]?\d+\.\d*$/u.test(entry.text)
    ? text(`${entry.text}s`)
    : failed('write the duration with a unit, such as 30s; oauth2-proxy reads a bare number as nanoseconds')
}

function toItems(entry: Entry): Result<Unparsed, string> {
  if (entry.kind !== 'list')
    return failed('give a list of texts, with a dash before each or in square brackets')
  const items = entry.entries.flatMap((item) => (item.kind === 'text' ? item.text : []))
  return items.length === entry.entries.length
    ? ok({ form: 'items', items })
    : failed('give texts in the list: put quotes around each entry')
}

/** An option may be written as in the TOML file and in variables, one of which may stand here for all entries. */
function toParts(value: string): Result<Unparsed, string> {
  return ok({ form: 'items', items: value === '' ? [] : value.split(','), split: true })
}

function toBytes(entries: readonly Entry[]): Result<Unparsed, string> {
  const bytes = entries.map((entry) => (entry.kind === 'number' ? Number(entry.text) : Number.NaN))
  return bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256)
    ? text(new TextDecoder().decode(Uint8Array.from(bytes)))
    : failed('give a text, or a list of bytes')
}
