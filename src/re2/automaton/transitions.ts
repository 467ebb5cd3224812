import { type CodePoints, includes, only, WORD } from '../code-points.ts'
import type { Program } from '../program.ts'
import { createClosure, type Neighbour } from './closure.ts'
import type { State } from './state-cache.ts'

/** Result of a step: another state, or an end that no further text can change. */
export type NextState = State | 'match' | 'dead'

/** The deterministic automaton of a program, computed one step at a time (subset construction). */
export interface Transitions {
  readonly start: () => NextState
  /** `symbol` numbers a class of the alphabet; the number behind the last one is the end of the text. */
  follow(state: State, symbol: number): NextState
  /** Instructions looked at since the automaton was made. */
  readonly visits: () => number
}

/** Makes the steps of a program over an alphabet, of which `samples` holds one code point a class. */
export function createTransitions(program: Program, samples: readonly number[]): Transitions {
  const { instructions, anchored, start } = program
  const closure = createClosure(program)
  const { newline, word } = neighbourSets(program)
  const neighbours = samples.map((sample): Neighbour => {
    if (includes(newline, sample)) return 'newline'
    return includes(word, sample) ? 'word' : 'other'
  })
  let steps = 0

  function finish(before: Neighbour): NextState {
    const { matched, undecided, waiting } = closure
    if (matched) return 'match'
    if (anchored && waiting.length === 0) return 'dead'
    return { waiting, undecided, before: undecided ? before : 'other' }
  }

  /** The instructions of a state when the character behind the place is known; undefined when the text matches. */
  function decide(state: State, after: Neighbour): readonly number[] | undefined {
    if (!state.undecided) return state.waiting
    closure.begin({ before: state.before, after })
    for (const instruction of state.waiting) closure.add(instruction)
    return closure.matched ? undefined : closure.waiting
  }

  return {
    visits: () => closure.visits + steps,
    start() {
      closure.begin({ before: 'edge', after: undefined })
      closure.add(start)
      return finish('edge')
    },
    follow(state, symbol) {
      const sample = samples[symbol]
      const neighbour = neighbours[symbol] ?? 'edge'
      const here = decide(state, neighbour)
      if (here === undefined) return 'match'
      if (sample === undefined) return 'dead'
      closure.begin({ before: neighbour, after: undefined })
      for (const at of here) {
        steps += 1
        const instruction = instructions[at]
        if (instruction?.kind === 'class' && includes(instruction.points, sample))
          closure.add(instruction.next)
      }
      if (!anchored) closure.add(start)
      return finish(neighbour)
    },
  }
}

const NEWLINE = only(0x0a)
const NOTHING: CodePoints = []

/** Characters that assertions of the program ask about beside a place. */
function neighbourSets({ instructions }: Program): {
  readonly newline: CodePoints
  readonly word: CodePoints
} {
  const asked = new Set(instructions.map((one) => (one.kind === 'assertion' ? one.assertion : undefined)))
  return {
    newline: asked.has('beginLine') || asked.has('endLine') ? NEWLINE : NOTHING,
    word: asked.has('wordBoundary') || asked.has('noWordBoundary') ? WORD : NOTHING,
  }
}

/** Sets that an alphabet of the program must tell apart. */
export function setsOf(program: Program): readonly CodePoints[] {
  const { newline, word } = neighbourSets(program)
  return [...program.instructions.flatMap((one) => (one.kind === 'class' ? [one.points] : [])), newline, word]
}
