import { quote } from '../lib/text.ts'
import type { Result } from '../result.ts'
import { type BareOption, keyOf, type Option, type RuntimeName, type ValuesOf, variableOf } from './option.ts'
import type { OptionTable } from './options.ts'
import type { RawValue } from './raw.ts'
import type { Report } from './report.ts'
import type { Given, OptionSource, Unparsed } from './sources/source.ts'
import { findPlaceholder } from './values/placeholder.ts'
import { tidy } from './values/tidy.ts'
import { defaultOf, parseValue, sameValue, type Value } from './values/values.ts'

/** Options with their values, and the way to complain about one by the name that the person used. */
export interface Settings<Values> {
  /** The value that won: flag, else variable, else file, else default. Bad values were reported and are the default. */
  value<Flag extends keyof Values>(flag: Flag): Values[Flag]
  /** The same with the name to complain by, for records that other sources can fill too. */
  raw<Flag extends keyof Values>(flag: Flag): RawValue<Values[Flag]>
  /** Some source gave it. */
  given(flag: keyof Values): boolean
  /** The source that won; undefined when it is the default. */
  source(flag: keyof Values): Given['source'] | undefined
  problem(flag: keyof Values, sentence: string): void
  warning(flag: keyof Values, sentence: string): void
  readonly runtime: RuntimeName
}

/** Settings of one section. Settings of a larger table can be used in its place. */
export type SettingsOf<Rows extends Readonly<Record<string, BareOption>>> = Settings<ValuesOf<Rows>>

/** The values of a whole table, of which only its rows know the types. */
export type AnySettings = Settings<Readonly<Record<string, Value>>>

/** Lets the first source that gives an option win, reads its value, and refuses what cannot be honoured. */
export function readSettings(
  { table, sources, runtime, nameOf = nameInEverySource }: ReadSettingsOptions,
  report: Report,
): AnySettings {
  const values = new Map<string, Value>()
  const winners = new Map<string, Given>()
  for (const [flag, option] of table) {
    const winner = sources.map((source) => source.get(flag)).find((given) => given !== undefined)
    const value = winner && readOne({ flag, option, winner, runtime }, report)
    if (winner !== undefined) winners.set(flag, winner)
    // Its default stands in for a value that was refused already; to complain about that too would only confuse.
    if (winner !== undefined && value === undefined) report.mute(winner.label)
    values.set(flag, value ?? defaultOf(option))
  }
  const labelOf = (flag: string) =>
    winners.get(flag)?.label ?? nameOf(flag, { option: table.get(flag), runtime })
  return {
    value: (flag) => values.get(flag) ?? '',
    raw: (flag) => ({ value: values.get(flag), label: labelOf(flag) }),
    given: (flag) => winners.has(flag),
    source: (flag) => winners.get(flag)?.source,
    problem: (flag, sentence) => report.problem(labelOf(flag), sentence),
    warning: (flag, sentence) => report.warning(labelOf(flag), sentence),
    runtime,
  }
}

/** Options, and the sources to read them from. */
export interface ReadSettingsOptions {
  readonly table: OptionTable
  readonly sources: readonly OptionSource[]
  readonly runtime: RuntimeName
  /** Name to complain by when no source gave an option; flag and variable when absent. */
  readonly nameOf?: (flag: string, absent: AbsentOption) => string
}

/** The settings with the types of these rows, which are some of the table that was read. */
export function settingsFor<Rows extends Readonly<Record<string, BareOption>>>(
  settings: AnySettings,
): SettingsOf<Rows> {
  // parseValue made each value of the kind of its row, which is what ValuesOf says.
  return settings as unknown as SettingsOf<Rows>
}

interface Reading {
  readonly flag: string
  readonly option: Option
  readonly winner: Given
  readonly runtime: RuntimeName
}

/** The value of one option; undefined when it was refused. */
function readOne(reading: Reading, report: Report): Value | undefined {
  const { option, winner } = reading
  const { raw, remarks } = tidy(option, winner)
  for (const remark of remarks) report.warning(winner.label, remark)
  const nothing = readNothing(option, winner, raw)
  if (nothing !== undefined) {
    const isDefault = sameValue(nothing, defaultOf(option))
    const meaning = isDefault ? 'so the default counts' : 'which counts as in oauth2-proxy'
    report.warning(winner.label, `this is empty, ${meaning}: ${quote(String(nothing))}`)
    return nothing
  }
  const placeholder = findPlaceholder(option, raw)
  if (placeholder !== undefined) report[placeholder.kind](winner.label, placeholder.sentence)
  if (placeholder?.kind === 'problem') return undefined
  if (isNegativeZero(option, raw)) {
    report.warning(winner.label, 'write 0, which is off, in place of a number below it')
    return 0
  }
  const parsed = parseValue(option, raw)
  const refusal = whyNotHere(reading, parsed)
  if (refusal !== undefined) {
    report.problem(winner.label, refusal)
    return undefined
  }
  if (!parsed.ok) {
    reportBadValue({ option, winner, sentence: parsed.problem }, report)
    return undefined
  }
  return parsed.value
}

/** Something other than the default is asked for that this runtime cannot do. */
function whyNotHere({ flag, option, runtime }: Reading, parsed: Result<Value, string>): string | undefined {
  if (option.runtimes === undefined || option.runtimes.includes(runtime)) return undefined
  if (parsed.ok && (sameValue(parsed.value, defaultOf(option)) || isOff(option, parsed.value)))
    return undefined
  return `remove this setting, it cannot be honoured on ${runtime}: ${option.whyNotElsewhere ?? why(flag)}`
}

function isOff({ off = [] }: Option, value: Value): boolean {
  return typeof value === 'string' && off.includes(value)
}

/** Reads what templates write without a value: in a file it means `false` or 0 to oauth2-proxy, whatever the default. */
function readNothing(option: Option, { source }: Given, raw: Unparsed): Value | undefined {
  if (raw.form !== 'text' || raw.text !== '') return undefined
  if (option.kind === 'enum') return option.values.includes('') ? undefined : option.default
  if (source !== 'file') return undefined
  if (option.kind === 'boolean') return false
  return option.kind === 'integer' && (option.min ?? 0) <= 0 ? 0 : undefined
}

function isNegativeZero(option: Option, raw: Unparsed): boolean {
  return (
    option.kind === 'integer' &&
    option.negativeIsZero === true &&
    raw.form === 'text' &&
    /^-\d+$/u.test(raw.text)
  )
}

/**
 * Reports a value that does not parse: as a mistake on the command line when it came from a flag, unless the option is
 * an enum or a URL.
 */
function reportBadValue(
  { option, winner, sentence }: { option: Option; winner: Given; sentence: string },
  report: Report,
): void {
  const usage = winner.source === 'flag' && option.kind !== 'enum' && option.kind !== 'url'
  if (usage) report.usage(winner.label, sentence)
  else report.problem(winner.label, sentence)
}

function why(flag: string): string {
  return /file|config|-dir$/u.test(flag) ? 'there are no files' : 'there are no sockets of our own'
}

function nameInEverySource(flag: string, { option, runtime }: AbsentOption): string {
  const key = option && keyOf(flag, option)
  if (key === undefined) return `--${flag}`
  return runtime === 'workers' ? variableOf(key) : `--${flag} or ${variableOf(key)}`
}

interface AbsentOption {
  readonly option: Option | undefined
  readonly runtime: RuntimeName
}
