import { quote } from '../../lib/text.ts'
import { fail, type TemplatePlace } from '../failure.ts'

/** Kind of a token; `sign` is punctuation that only some places take, such as the comma of `range`. */
export type TokenKind =
  | 'text'
  | 'open'
  | 'close'
  | 'word'
  | 'field'
  | 'variable'
  | 'dot'
  | 'number'
  | 'char'
  | 'string'
  | 'raw'
  | '='
  | ':='
  | '|'
  | '('
  | ')'
  | 'sign'
  | 'end of file'

/** A piece of a template. */
export interface TemplateToken {
  readonly kind: TokenKind
  readonly text: string
  readonly place: TemplatePlace
  /** True when blanks stand before it, inside of an action. */
  readonly spaced: boolean
  /** Index into the file, in UTF-16 units. */
  readonly at: number
}

const SPACE = ' \\t\\r\\n'
const ALPHANUMERIC = '[\\p{L}\\p{Nd}_]'
/** Characters that may follow a word: a blank, a dot, punctuation of pipelines, or the end of the action. */
const TERMINATED = `(?=[${SPACE}.,|:)(]|\\}\\}|$)`

const NUMBER = [
  '0[xX][\\da-fA-F_]*(?:\\.[\\da-fA-F_]*)?(?:[pP][+-]?[\\d_]*)?',
  '0[oO][0-7_]*(?:\\.[0-7_]*)?',
  '0[bB][01_]*(?:\\.[01_]*)?',
  '[\\d_]*(?:\\.[\\d_]*)?(?:[eE][+-]?[\\d_]*)?',
].join('|')

