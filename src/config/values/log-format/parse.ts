import { didYouMean, quote } from '../../../lib/text.ts'
import { failed, ok, type Result } from '../../../result.ts'
import { cutActions, readTokens, type Segment, type Token } from './actions.ts'
import {
  countVerbs,
  LOG_FUNCTIONS,
  type LogExpression,
  type LogFunction,
  type LogPart,
  type LogTemplate,
} from './template.ts'

/**
 * Parses a template in the syntax of Go's text/template over the named fields: values, pipelines, `if`, `else if`,
 * `else`, comments, trim markers, and the functions of `LOG_FUNCTIONS`. What it does not know fails with the construct.
 */
export function parseLogTemplate(template: string, fields: readonly string[]): Result<LogTemplate, string> {
  const segments = cutActions(template)
  if (!segments.ok) return segments
  const reader: Reader = { segments: segments.value, at: 0, fields }
  const parts = readParts(reader)
  if (!parts.ok) return parts
  const left = reader.segments[reader.at]
  return left === undefined ? ok(parts.value) : failed(`remove ${show(left)}, no if stands before it`)
}

interface Reader {
  readonly segments: readonly Segment[]
  at: number
  readonly fields: readonly string[]
}

/** Reads up to the end, or to an `else` or `end`, which is left for the caller. */
function readParts(reader: Reader): Result<LogPart[], string> {
  const parts: LogPart[] = []
  for (;;) {
    const segment = reader.segments[reader.at]
    if (segment === undefined) return ok(parts)
    if (segment.kind === 'text') {
      parts.push(segment)
      reader.at += 1
      continue
    }
    if (/^(?:else|end)\b/u.test(segment.source)) return ok(parts)
    reader.at += 1
    const part = readAction(reader, segment.source)
    if (!part.ok) return part
    parts.push(part.value)
  }
}

function readAction(reader: Reader, source: string): Result<LogPart, string> {
  const condition = /^if\b(?<rest>[\s\S]*)$/u.exec(source)?.groups?.['rest']
  if (condition !== undefined) return readIf(reader, condition)
  const value = readPipeline(source, reader.fields)
  return value.ok ? ok({ kind: 'value', value: value.value }) : value
}

/** Reads an `if` from behind its condition to its `end`; `else if` is one that shares the `end`. */
function readIf(reader: Reader, source: string): Result<LogPart, string> {
  const condition = readPipeline(source, reader.fields)
  if (!condition.ok) return condition
  const then = readParts(reader)
  if (!then.ok) return then
  const next = reader.segments[reader.at]
  if (next?.kind !== 'action') return failed(`close {{if${source}}} with {{end}}`)
  reader.at += 1
  const otherwise = readElse(reader, next.source)
  if (!otherwise.ok) return otherwise
  return ok({ kind: 'if', condition: condition.value, parts: then.value, otherwise: otherwise.value })
}

function readElse(reader: Reader, source: string): Result<LogTemplate, string> {
  if (source === 'end') return ok([])
  const condition = /^else\s+if\b(?<rest>[\s\S]*)$/u.exec(source)?.groups?.['rest']
  if (condition !== undefined) {
    const nested = readIf(reader, condition)
    return nested.ok ? ok([nested.value]) : nested
  }
  if (source !== 'else') return failed(unknown(source))
  const parts = readParts(reader)
  if (!parts.ok) return parts
  const end = reader.segments[reader.at]
  if (end?.kind !== 'action' || end.source !== 'end') return failed('close {{else}} with {{end}}')
  reader.at += 1
  return parts
}

/** Reads commands with `|` between them: each one is the last argument of the next. */
function readPipeline(source: string, fields: readonly string[]): Result<LogExpression, string> {
  const tokens = readTokens(source)
  if (!tokens.ok) return failed(unknown(tokens.problem))
  const words: Words = { tokens: tokens.value, at: 0, source: source.trim(), fields }
  const value = readCommands(words)
  if (!value.ok) return value
  return words.at === words.tokens.length ? value : failed(unknown(source))
}

interface Words {
  readonly tokens: readonly Token[]
  at: number
  readonly source: string
  readonly fields: readonly string[]
}

