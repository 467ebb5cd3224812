import type { Program } from '../program.ts'
import type { Assertion } from '../tree.ts'

/** Neighbour of a place in the text: its edge, or a character of a kind that assertions ask about. */
export type Neighbour = 'edge' | 'newline' | 'word' | 'other'

/** A place in the text; `after` is undefined when the next character has not been read. */
export interface Place {
  readonly before: Neighbour
  readonly after: Neighbour | undefined
}

/** The instructions that are reached at one place without consuming a character (epsilon closure). */
export interface Closure {
  /** Sets that wait for the next character, and assertions that depend on it. */
  waiting: number[]
  /** Some of the waiting are assertions. */
  undecided: boolean
  matched: boolean
  /** Instructions looked at since the closure was made, over all places. */
  visits: number
  /** Begins an empty closure at a place. */
  begin(place: Place): void
  /** Adds an instruction and all that it leads to. */
  add(instruction: number): void
}

/** Makes the closure of a program; it is used again for every place, each instruction is looked at once a place. */
export function createClosure({ instructions }: Program): Closure {
  // Counts places for years without an overflow, which would let loops of the program run for ever.
  const seenAt = new Float64Array(instructions.length)
  const open: number[] = []
  let places = 0
  let place: Place = { before: 'edge', after: undefined }
  const closure: Closure = {
    waiting: [],
    undecided: false,
    matched: false,
    visits: 0,
    begin(next) {
      place = next
      places += 1
      closure.waiting = []
      closure.undecided = false
      closure.matched = false
    },
    add(first) {
      open.push(first)
      for (let at = open.pop(); at !== undefined; at = open.pop()) {
        if (seenAt[at] === places) continue
        seenAt[at] = places
        closure.visits += 1
        visit(at)
      }
    },
  }

  function visit(at: number): void {
    const instruction = instructions[at]
    if (instruction?.kind === 'split') {
      open.push(instruction.other, instruction.next)
    } else if (instruction?.kind === 'class') {
      closure.waiting.push(at)
    } else if (instruction?.kind === 'assertion') {
      const holds = judge(instruction.assertion, place)
      if (holds === true) open.push(instruction.next)
      if (holds !== undefined) return
      closure.undecided = true
      closure.waiting.push(at)
    } else {
      closure.matched = true
    }
  }

  return closure
}

/** Judges an assertion; undefined when that depends on the character that has not been read. */
function judge(assertion: Assertion, { before, after }: Place): boolean | undefined {
  switch (assertion) {
    case 'beginText':
      return before === 'edge'
    case 'beginLine':
      return before === 'edge' || before === 'newline'
    case 'endText':
      return after === undefined ? undefined : after === 'edge'
    case 'endLine':
      return after === undefined ? undefined : after === 'edge' || after === 'newline'
    case 'wordBoundary':
      return after === undefined ? undefined : (before === 'word') !== (after === 'word')
    default:
      return after === undefined ? undefined : (before === 'word') === (after === 'word')
  }
}
