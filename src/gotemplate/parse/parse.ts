import { quote } from '../../lib/text.ts'
import { fail, type TemplatePlace } from '../failure.ts'
import { readString } from './literals.ts'
import { nested, next, peek, readPipeline, refuse, type TemplateParser } from './operands.ts'
import { tokenize } from './tokens.ts'
import { isEmptyTree, type Pipeline, type TemplateNode, type TemplateTree } from './tree.ts'

/** A file of templates. Its name is that of the template outside of all definitions. */
export interface TemplateFile {
  readonly name: string
  readonly text: string
}

type Trees = Map<string, TemplateTree>

/**
 * Parses a file as Go's text/template/parse does: the template of the file itself, and those that `define` and `block`
 * make. Fails with the first mistake.
 */
export function parseFile(
  file: TemplateFile,
  functions: ReadonlySet<string>,
): ReadonlyMap<string, TemplateTree> {
  const parser: TemplateParser = {
    text: file.text,
    tokens: tokenize(file.name, file.text),
    functions,
    at: 0,
    variables: ['$'],
    loops: 0,
    depth: 0,
  }
  const trees: Trees = new Map()
  const place = { file: file.name, line: 1 }
  const nodes: TemplateNode[] = []
  while (peek(parser).kind !== 'end of file') {
    if (isDefinition(parser)) {
      readDefinition(parser, trees)
      continue
    }
    const node = readNode(parser, trees)
    if (typeof node !== 'string') nodes.push(node)
    else fail(peek(parser).place, `remove the {{${node}}} that belongs to no block`)
  }
  addTree(trees, { name: file.name, place, nodes })
  return trees
}

/** Adds the templates of a further file: a later one takes the place of one of its name, unless it is empty. */
export function mergeTrees(into: Trees, trees: ReadonlyMap<string, TemplateTree>): void {
  for (const [name, tree] of trees) {
    if (!into.has(name) || !isEmptyTree(tree.nodes)) into.set(name, tree)
  }
}

function addTree(trees: Trees, tree: TemplateTree): void {
  const before = trees.get(tree.name)
  if (before === undefined || isEmptyTree(before.nodes)) trees.set(tree.name, tree)
  else if (!isEmptyTree(tree.nodes)) {
    const again = tree.nodes.find((node) => node.kind !== 'text' || node.text.trim() !== '') ?? tree
    fail(again.place, `define the template ${quote(tree.name)} once in a file, text outside of it included`)
  }
}

function isDefinition({ tokens, at }: TemplateParser): boolean {
  const [open, word] = [tokens[at], tokens[at + 1]]
  return open?.kind === 'open' && word?.kind === 'word' && word.text === 'define'
}

function readDefinition(parser: TemplateParser, trees: Trees): void {
  const { place } = next(parser)
  parser.at += 1
  const name = readName(parser, '{{define}}')
  if (peek(parser).kind !== 'close') refuse(parser, peek(parser), '}} after the name')
  parser.at += 1
  addTree(trees, { name, place, nodes: readOwnBody(parser, trees, place) })
}

/** Body of a template inside of another one: it sees no variables and no loop of that. */
function readOwnBody(parser: TemplateParser, trees: Trees, place: TemplatePlace): readonly TemplateNode[] {
  const { variables, loops } = parser
  parser.variables = ['$']
  parser.loops = 0
  const { nodes, end } = nested(parser, place, () => readList(parser, trees, place))
  if (end === 'else') fail(place, 'remove the {{else}}: a template has none')
  parser.variables = variables
  parser.loops = loops
  return nodes
}

function readName(parser: TemplateParser, where: string): string {
  const token = next(parser)
  if (token.kind !== 'string' && token.kind !== 'raw')
    refuse(parser, token, `the name of a template in quotes after ${where}`)
  return readString(token)
}

/** Reads nodes to the `{{end}}` or `{{else}}` that closes their block. */
function readList(
  parser: TemplateParser,
  trees: Trees,
  start: TemplatePlace,
): { readonly nodes: readonly TemplateNode[]; readonly end: 'end' | 'else' } {
  const nodes: TemplateNode[] = []
  while (peek(parser).kind !== 'end of file') {
    const node = readNode(parser, trees)
    if (typeof node === 'string') return { nodes, end: node }
    nodes.push(node)
  }
  return fail(start, 'close the block that begins here with {{end}}')
}