function readCommands(words: Words): Result<LogExpression, string> {
  let piped: LogExpression | undefined
  for (;;) {
    const command = readCommand(words, piped)
    if (!command.ok) return command
    piped = command.value
    const next = words.tokens[words.at]
    if (next?.kind !== 'sign' || next.text !== '|') return command
    words.at += 1
  }
}

/** Reads a function with its arguments, or a single value. */
function readCommand(words: Words, piped: LogExpression | undefined): Result<LogExpression, string> {
  const first = words.tokens[words.at]
  if (first?.kind === 'word' && Object.hasOwn(LOG_FUNCTIONS, first.text)) {
    words.at += 1
    const given: LogExpression[] = []
    for (;;) {
      const argument = readOperand(words)
      if (argument === undefined) break
      if (!argument.ok) return argument
      given.push(argument.value)
    }
    if (piped !== undefined) given.push(piped)
    // A key of the table, as was looked up above.
    return toCall(first.text as LogFunction, given, words.source)
  }
  const value = readOperand(words)
  if (value === undefined || (value.ok && piped !== undefined)) return failed(unknown(words.source))
  return value
}

/** Reads one value; undefined where none stands. */
function readOperand(words: Words): Result<LogExpression, string> | undefined {
  const token = words.tokens[words.at]
  if (token === undefined || (token.kind === 'sign' && token.text !== '(')) return undefined
  words.at += 1
  if (token.kind === 'constant') return ok(token)
  if (token.kind === 'field') {
    if (words.fields.includes(token.text)) return ok({ kind: 'field', name: token.text })
    const hint = didYouMean(token.text, words.fields)
    return failed(`give one of the fields ${words.fields.join(', ')}, not ${quote(token.text)}${hint}`)
  }
  if (token.kind === 'word') {
    if (token.text === 'true' || token.text === 'false')
      return ok({ kind: 'constant', value: token.text === 'true' })
    return failed(unknown(words.source))
  }
  const inner = readCommands(words)
  const closing = words.tokens[words.at]
  words.at += 1
  return closing?.kind === 'sign' && closing.text === ')' ? inner : failed(unknown(words.source))
}

const COMPARISONS: ReadonlySet<string> = new Set(['eq', 'ne', 'lt', 'le', 'gt', 'ge'])

function toCall(
  name: LogFunction,
  given: readonly LogExpression[],
  source: string,
): Result<LogExpression, string> {
  const [least, most] = LOG_FUNCTIONS[name]
  if (given.length < least || given.length > most)
    return failed(`give ${name} ${least === most ? least : `${least} or more`} values in {{${source}}}`)
  if (COMPARISONS.has(name) && new Set(given.map(typeOf)).size > 1)
    return failed(`compare values of one type in {{${source}}}`)
  if (name === 'len' && given.some((argument) => typeOf(argument) !== 'string'))
    return failed(`give len a text in {{${source}}}`)
  if (name === 'printf') {
    const [format] = given
    const verbs = format?.kind === 'constant' ? countVerbs(String(format.value)) : undefined
    if (verbs !== given.length - 1)
      return failed(`give printf a format of %s, %q, %v and %d, and a value for each, in {{${source}}}`)
  }
  return ok({ kind: 'call', name, arguments: given })
}

/** Type of a value; fields are texts. Of `and` and `or`, which return one of their values, it is that of the first. */
function typeOf(expression: LogExpression): string {
  if (expression.kind === 'field') return 'string'
  if (expression.kind === 'constant') return typeof expression.value
  const [first] = expression.arguments
  if ((expression.name === 'and' || expression.name === 'or') && first !== undefined) return typeOf(first)
  if (expression.name === 'len') return 'number'
  return COMPARISONS.has(expression.name) || expression.name === 'not' ? 'boolean' : 'string'
}

function unknown(construct: string): string {
  return `remove ${quote(construct.trim())}, it is not known here; log formats have values, if, else, end and the functions ${Object.keys(LOG_FUNCTIONS).join(', ')}`
}

function show(segment: Segment): string {
  return segment.kind === 'text' ? quote(segment.text) : `{{${segment.source}}}`
}
