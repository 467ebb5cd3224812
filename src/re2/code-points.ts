/**
 * A set of code points as an inversion list: ascending, each entry at an even index begins a range, the entry behind it
 * is the first code point that is outside again.
 */
export type CodePoints = readonly number[]

const END = 0x110000

/** All code points. */
export const ANY: CodePoints = [0, END]

/** Letters, digits and underscore of ASCII: `\w`, and what `\b` is the border of. */
export const WORD: CodePoints = fromPairs('09AZ__az')

/** The set of one code point. */
export function only(code: number): CodePoints {
  return [code, code + 1]
}

/** The set of ranges that are written as pairs of characters: `09AF` is `[0-9A-F]`. */
export function fromPairs(pairs: string): CodePoints {
  return Array.from(pairs, (character, at) => (character.codePointAt(0) ?? 0) + (at % 2))
}

/** Union of sets. */
export function union(sets: readonly CodePoints[]): CodePoints {
  const ranges = sets.flatMap((points) =>
    points.flatMap((start, at) => (at % 2 === 0 ? [{ start, end: points[at + 1] ?? END }] : [])),
  )
  ranges.sort((left, right) => left.start - right.start)
  const merged: number[] = []
  for (const { start, end } of ranges) {
    const last = merged.at(-1)
    if (last === undefined || start > last) merged.push(start, end)
    else if (end > last) merged[merged.length - 1] = end
  }
  return merged
}

/** Complement of a set. */
export function complement(points: CodePoints): CodePoints {
  const fromStart = points[0] === 0 ? points.slice(1) : [0, ...points]
  return fromStart.at(-1) === END ? fromStart.slice(0, -1) : [...fromStart, END]
}

/** True when the set holds the code point. */
export function includes(points: CodePoints, code: number): boolean {
  return countUpTo(points, code) % 2 === 1
}

/** Counts the entries of an ascending list that are at most `code`. */
export function countUpTo(ascending: ArrayLike<number>, code: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ascending[middle] ?? END) <= code) low = middle + 1
    else high = middle
  }
  return low
}
