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

function endsWithUrl(text: string): boolean {
  const before = /^([\s\S]*)url[\t\n\f\r ]*$/iu.exec(text)?.[1]
  return before !== undefined && !/[\w\-\u{80}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]$/u.test(before)
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
  const end = start.state.startsWith('css-double')
    ? '"'
    : start.state.startsWith('css-single')
      ? "'"
      : '\t\n\f\r )'
  let context = start
  let from = 0
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (char === '\\') {
      at += 1
      if (at === text.length) {
        return [toError(`finish the escape at the end of ${quote(text.slice(-20))}`), text.length]
      }
      context = stepUrl(context, decodeCss(text.slice(0, at + 1)))[0]
      from = at + 1
    } else if (end.includes(char)) {
      return [{ ...context, state: 'css' }, at + 1]
    }
  }
  return [stepUrl(context, decodeCss(text.slice(from)))[0], text.length]
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
