import type { Result } from '../result.ts'
import { renderDefault } from './help.ts'
import { keyOf, type Option, type RuntimeName, variableOf } from './option.ts'
import { type Flag, OPTIONS, type ReadableFlag, ROWS, type ValueOf } from './options.ts'
import { quote, type Report } from './report.ts'
import { nearestName } from './sources/nearest.ts'
import type { Given, Raw, Source } from './sources/source.ts'
import { findPlaceholder } from './values/placeholder.ts'
import { tidy } from './values/tidy.ts'
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

interface Reading {
  readonly flag: Flag
  readonly option: Option
  readonly winner: Given
  readonly runtime: RuntimeName
}

/** The value of one option; undefined when it was refused. */
function readOne(reading: Reading, report: Report): Value | undefined {
  const { flag, option, winner } = reading
  const { raw, remarks } = tidy(flag, { option, given: winner })
  for (const remark of remarks) report.warning(winner.label, remark)
  if (option.supported === false) {
    judgeUnsupported({ option, winner, raw }, report)
    return undefined
  }
  if (isNothing(option, winner, raw)) {
    report.warning(winner.label, `this is empty, so the default counts: ${quote(renderDefault(option))}`)
    return defaultOf(option)
  }
  const placeholder = findPlaceholder(flag, option, raw)
  if (placeholder !== undefined) report[placeholder.kind](winner.label, placeholder.sentence)
  if (placeholder?.kind === 'problem') return undefined
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
  if (parsed.ok && sameValue(parsed.value, defaultOf(option))) return undefined
  return `remove this setting, it cannot be honoured on ${runtime}: ${why(flag)}`
}

/** Templates write keys without a value, which to oauth2-proxy mean `false`, 0 or the default. */
function isNothing(option: Option, { source }: Given, raw: Raw): boolean {
  if (raw.form !== 'text' || raw.text !== '') return false
  if (option.kind === 'enum') return !option.values.includes('')
  const isOff = option.inert || option.default === false || option.default === 0
  return source === 'file' && (option.kind === 'boolean' || option.kind === 'integer') && isOff
}

interface Unsupported {
  readonly option: Option
  readonly winner: Given
  readonly raw: Raw
}

/** Its default asks for nothing, and neither does a value that switches it off. */
function judgeUnsupported({ option, winner, raw }: Unsupported, report: Report): void {
  const parsed = parseValue(option, raw)
  if (parsed.ok && sameValue(parsed.value, defaultOf(option))) return
  const texts = raw.form === 'items' ? raw.items : [raw.text]
  if (texts.every((text) => text === '' || option.off?.includes(text))) {
    report.warning(winner.label, 'remove this setting, it switches off what is not there')
    return
  }
  const sentence = 'remove this setting, it is not supported yet'
  report.problem(winner.label, option.instead === undefined ? sentence : `${sentence}; ${option.instead}`)
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
