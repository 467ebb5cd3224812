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
export function toSource(node: PatternNode): string {
  switch (node.kind) {
    case 'sequence':
      return node.parts.map(toSource).join('')
    case 'choice':
      return node.branches.map(toSource).join('|')
    case 'group':
      return `${node.open}${toSource(node.body)})`
    case 'repeat':
      return `${toSource(node.body)}${node.mark}`
    default:
      return node.source
  }
}

/** Every way through the pattern begins at the start of the text. */
export function isAnchored(node: PatternNode): boolean {
  switch (node.kind) {
    case 'assertion':
      return node.source === '^'
    case 'sequence':
      return node.parts[0] !== undefined && isAnchored(node.parts[0])
    case 'choice':
      return node.branches.every(isAnchored)
    case 'group':
      return isAnchored(node.body)
    case 'repeat':
      return node.min > 0 && isAnchored(node.body)
    default:
      return false
  }
}

/** Some way through the pattern is tied to the end of the text. */
export function hasEndAnchor(node: PatternNode): boolean {
  if (node.kind === 'sequence') return node.parts.some(hasEndAnchor)
  if (node.kind === 'choice') return node.branches.some(hasEndAnchor)
  if (node.kind === 'group' || node.kind === 'repeat') return hasEndAnchor(node.body)
  return node.kind === 'assertion' && node.source === '$'
}
