import { keyOf, type Option, type RuntimeName, variableOf } from './option.ts'
import { type Flag, OPTIONS, type ReadableFlag, ROWS, type ValueOf } from './options.ts'
import { quote, type Report } from './report.ts'
import { nearestName } from './sources/nearest.ts'
import type { Given, Source } from './sources/source.ts'
import { defaultOf, parseValue, type Value } from './values/values.ts'

/** Every option with its value, and the way to complain about one by the name that the person used. */
export interface Settings {
  /** The value that won: flag, else variable, else file, else default. Bad values were reported and are the default. */
  value<Name extends ReadableFlag>(flag: Name): ValueOf<Name>
  /** Some source gave it. */
  given(flag: Flag): boolean
  /** The source that won; undefined when it is the default. */
  source(flag: Flag): Given['source'] | undefined
  problem(flag: Flag, sentence: string): void
  warning(flag: Flag, sentence: string): void
  readonly runtime: RuntimeName
}

/** Lets the first source that gives an option win, reads its value, and refuses what cannot be honoured. */
export function readSettings(
  { sources, runtime }: { sources: readonly Source[]; runtime: RuntimeName },
  report: Report,
): Settings {
  const values = new Map<Flag, Value>()
  const winners = new Map<Flag, Given>()
  const refused = new Set<Flag>()
  for (const [flag, option] of ROWS) {
    const winner = sources.map((source) => source.get(flag)).find((given) => given !== undefined)
    const value = winner && readOne({ flag, option, winner, runtime }, report)
    if (winner !== undefined) winners.set(flag, winner)
    if (winner !== undefined && value === undefined) refused.add(flag)
    values.set(flag, value ?? defaultOf(option))
  }
  const nameOf = (flag: Flag) => winners.get(flag)?.label ?? nameWhenAbsent(flag, runtime)
  return {
    // The map holds for each flag what parseValue made of its kind, which is what ValueOf says.
    value: <Name extends ReadableFlag>(flag: Name) => values.get(flag) as ValueOf<Name>,
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

/** The value of one option; undefined when it was refused. */
function readOne(
  { flag, option, winner, runtime }: { flag: Flag; option: Option; winner: Given; runtime: RuntimeName },
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

function why(flag: Flag): string {
  return /file|config/u.test(flag) ? 'there are no files' : 'there are no sockets of our own'
}

function nameWhenAbsent(flag: Flag, runtime: RuntimeName): string {
  const key = keyOf(flag, OPTIONS[flag])
  if (key === undefined) return `--${flag}`
  return runtime === 'workers' ? variableOf(key) : `--${flag} or ${variableOf(key)}`
}

function sameValue(left: Value, right: Value): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}

/** One of a few names that a person may have meant, for messages: `; did you mean "x"?` or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known)
  return nearest === undefined ? '' : `; did you mean ${quote(nearest)}?`
}
