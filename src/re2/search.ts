import { createAutomaton } from './automaton/automaton.ts'
import { compileProgram } from './program.ts'
import { isAnchored, isOnlyEnd, type Literal, mirror, type PatternNode, splitLiteral } from './tree.ts'

/** A search for a match anywhere in a text, in time linear in the text. */
export interface Search {
  test(text: string): boolean
  /** Instructions of the program looked at since the search was made. */
  readonly visits: () => number
  /** Bytes that the states of the automaton take, by estimate. */
  readonly held: () => number
}

/**
 * Creates a search. Plain text at the beginning of a pattern is left to the engine's own `startsWith` and `indexOf`; a
 * pattern that is tied to the end of the text only is read from there. Either way most texts are turned down after a
 * character or two.
 */
export function createSearch(root: PatternNode): Search {
  const literal = splitLiteral(root)
  const test = literalTest(literal)
  if (test !== undefined) return { test, visits: () => 0, held: () => 0 }
  const mirrored = mirror(root)
  const beginsPlainly = literal.anchored && literal.text !== ''
  return isAnchored(mirrored) && !beginsPlainly ? backwardSearch(mirrored) : forwardSearch(root, literal)
}

/** Test for a pattern that is plain text as a whole, with or without `^` and `$`. */
function literalTest({ anchored, text, rest }: Literal): Search['test'] | undefined {
  if (rest.length === 0)
    return anchored ? (subject) => subject.startsWith(text) : (subject) => subject.includes(text)
  if (!isOnlyEnd(rest)) return undefined
  return anchored ? (subject) => subject === text : (subject) => subject.endsWith(text)
}

function backwardSearch(mirrored: PatternNode): Search {
  const { run, ...meters } = createAutomaton(compileProgram(mirrored), { direction: 'backward', prefix: '' })
  return { test: (subject) => run(subject, subject.length - 1), ...meters }
}

function forwardSearch(root: PatternNode, { anchored, text }: Literal): Search {
  const { run, ...meters } = createAutomaton(compileProgram(root), { direction: 'forward', prefix: text })
  if (anchored) return { test: (subject) => subject.startsWith(text) && run(subject, text.length), ...meters }
  return {
    test(subject) {
      const at = subject.indexOf(text)
      return at >= 0 && run(subject, at + text.length)
    },
    ...meters,
  }
}
