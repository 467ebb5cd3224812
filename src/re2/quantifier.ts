import { failed, ok, type Result } from '../result.ts'
import { type Reader, take } from './reader.ts'
import type { Counts } from './tree.ts'

const MOST_REPEATS = 1_000

const SIGNS: Readonly<Record<string, Pick<Counts, 'min' | 'max'>>> = {
  '*': { min: 0, max: Infinity },
  '+': { min: 1, max: Infinity },
  '?': { min: 0, max: 1 },
}

/** Reads a quantifier; undefined when a brace stands here that begins none and so is itself. */
export function readQuantifier(reader: Reader): Result<Counts | undefined, string> {
  const { ungreedy } = reader.flags
  const [sign, mark = ''] = take(reader, /([*+?])\??/uy) ?? []
  const counts = SIGNS[mark]
  if (sign !== undefined && counts !== undefined) return ok({ ...counts, lazy: sign.length > 1 !== ungreedy })
  // A count with a leading zero is no count.
  const counted = take(reader, /\{(0|[1-9]\d*)(?:(,)(0|[1-9]\d*)?)?\}\??/uy)
  if (counted === undefined) return ok(undefined)
  const [whole, from, comma, to] = counted
  const min = Number(from)
  const max = comma === undefined ? min : to === undefined ? Infinity : Number(to)
  if (min > max) return failed(`write the smaller number of "${whole}" first`)
  if (min > MOST_REPEATS || (max > MOST_REPEATS && max !== Infinity)) {
    return failed(`repeat at most ${MOST_REPEATS} times, not "${whole}"`)
  }
  return ok({ min, max, lazy: whole.endsWith('?') !== ungreedy })
}
