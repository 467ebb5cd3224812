import { parse, type TomlValue } from 'smol-toml'
import { nearestName, quote } from '../../lib/text.ts'
import { failed, ok, type Result } from '../../result.ts'
import { keysOf, type Option } from '../option.ts'
import type { OptionTable } from '../options.ts'
import type { Report } from '../report.ts'
import { type Given, type OptionSource, splitRaw, type Unparsed } from './source.ts'

/**
 * Reads a TOML file: flat keys in any case, every one of them known. Types are weak, as in oauth2-proxy: `"true"` is a
 * boolean and `"a,b"` a list. Undefined when it is not TOML.
 */
export function readToml(
  file: { readonly name: string; readonly text: string },
  options: OptionTable,
  report: Report,
): OptionSource | undefined {
  const table = parseTable(file.text)
  if (!table.ok) {
    report.problem('--config', `fix the TOML syntax of ${quote(file.name)} ${table.problem}`)
    return undefined
  }
  const given = new Map<string, Given>()
  const rows = new Map(
    [...options].flatMap(([flag, option]) => keysOf(flag, option).map((key) => [key, { flag, option }])),
  )
  for (const [written, value] of Object.entries(table.value)) {
    const label = `${written} in ${file.name}`
    const row = rows.get(written.toLowerCase())
    if (row === undefined) reportUnknownKey(label, { key: written, known: rows.keys() }, report)
    else if (given.has(row.flag)) {
      report.problem(label, 'give this key once, it is there in another spelling too')
    } else addValue(given, { ...row, label, value }, report)
  }
  return given
}

function parseTable(text: string): Result<Readonly<Record<string, TomlValue>>, string> {
  try {
    return ok(
      parse(text.replace(/^\uFEFF/u, ''), { unsafeKeyBehaviour: 'throw', integersAsBigInt: 'asNeeded' }),
    )
  } catch (error) {
    // The library's message repeats lines of the file, and a secret may stand in them.
    const { line, column } = error instanceof Error ? (error as { line?: number; column?: number }) : {}
    return failed(`at line ${line ?? '?'}, column ${column ?? '?'}`)
  }
}

function addValue(
  given: Map<string, Given>,
  { flag, option, label, value }: { flag: string; option: Option; label: string; value: TomlValue },
  report: Report,
): void {
  const raw = toRaw(option, value)
  if (raw.ok) given.set(flag, { source: 'file', label, raw: raw.value })
  else report.problem(label, raw.problem)
}

function toRaw(option: Option, value: TomlValue): Result<Unparsed, string> {
  if (Array.isArray(value)) {
    if (option.kind !== 'list') return failed('give one value, not a list')
    const items = value.map(toText)
    return items.every((item) => item !== undefined)
      ? ok({ form: 'items', items })
      : failed('give a list of texts')
  }
  if (option.kind === 'duration' && typeof value !== 'string' && value !== 0) {
    return failed(
      'write the duration as text with a unit, such as "30s"; oauth2-proxy reads a bare number as nanoseconds',
    )
  }
  const text = toText(value)
  if (text === undefined) return failed('give one value, not a table')
  return ok(splitRaw(option, text))
}

function toText(value: TomlValue): string | undefined {
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' ? undefined : String(value)
}

function reportUnknownKey(
  label: string,
  { key, known }: { key: string; known: Iterable<string> },
  report: Report,
): void {
  const nearest = nearestName(key.toLowerCase().replaceAll('-', '_'), known)
  report.problem(
    label,
    `remove this key, it is not known${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
  )
}
