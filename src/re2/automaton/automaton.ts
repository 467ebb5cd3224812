import type { Program } from '../program.ts'
import { createAlphabet } from './alphabet.ts'
import { createStateCache } from './state-cache.ts'
import { createTransitions, type NextState, setsOf } from './transitions.ts'

/** Direction of reading: from the start of a text, or from its end. */
export type Direction = 'forward' | 'backward'

/** A deterministic automaton whose states are built when a text leads to them and kept in a table of bounded size. */
export interface Automaton {
  /** Tells whether a text matches of which the prefix has been read; one look-up a character, or one pass over the program. */
  run(text: string, from: number): boolean
  /** Instructions looked at since the automaton was made. */
  readonly visits: () => number
  /** Bytes that the states and their table take, about. */
  readonly held: () => number
}

/** Direction and beginning of the reading. */
export interface Reading {
  readonly direction: Direction
  /** Text that has been read before `run`. */
  readonly prefix: string
}

/** Cells of the table that are no row of a state. */
const UNKNOWN = 0
const MATCH = -1
const DEAD = -2

/** For about a hundred states of a small pattern; five hundred patterns that are attacked at once stay below 20 MiB. */
const LEAST_BYTES = 32_768
/** Room for several states of a large one. */
const BYTES_PER_INSTRUCTION = 64

/** Makes an automaton that has no states yet. */
export function createAutomaton(program: Program, { direction, prefix }: Reading): Automaton {
  const { ascii, classOf, samples } = createAlphabet(setsOf(program))
  const end = samples.length
  const step = direction === 'forward' ? 1 : -1
  const transitions = createTransitions(program, samples)
  const limitBytes = LEAST_BYTES + BYTES_PER_INSTRUCTION * (program.instructions.length + end)
  const cache = createStateCache({ symbols: end + 1, limitBytes })
  let entry = UNKNOWN
  let enteredAt = -1

  function toCell(target: NextState): number {
    return target === 'match' ? MATCH : target === 'dead' ? DEAD : cache.rowOf(target)
  }

  /** The next row of a state, which is computed at the first meeting with a symbol. */
  function lookUp(row: number, symbol: number): number {
    const known = cache.table[row + symbol] ?? UNKNOWN
    if (known !== UNKNOWN) return known
    const { resets } = cache
    const target = toCell(transitions.follow(cache.stateOf(row), symbol))
    // The row is gone when there was no room for one more.
    if (cache.resets === resets) cache.table[row + symbol] = target
    return target
  }

  /** The row behind a text, or MATCH or DEAD as soon as the rest does not count. */
  function walk(text: string, from: number, first: number): number {
    const stop = step > 0 ? text.length : -1
    let { table } = cache
    let row = first
    for (let at = from; row > 0 && at !== stop; at += step) {
      const unit = text.charCodeAt(at)
      const next = unit < 0x80 ? (table[row + (ascii[unit] ?? 0)] ?? UNKNOWN) : UNKNOWN
      if (next !== UNKNOWN) {
        row = next
        continue
      }
      const code = codeAt(text, { at, step })
      if (code > 0xffff) at += step
      row = lookUp(row, classOf(code))
      table = cache.table
    }
    return row
  }

  function enter(): number {
    entry = walk(prefix, step > 0 ? 0 : prefix.length - 1, toCell(transitions.start()))
    enteredAt = cache.resets
    return entry
  }

  function run(text: string, from: number): boolean {
    const row = walk(text, from, enteredAt === cache.resets ? entry : enter())
    if (row <= 0) return row === MATCH
    return lookUp(row, end) === MATCH
  }

  return { run, visits: transitions.visits, held: cache.held }
}

/**
 * The code point that begins at an index, or that ends there when the text is read backward. Put together by hand:
 * compiled by Maglev (V8 13.6, 15.0), codePointAt looks beyond the end of a string that was cut out of a longer one.
 */
function codeAt(text: string, { at, step }: { readonly at: number; readonly step: number }): number {
  const unit = text.charCodeAt(at)
  const other = at + step
  if ((unit & 0xf800) !== 0xd800 || other < 0 || other >= text.length) return unit
  const [high, low] = step > 0 ? [unit, text.charCodeAt(other)] : [text.charCodeAt(other), unit]
  const isPair = (high & 0xfc00) === 0xd800 && (low & 0xfc00) === 0xdc00
  return isPair ? (high - 0xd800) * 0x400 + (low - 0xdc00) + 0x10000 : unit
}
