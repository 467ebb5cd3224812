import {
  Composer,
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Pair,
  type ParsedNode,
  Parser,
  type YAMLError,
} from 'yaml'
import { fromBase64 } from '../../../lib/bytes.ts'
import { quote } from '../../../lib/text.ts'
import { failed, ok, type Result } from '../../../result.ts'
import type { Entry, Fault, Member, TextPlace } from './entry.ts'

const MAX_LENGTH = 1_048_576
const MAX_DEPTH = 64
/** Limit on values once every alias is followed: a few lines of aliases can stand for billions. */
const MAX_ENTRIES = 20_000

/** A parsed file. */
export interface YamlFile {
  /** The first document; an empty file is nothing. */
  readonly root: Entry
  /** Beginning of a second document, which does not count. */
  readonly second: TextPlace | undefined
}

type Root = ParsedNode | null

/**
 * Parses the first document of a YAML file (YAML 1.2, core schema), as oauth2-proxy's does. Size, depth and the number of
 * values are bounded, aliases counted each time; keys are texts that stand once in their map. Faults repeat nothing of
 * the file but keys and names.
 */
export function parseYaml(text: string): Result<YamlFile, readonly Fault[]> {
  if (text.length > MAX_LENGTH) return failed([fault(`give at most ${MAX_LENGTH} characters`)])
  const lines = new LineCounter()
  const placeOf = (offset: number): TextPlace => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const tokens = readTokens(text, lines)
  if (!tokens.ok) return failed([{ sentence: TOO_DEEP, place: placeOf(tokens.problem) }])
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false, customTags: [BINARY] })
  const [first, second] = composer.compose(tokens.value)
  // What follows the first one is often only its consequence.
  const error = first?.errors[0] ?? first?.warnings[0]
  if (error !== undefined) return failed([{ sentence: explain(error), place: placeOf(error.pos[0]) }])
  const faults: Fault[] = []
  const reading: Reading = { placeOf, faults, anchors: new Map(), entries: 0, excess: undefined }
  collectAnchors(first?.contents ?? null, reading)
  const root = toEntry(reading, first?.contents ?? null, { depth: 0, at: undefined })
  if (reading.excess !== undefined) return failed([reading.excess])
  if (faults.length > 0) return failed(faults.slice(0, 20))
  return ok({ root, second: second === undefined ? undefined : placeOf(second.range[0]) })
}

/** Bytes as base64 (YAML 1.1 type `binary`), which `toScalar` decodes. */
const BINARY = { tag: 'tag:yaml.org,2002:binary', resolve: (text: string) => text }

const TOO_DEEP = `nest at most ${MAX_DEPTH} lists and maps`

function fault(sentence: string, place: TextPlace = { line: 1, column: 1 }): Fault {
  return { sentence, place }
}

/** Reads the tokens of the stream; the failure is the offset at which it is nested too deeply to be composed. */
function readTokens(text: string, lines: LineCounter): Result<readonly CST.Token[], number> {
  const parser = new Parser(lines.addNewLine)
  const tokens: CST.Token[] = []
  lines.addNewLine(0)
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme))
    // A document and the scalar at hand stand in the stack too.
    if (parser.stack.length > MAX_DEPTH + 2) return failed(parser.offset)
  }
  tokens.push(...parser.end())
  return ok(tokens)
}

/** The library's own messages can repeat the text, in which a secret may stand. */
function explain({ code }: YAMLError): string {
  return EXPLAINED[code] ?? 'fix the YAML syntax'
}
const EXPLAINED: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'give the anchor of this alias a name, before the alias',
  BAD_DQ_ESCAPE: 'write the backslash twice, or use single quotes; this escape does not exist',
  BAD_INDENT: 'fix the YAML syntax: indent the lines of one map or list alike',
  BLOCK_AS_IMPLICIT_KEY: 'fix the YAML syntax: a value with a colon and a blank in it needs quotes',
  MISSING_CHAR: 'fix the YAML syntax: a quote, bracket, colon, comma or blank is missing',
  MULTILINE_IMPLICIT_KEY: 'fix the YAML syntax: the colon behind the key is missing',
  TAB_AS_INDENT: 'indent with blanks, not with tabs',
  TAG_RESOLVE_FAILED: 'remove the tag; !!str and !!binary are known',
}

interface Reading {
  readonly placeOf: (offset: number) => TextPlace
  readonly faults: Fault[]
  readonly anchors: Map<string, ParsedNode>
  entries: number
  /** The limit that was reached, which makes all other faults doubtful. */
  excess: Fault | undefined
}

