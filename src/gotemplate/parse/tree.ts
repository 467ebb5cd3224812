import type { TemplatePlace } from '../failure.ts'

/** A template as it was written: its file, and its nodes. */
export interface TemplateTree {
  readonly name: string
  readonly place: TemplatePlace
  readonly nodes: readonly TemplateNode[]
}

/** One node of a template. `Text` is what text nodes hold, `Action` what prints a value. */
export type TemplateNode =
  | { readonly kind: 'text'; readonly place: TemplatePlace; readonly text: string }
  | { readonly kind: 'action'; readonly place: TemplatePlace; readonly pipe: Pipeline }
  | BranchNode
  | CallNode
  | { readonly kind: 'break' | 'continue'; readonly place: TemplatePlace }

/** `{{if}}`, `{{with}}` or `{{range}}`. */
export interface BranchNode {
  readonly kind: 'if' | 'with' | 'range'
  readonly place: TemplatePlace
  readonly pipe: Pipeline
  readonly nodes: readonly TemplateNode[]
  readonly otherwise: readonly TemplateNode[]
}

/** `{{template "name" pipeline}}`. */
export interface CallNode {
  readonly kind: 'template'
  readonly place: TemplatePlace
  readonly name: string
  /** Value that becomes the dot; nil when there is none. */
  readonly pipe: Pipeline | undefined
}

/** Commands, each of which passes its value on as the last argument of the next. */
export interface Pipeline {
  readonly place: TemplatePlace
  /** The text between the braces, for messages. */
  readonly source: string
  /** Variables that take the value, with their `$`. */
  readonly variables: readonly string[]
  /** True for `=`, false for `:=`. */
  readonly assigns: boolean
  readonly commands: readonly Command[]
}

/** A function with its arguments, or one operand. */
export interface Command {
  readonly operands: readonly [Operand, ...Operand[]]
}

/** An operand of a command. */
export type Operand =
  | { readonly kind: 'dot' | 'nil' }
  | { readonly kind: 'literal'; readonly value: boolean | bigint | number | string }
  /** `.A.B`. */
  | { readonly kind: 'field'; readonly names: readonly string[] }
  /** `$x.A.B`; the name has its `$`. */
  | { readonly kind: 'variable'; readonly name: string; readonly names: readonly string[] }
  | { readonly kind: 'function'; readonly name: string }
  /** `(pipeline).A.B`. */
  | { readonly kind: 'chain'; readonly of: Operand; readonly names: readonly string[] }
  | { readonly kind: 'pipeline'; readonly pipe: Pipeline }

/** True for a template that holds nothing but blanks and comments: it takes no other's place. */
export function isEmptyTree(nodes: readonly TemplateNode[]): boolean {
  return nodes.every((node) => node.kind === 'text' && node.text.trim() === '')
}