/** Reads a node, or the `end` or `else` of a block. The `if` or `with` of an `else` stays for the block to read. */
function readNode(parser: TemplateParser, trees: Trees): TemplateNode | 'end' | 'else' {
  const token = next(parser)
  const { place } = token
  if (token.kind === 'text') return { kind: 'text', place, text: token.text }
  if (token.kind !== 'open') return refuse(parser, token, 'text or an action')
  const word = peek(parser)
  if (word.kind === 'word') {
    switch (word.text) {
      case 'end':
        parser.at += 1
        readClose(parser, '{{end')
        return 'end'
      case 'else':
        parser.at += 1
        if (!isElseBranch(parser)) readClose(parser, '{{else')
        return 'else'
      case 'if':
      case 'with':
      case 'range':
        return readBranch(parser, trees, word.text)
      case 'template':
      case 'block':
        return readCall(parser, trees, word.text)
      case 'break':
      case 'continue':
        return readJump(parser, word.text)
      case 'define':
        return fail(place, 'move the {{define}} out of all blocks')
    }
  }
  return {
    kind: 'action',
    place,
    pipe: readPipeline(parser, { end: 'close', mostVariables: 1, name: 'the action' }),
  }
}

function readClose(parser: TemplateParser, what: string): void {
  const token = next(parser)
  if (token.kind !== 'close') refuse(parser, token, `}} after ${what}`)
}

function isElseBranch(parser: TemplateParser): boolean {
  const { kind, text } = peek(parser)
  return kind === 'word' && (text === 'if' || text === 'with')
}

function readBranch(parser: TemplateParser, trees: Trees, kind: 'if' | 'with' | 'range'): TemplateNode {
  const { place } = next(parser)
  return nested(parser, place, () => {
    const known = parser.variables.length
    const pipe = readPipeline(parser, {
      end: 'close',
      mostVariables: kind === 'range' ? 2 : 1,
      name: `{{${kind}}}`,
    })
    const declared = parser.variables.length
    if (kind === 'range') parser.loops += 1
    const { nodes, end } = readList(parser, trees, place)
    if (kind === 'range') parser.loops -= 1
    // Variables of the first branch do not exist in the other one.
    parser.variables.length = declared
    const otherwise = end === 'end' ? [] : readElse(parser, trees, { kind, place })
    parser.variables.length = known
    return { kind, place, pipe, nodes, otherwise }
  })
}

/** Reads what follows `{{else`: a branch of the same kind, which shares the `{{end}}`, or nodes. */
function readElse(
  parser: TemplateParser,
  trees: Trees,
  { kind, place }: { readonly kind: 'if' | 'with' | 'range'; readonly place: TemplatePlace },
): readonly TemplateNode[] {
  if (isElseBranch(parser)) {
    const { text } = peek(parser)
    if (kind === text) return [readBranch(parser, trees, kind)]
    return refuse(parser, peek(parser), `{{else}} alone or {{else ${kind}}} in a {{${kind}}}`)
  }
  const { nodes, end } = readList(parser, trees, place)
  if (end === 'else') fail(place, 'remove the second {{else}} of this block')
  return nodes
}

function readCall(parser: TemplateParser, trees: Trees, kind: 'template' | 'block'): TemplateNode {
  const { place } = next(parser)
  const name = readName(parser, `{{${kind}`)
  const pipe = kind === 'template' && peek(parser).kind === 'close' ? undefined : readArgument(parser, kind)
  if (pipe === undefined) parser.at += 1
  if (kind === 'block') addTree(trees, { name, place, nodes: readOwnBody(parser, trees, place) })
  return { kind: 'template', place, name, pipe }
}

function readArgument(parser: TemplateParser, kind: string): Pipeline {
  return readPipeline(parser, { end: 'close', mostVariables: 1, name: `{{${kind}}}` })
}

function readJump(parser: TemplateParser, kind: 'break' | 'continue'): TemplateNode {
  const { place } = next(parser)
  readClose(parser, `{{${kind}`)
  if (parser.loops === 0) fail(place, `move the {{${kind}}} into a {{range}}`)
  return { kind, place }
}
