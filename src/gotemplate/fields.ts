import { didYouMean, quote } from '../lib/text.ts'
import { fail, showAction, type TemplatePlace } from './failure.ts'
import type { Operand, Pipeline, TemplateNode, TemplateTree } from './parse/tree.ts'

/** Knowledge about the dot of a template: the data of the page, something else that is not known, or nothing. */
type Dot = 'page' | 'other'

interface Walk {
  readonly trees: ReadonlyMap<string, TemplateTree>
  readonly fields: readonly string[]
  /** Templates that were looked at, with the dot that they had. */
  readonly seen: Set<string>
}

/** Knowledge about the values of one template. */
interface Known {
  readonly dot: Dot
  /** The value of `$`. */
  readonly root: Dot
}

/**
 * Finds fields that the data of a page do not have, wherever it is certain that the data are asked: also in branches that
 * are seldom rendered.
 */
export function checkFields(
  trees: ReadonlyMap<string, TemplateTree>,
  page: string,
  fields: readonly string[],
): void {
  checkTemplate({ trees, fields, seen: new Set() }, page, 'page')
}

function checkTemplate(walk: Walk, name: string, dot: Dot): void {
  const key = `${dot} ${name}`
  if (walk.seen.has(key)) return
  walk.seen.add(key)
  checkNodes(walk, walk.trees.get(name)?.nodes ?? [], { dot, root: dot })
}

function checkNodes(walk: Walk, nodes: readonly TemplateNode[], known: Known): void {
  for (const child of nodes) checkNode(walk, child, known)
}

function checkNode(walk: Walk, child: TemplateNode, known: Known): void {
  switch (child.kind) {
    case 'text':
    case 'break':
    case 'continue':
      return
    case 'action':
      checkPipeline(walk, child.pipe, known)
      return
    case 'template':
      if (child.pipe !== undefined) checkPipeline(walk, child.pipe, known)
      checkTemplate(walk, child.name, child.pipe === undefined ? 'other' : dotOf(child.pipe, known))
      return
    default: {
      checkPipeline(walk, child.pipe, known)
      const dot = child.kind === 'if' ? known.dot : child.kind === 'with' ? dotOf(child.pipe, known) : 'other'
      checkNodes(walk, child.nodes, { ...known, dot })
      checkNodes(walk, child.otherwise, known)
    }
  }
}

function dotOf({ commands }: Pipeline, known: Known): Dot {
  const [command, ...more] = commands
  const [operand, ...operands] = command?.operands ?? []
  if (operand === undefined || more.length > 0 || operands.length > 0) return 'other'
  return isPage(operand, known) ? 'page' : 'other'
}

/** True for `.` and `$` where they are the data of the page. */
function isPage(operand: Operand, known: Known): boolean {
  if (operand.kind === 'dot') return known.dot === 'page'
  return (
    operand.kind === 'variable' && operand.name === '$' && operand.names.length === 0 && known.root === 'page'
  )
}

function checkPipeline(walk: Walk, pipe: Pipeline, known: Known): void {
  for (const { operands } of pipe.commands) {
    for (const operand of operands) checkOperand(walk, operand, { pipe, known })
  }
}

function checkOperand(
  walk: Walk,
  operand: Operand,
  place: { readonly pipe: Pipeline; readonly known: Known },
): void {
  const { known, pipe } = place
  switch (operand.kind) {
    case 'field':
      if (known.dot === 'page') checkNames(walk, operand.names, pipe)
      return
    case 'variable':
      if (operand.name === '$' && known.root === 'page') checkNames(walk, operand.names, pipe)
      return
    case 'chain':
      checkOperand(walk, operand.of, place)
      return
    case 'pipeline':
      checkPipeline(walk, operand.pipe, known)
      return
    default:
      return
  }
}

function checkNames(
  { fields }: Walk,
  names: readonly string[],
  { place, source }: { readonly place: TemplatePlace; readonly source: string },
): void {
  const [name] = names
  if (name === undefined || fields.includes(name)) return
  fail(
    place,
    `replace the field ${quote(`.${name}`)} of ${showAction(source)}, pages have none of that name${didYouMean(name, fields)}; there are ${fields.join(', ')}`,
  )
}
