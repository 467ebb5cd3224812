import type { PlannedNode, PlannedPage } from '../escape/escape.ts'
import type { PlannedAction } from '../escape/plan.ts'
import { escapeValue } from '../escapers/escapers.ts'
import { fail, type TemplatePlace } from '../failure.ts'
import type { GoStruct, GoValue } from '../values.ts'
import { isList, isMap, isTrue, typeNameOf } from '../values.ts'
import { evaluate, evaluateArguments, evaluateCommands, type Scope, setVariable } from './evaluate.ts'
import { DEEPEST_CALLS, LONGEST_TEXT, MOST_STEPS, ValueFailure } from './limits.ts'
import { compareTexts, formatArguments } from './print.ts'

/** One rendering. */
interface Run {
  readonly page: PlannedPage
  readonly out: string[]
  /** Characters of `out`. */
  length: number
  steps: number
  depth: number
}

/** The end of a list of nodes: its own, or a jump out of the loop. */
type End = 'end' | 'break' | 'continue'

/** Executes a page with its data. Time, depth and length are bounded, whatever the page does. */
export function executePage(page: PlannedPage, data: GoStruct): string {
  const run: Run = { page, out: [], length: 0, steps: 0, depth: 0 }
  const nodes = page.bodies.get(page.start) ?? []
  executeList(run, { dot: data, variables: [{ name: '$', value: data }] }, nodes)
  return run.out.join('')
}

/** Executes nodes; variables that they declare stay until the end of the block around them. */
function executeList(run: Run, scope: Scope, nodes: readonly PlannedNode[]): End {
  for (const child of nodes) {
    const end = executeNode(run, scope, child)
    if (end !== 'end') return end
  }
  return 'end'
}

function executeNode(run: Run, scope: Scope, child: PlannedNode): End {
  switch (child.kind) {
    case 'text':
      write(run, child.text)
      return 'end'
    case 'print':
      countStep(run, child.place)
      print(run, scope, child)
      return 'end'
    case 'set':
      countStep(run, child.place)
      evaluate(scope, child.pipe)
      return 'end'
    case 'template':
      callTemplate(run, scope, child)
      return 'end'
    case 'range':
      return executeLoop(run, scope, child)
    case 'break':
    case 'continue':
      return child.kind
    default:
      return executeBranch(run, scope, child)
  }
}

function countStep(run: Run, place: TemplatePlace): void {
  run.steps += 1
  if (run.steps > MOST_STEPS) fail(place, `do less on one page: this is more than ${MOST_STEPS} steps`)
}

function write(run: Run, text: string, place?: TemplatePlace): void {
  run.length += text.length
  if (run.length > LONGEST_TEXT) {
    fail(
      place ?? { file: '', line: 0 },
      `write a shorter page: this one has more than ${LONGEST_TEXT} characters`,
    )
  }
  run.out.push(text)
}

function print(run: Run, scope: Scope, { commands, escapers, joins, pipe, place }: PlannedAction): void {
  try {
    write(run, escapeValue(printed(scope, { commands, joins, pipe }), escapers), place)
  } catch (error) {
    if (error instanceof ValueFailure) fail(place, error.message)
    throw error
  }
}

function printed(
  scope: Scope,
  { commands, joins, pipe }: Pick<PlannedAction, 'commands' | 'joins' | 'pipe'>,
): readonly GoValue[] {
  const [first] = commands
  if (joins && first !== undefined) {
    return [formatArguments(evaluateArguments(scope, pipe, first.operands.slice(1)))]
  }
  const value = evaluateCommands(scope, pipe, commands)
  return value === undefined ? [] : [value]
}

type Branch = PlannedNode & { readonly kind: 'if' | 'with' | 'range' }

function executeBranch(run: Run, scope: Scope, { kind, nodes, otherwise, pipe, place }: Branch): End {
  countStep(run, place)
  const known = scope.variables.length
  const value = evaluate(scope, pipe)
  const inner = kind === 'with' ? { ...scope, dot: value } : scope
  const end = isTrue(value) ? executeList(run, inner, nodes) : executeList(run, scope, otherwise)
  scope.variables.length = known
  return end
}

function executeLoop(run: Run, scope: Scope, { nodes, otherwise, pipe, place }: Branch): End {
  countStep(run, place)
  const known = scope.variables.length
  // The variables take the elements, and not the value as a whole.
  const value = evaluate(scope, { ...pipe, variables: [] })
  let rounds = 0
  for (const [key, element] of elementsOf(value, pipe.variables.length, place)) {
    countStep(run, place)
    rounds += 1
    bind(scope, pipe, { key, element })
    const end = executeList(run, { ...scope, dot: element }, nodes)
    scope.variables.length = known
    if (end === 'break') break
  }
  const end = rounds > 0 ? 'end' : executeList(run, scope, otherwise)
  scope.variables.length = known
  return end
}

function bind(
  scope: Scope,
  { assigns, variables }: { readonly assigns: boolean; readonly variables: readonly string[] },
  { key, element }: { readonly key: GoValue; readonly element: GoValue },
): void {
  const values = variables.length === 2 ? [key, element] : [element]
  for (const [at, name] of variables.entries()) {
    const variable = { name, value: values[at] ?? null }
    if (assigns) setVariable(scope, variable)
    else scope.variables.push(variable)
  }
}

/** Keys and elements of what a loop runs over, maps in the order of their keys. */
function* elementsOf(
  value: GoValue,
  variables: number,
  place: TemplatePlace,
): Generator<readonly [GoValue, GoValue]> {
  if (value === null) return
  if (isList(value)) {
    for (const [at, element] of value.entries()) yield [BigInt(at), element]
  } else if (isMap(value)) {
    for (const entry of [...value].sort(([left], [right]) => compareTexts(left, right))) yield entry
  } else if (typeof value === 'bigint') {
    if (variables > 1) fail(place, 'declare one variable: an integer has no keys')
    for (let at = 0n; at < value; at += 1n) yield [null, at]
  } else {
    fail(place, `range over a slice, a map or an integer: a ${typeNameOf(value)} has no elements`)
  }
}

function callTemplate(run: Run, scope: Scope, child: PlannedNode & { readonly kind: 'template' }): void {
  countStep(run, child.place)
  if (run.depth === DEEPEST_CALLS) fail(child.place, `let at most ${DEEPEST_CALLS} templates call each other`)
  const dot = child.pipe === undefined ? null : evaluate(scope, child.pipe)
  run.depth += 1
  executeList(run, { dot, variables: [{ name: '$', value: dot }] }, run.page.bodies.get(child.body) ?? [])
  run.depth -= 1
}
