import { didYouMean, quote } from '../../lib/text.ts'
import { fail, type TemplatePlace } from '../failure.ts'
import { readCharacter, readNumber, readString } from './literals.ts'
import type { TemplateToken } from './tokens.ts'
import type { Command, Operand, Pipeline } from './tree.ts'

/** A file that is being parsed. Variables and loops belong to the template that is read at the moment. */
export interface TemplateParser {
  readonly text: string
  readonly tokens: readonly TemplateToken[]
  /** Names of the functions that templates may call. */
  readonly functions: ReadonlySet<string>
  at: number
  variables: string[]
  /** Loops that are open, for break and continue. */
  loops: number
  /** Blocks and parentheses that are open. */
  depth: number
}

/** Deeper than this no template is that a person wrote. */
const DEEPEST = 100

/** Returns the token at this place, and the last one at the end. */
export function peek({ tokens, at }: TemplateParser): TemplateToken {
  const token = tokens[at] ?? tokens.at(-1)
  if (token === undefined) throw new TypeError('a file has at least one token')
  return token
}

/** Moves over one token. */
export function next(parser: TemplateParser): TemplateToken {
  const token = peek(parser)
  parser.at += 1
  return token
}

/** Ends the parsing at a token that cannot stand here. */
export function refuse(parser: TemplateParser, token: TemplateToken, wanted: string): never {
  const found = token.kind === 'end of file' ? 'the end of the file' : shown(parser, token)
  return fail(token.place, `expected ${wanted}, found ${found}`)
}

function shown({ text }: TemplateParser, { at, kind, text: own }: TemplateToken): string {
  if (kind === 'close') return '}}'
  if (kind !== 'open') return quote(own)
  return quote(text.slice(at, text.indexOf('}}', at) + 2).replaceAll(/\s+/gu, ' '))
}

/** Reads what is nested one level deeper. */
export function nested<Node>(parser: TemplateParser, place: TemplatePlace, read: () => Node): Node {
  parser.depth += 1
  if (parser.depth > DEEPEST) fail(place, `nest at most ${DEEPEST} blocks and parentheses`)
  const node = read()
  parser.depth -= 1
  return node
}

/** Place that a pipeline stands in: what ends it, and how many variables it may declare. */
interface PipelineUse {
  readonly end: 'close' | ')'
  readonly mostVariables: 1 | 2
  /** The name of the place in messages. */
  readonly name: string
}

/** Reads a pipeline and the token that ends it. Variables that it declares stay until the end of their block. */
export function readPipeline(parser: TemplateParser, use: PipelineUse): Pipeline {
  const first = peek(parser)
  const { variables, assigns } = readVariables(parser, use)
  const commands: Command[] = []
  while (peek(parser).kind !== use.end) {
    const isLiteral = commands.length > 0 && isConstant(peek(parser))
    if (isLiteral) refuse(parser, peek(parser), 'a function after |')
    commands.push(readCommand(parser, use))
  }
  if (commands.length === 0) fail(first.place, `give a value for ${use.name}`)
  const end = next(parser)
  parser.variables.push(...(assigns ? [] : variables))
  const source = parser.text.slice(first.at, end.at)
  return { place: first.place, source, variables, assigns, commands }
}

/** Reads `$x :=`, `$x =` and, where there may be two, `$i, $x :=`. */
function readVariables(
  parser: TemplateParser,
  use: PipelineUse,
): { readonly variables: string[]; readonly assigns: boolean } {
  const variables: string[] = []
  for (;;) {
    const token = peek(parser)
    const after = parser.tokens[parser.at + 1]
    if (token.kind !== 'variable' || after === undefined) break
    const isComma = after.kind === 'sign' && after.text === ','
    if (after.kind !== '=' && after.kind !== ':=' && !isComma) break
    variables.push(token.text)
    parser.at += 2
    if (variables.length > use.mostVariables || (isComma && variables.length === use.mostVariables)) {
      fail(token.place, `declare fewer variables for ${use.name}`)
    }
    if (!isComma) {
      const assigns = after.kind === '='
      if (assigns) for (const name of variables) checkVariable(parser, name, token.place)
      return { variables, assigns }
    }
    const { kind } = peek(parser)
    if (kind !== 'variable') refuse(parser, peek(parser), 'a second variable after the comma')
  }
  if (variables.length > 0) refuse(parser, peek(parser), ':= after the variables')
  return { variables, assigns: false }
}

