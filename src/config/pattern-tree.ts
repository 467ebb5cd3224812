/** A regular expression as a tree. Atoms are JavaScript source (flag `u`) that matches exactly one character. */
export type PatternNode =
  | { readonly kind: 'atom'; readonly source: string }
  | { readonly kind: 'assertion'; readonly source: '^' | '$' | '\\b' | '\\B' }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly branches: readonly PatternNode[] }
  | { readonly kind: 'group'; readonly open: string; readonly body: PatternNode }
  | Repeat

/** `max` is Infinity for `*` and `+`; `mark` is the quantifier as it was written, laziness included. */
export interface Repeat {
  readonly kind: 'repeat'
  readonly body: PatternNode
  readonly min: number
  readonly max: number
  readonly mark: string
}

/** Writes a tree as JavaScript source for the flag `u`. */
export function toSource(tree: PatternNode): string {
  switch (tree.kind) {
    case 'sequence':
      return tree.parts.map(toSource).join('')
    case 'choice':
      return tree.branches.map(toSource).join('|')
    case 'group':
      return `${tree.open}${toSource(tree.body)})`
    case 'repeat':
      return `${toSource(tree.body)}${tree.mark}`
    default:
      return tree.source
  }
}

/** True when every alternative of the pattern begins at the start of the text. */
export function isAnchored(tree: PatternNode): boolean {
  switch (tree.kind) {
    case 'assertion':
      return tree.source === '^'
    case 'sequence':
      return tree.parts[0] !== undefined && isAnchored(tree.parts[0])
    case 'choice':
      return tree.branches.every(isAnchored)
    case 'group':
      return isAnchored(tree.body)
    case 'repeat':
      return tree.min > 0 && isAnchored(tree.body)
    default:
      return false
  }
}

/** True when some alternative of the pattern is tied to the end of the text. */
export function hasEndAnchor(tree: PatternNode): boolean {
  if (tree.kind === 'sequence') return tree.parts.some(hasEndAnchor)
  if (tree.kind === 'choice') return tree.branches.some(hasEndAnchor)
  if (tree.kind === 'group' || tree.kind === 'repeat') return hasEndAnchor(tree.body)
  return tree.kind === 'assertion' && tree.source === '$'
}
