import { type BareOption, keyOf, type Option, type RuntimeName, type ValuesOf, variableOf } from './option.ts'
import type { OptionTable } from './options.ts'
import { quote, type Report } from './report.ts'
import { nearestName } from './sources/nearest.ts'
import type { Given, Source } from './sources/source.ts'
import { defaultOf, parseValue, sameValue, type Value } from './values/values.ts'

/** Options with their values, and the way to complain about one by the name that the person used. */
export interface Settings<Values> {
  /** The value that won: flag, else variable, else file, else default. Bad values were reported and are the default. */
  value<Flag extends keyof Values>(flag: Flag): Values[Flag]
  /** Some source gave it. */
  given(flag: keyof Values): boolean
  /** The source that won; undefined when it is the default. */
  source(flag: keyof Values): Given['source'] | undefined
  problem(flag: keyof Values, sentence: string): void
  warning(flag: keyof Values, sentence: string): void
  readonly runtime: RuntimeName
}

/** What a section reads its own options from. Settings of a larger table can be used in its place. */
export type SettingsOf<Rows extends Readonly<Record<string, BareOption>>> = Settings<ValuesOf<Rows>>

/** The values of a whole table, of which only its rows know the types. */
export type AnySettings = Settings<Readonly<Record<string, Value>>>

/** Lets the first source that gives an option win, reads its value, and refuses what cannot be honoured. */
export function readSettings({ table, sources, runtime }: ReadSettingsOptions, report: Report): AnySettings {
  const values = new Map<string, Value>()
  const winners = new Map<string, Given>()
  const refused = new Set<string>()
  for (const [flag, option] of table) {
    const winner = sources.map((source) => source.get(flag)).find((given) => given !== undefined)
    const value = winner && readOne({ flag, option, winner, runtime }, report)
    if (winner !== undefined) winners.set(flag, winner)
    if (winner !== undefined && value === undefined) refused.add(flag)
    values.set(flag, value ?? defaultOf(option))
  }
  const nameOf = (flag: string) =>
    winners.get(flag)?.label ?? nameWhenAbsent({ flag, option: table.get(flag), runtime })
  return {
    value: (flag) => values.get(flag) ?? '',
    given: (flag) => winners.has(flag),
    source: (flag) => winners.get(flag)?.source,
    problem(flag, sentence) {
      // Its default stands in for a value that was refused already; to complain about that too would only confuse.
      if (!refused.has(flag)) report.problem(nameOf(flag), sentence)
    },
    warning: (flag, sentence) => report.warning(nameOf(flag), sentence),
    runtime,
  }
}

interface ReadSettingsOptions {
  readonly table: OptionTable
  readonly sources: readonly Source[]
  readonly runtime: RuntimeName
}

/** The settings with the types of these rows, which are some of the table that was read. */
export function settingsFor<Rows extends Readonly<Record<string, BareOption>>>(
  settings: AnySettings,
): SettingsOf<Rows> {
  // parseValue made each value of the kind of its row, which is what ValuesOf says.
  return settings as unknown as SettingsOf<Rows>
}

/** The value of one option; undefined when it was refused. */
function readOne(
  { flag, option, winner, runtime }: { flag: string; option: Option; winner: Given; runtime: RuntimeName },
  report: Report,
): Value | undefined {
  const parsed = parseValue(option, winner.raw)
  const changes = !parsed.ok || !sameValue(parsed.value, defaultOf(option))
  if (option.supported === false) {
    if (changes) report.problem(winner.label, whyUnsupported(option))
    return undefined
  }
  if (changes && option.runtimes !== undefined && !option.runtimes.includes(runtime)) {
    report.problem(winner.label, `remove this setting, it cannot be honoured on ${runtime}: ${why(flag)}`)
    return undefined
  }
  if (!parsed.ok) {
    reportBadValue({ option, winner, sentence: parsed.problem }, report)
    return undefined
  }
  warnOfSpaces(winner, report)
  return parsed.value
}

function whyUnsupported({ instead }: Option): string {
  const sentence = 'remove this setting, it is not supported yet'
  return instead === undefined ? sentence : `${sentence}; ${instead}`
}

/** What cannot be read from a flag is a mistake on the command line; what an enum does not know is a bad setting. */
function reportBadValue(
  { option, winner, sentence }: { option: Option; winner: Given; sentence: string },
  report: Report,
): void {
  const usage = winner.source === 'flag' && option.kind !== 'enum' && option.kind !== 'url'
  if (usage) report.usage(winner.label, sentence)
  else report.problem(winner.label, sentence)
}

function warnOfSpaces(winner: Given, report: Report): void {
  if (winner.source === 'flag' || winner.raw.form !== 'items') return
  if (!winner.raw.items.some((item) => item !== item.trim())) return
  report.warning(winner.label, 'remove the space beside a comma, it is part of the entry')
}

function why(flag: string): string {
  return /file|config/u.test(flag) ? 'there are no files' : 'there are no sockets of our own'
}

function nameWhenAbsent({ flag, option, runtime }: AbsentOption): string {
  const key = option && keyOf(flag, option)
  if (key === undefined) return `--${flag}`
  return runtime === 'workers' ? variableOf(key) : `--${flag} or ${variableOf(key)}`
}

interface AbsentOption {
  readonly flag: string
  readonly option: Option | undefined
  readonly runtime: RuntimeName
}

/** One of a few names that a person may have meant, for messages: `; did you mean "x"?` or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known)
  return nearest === undefined ? '' : `; did you mean ${quote(nearest)}?`
}
