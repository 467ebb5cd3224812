import { failed, ok, type Result } from '../../../result.ts'

/** Text between actions, or the inside of one: `{{…}}` without braces and trim markers. */
export type Segment =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly source: string }

// A marker counts only with a blank on the inner side: `{{-3}}` is a number.
const ACTION = /\{\{(?<left>-(?=[ \t\r\n]))?(?<inside>[\s\S]*?)(?<right>(?<=[ \t\r\n])-)?\}\}/gu

/**
 * Cuts a template into text and actions. Markers (`{{-`, `-}}`) take blanks and line ends off the text beside them, and
 * comments leave nothing.
 */
export function cutActions(template: string): Result<readonly Segment[], string> {
  const segments: Segment[] = []
  let at = 0
  let trimsNext = false
  const addText = (text: string, trimsEnd: boolean): void => {
    const begun = trimsNext ? text.replace(/^[ \t\r\n]+/u, '') : text
    const cut = trimsEnd ? begun.replace(/[ \t\r\n]+$/u, '') : begun
    if (cut !== '') segments.push({ kind: 'text', text: cut })
  }
  for (const { 0: whole, index, groups } of template.matchAll(ACTION)) {
    addText(template.slice(at, index), groups?.['left'] !== undefined)
    const source = (groups?.['inside'] ?? '').trim()
    if (!/^\/\*[\s\S]*\*\/$/u.test(source)) segments.push({ kind: 'action', source })
    trimsNext = groups?.['right'] !== undefined
    at = index + whole.length
  }
  const rest = template.slice(at)
  if (rest.includes('{{')) return failed('close the action with "}}"')
  addText(rest, false)
  return ok(segments)
}

/** One word of an action. */
export type Token =
  | { readonly kind: 'field' | 'word' | 'sign'; readonly text: string }
  | { readonly kind: 'constant'; readonly value: string | number }

const TOKEN =
  /(?<blank>[ \t\r\n]+)|\.(?<field>[A-Za-z_]\w*)|(?<word>[A-Za-z_]\w*)|(?<number>-?\d+)|"(?<quoted>(?:[^"\\\n]|\\.)*)"|`(?<bare>[^`]*)`|(?<sign>[|()])/uy

/** Cuts an action into words; fails with the first piece that log formats do not have. */
export function readTokens(source: string): Result<readonly Token[], string> {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < source.length) {
    const from = TOKEN.lastIndex
    const groups = TOKEN.exec(source)?.groups
    const token = groups && toToken(groups)
    if (token === undefined) return failed(source.slice(from, from + 40))
    if (token !== 'blank') tokens.push(token)
  }
  return ok(tokens)
}

function toToken(groups: Readonly<Record<string, string | undefined>>): Token | 'blank' | undefined {
  const { blank, field, word, number, quoted, bare, sign } = groups
  if (blank !== undefined) return 'blank'
  if (field !== undefined) return { kind: 'field', text: field }
  if (word !== undefined) return { kind: 'word', text: word }
  if (number !== undefined) return { kind: 'constant', value: Number(number) }
  if (sign !== undefined) return { kind: 'sign', text: sign }
  const text = bare ?? unquote(quoted ?? '')
  return text === undefined ? undefined : { kind: 'constant', value: text }
}

/** The text of an interpreted string of Go, as far as JSON knows its escapes. */
function unquote(quoted: string): string | undefined {
  try {
    const text: unknown = JSON.parse(`"${quoted.replaceAll('\t', '\\t')}"`)
    return typeof text === 'string' ? text : undefined
  } catch {
    return undefined
  }
}