/** Collects the anchors by name; of two with one name it would depend on the order which one an alias means. */
function collectAnchors(root: Root, { anchors, faults, placeOf }: Reading): void {
  const waiting: Root[] = [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node === null || isAlias(node)) continue
    if (node.anchor !== undefined) {
      if (anchors.has(node.anchor)) {
        faults.push(fault('give each anchor a name of its own', placeOf(node.range[0])))
      }
      anchors.set(node.anchor, node)
    }
    if (isMap(node)) for (const { key, value } of node.items) waiting.push(key, value)
    else if (isSeq(node)) for (const item of node.items) waiting.push(item)
  }
}

interface Where {
  readonly depth: number
  /** TextPlace of the alias that led here. */
  readonly at: TextPlace | undefined
}

function toEntry(reading: Reading, yaml: Root, { depth, at }: Where): Entry {
  const place = at ?? reading.placeOf(yaml?.range[0] ?? 0)
  const nothing: Entry = { kind: 'nothing', text: '', place }
  reading.entries += 1
  if (reading.entries > MAX_ENTRIES || depth > MAX_DEPTH) {
    reading.excess ??= fault(tooMuch(reading), place)
    return nothing
  }
  if (yaml === null) return nothing
  if (isAlias(yaml)) {
    const target = reading.anchors.get(yaml.source)
    if (target === undefined) reading.faults.push(fault('give this alias an anchor', place))
    return toEntry(reading, target ?? null, { depth: depth + 1, at: place })
  }
  const below = { depth: depth + 1, at }
  if (isMap(yaml)) return { kind: 'map', members: readMembers(reading, yaml.items, below), place }
  if (isSeq(yaml))
    return { kind: 'list', entries: yaml.items.map((item) => toEntry(reading, item, below)), place }
  return isScalar(yaml) ? toScalar(reading, yaml, place) : nothing
}

function tooMuch({ entries }: Reading): string {
  return entries > MAX_ENTRIES
    ? `give at most ${MAX_ENTRIES} values, those of aliases counted each time`
    : TOO_DEEP
}

function toScalar(
  { faults }: Reading,
  { value, source, tag }: { value: unknown; source?: string; tag?: string },
  place: TextPlace,
): Entry {
  if (tag === BINARY.tag) {
    const bytes = fromBase64(String(value).replace(/\s+/gu, ''))
    if (bytes === undefined) faults.push(fault('give base64 behind !!binary', place))
    return { kind: 'text', text: new TextDecoder().decode(bytes ?? new Uint8Array()), place }
  }
  if (value === null) return { kind: 'nothing', text: '', place }
  if (typeof value === 'boolean') return { kind: 'boolean', text: String(value), place }
  if (typeof value === 'number' || typeof value === 'bigint') {
    return { kind: 'number', text: source ?? String(value), place }
  }
  return { kind: 'text', text: String(value), place }
}

/** The members of a map; those of a merge key (`<<`) stand behind its own and count where it has none. */
function readMembers(
  reading: Reading,
  pairs: readonly Pair<ParsedNode, ParsedNode | null>[],
  where: Where,
): readonly Member[] {
  const members = new Map<string, Member>()
  const merged: Member[] = []
  for (const { key: name, value } of pairs) {
    const key = toEntry(reading, name, where)
    const entry = toEntry(reading, value, where)
    if (key.kind === 'map' || key.kind === 'list' || key.kind === 'nothing') {
      reading.faults.push(fault('give a key that is a text', key.place))
    } else if (key.text === '<<' && isScalar(name) && name.type === 'PLAIN')
      merged.push(...toMerged(reading, entry))
    else if (members.has(key.text)) {
      reading.faults.push(fault(`give the key ${quote(key.text)} once, it is there twice`, key.place))
    } else members.set(key.text, { key: key.text, value: entry, place: key.place })
  }
  for (const member of merged) if (!members.has(member.key)) members.set(member.key, member)
  return [...members.values()]
}

function toMerged({ faults }: Reading, entry: Entry): readonly Member[] {
  if (entry.kind === 'map') return entry.members
  const maps = entry.kind === 'list' ? entry.entries : []
  if (maps.length > 0 && maps.every(({ kind }) => kind === 'map')) {
    return maps.flatMap((map) => (map.kind === 'map' ? map.members : []))
  }
  faults.push(fault('give a map, or a list of maps, behind the merge key <<', entry.place))
  return []
}
