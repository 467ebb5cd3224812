import { type CodePoints, countUpTo } from '../code-points.ts'

const ASCII = 0x80
const END = 0x110000

/** Code points that a program cannot tell apart, as classes that are numbered from 0. */
export interface Alphabet {
  /** A code point of each class. */
  readonly samples: readonly number[]
  /** The class of each ASCII character. */
  readonly ascii: Uint16Array
  /** The class of any code point. */
  classOf(code: number): number
}

/** Splits all code points by the sets that hold them. */
export function createAlphabet(sets: readonly CodePoints[]): Alphabet {
  const different = distinct(sets)
  const borders = different.flat().filter((code) => code < END)
  const starts = Int32Array.from(new Set([0, ...borders])).sort()
  const classes = number(refine(starts, different))
  const samples: number[] = []
  for (const [at, start] of starts.entries()) samples[classes[at] ?? 0] ??= start
  const classOf = (code: number) => classes[countUpTo(starts, code) - 1] ?? 0
  return { samples, classOf, ascii: Uint16Array.from({ length: ASCII }, (_, code) => classOf(code)) }
}

/** Copies that repeats made are the same list, equal characters of a pattern are equal lists. */
function distinct(sets: readonly CodePoints[]): readonly CodePoints[] {
  return [...new Map([...new Set(sets)].map((points) => [points.join(), points])).values()]
}

/** Gives ranges that differ in some set different numbers: each set splits the classes that it holds a part of. */
function refine(starts: Int32Array, sets: readonly CodePoints[]): Int32Array {
  const classes = new Int32Array(starts.length)
  let count = 1
  for (const points of sets) {
    const inside = new Map<number, number>()
    for (let at = 0; at < points.length; at += 2) {
      const end = points[at + 1] ?? 0
      for (let range = countUpTo(starts, points[at] ?? 0) - 1; (starts[range] ?? end) < end; range += 1) {
        const old = classes[range] ?? 0
        const split = inside.get(old) ?? count++
        inside.set(old, split)
        classes[range] = split
      }
    }
  }
  return classes
}

/** Renumbers classes without gaps. */
function number(classes: Int32Array): Int32Array {
  const numbers = new Map<number, number>()
  return classes.map((old) => {
    const found = numbers.get(old) ?? numbers.size
    numbers.set(old, found)
    return found
  })
}
