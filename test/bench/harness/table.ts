import { type Spread, short } from './numbers.ts'

/** One line of the result. */
export interface Row {
  readonly what: string
  readonly value: Spread
  /** Behind the figure: `x`, ` MiB`, `%`, ` ms`. */
  readonly unit: string
  /** What it must be, at most; at least where `atLeast` says so. Absent where there is no target. */
  readonly must?: number
  readonly aim?: number
  readonly atLeast?: boolean
  /** What one should know to read the figure. */
  readonly note?: string
}

/** A row of one measurement. */
export function single(row: Omit<Row, 'value'> & { readonly value: number }): Row {
  return { ...row, value: { median: row.value, low: row.value, high: row.value } }
}

/** Prints rows as a Markdown table: medians with their extremes, and how they stand to the targets. */
export function targetTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.what,
    figure(row),
    bound(row, row.must),
    bound(row, row.aim),
    grade(row),
    row.note ?? '',
  ])
  return markdown(['what', 'measured', 'must', 'aim', '', 'note'], cells)
}

/** Lays out a Markdown table whose columns also line up as plain text. */
export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, column) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? name).length)),
  )
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

function figure({ value, unit }: Row): string {
  const { median, low, high } = value
  return low === high
    ? `${short(median)}${unit}`
    : `${short(median)}${unit} (${short(low)} to ${short(high)})`
}

function bound({ unit, atLeast }: Row, limit: number | undefined): string {
  return limit === undefined ? '' : `${atLeast ? '>=' : '<='} ${short(limit)}${unit}`
}

function grade({ value, must, aim, atLeast }: Row): string {
  const holds = (limit: number): boolean => (atLeast ? value.median >= limit : value.median <= limit)
  if (aim !== undefined && holds(aim)) return 'aim'
  if (must === undefined) return ''
  return holds(must) ? 'must' : 'MISSED'
}
