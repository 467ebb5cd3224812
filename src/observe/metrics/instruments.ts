import { type Family, type Labels, type Sample, toNumber } from './exposition.ts'

/** One line of a counter. */
export interface CounterCell {
  value: number
}

/** A counter with labels, which grows by what its cells are given. */
export interface Counter extends Family {
  /** Finds the line with these values, one for each label; keep it where it is used for each request. */
  cell(...values: readonly string[]): CounterCell
}

/** Most lines of one family: label values come out of the code and the configuration, so this many mean a mistake. */
const MOST_LINES = 1000
/** Label value of everything beyond that. */
const OTHER = 'other'

interface CounterOptions {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
  /** Lines that stand at 0 from the start, so that their first event is an increase. */
  readonly from?: readonly (readonly string[])[]
}

/** Creates a counter. */
export function createCounter({ name, help, labels = [], from = [] }: CounterOptions): Counter {
  const lines = new Map<string, { readonly cell: CounterCell; readonly labels: Labels }>()
  const cell = (...values: readonly string[]): CounterCell => {
    const key = values.length === 1 ? (values[0] ?? '') : values.join('\n')
    const known = lines.get(key)
    if (known !== undefined) return known.cell
    if (lines.size >= MOST_LINES && values.some((value) => value !== OTHER))
      return cell(...values.map(() => OTHER))
    const added = {
      cell: { value: 0 },
      labels: labels.map((label, at) => [label, values[at] ?? ''] as const),
    }
    lines.set(key, added)
    return added.cell
  }
  for (const values of from) cell(...values)
  return {
    name,
    help,
    type: 'counter',
    labels,
    cell,
    read: () =>
      [...lines.values()].map(({ cell: { value }, labels: written }) => ({ labels: written, value })),
  }
}

/** One distribution of a histogram. */
export interface HistogramCell {
  observe(value: number): void
}

/** A histogram with one label or none. */
export interface Histogram extends Family {
  cell(value?: string): HistogramCell
}

interface HistogramOptions {
  readonly name: string
  readonly help: string
  readonly label?: string
  /** Upper bounds, the value included, in ascending order; the last bucket, which takes all, is added. */
  readonly bounds: readonly number[]
  readonly from?: readonly string[]
}

interface Distribution extends HistogramCell {
  read(): readonly Sample[]
}

/** Creates a histogram. */
export function createHistogram({ name, help, label, bounds, from = [] }: HistogramOptions): Histogram {
  const cells = new Map<string, Distribution>()
  const cell = (value = ''): Distribution => {
    const known = cells.get(value)
    if (known !== undefined) return known
    const added = createDistribution(bounds, label === undefined ? [] : [[label, value]])
    cells.set(value, added)
    return added
  }
  for (const value of from) cell(value)
  return {
    name,
    help,
    type: 'histogram',
    labels: label === undefined ? [] : [label],
    cell,
    read: () => [...cells.values()].flatMap((one) => one.read()),
  }
}

function createDistribution(bounds: readonly number[], labels: Labels): Distribution {
  const counts = new Float64Array(bounds.length + 1)
  let sum = 0
  return {
    observe: (value) => {
      let at = 0
      while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1
      counts[at] = (counts[at] ?? 0) + 1
      sum += value
    },
    read: () => {
      let below = 0
      const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound, at): Sample => {
        below += counts[at] ?? 0
        return { suffix: '_bucket', labels: [...labels, ['le', toNumber(bound)]], value: below }
      })
      return [...buckets, { suffix: '_sum', labels, value: sum }, { suffix: '_count', labels, value: below }]
    },
  }
}

/** Creates a family that is read where the numbers are; without one at the moment it is left out of the scrape. */
export function createReading(
  family: Pick<Family, 'name' | 'help' | 'type'> & Partial<Pick<Family, 'labels'>>,
  read: () => number | undefined | readonly Sample[],
): Family {
  return {
    labels: [],
    ...family,
    read: () => {
      const found = read()
      if (found === undefined) return []
      return typeof found === 'number' ? [{ labels: [], value: found }] : found
    },
  }
}
