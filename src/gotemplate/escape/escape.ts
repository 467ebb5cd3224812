import { quote } from '../../lib/text.ts'
import { fail, type TemplatePlace } from '../failure.ts'
import type { BranchNode, CallNode, Pipeline, TemplateNode, TemplateTree } from '../parse/tree.ts'
import { describe, type EscapeContext, isSame, join, keyOf, TEXT } from './context.ts'
import { type PlannedAction, planAction } from './plan.ts'
import { escapeText } from './text.ts'

/** A node that is ready to be executed. */
export type PlannedNode =
  | { readonly kind: 'text'; readonly text: string }
  | PlannedAction
  /** An action that only declares or sets variables. */
  | { readonly kind: 'set'; readonly place: TemplatePlace; readonly pipe: Pipeline }
  | (Omit<BranchNode, 'nodes' | 'otherwise'> & {
      readonly nodes: readonly PlannedNode[]
      readonly otherwise: readonly PlannedNode[]
    })
  /** A call; `body` is the key of the template for the context of this place. */
  | (CallNode & { readonly body: string })
  | { readonly kind: 'break' | 'continue'; readonly place: TemplatePlace }

/** A page that is ready to be executed: bodies by key, and the key with which it begins. */
export interface PlannedPage {
  readonly bodies: ReadonlyMap<string, readonly PlannedNode[]>
  readonly start: string
}

interface Escaped {
  readonly context: EscapeContext
  readonly nodes: readonly PlannedNode[]
}

/** Contexts at the jumps out of one loop. */
type Jumps = { readonly context: EscapeContext; readonly place: TemplatePlace }[]

/** Inferences about templates, which may rest on an assumption that has to be given up. */
interface Inferences {
  readonly trees: ReadonlyMap<string, TemplateTree>
  /** Contexts behind templates, by key. */
  readonly outputs: Map<string, EscapeContext>
  readonly bodies: Map<string, readonly PlannedNode[]>
  /** Keys of the templates that were called. */
  readonly called: Set<string>
  /** Templates that are being read inside of each other. */
  readonly depth: number
  /** Nodes that may still be read: a loop is read twice, and so doubles the work with each level. */
  readonly budget: { left: number }
  /** Jumps of the loop that is open. */
  jumps: Jumps
}

/** A template that calls itself may begin in a new context each time. */
const DEEPEST = 50

/** Several times what the largest files have. */
const MOST_NODES = 300_000

/** Finds out for every value of a page where it stands, and plans how it is escaped there, as Go's html/template does. */
export function escapePage(trees: ReadonlyMap<string, TemplateTree>, name: string): PlannedPage {
  const inferences: Inferences = {
    trees,
    outputs: new Map(),
    bodies: new Map(),
    called: new Set(),
    depth: 0,
    budget: { left: MOST_NODES },
    jumps: [],
  }
  const tree = trees.get(name)
  if (tree === undefined) throw new TypeError(`no template ${name}`)
  const { context, key } = escapeTemplate(inferences, TEXT, { name, place: tree.place })
  if (context.state !== 'text') {
    fail(tree.place, `finish the markup of the template ${quote(name)}: it ends in ${describe(context)}`)
  }
  return { bodies: inferences.bodies, start: key }
}

function escapeTemplate(
  inferences: Inferences,
  start: EscapeContext,
  { name, place }: { readonly name: string; readonly place: TemplatePlace },
): { readonly context: EscapeContext; readonly key: string } {
  const key = `${name} ${keyOf(start)}`
  inferences.called.add(key)
  const known = inferences.outputs.get(key)
  if (known !== undefined) return { context: known, key }
  const tree = inferences.trees.get(name)
  if (tree === undefined) {
    return fail(place, `define the template ${quote(name)} in one of the files of the folder, there is none`)
  }
  if (inferences.depth === DEEPEST) fail(place, `call at most ${DEEPEST} templates inside of each other`)
  // A template that calls itself is mostly one that ends in the context in which it begins.
  const first = tryBody(inferences, { tree, key, start, output: start })
  if (first.holds) return { context: first.context, key }
  const second = tryBody(inferences, { tree, key, start: first.context, output: first.context })
  if (second.holds) return { context: second.context, key }
  return fail(
    tree.place,
    `end the template ${quote(name)}, which calls itself, in the context in which it begins`,
  )
}

interface Trial {
  readonly tree: TemplateTree
  readonly key: string
  readonly start: EscapeContext
  /** Context that is assumed behind the template. */
  readonly output: EscapeContext
}

