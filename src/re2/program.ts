import type { CodePoints } from './code-points.ts'
import { type Assertion, isAnchored, type PatternNode } from './tree.ts'

/**
 * One step of a program. A set consumes a character, all others go on at the same place; a program holds as many
 * as its pattern has characters, repeats unfolded.
 */
export type Instruction =
  | { readonly kind: 'class'; readonly points: CodePoints; readonly next: number }
  | { readonly kind: 'assertion'; readonly assertion: Assertion; readonly next: number }
  /** Alternatives of a branch; `other` is known only when the body of a loop has been compiled. */
  | { readonly kind: 'split'; readonly next: number; other: number }
  | { readonly kind: 'match' }

/** A nondeterministic automaton (Thompson 1968). */
export interface Program {
  readonly instructions: readonly Instruction[]
  readonly start: number
  /** True when no match can begin behind the start of the text. */
  readonly anchored: boolean
}

/** Compiles a tree, from its end to its beginning, so that every instruction knows what follows it. */
export function compileProgram(root: PatternNode): Program {
  const instructions: Instruction[] = [{ kind: 'match' }]
  const start = emit(instructions, { tree: root, next: 0 })
  return { instructions, start, anchored: isAnchored(root) }
}

/** A part, and the instruction behind it. */
interface Part {
  readonly tree: PatternNode
  readonly next: number
}

/** Appends the instructions of a part and returns the index of its first. */
function emit(instructions: Instruction[], { tree, next }: Part): number {
  switch (tree.kind) {
    case 'class':
      return instructions.push({ kind: 'class', points: tree.points, next }) - 1
    case 'assertion':
      return instructions.push({ kind: 'assertion', assertion: tree.assertion, next }) - 1
    case 'concat':
      return tree.parts.reduceRight((behind, part) => emit(instructions, { tree: part, next: behind }), next)
    case 'alternate':
      return tree.branches
        .map((branch) => emit(instructions, { tree: branch, next }))
        .reduceRight((other, first) => instructions.push({ kind: 'split', next: first, other }) - 1)
    case 'capture':
      return emit(instructions, { tree: tree.body, next })
    default:
      return emitRepeat(instructions, { tree, next })
  }
}

function emitRepeat(
  instructions: Instruction[],
  { tree: { body, min, max }, next }: Part & { tree: { kind: 'repeat' } },
): number {
  const copies = (count: number, behind: number) => {
    let first = behind
    for (let at = 0; at < count; at += 1) first = emit(instructions, { tree: body, next: first })
    return first
  }
  if (max === Infinity) {
    const loop = instructions.push({ kind: 'split', next, other: next }) - 1
    const first = emit(instructions, { tree: body, next: loop })
    const split = instructions[loop]
    if (split?.kind === 'split') split.other = first
    return min === 0 ? loop : copies(min - 1, first)
  }
  let rest = next
  for (let at = min; at < max; at += 1) {
    const first = copies(1, rest)
    rest = instructions.push({ kind: 'split', next: first, other: next }) - 1
  }
  return copies(min, rest)
}