function checkVariable({ variables }: TemplateParser, name: string, place: TemplatePlace): void {
  if (!variables.includes(name)) {
    fail(place, `declare the variable ${name} with := before it is used${didYouMean(name, variables)}`)
  }
}

function isConstant({ kind, text }: TemplateToken): boolean {
  if (kind === 'word') return text === 'true' || text === 'false' || text === 'nil'
  return kind === 'dot' || kind === 'number' || kind === 'char' || kind === 'string' || kind === 'raw'
}

/** Reads one command, and the `|` behind it. */
function readCommand(parser: TemplateParser, use: PipelineUse): Command {
  const operands: [Operand, ...Operand[]] = [readOperand(parser, use)]
  for (;;) {
    const token = peek(parser)
    if (token.kind === use.end) return { operands }
    if (token.kind === '|') {
      parser.at += 1
      return { operands }
    }
    if (!token.spaced) refuse(parser, token, `a blank, | or the end of ${use.name}`)
    operands.push(readOperand(parser, use))
  }
}

/** Reads a term with the fields behind it. */
function readOperand(parser: TemplateParser, use: PipelineUse): Operand {
  const token = next(parser)
  const term = readTerm(parser, token, use)
  const names: string[] = []
  for (let field = peek(parser); field.kind === 'field' && !field.spaced; field = peek(parser)) {
    names.push(field.text.slice(1))
    parser.at += 1
  }
  if (names.length === 0) return term
  switch (term.kind) {
    case 'field':
      return { ...term, names: [...term.names, ...names] }
    case 'variable':
      return { ...term, names }
    case 'pipeline':
    case 'function':
      return { kind: 'chain', of: term, names }
    default:
      return fail(token.place, `remove .${names.join('.')} behind ${quote(token.text)}, which has no fields`)
  }
}

function readTerm(parser: TemplateParser, token: TemplateToken, use: PipelineUse): Operand {
  switch (token.kind) {
    case 'dot':
      return { kind: 'dot' }
    case 'field':
      return { kind: 'field', names: [token.text.slice(1)] }
    case 'variable':
      checkVariable(parser, token.text, token.place)
      return { kind: 'variable', name: token.text, names: [] }
    case 'string':
    case 'raw':
      return { kind: 'literal', value: readString(token) }
    case 'char':
      return { kind: 'literal', value: readCharacter(token) }
    case 'number':
      return { kind: 'literal', value: readNumber(token) }
    case '(':
      return nested(parser, token.place, () => ({
        kind: 'pipeline',
        pipe: readPipeline(parser, { end: ')', mostVariables: 1, name: 'the parentheses' }),
      }))
    case 'word':
      return readWord(parser, token)
    default:
      return refuse(parser, token, `a value for ${use.name}`)
  }
}

const KEYWORDS = 'block break continue define else end if range template with'.split(' ')

function readWord(parser: TemplateParser, token: TemplateToken): Operand {
  const { text, place } = token
  if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true' }
  if (text === 'nil') return { kind: 'nil' }
  if (KEYWORDS.includes(text)) return refuse(parser, token, 'a value')
  if (parser.functions.has(text)) return { kind: 'function', name: text }
  if (text === 'call') return fail(place, 'remove {{call}}: no field of a page is a function')
  const known = [...parser.functions].sort()
  return fail(
    place,
    `replace the function ${quote(text)}, there is none of that name${didYouMean(text, known)}; there are ${known.join(', ')}`,
  )
}
