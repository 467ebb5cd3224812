import { failed, ok, type Result } from '../result.ts'
import { readClass } from './class.ts'
import { ANY, type CodePoints, complement, only } from './code-points.ts'
import { readCodeEscape, readSetEscape, toMembers } from './escapes.ts'
import { readQuantifier } from './quantifier.ts'
import { type Flags, type Reader, take, takeCodePoint } from './reader.ts'
import {
  type Assertion,
  alternateNode,
  assertionNode,
  captureNode,
  classNode,
  concatNode,
  type PatternNode,
  repeatNode,
} from './tree.ts'

/** A group that is still open; the outermost one is the pattern itself. */
interface Group {
  /** Number of a capturing group. */
  readonly index: number | undefined
  /** Flags that hold again behind the group. */
  readonly outer: Flags
  readonly branches: PatternNode[]
  parts: PatternNode[]
}

interface Parser extends Reader {
  readonly groups: Group[]
  /** Names of the capturing groups in their order, those without one undefined. */
  readonly names: (string | undefined)[]
  /** Keeps the capturing groups in the tree. */
  readonly captures: boolean
  /** True when the token before this one was a quantifier. */
  quantified: boolean
}

const MOST_NESTED = 1_000
const MOST_COPIES = 1_000
/**
 * Limit on instructions. Go stops at 3.3 million, which take 128 MiB there; no rule that people write comes near
 * either.
 */
const MOST_INSTRUCTIONS = 100_000

/**
 * Reads a pattern as Go's regexp package does (github.com/google/re2/wiki/Syntax, without `\C`); the failure says how to
 * fix it. Open groups stand in a list, so that no depth of parentheses can exhaust the stack.
 */
export function parse(
  text: string,
  { ignoreCase, captures = false }: Pick<Flags, 'ignoreCase'> & { readonly captures?: boolean },
): Result<PatternNode & { readonly names: Parser['names'] }, string> {
  const flags = { ignoreCase, multiLine: false, dotAll: false, ungreedy: false }
  const pattern: Group = { index: undefined, outer: flags, branches: [], parts: [] }
  const parser: Parser = { text, at: 0, flags, groups: [pattern], names: [], captures, quantified: false }
  while (parser.at < text.length) {
    const group = parser.groups.at(-1) ?? pattern
    const read = readToken(parser, group)
    if (!read.ok) return read
    parser.quantified = read.value === 'quantifier'
    const problem = checkSize(group.parts.at(-1))
    if (problem !== undefined) return failed(problem)
  }
  if (parser.groups.length > 1) return failed('close the parenthesis')
  const root = closeBranches(pattern)
  const problem = checkSize(root)
  return problem === undefined ? ok({ ...root, names: parser.names }) : failed(problem)
}

type Token = 'quantifier' | 'other'

function readToken(parser: Parser, group: Group): Result<Token, string> {
  switch (parser.text[parser.at]) {
    case '(':
      return openGroup(parser)
    case ')':
      return closeGroup(parser, group)
    case '|':
      parser.at += 1
      group.branches.push(concatNode(group.parts))
      group.parts = []
      return ok('other')
    case '*':
    case '+':
    case '?':
    case '{':
      return readRepeat(parser, group)
    default:
      return readParts(parser, group)
  }
}

