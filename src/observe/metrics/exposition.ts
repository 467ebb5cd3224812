/** Content-Type of the exposition text, whose version Prometheus reads (0.0.4). */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Names of labels with their values, in the order in which they are written. */
export type Labels = readonly (readonly [name: string, value: string])[]

/** One line of a family. */
export interface Sample {
  /** Ending of the family's name, of a histogram's lines. */
  readonly suffix?: '_bucket' | '_sum' | '_count'
  readonly labels: Labels
  readonly value: number
}

/** A family of metrics, read at each scrape. */
export interface Family {
  /** Name by the rules of Prometheus: base units, `_total` behind what only grows. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** Names of the labels of each line, without a histogram's `le`. */
  readonly labels: readonly string[]
  read(): readonly Sample[]
}

/** Writes families as Prometheus' text format 0.0.4, sorted by name, each with its help and type. */
export function toExposition(families: readonly Family[]): string {
  let text = ''
  for (const { name, help, type, read } of families.toSorted((one, other) =>
    one.name < other.name ? -1 : 1,
  )) {
    const samples = read()
    // A family without a line says nothing.
    if (samples.length === 0) continue
    text += `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`
    for (const { suffix = '', labels, value } of samples) {
      text += `${name}${suffix}${toLabels(labels)} ${toNumber(value)}\n`
    }
  }
  return text
}

function toLabels(labels: Labels): string {
  if (labels.length === 0) return ''
  return `{${labels.map(([name, value]) => `${name}="${escapeValue(value)}"`).join(',')}}`
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

/** A number as Go reads it, which knows two infinities and NaN by other names than JavaScript. */
export function toNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