/** Tokens inside of an action, in the order in which they are tried. */
const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  [':=', /:=/uy],
  ['=', /=/uy],
  ['|', /\|/uy],
  ['(', /\(/uy],
  [')', /\)/uy],
  ['string', /"(?:[^"\\\n]|\\[^\n])*"/uy],
  ['raw', /`[^`]*`/uy],
  ['char', /'(?:[^'\\\n]|\\[^\n])*'/uy],
  ['number', new RegExp(`(?=[+-]|\\.?\\d)[+-]?(?:${NUMBER})i?`, 'uy')],
  ['variable', new RegExp(`\\$${ALPHANUMERIC}*${TERMINATED}`, 'uy')],
  ['field', new RegExp(`\\.${ALPHANUMERIC}+${TERMINATED}`, 'uy')],
  ['dot', new RegExp(`\\.${TERMINATED}`, 'uy')],
  ['word', new RegExp(`${ALPHANUMERIC}+${TERMINATED}`, 'uy')],
  ['sign', /[!-~]/uy],
]

interface Scanner {
  readonly file: string
  readonly text: string
  readonly tokens: TemplateToken[]
  at: number
  line: number
}

/** Splits a file into tokens as Go does: comments are gone, and blanks where `{{-` and `-}}` trim. */
export function tokenize(file: string, text: string): readonly TemplateToken[] {
  const scanner: Scanner = { file, text, tokens: [], at: 0, line: 1 }
  while (scanner.at < text.length) {
    const open = text.indexOf('{{', scanner.at)
    readText(scanner, open)
    if (open === -1) break
    moveTo(scanner, open + 2)
    if (isTrimmedOpen(text, scanner.at)) moveTo(scanner, scanner.at + 2)
    if (text.startsWith('/*', scanner.at)) readComment(scanner)
    else readAction(scanner, open)
  }
  push(scanner, { kind: 'end of file', text: '' })
  return scanner.tokens
}

function readText(scanner: Scanner, open: number): void {
  const { text, at } = scanner
  const end = open === -1 ? text.length : open
  const isTrimmed = open !== -1 && isTrimmedOpen(text, open + 2)
  const raw = text.slice(at, end)
  const kept = isTrimmed ? trimEnd(raw) : raw
  if (kept !== '') push(scanner, { kind: 'text', text: kept })
  moveTo(scanner, end)
}

function trimEnd(text: string): string {
  let end = text.length
  while (end > 0 && ' \t\r\n'.includes(text[end - 1] ?? '')) end -= 1
  return text.slice(0, end)
}

function isTrimmedOpen(text: string, at: number): boolean {
  return text[at] === '-' && /[ \t\r\n]/u.test(text[at + 1] ?? '')
}

function readComment(scanner: Scanner): void {
  const { text, at } = scanner
  const end = text.indexOf('*/', at + 2)
  if (end === -1) fail(placeOf(scanner), 'close the comment with */}}')
  const close = /(?:([ \t\r\n]-)?\}\})/uy
  close.lastIndex = end + 2
  const found = close.exec(text)
  if (found === null) fail(placeOf(scanner), 'end the comment with */}}, without anything between */ and }}')
  moveTo(scanner, close.lastIndex)
  if (found[1] !== undefined) trimLeft(scanner)
}

/** Reads an action to its `}}`. */
function readAction(scanner: Scanner, open: number): void {
  const start = placeOf(scanner)
  push(scanner, { kind: 'open', text: '', at: open })
  let depth = 0
  for (;;) {
    const isTrimmed = take(scanner, /[ \t\r\n]*[ \t\r\n]-\}\}/uy) !== undefined
    const spaced = !isTrimmed && take(scanner, /[ \t\r\n]+/uy) !== undefined
    const { at } = scanner
    if (isTrimmed || take(scanner, /\}\}/uy) !== undefined) {
      if (depth > 0) fail(start, 'close the parenthesis before }}')
      push(scanner, { kind: 'close', text: '', spaced, at: isTrimmed ? at - 3 : at })
      if (isTrimmed) trimLeft(scanner)
      return
    }
    const kind = readToken(scanner, { start, spaced })
    depth += kind === '(' ? 1 : kind === ')' ? -1 : 0
    if (depth < 0) fail(placeOf(scanner), 'remove the ) that closes nothing')
  }
}

function readToken(
  scanner: Scanner,
  { start, spaced }: { readonly start: TemplatePlace; readonly spaced: boolean },
): TokenKind {
  const { text, at } = scanner
  if (at >= text.length) fail(start, 'close the action with }}')
  const signed = /[+-]|\.?\d/uy
  signed.lastIndex = at
  const isNumber = signed.test(text)
  for (const [kind, pattern] of PATTERNS) {
    if (isNumber && kind !== 'number') continue
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found === null) continue
    const isUnfinished = kind === 'sign' && /["'`$.:\w]/u.test(found[0])
    if (isUnfinished || (kind === 'number' && isWordPart(text, pattern.lastIndex))) break
    push(scanner, { kind, text: found[0], spaced })
    moveTo(scanner, pattern.lastIndex)
    return kind
  }
  return fail(
    placeOf(scanner),
    `write ${quote(text.slice(at, at + 20))} as Go's templates do, it is no word, number or text`,
  )
}

/** True where a number goes on as something else: `1x`, `1+2`. */
function isWordPart(text: string, at: number): boolean {
  const part = new RegExp(`${ALPHANUMERIC}|[+-]`, 'uy')
  part.lastIndex = at
  return part.test(text)
}

function take(scanner: Scanner, pattern: RegExp): string | undefined {
  pattern.lastIndex = scanner.at
  const found = pattern.exec(scanner.text)
  if (found === null) return undefined
  moveTo(scanner, pattern.lastIndex)
  return found[0]
}

function trimLeft(scanner: Scanner): void {
  take(scanner, /[ \t\r\n]+/uy)
}

function moveTo(scanner: Scanner, at: number): void {
  for (let from = scanner.at; from < at; from += 1) if (scanner.text[from] === '\n') scanner.line += 1
  scanner.at = at
}

function push(scanner: Scanner, token: Pick<TemplateToken, 'kind' | 'text'> & Partial<TemplateToken>): void {
  scanner.tokens.push({ place: placeOf(scanner), spaced: false, at: scanner.at, ...token })
}

function placeOf({ file, line }: Scanner): TemplatePlace {
  return { file, line }
}
