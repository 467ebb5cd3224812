import { quote } from '../../lib/text.ts'
import { type EscapeContext, type Step, toError } from './context.ts'
import { stepUrl } from './html-steps.ts'

/** Moves over a style, to the next string, URL or comment. */
export function stepCss(context: EscapeContext, text: string): Step {
  for (const { 0: char, index } of text.matchAll(/[("'/]/gu)) {
    if (char === '"') return [{ ...context, state: 'css-double' }, index + 1]
    if (char === "'") return [{ ...context, state: 'css-single' }, index + 1]
    if (char === '(' && endsWithUrl(text.slice(0, index))) return stepUrlOpen(context, text, index + 1)
    if (char === '/' && text[index + 1] === '/') return [{ ...context, state: 'css-line-comment' }, index + 2]
    if (char === '/' && text[index + 1] === '*')
      return [{ ...context, state: 'css-block-comment' }, index + 2]
  }
  return [context, text.length]
}

/** True behind the word `url`; what stands before it must not be part of the same word. */
function endsWithUrl(text: string): boolean {
  let end = text.length
  while (end > 0 && '\t\n\f\r '.includes(text[end - 1] ?? '')) end -= 1
  if (text.slice(Math.max(0, end - 3), end).toLowerCase() !== 'url') return false
  return end === 3 || !/[\w\-\u0080-\ufffd]/u.test(text[end - 4] ?? '')
}

function stepUrlOpen(context: EscapeContext, text: string, from: number): Step {
  const [blanks = ''] = /^[\t\n\f\r ]*/u.exec(text.slice(from)) ?? []
  const at = from + blanks.length
  if (text[at] === '"') return [{ ...context, state: 'css-double-url' }, at + 1]
  if (text[at] === "'") return [{ ...context, state: 'css-single-url' }, at + 1]
  return [{ ...context, state: 'css-url' }, at]
}

/** Moves over a string or URL of a style. Every string is taken for a URL, since it could be one. */
export function stepCssString(start: EscapeContext, text: string): Step {
  const end = endsOf(start)
  let from = 0
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (char === '\\') {
      at += 1
      if (at === text.length) {
        return [toError(`finish the escape at the end of ${quote(text.slice(-20))}`), text.length]
      }
      from = at + 1
    } else if (end.includes(char)) {
      return [{ ...stepEscapes(start, text.slice(0, from)), state: 'css' }, at + 1]
    }
  }
  return [stepUrl(stepEscapes(start, text.slice(0, from)), decodeCss(text.slice(from)))[0], text.length]
}

function endsOf({ state }: EscapeContext): string {
  if (state.startsWith('css-double')) return '"'
  return state.startsWith('css-single') ? "'" : '\t\n\f\r )'
}

/** Context behind the last escape; without one, the text before the end says nothing. */
function stepEscapes(context: EscapeContext, text: string): EscapeContext {
  return text === '' ? context : stepUrl(context, decodeCss(text))[0]
}

/** Text of a style without its escapes (CSS Syntax 3 §4.3.7, as Go reads them). */
export function decodeCss(text: string): string {
  return text.replaceAll(
    /\\(?:([\da-fA-F]{1,6})(?:\r\n|[\t\n\f\r ])?|([\s\S])|$)/gu,
    (_, hex: string | undefined, other: string | undefined) =>
      hex === undefined ? (other ?? '') : fromHex(hex),
  )
}

function fromHex(hex: string): string {
  const code = Number.parseInt(hex, 16)
  // The last digit of what is no code point belongs to the text behind it.
  if (code > 0x10ffff) return fromHex(hex.slice(0, -1)) + hex.slice(-1)
  return code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code)
}
