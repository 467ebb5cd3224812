import { includes, WORD } from '../code-points.ts'
import type { Assertion } from '../tree.ts'
import type { CaptureProgram } from './capture-program.ts'

/** Places of a match and of its groups: begin, end, begin, end; -1 for a group that took no part. */
export type Captures = readonly number[]

/** Steps that a search may take, over all matches of one text. */
export interface Budget {
  left: number
}

interface Thread {
  readonly at: number
  readonly captures: Captures
}

/**
 * Finds the first match that begins at or behind a place, as Go's regexp package does: leftmost, and of those the one whose
 * ways are preferred (Pike 1987; no backtracking). `^` is the beginning of the text and not that place. Undefined when there
 * is none, or when the budget is used up.
 */
export function findCaptures(
  { instructions, start, anchored, slots }: CaptureProgram,
  { text, from, budget }: { readonly text: string; readonly from: number; readonly budget: Budget },
): Captures | undefined {
  let found: Captures | undefined
  let threads: Thread[] = []
  let seen = new Set<number>()

  /** Follows an instruction to those that wait for a character, the preferred ones first. */
  const add = (into: Thread[], first: Thread, place: number): void => {
    const open: Thread[] = [first]
    for (let thread = open.pop(); thread !== undefined; thread = open.pop()) {
      const { at, captures } = thread
      if (seen.has(at)) continue
      seen.add(at)
      budget.left -= 1
      const instruction = instructions[at]
      if (instruction?.kind === 'split') {
        open.push({ at: instruction.second, captures }, { at: instruction.first, captures })
      } else if (instruction?.kind === 'save') {
        open.push({ at: instruction.next, captures: captures.with(instruction.slot, place) })
      } else if (instruction?.kind === 'assertion') {
        if (holds(instruction.assertion, text, place)) open.push({ at: instruction.next, captures })
      } else into.push(thread)
    }
  }

  for (let place = from; place <= text.length && budget.left > 0; ) {
    const mayBegin = found === undefined && (place === 0 || !anchored)
    if (mayBegin) {
      const captures = Array.from({ length: slots }, (_, slot) => (slot === 0 ? place : -1))
      add(threads, { at: start, captures }, place)
    }
    if (threads.length === 0 && (found !== undefined || anchored)) break
    const code = text.codePointAt(place)
    const behind = place + (code !== undefined && code > 0xffff ? 2 : 1)
    const next: Thread[] = []
    seen = new Set()
    for (const { at, captures } of threads) {
      const instruction = instructions[at]
      if (instruction?.kind === 'match') {
        // Those behind are less preferred.
        found = captures.with(1, place)
        break
      }
      if (instruction?.kind === 'class' && code !== undefined && includes(instruction.points, code)) {
        add(next, { at: instruction.next, captures }, behind)
      }
    }
    threads = next
    place = behind
  }
  return budget.left > 0 ? found : undefined
}

function holds(assertion: Assertion, text: string, place: number): boolean {
  switch (assertion) {
    case 'beginText':
      return place === 0
    case 'endText':
      return place === text.length
    case 'beginLine':
      return place === 0 || text[place - 1] === '\n'
    case 'endLine':
      return place === text.length || text[place] === '\n'
    case 'wordBoundary':
      return isWord(text, place - 1) !== isWord(text, place)
    case 'noWordBoundary':
      return isWord(text, place - 1) === isWord(text, place)
  }
}

function isWord(text: string, at: number): boolean {
  return at >= 0 && at < text.length && includes(WORD, text.charCodeAt(at))
}
