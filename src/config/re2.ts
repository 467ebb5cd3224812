import { failed, ok, type Result } from '../result.ts'
import { readClass } from './pattern-class.ts'
import { literal, readEscape } from './pattern-escapes.ts'
import type { PatternNode } from './pattern-tree.ts'

/** A pattern in RE2 syntax (github.com/google/re2/wiki/Syntax), read. */
export interface Re2 {
  readonly root: PatternNode
  readonly ignoreCase: boolean
}

interface Reader {
  readonly text: string
  readonly dot: string
  at: number
  /** The first thing that was wrong; reading stops there. */
  problem: string | undefined
}

/**
 * Reads an RE2 pattern into a tree of JavaScript parts. Refused with a sentence: what RE2 itself refuses (look-around,
 * back-references) and what cannot be said in JavaScript on all runtimes (flags in the middle, `(?m)`, `(?U)`).
 */
export function readRe2(pattern: string): Result<Re2, string> {
  const [prefix = '', flags = ''] = /^\(\?([a-zA-Z]+)\)/u.exec(pattern) ?? []
  if (/[^is]/u.test(flags)) {
    return failed('remove the flags, only (?i) and (?s) at the beginning are understood')
  }
  const dot = flags.includes('s') ? '[^]' : '[^\\n]'
  const reader: Reader = { text: pattern, dot, at: prefix.length, problem: undefined }
  const root = readChoice(reader)
  if (reader.at < pattern.length) refuse(reader, 'remove the closing parenthesis that nothing opened')
  return reader.problem === undefined ? ok({ root, ignoreCase: flags.includes('i') }) : failed(reader.problem)
}

function readChoice(reader: Reader): PatternNode {
  const branches = [readSequence(reader)]
  while (reader.text[reader.at] === '|') {
    reader.at += 1
    branches.push(readSequence(reader))
  }
  return branches.length === 1 && branches[0] !== undefined ? branches[0] : { kind: 'choice', branches }
}

function readSequence(reader: Reader): PatternNode {
  const parts: PatternNode[] = []
  while (reader.at < reader.text.length && !/[|)]/u.test(reader.text.charAt(reader.at))) {
    parts.push(...readRepeated(reader))
  }
  return { kind: 'sequence', parts }
}

const QUANTIFIER = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/u

/** One part with its quantifier, which binds to the last character of a `\Q…\E` text. */
function readRepeated(reader: Reader): readonly PatternNode[] {
  const parts = readParts(reader)
  const [mark, from, comma, to] = QUANTIFIER.exec(reader.text.slice(reader.at)) ?? []
  const body = parts.at(-1)
  if (mark === undefined || body === undefined) return parts
  reader.at += mark.length
  const min = from === undefined ? (mark.startsWith('+') ? 1 : 0) : Number(from)
  const max =
    from === undefined ? (mark.startsWith('?') ? 1 : Infinity) : comma ? Number(to || Infinity) : min
  if (body.kind === 'assertion') refuse(reader, `remove the quantifier behind "${body.source}"`)
  if (min > 1000 || (max > 1000 && max !== Infinity) || min > max) {
    refuse(reader, 'repeat at most 1000 times, the smaller number first')
  }
  if (QUANTIFIER.test(reader.text.slice(reader.at))) {
    refuse(reader, 'remove the second of two quantifiers in a row')
  }
  return [...parts.slice(0, -1), { kind: 'repeat', body, min, max, mark }]
}

function readParts(reader: Reader): readonly PatternNode[] {
  const rest = reader.text.slice(reader.at)
  const [quoted, text] = /^\\Q([\s\S]*?)(?:\\E|$)/u.exec(rest) ?? []
  if (quoted !== undefined) {
    reader.at += quoted.length
    return Array.from(text ?? '', (character) => ({
      kind: 'atom',
      source: literal(character.codePointAt(0) ?? 0),
    }))
  }
  if (rest.startsWith('(')) return [readGroup(reader, rest)]
  if (QUANTIFIER.test(rest)) return [refuse(reader, 'put something in front of the quantifier')]
  return [rest.startsWith('\\') ? readBackslash(reader, rest) : readPlain(reader, rest)]
}

function readGroup(reader: Reader, rest: string): PatternNode {
  const [open, name] = /^\((?:\?:|\?P?<([A-Za-z_]\w*)>|(?!\?))/u.exec(rest) ?? []
  if (open === undefined) {
    return refuse(reader, 'rewrite the group, RE2 has no look-around, and flags count at the beginning only')
  }
  reader.at += open.length
  const body = readChoice(reader)
  if (reader.text[reader.at] !== ')') return refuse(reader, 'close the parenthesis')
  reader.at += 1
  return { kind: 'group', open: name === undefined ? open : `(?<${name}>`, body }
}

const ASSERTIONS = { '\\A': '^', '\\z': '$', '\\b': '\\b', '\\B': '\\B' } as const

function readBackslash(reader: Reader, rest: string): PatternNode {
  const pair = rest.slice(0, 2)
  if (pair === '\\A' || pair === '\\z' || pair === '\\b' || pair === '\\B') {
    reader.at += 2
    return { kind: 'assertion', source: ASSERTIONS[pair] }
  }
  const found = readEscape(rest)
  if (found === undefined) return refuse(reader, `replace "${pair}", RE2 knows no such escape`)
  reader.at += found.length
  return { kind: 'atom', source: found.source }
}

function readPlain(reader: Reader, rest: string): PatternNode {
  if (rest.startsWith('[')) {
    const found = readClass(rest)
    if (found === undefined) return refuse(reader, 'fix the character class in brackets')
    reader.at += found.length
    return { kind: 'atom', source: found.source }
  }
  const character = String.fromCodePoint(rest.codePointAt(0) ?? 0)
  reader.at += character.length
  if (character === '^' || character === '$') return { kind: 'assertion', source: character }
  return { kind: 'atom', source: character === '.' ? reader.dot : literal(character.codePointAt(0) ?? 0) }
}

function refuse(reader: Reader, sentence: string): PatternNode {
  reader.problem ??= sentence
  reader.at = reader.text.length
  return { kind: 'sequence', parts: [] }
}
