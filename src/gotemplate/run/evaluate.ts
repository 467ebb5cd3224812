import { didYouMean, quote } from '../../lib/text.ts'
import { fail, showAction, type TemplatePlace } from '../failure.ts'
import type { Command, Operand, Pipeline } from '../parse/tree.ts'
import { type GoValue, isMap, isStruct, isTrue, typeNameOf } from '../values.ts'
import { FUNCTIONS } from './functions.ts'
import { refuseValue, ValueFailure } from './limits.ts'

/** A variable of a template, which exists until the end of its block. */
export interface Variable {
  readonly name: string
  value: GoValue
}

/** Values that an expression can see. */
export interface Scope {
  readonly dot: GoValue
  /** Variables of the template, the innermost last; the first is `$`. */
  readonly variables: Variable[]
}

/** Evaluates a pipeline, and gives its value to the variables that it names. */
export function evaluate(scope: Scope, pipe: Pipeline): GoValue {
  const value = evaluateCommands(scope, pipe, pipe.commands) ?? null
  for (const name of pipe.variables) {
    if (pipe.assigns) setVariable(scope, { name, value })
    else scope.variables.push({ name, value })
  }
  return value
}

/** Sets the innermost variable of a name. */
export function setVariable({ variables }: Scope, { name, value }: Variable): void {
  const variable = variables.findLast((known) => known.name === name)
  if (variable !== undefined) variable.value = value
}

/** Evaluates the commands of a pipeline one after the other; undefined when there are none. */
export function evaluateCommands(
  scope: Scope,
  pipe: Pipeline,
  commands: readonly Command[],
): GoValue | undefined {
  return explained(pipe, () => {
    let value: GoValue | undefined
    for (const command of commands) value = evaluateCommand(scope, command, value)
    return value
  })
}

/** Evaluates operands as arguments, of an action that escapes them together. */
export function evaluateArguments(
  scope: Scope,
  pipe: Pipeline,
  operands: readonly Operand[],
): readonly GoValue[] {
  return explained(pipe, () => operands.map((operand) => evaluateOperand(scope, operand)))
}

function explained<Value>(
  { place, source }: { readonly place: TemplatePlace; readonly source: string },
  work: () => Value,
): Value {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof ValueFailure)) throw error
    return fail(place, `change ${showAction(source)}: ${error.message}`)
  }
}

/** Evaluates a command; `last` is the value of the one before it. */
function evaluateCommand(scope: Scope, { operands }: Command, last: GoValue | undefined): GoValue {
  const [first, ...rest] = operands
  if (first.kind === 'function') return call(scope, { name: first.name, operands: rest, last })
  if (rest.length > 0 || last !== undefined) {
    return refuseValue('only a function takes arguments')
  }
  if (first.kind === 'nil') return refuseValue('nil alone is no value')
  return evaluateOperand(scope, first)
}

function evaluateOperand(scope: Scope, operand: Operand): GoValue {
  switch (operand.kind) {
    case 'dot':
      return scope.dot
    case 'nil':
      return null
    case 'literal':
      return operand.value
    case 'field':
      return fieldsOf(scope.dot, operand.names)
    case 'variable':
      return fieldsOf(variableOf(scope, operand.name), operand.names)
    case 'function':
      return call(scope, { name: operand.name, operands: [], last: undefined })
    case 'chain':
      return fieldsOf(evaluateOperand(scope, operand.of), operand.names)
    case 'pipeline':
      return evaluate(scope, operand.pipe)
  }
}

function variableOf({ variables }: Scope, name: string): GoValue {
  const variable = variables.findLast((known) => known.name === name)
  return variable === undefined ? refuseValue(`the variable ${name} is not declared here`) : variable.value
}

function fieldsOf(value: GoValue, names: readonly string[]): GoValue {
  return names.reduce(fieldOf, value)
}

function fieldOf(value: GoValue, name: string): GoValue {
  if (value === null) return null
  if (isMap(value)) return value.get(name) ?? null
  if (!isStruct(value)) return refuseValue(`a ${typeNameOf(value)} has no field ${name}`)
  const field = value.fields.get(name)
  if (field !== undefined) return field
  return refuseValue(`there is no field ${quote(name)}${didYouMean(name, value.fields.keys())}`)
}

interface Call {
  readonly name: string
  readonly operands: readonly Operand[]
  /** The value of the command before it, which is the last argument. */
  readonly last: GoValue | undefined
}

function call(scope: Scope, { name, operands, last }: Call): GoValue {
  const called = FUNCTIONS.get(name)
  if (called === undefined) return refuseValue(`there is no function ${quote(name)}`)
  const count = operands.length + (last === undefined ? 0 : 1)
  if (count < called.least || count > called.most) {
    return refuseValue(
      `${name} takes ${called.least === called.most ? '' : 'at least '}${called.least} arguments, not ${count}`,
    )
  }
  if (name === 'and' || name === 'or') return shortCircuit(scope, { name, operands, last })
  const values = operands.map((operand) => evaluateOperand(scope, operand))
  if (last !== undefined) values.push(last)
  if (called.wantsText === true && typeof values[0] !== 'string') {
    return refuseValue(`${name} takes a string first, not a ${typeNameOf(values[0] ?? null)}`)
  }
  return called.call(values)
}

/** Evaluates no argument behind the one that decides. */
function shortCircuit(scope: Scope, { name, operands, last }: Call): GoValue {
  let value: GoValue = null
  for (const operand of operands) {
    value = evaluateOperand(scope, operand)
    if (isTrue(value) === (name === 'or')) return value
  }
  return last === undefined ? value : last
}
