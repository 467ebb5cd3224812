import type { CodePoints } from './code-points.ts'

/** A condition on a place in the text. `\b` sees ASCII letters, digits and underscore as words. */
export type Assertion = 'beginText' | 'endText' | 'beginLine' | 'endLine' | 'wordBoundary' | 'noWordBoundary'

/** Costs of a tree; each has a limit. */
interface Measured {
  /** Instructions of the compiled program. */
  readonly size: number
  /** Nodes from here to the deepest leaf, capturing groups counted. */
  readonly height: number
  /** Copies that nested counted repeats make of one leaf. */
  readonly copies: number
}

/**
 * A regular expression as a tree. Groups are gone, and so are captures unless they were asked for; they and laziness do not
 * change whether a text matches.
 */
export type PatternNode = Measured &
  (
    | { readonly kind: 'class'; readonly points: CodePoints }
    | { readonly kind: 'assertion'; readonly assertion: Assertion }
    | { readonly kind: 'concat'; readonly parts: readonly PatternNode[] }
    | { readonly kind: 'alternate'; readonly branches: readonly PatternNode[] }
    | ({ readonly kind: 'repeat'; readonly body: PatternNode } & Counts)
    /** Group number `index`, from 1 on. */
    | { readonly kind: 'capture'; readonly index: number; readonly body: PatternNode }
  )

/** Bounds of a repeat; `max` is Infinity for `*`, `+` and `{n,}`. */
export interface Counts {
  readonly min: number
  readonly max: number
  /** Prefers few copies to many. */
  readonly lazy: boolean
}

const LEAF = { size: 1, height: 0, copies: 1 }

/** One character of a set. */
export function classNode(points: CodePoints): PatternNode {
  return { kind: 'class', points, ...LEAF }
}

/** A condition. */
export function assertionNode(assertion: Assertion): PatternNode {
  return { kind: 'assertion', assertion, ...LEAF }
}

/** One part behind the other; a single one stands for itself. */
export function concatNode(given: readonly PatternNode[]): PatternNode {
  const parts = given.some(({ kind }) => kind === 'concat')
    ? given.flatMap((part) => (part.kind === 'concat' ? part.parts : [part]))
    : given
  const [single] = parts
  if (parts.length === 1 && single !== undefined) return single
  return { kind: 'concat', parts, ...above(parts), size: sum(parts) }
}

/** A group whose place in the text is of interest. */
export function captureNode(body: PatternNode, index: number): PatternNode {
  const { size, height, copies } = body
  return { kind: 'capture', body, index, size: size + 2, height: height + 1, copies }
}

/** One branch or another; a single one stands for itself. */
export function alternateNode(branches: readonly PatternNode[]): PatternNode {
  const [single] = branches
  if (branches.length === 1 && single !== undefined) return single
  return { kind: 'alternate', branches, ...above(branches), size: sum(branches) + branches.length - 1 }
}

/** Unfolds a repeat: `x{2,4}` is `xx(x(x)?)?`, `x{2,}` is `xx+`. */
export function repeatNode(body: PatternNode, { min, max, lazy }: Counts): PatternNode {
  const endless = max === Infinity
  const size = endless ? Math.max(1, min) * body.size + 1 : max * body.size + max - min
  const times = endless ? min : max
  const copies = max === 0 ? 1 : Math.max(1, times) * body.copies
  return { kind: 'repeat', body, min, max, lazy, size, height: body.height + 1, copies }
}

function above(children: readonly PatternNode[]): Pick<Measured, 'height' | 'copies'> {
  let height = 0
  let copies = 1
  for (const child of children) {
    height = Math.max(height, child.height + 1)
    copies = Math.max(copies, child.copies)
  }
  return { height, copies }
}

function sum(children: readonly PatternNode[]): number {
  return children.reduce((total, { size }) => total + size, 0)
}

/** True when every alternative of the pattern begins at the start of the text. */
export function isAnchored(tree: PatternNode): boolean {
  switch (tree.kind) {
    case 'assertion':
      return tree.assertion === 'beginText'
    case 'concat':
      return tree.parts[0] !== undefined && isAnchored(tree.parts[0])
    case 'alternate':
      return tree.branches.every(isAnchored)
    case 'repeat':
      return tree.min > 0 && isAnchored(tree.body)
    case 'capture':
      return isAnchored(tree.body)
    default:
      return false
  }
}

/** A pattern as plain text and what follows it. */
export interface Literal {
  /** True when every match begins at the start of the text. */
  readonly anchored: boolean
  /** Beginning of every match; often empty. */
  readonly text: string
  readonly rest: readonly PatternNode[]
}

/** Splits a pattern behind its plain text: `^/api/v[0-9]` is `/api/v` and a digit. */
export function splitLiteral(tree: PatternNode): Literal {
  const parts = tree.kind === 'concat' ? tree.parts : [tree]
  const hasStart = parts[0]?.kind === 'assertion' && parts[0].assertion === 'beginText'
  let end = hasStart ? 1 : 0
  let text = ''
  for (let code = codeOf(parts[end]); code !== undefined; code = codeOf(parts[end])) {
    text += String.fromCodePoint(code)
    end += 1
  }
  return { anchored: isAnchored(tree), text, rest: parts.slice(end) }
}

/** True when nothing is left but `$`. */
export function isOnlyEnd(rest: readonly PatternNode[]): boolean {
  const [end] = rest
  return rest.length === 1 && end?.kind === 'assertion' && end.assertion === 'endText'
}

/**
 * Code point of a part that stands for one character. A lone surrogate is none: in UTF-16 it would be found within a
 * pair.
 */
function codeOf(tree: PatternNode | undefined): number | undefined {
  if (tree?.kind !== 'class' || tree.points.length !== 2) return undefined
  const [code = 0, end] = tree.points
  return end === code + 1 && (code < 0xd800 || code > 0xdfff) ? code : undefined
}

const MIRRORED: Readonly<Record<Assertion, Assertion>> = {
  beginText: 'endText',
  endText: 'beginText',
  beginLine: 'endLine',
  endLine: 'beginLine',
  wordBoundary: 'wordBoundary',
  noWordBoundary: 'noWordBoundary',
}

/** The pattern that matches the same texts read from the end. */
export function mirror(tree: PatternNode): PatternNode {
  switch (tree.kind) {
    case 'assertion':
      return { ...tree, assertion: MIRRORED[tree.assertion] }
    case 'concat':
      return { ...tree, parts: tree.parts.map(mirror).reverse() }
    case 'alternate':
      return { ...tree, branches: tree.branches.map(mirror) }
    case 'capture':
    case 'repeat':
      return { ...tree, body: mirror(tree.body) }
    default:
      return tree
  }
}
