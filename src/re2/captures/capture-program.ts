import type { CodePoints } from '../code-points.ts'
import { type Assertion, isAnchored, type PatternNode } from '../tree.ts'

/** One step of a program that notes where groups begin and end; of two ways on the first is preferred. */
export type CaptureInstruction =
  | { readonly kind: 'class'; readonly points: CodePoints; readonly next: number }
  | { readonly kind: 'assertion'; readonly assertion: Assertion; readonly next: number }
  | { readonly kind: 'save'; readonly slot: number; readonly next: number }
  /** Either may be a loop's, which is known only when its body has been compiled. */
  | { readonly kind: 'split'; first: number; second: number }
  | { readonly kind: 'match' }

/** A nondeterministic automaton whose ways are ordered as Go's regexp package orders them (leftmost-first). */
export interface CaptureProgram {
  readonly instructions: readonly CaptureInstruction[]
  readonly start: number
  /** True when no match can begin behind the start of the text. */
  readonly anchored: boolean
  /** Two for the match and for each group: where it begins and where it ends. */
  readonly slots: number
}

interface Part {
  readonly tree: PatternNode
  readonly next: number
}

/** Compiles a tree with its captures, from its end to its beginning. */
export function compileCaptureProgram(root: PatternNode, groups: number): CaptureProgram {
  const instructions: CaptureInstruction[] = [{ kind: 'match' }]
  const start = emit(instructions, { tree: root, next: 0 })
  return { instructions, start, anchored: isAnchored(root), slots: 2 * (groups + 1) }
}

function emit(instructions: CaptureInstruction[], { tree, next }: Part): number {
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
        .reduceRight((second, first) => instructions.push({ kind: 'split', first, second }) - 1)
    case 'capture': {
      const end = instructions.push({ kind: 'save', slot: 2 * tree.index + 1, next }) - 1
      const body = emit(instructions, { tree: tree.body, next: end })
      return instructions.push({ kind: 'save', slot: 2 * tree.index, next: body }) - 1
    }
    default:
      return emitRepeat(instructions, { tree, next })
  }
}

/** Unfolds a repeat as Go does: `x{2,4}` is `xx(x(x)?)?`, `x{2,}` is `xx+`, and `x*` is `(x+)?` where x can be empty. */
function emitRepeat(
  instructions: CaptureInstruction[],
  { tree: { body, min, max, lazy }, next }: Part & { tree: { kind: 'repeat' } },
): number {
  const one = (behind: number) => emit(instructions, { tree: body, next: behind })
  const split = (more: number, less: number) =>
    instructions.push({ kind: 'split', ...ordered({ more, less, lazy }) }) - 1
  const copies = (count: number, behind: number) => {
    let first = behind
    for (let at = 0; at < count; at += 1) first = one(first)
    return first
  }
  if (max !== Infinity) {
    let rest = next
    for (let at = min; at < max; at += 1) rest = split(one(rest), next)
    return copies(min, rest)
  }
  const loop = split(next, next)
  const first = one(loop)
  const instruction = instructions[loop]
  if (instruction?.kind === 'split') Object.assign(instruction, ordered({ more: first, less: next, lazy }))
  if (min > 0) return copies(min - 1, first)
  return isNullable(body) ? split(first, next) : loop
}

function ordered({
  more,
  less,
  lazy,
}: {
  readonly more: number
  readonly less: number
  readonly lazy: boolean
}) {
  return lazy ? { first: less, second: more } : { first: more, second: less }
}

/** True when the empty text matches, whatever stands around it. */
function isNullable(tree: PatternNode): boolean {
  switch (tree.kind) {
    case 'class':
      return false
    case 'assertion':
      return true
    case 'concat':
      return tree.parts.every(isNullable)
    case 'alternate':
      return tree.branches.some(isNullable)
    case 'capture':
      return isNullable(tree.body)
    default:
      return tree.min === 0 || isNullable(tree.body)
  }
}
