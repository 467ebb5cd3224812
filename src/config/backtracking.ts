import { type Automaton, createAutomaton } from './automaton.ts'
import type { Re2 } from './re2.ts'

/** Limit on steps; a pattern that needs more counts as too complex to be judged. */
const WORK_LIMIT = 2_000_000

/** Limit on repeats that can match the same text: two cost at most the square of a path's length, three its cube. */
const MOST_SHARING_REPEATS = 2

/**
 * Explains why a backtracking engine could take very long over a pattern; undefined when it cannot. Some text that
 * takes exponential time exists exactly if a loop of the automaton can be walked in two ways over one text (Weber and
 * Seidl, On the degree of ambiguity of finite automata, 1991); polynomial time comes from loops behind each other.
 */
export function explainBacktracking(pattern: Re2): string | undefined {
  const automaton = createAutomaton(pattern)
  if (automaton === undefined) return 'shorten the pattern, it is too long to be checked'
  const budget = { steps: WORK_LIMIT }
  const starts = loopStarts(automaton)
  if (starts.some((start) => isWalkedTwice(automaton, { start, budget }))) {
    return 'rewrite the pattern: a repeat inside a repeat can match one text in many ways, and a single request could keep the CPU busy for minutes'
  }
  if (budget.steps <= 0) return 'simplify the pattern, it is too complex to be checked'
  if (longestChain(automaton) > MOST_SHARING_REPEATS) {
    return 'rewrite the pattern: more than two repeats like .* can match the same text; [^/]* stops at a slash'
  }
  return undefined
}

/** One position of each loop: what holds for one position of a loop holds for all. */
function loopStarts({ reaches, size }: Automaton): readonly number[] {
  const starts: number[] = []
  for (let p = 0; p < size; p += 1) {
    if (reaches(p, p) && !starts.some((start) => reaches(start, p) && reaches(p, start))) starts.push(p)
  }
  return starts
}

/** True when one text can lead along two different paths from `start` back to `start`. */
function isWalkedTwice(
  automaton: Automaton,
  { start, budget }: { start: number; budget: { steps: number } },
): boolean {
  const { size, reaches } = automaton
  const inLoop = (p: number) => reaches(start, p) && reaches(p, start)
  const forward = walkPairs({ start, next: automaton.follow, inLoop, budget }, automaton)
  if (forward === undefined) return true
  const backward = walkPairs({ start, next: automaton.before, inLoop, budget }, automaton)
  if (backward === undefined) return true
  for (const pair of forward) {
    if (Math.floor(pair / size) !== pair % size && backward.has(pair)) return true
  }
  return false
}

/** Pairs of positions that one text leads to from (start, start); undefined when one step can be made in two ways. */
function walkPairs(
  walk: {
    start: number
    next: readonly (readonly number[])[]
    inLoop: (p: number) => boolean
    budget: { steps: number }
  },
  { size, share }: Automaton,
): ReadonlySet<number> | undefined {
  const seen = new Set([walk.start * size + walk.start])
  for (const pair of seen) {
    const lefts = (walk.next[Math.floor(pair / size)] ?? []).filter(walk.inLoop)
    const rights = (walk.next[pair % size] ?? []).filter(walk.inLoop)
    if (new Set(lefts).size < lefts.length) return undefined
    for (const left of lefts) {
      for (const right of rights) {
        walk.budget.steps -= 1
        if (walk.budget.steps < 0) return seen
        if (share(left, right) !== 0n) seen.add(left * size + right)
      }
    }
  }
  return seen
}

/** The most single-character loops in a row that can take text from each other, the last of which can fail. */
function longestChain(automaton: Automaton): number {
  const loops = Array.from({ length: automaton.size }, (_, p) => p).filter((p) =>
    automaton.follow[p]?.includes(p),
  )
  const lengths = new Map<number, number>()
  // Positions are numbered from left to right, so what follows has its length already.
  for (const p of loops.toReversed()) {
    const behind = loops.filter((q) => q > p && automaton.canFail(q) && isSharedWay(automaton, p, q))
    lengths.set(p, 1 + Math.max(0, ...behind.map((q) => lengths.get(q) ?? 0)))
  }
  return Math.max(0, ...loops.filter(automaton.canFail).map((p) => lengths.get(p) ?? 0))
}

/** True when some text leads from p to q and could as well stay in p or be all in q. */
function isSharedWay({ follow, share }: Automaton, p: number, q: number): boolean {
  const shared = share(p, q)
  const seen = new Set([p])
  for (const at of seen) {
    for (const next of follow[at] ?? []) {
      if ((share(next, next) & shared) === 0n) continue
      if (next === q) return true
      seen.add(next)
    }
  }
  return false
}
