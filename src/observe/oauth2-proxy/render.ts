import {
  type LogExpression,
  type LogPart,
  type LogTemplate,
  PRINTF_VERB,
} from '../../config/values/log-format/template.ts'
import { toVisible } from '../json.ts'
import { toGoQuoted } from './go-text.ts'

/** The fields of one line by their names in the template; each is worked out only when the template names it. */
export type LineFields<Name extends string> = Readonly<Record<Name, () => string>>

type Value = string | number | boolean
type ReadField = (name: string) => string

/** Writes a line by its template. A value cannot end the line or move a terminal: controls in it are escaped. */
export function renderLine<Name extends string>(template: LogTemplate, fields: LineFields<Name>): string {
  // Widened: a name that is not among the fields was refused when the template was read.
  const known = fields as Readonly<Record<string, (() => string) | undefined>>
  return renderParts(template, (name) => known[name]?.() ?? '')
}

function renderParts(template: LogTemplate, read: ReadField): string {
  let line = ''
  for (const part of template) line += renderPart(part, read)
  return line
}

function renderPart(part: LogPart, read: ReadField): string {
  switch (part.kind) {
    case 'text':
      return part.text
    case 'value': {
      const text = toText(evaluate(part.value, read))
      return part.value.kind === 'constant' ? text : toVisible(text)
    }
    case 'if':
      return renderParts(isTrue(evaluate(part.condition, read)) ? part.parts : part.otherwise, read)
  }
}

function evaluate(expression: LogExpression, read: ReadField): Value {
  switch (expression.kind) {
    case 'constant':
      return expression.value
    case 'field':
      return read(expression.name)
    case 'call':
      return call(expression, read)
  }
}

function call({ name, arguments: given }: LogExpression & { kind: 'call' }, read: ReadField): Value {
  if (name === 'and' || name === 'or') return choose(given, read, name === 'or')
  const values = given.map((expression) => evaluate(expression, read))
  const [first = '', second = '', ...others] = values
  switch (name) {
    case 'print':
      return print(values)
    case 'printf':
      return printf(toText(first), values.slice(1))
    case 'html':
      return toText(first).replace(/[\0"&'<>]/gu, (character) => HTML[character] ?? '')
    case 'js':
      return Array.from(toText(first), toJsCharacter).join('')
    case 'urlquery':
      return toQuery(toText(first))
    case 'len':
      return new TextEncoder().encode(toText(first)).length
    case 'eq':
      return [second, ...others].includes(first)
    case 'ne':
      return first !== second
    case 'lt':
      return first < second
    case 'le':
      return first <= second
    case 'gt':
      return first > second
    case 'ge':
      return first >= second
    case 'not':
      return !isTrue(first)
  }
}

/** The first value that decides, else the last: `or` is decided by one that is true. */
function choose(given: readonly LogExpression[], read: ReadField, decides: boolean): Value {
  let value: Value = ''
  for (const expression of given) {
    value = evaluate(expression, read)
    if (isTrue(value) === decides) return value
  }
  return value
}

function isTrue(value: Value): boolean {
  return Boolean(value)
}

function toText(value: Value): string {
  return String(value)
}

/** Go's Sprint: a blank stands between values of which neither is a text. */
function print(values: readonly Value[]): string {
  return values.reduce<string>((line, value, at) => {
    const before = values[at - 1]
    const gap = at > 0 && typeof before !== 'string' && typeof value !== 'string' ? ' ' : ''
    return `${line}${gap}${toText(value)}`
  }, '')
}

function printf(format: string, values: readonly Value[]): string {
  let at = 0
  return format.replaceAll(
    PRINTF_VERB,
    (_, left: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%'
      const value = values[at] ?? ''
      at += 1
      const text = convert(verb, value, precision)
      return left === '' ? text.padStart(Number(width)) : text.padEnd(Number(width))
    },
  )
}

function convert(verb: string, value: Value, precision: string | undefined): string {
  if (verb === 'd' && typeof value !== 'number') return `%!d(${typeof value}=${value})`
  const text =
    precision === undefined ? toText(value) : Array.from(toText(value)).slice(0, Number(precision)).join('')
  return verb === 'q' ? toGoQuoted(text) : text
}

const HTML: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  '&': '&amp;',
  "'": '&#39;',
  '<': '&lt;',
  '>': '&gt;',
}

function toJsCharacter(character: string): string {
  if (/^[\\'"]$/u.test(character)) return `\\${character}`
  if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character) || /^[<>&=]$/u.test(character)) {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase()
    return `\\u${code.padStart(4, '0')}`
  }
  return character
}

/** Go's url.QueryEscape. */
function toQuery(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'))
    .replace(/[!'()*]/gu, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}
