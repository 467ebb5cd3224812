import type { Observation } from './observe.ts'

/** One aspect of one answer in which the programs differ; undefined where one has no such aspect. */
export interface Difference {
  /** `scene / probe`. */
  readonly where: string
  readonly aspect: string
  /** Status of their answer. */
  readonly status?: string | undefined
  readonly theirs: string | undefined
  readonly ours: string | undefined
}

/** Pattern of differences: all that is given must fit. */
export interface Cover {
  readonly where?: RegExp
  readonly aspect: RegExp
  readonly status?: RegExp
  readonly theirs?: RegExp
  readonly ours?: RegExp
}

/** One row of the table of differences. */
export interface Row {
  readonly id: string
  readonly area: string
  readonly input: string
  readonly theirs: string
  readonly ours: string
  readonly reason: string
  /** Setting that brings oauth2-proxy's answer back, or the way around; `none` where there is none. */
  readonly switch: string
  /** What it covers of the side-by-side run; empty for what no request shows. */
  readonly covers: readonly Cover[]
}

/** Aspects that say something about answers of different statuses too, which have little else in common. */
const ALWAYS = /^(?:status|location|app|cookie session)$/u

/** Compares two observations aspect by aspect. */
export function compare(where: string, theirs: Observation, ours: Observation): readonly Difference[] {
  const isSameKind = theirs['status'] === ours['status'] && theirs['app'] === ours['app']
  const aspects = new Set([...Object.keys(theirs), ...Object.keys(ours)])
  return [...aspects]
    .filter((aspect) => isSameKind || ALWAYS.test(aspect))
    .filter((aspect) => theirs[aspect] !== ours[aspect])
    .map((aspect) => ({
      where,
      aspect,
      status: theirs['status'],
      theirs: theirs[aspect],
      ours: ours[aspect],
    }))
}

/** True when a row explains a difference. */
export function covers({ covers: patterns }: Row, difference: Difference): boolean {
  return patterns.some(
    ({ aspect, ours, status, theirs, where }) =>
      aspect.test(difference.aspect) &&
      (where?.test(difference.where) ?? true) &&
      (status?.test(difference.status ?? '') ?? true) &&
      (theirs?.test(difference.theirs ?? '') ?? true) &&
      (ours?.test(difference.ours ?? '') ?? true),
  )
}

/** Verdict of a run: differences that no row explains, and rows that explain none. */
export function judge(
  differences: readonly Difference[],
  table: readonly Row[],
): { readonly unexplained: readonly Difference[]; readonly unseen: readonly Row[] } {
  return {
    unexplained: differences.filter((difference) => !table.some((row) => covers(row, difference))),
    unseen: table.filter(
      (row) => row.covers.length > 0 && !differences.some((difference) => covers(row, difference)),
    ),
  }
}