/** Plans the body of a template under an assumption about where it ends, and keeps the plan if it is true. */
function tryBody(
  inferences: Inferences,
  { tree, key, start, output }: Trial,
): { readonly context: EscapeContext; readonly holds: boolean } {
  inferences.outputs.set(key, output)
  const trial: Inferences = {
    ...inferences,
    outputs: new Map(inferences.outputs),
    bodies: new Map(inferences.bodies),
    called: new Set(),
    depth: inferences.depth + 1,
  }
  const { context, nodes } = escapeList(trial, start, tree.nodes)
  const holds = !trial.called.has(key) || isSame(context, output)
  if (holds) {
    for (const [name, found] of trial.outputs) inferences.outputs.set(name, found)
    for (const [name, body] of trial.bodies) inferences.bodies.set(name, body)
    for (const name of trial.called) inferences.called.add(name)
    inferences.outputs.set(key, context)
    inferences.bodies.set(key, nodes)
  }
  return { context, holds }
}

function escapeList(inferences: Inferences, start: EscapeContext, nodes: readonly TemplateNode[]): Escaped {
  const planned: PlannedNode[] = []
  let context = start
  for (const child of nodes) {
    const escaped = escapeNode(inferences, context, child)
    context = escaped.context
    planned.push(...escaped.nodes)
    if (context.state === 'dead') break
  }
  return { context, nodes: planned }
}

function escapeNode(inferences: Inferences, context: EscapeContext, child: TemplateNode): Escaped {
  inferences.budget.left -= 1
  if (inferences.budget.left < 0) fail(child.place, 'nest fewer loops and templates in each other')
  switch (child.kind) {
    case 'text': {
      const { context: behind, text } = escapeText(context, child.text, child.place)
      return { context: behind, nodes: text === '' ? [] : [{ kind: 'text', text }] }
    }
    case 'action': {
      if (child.pipe.variables.length > 0) return { context, nodes: [{ ...child, kind: 'set' }] }
      const { context: behind, action } = planAction(context, child)
      return { context: behind, nodes: [action] }
    }
    case 'break':
    case 'continue':
      inferences.jumps.push({ context, place: child.place })
      return { context: { ...TEXT, state: 'dead' }, nodes: [child] }
    case 'template': {
      const { context: behind, key } = escapeTemplate(inferences, context, child)
      return { context: behind, nodes: [{ ...child, body: key }] }
    }
    default:
      return escapeBranch(inferences, context, child)
  }
}

function escapeBranch(inferences: Inferences, start: EscapeContext, child: BranchNode): Escaped {
  const first =
    child.kind === 'range' ? escapeLoop(inferences, start, child) : escapeList(inferences, start, child.nodes)
  const other = escapeList(inferences, start, child.otherwise)
  const context = joinOrFail(first.context, other.context, {
    place: child.place,
    what: `the branches of the {{${child.kind}}}`,
  })
  return { context, nodes: [{ ...child, nodes: first.nodes, otherwise: other.nodes }] }
}

/** The body of a loop is read once and again: the second round must not begin in another context. */
function escapeLoop(inferences: Inferences, start: EscapeContext, { nodes, place }: BranchNode): Escaped {
  const outer = inferences.jumps
  inferences.jumps = []
  const first = escapeList(inferences, start, nodes)
  const once = joinJumps(first.context, inferences.jumps)
  const again: Inferences = {
    ...inferences,
    outputs: new Map(inferences.outputs),
    bodies: new Map(inferences.bodies),
    called: new Set(),
    jumps: [],
  }
  const second = escapeList(again, once, nodes)
  const joined = joinOrFail(once, second.context, { place, what: 'the rounds of the {{range}}' })
  const context = joinJumps(joined, again.jumps)
  inferences.jumps = outer
  return { context, nodes: first.nodes }
}

function joinJumps(start: EscapeContext, jumps: Jumps): EscapeContext {
  return jumps.reduce(
    (context, jump) =>
      joinOrFail(context, jump.context, { place: jump.place, what: 'the loop, and this way out of it,' }),
    start,
  )
}

function joinOrFail(
  left: EscapeContext,
  right: EscapeContext,
  { place, what }: { readonly place: TemplatePlace; readonly what: string },
): EscapeContext {
  const joined = join(left, right)
  if (joined !== undefined) return joined
  const ends = `one in ${describe(left)}, the other in ${describe(right)}`
  return fail(place, `end ${what} in the same place of the markup: they end ${ends}`)
}
