import parse from 'parse-prometheus-text-format'

type Labels = Readonly<Record<string, string>>

/** What was scraped, by family. */
export interface Exposition {
  /** Types by name. */
  readonly types: ReadonlyMap<string, string>
  /** Names of the labels that lines of a family have. */
  labelsOf(family: string): readonly string[]
  /** Every value that a label has in a family, once. */
  valuesOf(family: string, label: string): readonly string[]
  /** The number on the one line with these labels; of a histogram its count. 0 when there is no such line. */
  value(family: string, labels?: Labels): number
  /** Counts of a histogram by upper bound, in the order of the lines. */
  buckets(family: string, labels?: Labels): ReadonlyMap<string, number>
  readonly lines: number
}

/**
 * Reads a scrape with a parser of Prometheus' format, and complains about what Prometheus would or should: a family that
 * comes twice or without help, a line that comes twice, a histogram that is none.
 */
export function readExposition(text: string): Exposition {
  const typed = [...text.matchAll(/^# HELP (\S+) .+\n# TYPE (\S+) (counter|gauge|histogram)$/gmu)]
  const types = new Map(typed.map(([, , name = '', type = '']) => [name, type]))
  const histograms = [...types].filter(([, type]) => type === 'histogram').map(([name]) => name)
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  refuseOdd(text, { types, lines })

  // The parser makes one histogram of all that have one name, so its lines are read as they stand.
  const isOfHistogram = (line: string) => histograms.includes(line.split(' ')[2] ?? '')
  const plain = text.split('\n').filter((line) => !line.startsWith('# ') || !isOfHistogram(line))
  const families = parse(plain.join('\n'))
  const samplesOf = (name: string) =>
    families
      .filter((family) => family.name === name)
      .flatMap(({ metrics }) => metrics.map(({ labels = {}, value }) => ({ labels, value: Number(value) })))
  const find = (name: string, labels: Labels) => samplesOf(name).find((one) => sameLabels(one.labels, labels))
  const all = (name: string) => samplesOf(types.get(name) === 'histogram' ? `${name}_count` : name)
  const buckets = (name: string, labels: Labels = {}) =>
    new Map(
      samplesOf(`${name}_bucket`).flatMap(({ labels: { le = '', ...rest }, value }) =>
        sameLabels(rest, labels) ? [[le, value] as const] : [],
      ),
    )
  for (const name of histograms) {
    const flawed = all(name).filter(({ labels, value }) => !isWhole(buckets(name, labels), value))
    refuse(
      `buckets of ${name}`,
      flawed.map(({ labels }) => JSON.stringify(labels)),
    )
  }
  return {
    types,
    labelsOf: (family) => [...new Set(all(family).flatMap(({ labels }) => Object.keys(labels)))],
    valuesOf: (family, label) => [...new Set(all(family).flatMap(({ labels }) => labels[label] ?? []))],
    value: (family, labels = {}) =>
      find(types.get(family) === 'histogram' ? `${family}_count` : family, labels)?.value ?? 0,
    buckets,
    lines: lines.length,
  }
}

interface Parts {
  readonly types: ReadonlyMap<string, string>
  readonly lines: readonly string[]
}

function refuseOdd(text: string, { types, lines }: Parts): void {
  // Throws for a line that it cannot read.
  parse(text)
  refuse('no line end', text.endsWith('\n') ? [] : [text.slice(-20)])
  const names = [...text.matchAll(/^# TYPE (\S+)/gmu)].map(([, name = '']) => name)
  refuse('a family that comes twice', repeated(names))
  refuse(
    'a family without help or type',
    names.filter((name) => !types.has(name)),
  )
  refuse('a series that comes twice', repeated(lines.map((line) => line.slice(0, line.lastIndexOf(' ')))))
  refuse(
    'a series without a family',
    lines.filter((line) => {
      const [name = ''] = /^[a-z_0-9]+/u.exec(line) ?? []
      return !types.has(name) && types.get(name.replace(/_(?:bucket|sum|count)$/u, '')) !== 'histogram'
    }),
  )
  refuse(
    'a counter without _total, or something else with it',
    [...types].flatMap(([name, type]) => ((type === 'counter') === name.endsWith('_total') ? [] : [name])),
  )
  refuse(
    'a value that is no number',
    lines.filter((line) => !/ (?:[+-]Inf|NaN|[\d.]+(?:e[+-]?\d+)?)$/u.test(line)),
  )
}

/** A bucket holds what all before it hold, and the last one everything. */
function isWhole(buckets: ReadonlyMap<string, number>, count: number): boolean {
  const bounds = [...buckets.keys()].map((bound) =>
    bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound),
  )
  const counts = [...buckets.values()]
  const ascends = (numbers: readonly number[]) => numbers.every((one, at) => one >= (numbers[at - 1] ?? 0))
  return (
    ascends(bounds) &&
    ascends(counts) &&
    bounds.at(-1) === Number.POSITIVE_INFINITY &&
    counts.at(-1) === count
  )
}

function sameLabels(own: Labels, wanted: Labels): boolean {
  const names = Object.keys(own)
  return names.length === Object.keys(wanted).length && names.every((name) => own[name] === wanted[name])
}

function repeated(names: readonly string[]): readonly string[] {
  return names.filter((name, at) => names.indexOf(name) !== at)
}

function refuse(what: string, found: readonly string[]): void {
  if (found.length > 0) throw new Error(`${what}: ${found.join(', ')}`)
}