function openGroup(parser: Parser): Result<Token, string> {
  const { flags: outer } = parser
  const [plain, name] = take(parser, /\((?:\?P?<(?![=!])([^>]*)>|(?!\?))/uy) ?? []
  if (name !== undefined && !/^\w+$/u.test(name)) {
    return failed(`rename the group "${name}", names are letters, digits and underscores`)
  }
  if (plain !== undefined) {
    parser.names.push(name)
    parser.groups.push({ index: parser.names.length, outer, branches: [], parts: [] })
    return ok('other')
  }
  const [whole, on = '', off = '', end] = take(parser, /\(\?([imsU]*)(?:-([imsU]+))?([:)])/uy) ?? []
  if (whole === undefined) return failed(explainGroup(parser))
  setFlags(parser, { on, off })
  if (end === ':') parser.groups.push({ index: undefined, outer, branches: [], parts: [] })
  return ok('other')
}

function setFlags(parser: Parser, { on, off }: { readonly on: string; readonly off: string }): void {
  const holds = (letter: string, before: boolean) => !off.includes(letter) && (before || on.includes(letter))
  const { ignoreCase, multiLine, dotAll, ungreedy } = parser.flags
  parser.flags = {
    ignoreCase: holds('i', ignoreCase),
    multiLine: holds('m', multiLine),
    dotAll: holds('s', dotAll),
    ungreedy: holds('U', ungreedy),
  }
}

function explainGroup(parser: Parser): string {
  const [open = ''] = take(parser, /\(\?(?:<?[=!]|P?<|[\s\S])?/uy) ?? []
  if (/[=!]$/u.test(open)) return `remove the look-around "${open}", RE2 has none`
  return `replace "${open}", RE2 has the groups (?:…) and (?P<name>…) and the flags i, m, s and U`
}

function closeGroup(parser: Parser, group: Group): Result<Token, string> {
  if (parser.groups.length === 1) return failed('remove the closing parenthesis that nothing opened')
  parser.at += 1
  parser.groups.pop()
  parser.flags = group.outer
  const body = closeBranches(group)
  parser.groups.at(-1)?.parts.push(toGroup(parser, body, group.index))
  return ok('other')
}

function toGroup({ captures }: Parser, body: PatternNode, index: number | undefined): PatternNode {
  if (index === undefined) return body
  return captures ? captureNode(body, index) : { ...body, height: body.height + 1 }
}

function closeBranches({ branches, parts }: Group): PatternNode {
  return alternateNode([...branches, concatNode(parts)])
}

function readRepeat(parser: Parser, group: Group): Result<Token, string> {
  const quantifier = readQuantifier(parser)
  if (!quantifier.ok) return quantifier
  if (quantifier.value === undefined) return readParts(parser, group)
  const body = group.parts.pop()
  if (parser.quantified) return failed('remove the second of two quantifiers in a row')
  if (body === undefined) return failed('put something in front of the quantifier')
  group.parts.push(repeatNode(body, quantifier.value))
  return ok('quantifier')
}

function readParts(parser: Parser, group: Group): Result<Token, string> {
  const [quoted, text = ''] = take(parser, /\\Q([\s\S]*?)(?:\\E|$)/uy) ?? []
  if (quoted !== undefined) {
    for (const character of text) group.parts.push(literalNode(parser, character.codePointAt(0) ?? 0))
    return ok('other')
  }
  const read = readPart(parser)
  if (!read.ok) return read
  group.parts.push(read.value)
  return ok('other')
}

const NEWLINE = only(0x0a)
const NO_NEWLINE = complement(NEWLINE)

function readPart(parser: Parser): Result<PatternNode, string> {
  const assertion = readAssertion(parser)
  if (assertion !== undefined) return ok(assertionNode(assertion))
  if (take(parser, /\./uy) !== undefined) return ok(classNode(parser.flags.dotAll ? ANY : NO_NEWLINE))
  const points = readSet(parser)
  if (!points.ok) return points
  if (points.value !== undefined) return ok(classNode(points.value))
  const isEscape = parser.text[parser.at] === '\\'
  const code = isEscape ? readCodeEscape(parser) : ok(takeCodePoint(parser) ?? 0)
  return code.ok ? ok(literalNode(parser, code.value)) : code
}

function readSet(parser: Parser): Result<CodePoints | undefined, string> {
  return parser.text[parser.at] === '[' ? readClass(parser) : readSetEscape(parser)
}

function readAssertion(parser: Parser): Assertion | undefined {
  const [mark] = take(parser, /[\^$]|\\[AzbB]/uy) ?? []
  switch (mark) {
    case '^':
      return parser.flags.multiLine ? 'beginLine' : 'beginText'
    case '$':
      return parser.flags.multiLine ? 'endLine' : 'endText'
    case '\\A':
      return 'beginText'
    case '\\z':
      return 'endText'
    case '\\b':
      return 'wordBoundary'
    case '\\B':
      return 'noWordBoundary'
    default:
      return undefined
  }
}

function literalNode(parser: Parser, code: number): PatternNode {
  return classNode(toMembers(parser, { points: only(code), negated: false }))
}

function checkSize(tree: PatternNode | undefined): string | undefined {
  if (tree === undefined) return undefined
  if (tree.copies > MOST_COPIES) return `repeat at most ${MOST_COPIES} times, repeats in repeats multiplied`
  if (tree.height > MOST_NESTED) return `nest at most ${MOST_NESTED} groups and repeats`
  if (tree.size <= MOST_INSTRUCTIONS) return undefined
  return `shorten the pattern or its counted repeats, they unfold to ${tree.size} steps and ${MOST_INSTRUCTIONS} are the most`
}
