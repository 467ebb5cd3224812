import { quote } from '../../lib/text.ts'
import { type EscapeContext, type Step, toError } from './context.ts'

const SPECIAL = /["`'/{}<\-#]/u

/** Moves over a script to the end of the next token that matters: strings, comments, regular expressions, braces. */
export function stepJs(context: EscapeContext, text: string): Step {
  const at = text.search(SPECIAL)
  if (at === -1) return [{ ...context, slash: slashAfter(text, context.slash) }, text.length]
  const before = { ...context, slash: slashAfter(text.slice(0, at), context.slash) }
  switch (text[at]) {
    case '"':
      return [{ ...before, state: 'js-double', slash: 'regexp' }, at + 1]
    case "'":
      return [{ ...before, state: 'js-single', slash: 'regexp' }, at + 1]
    case '`':
      return [{ ...before, state: 'js-template', slash: 'regexp' }, at + 1]
    case '/':
      return stepSlash(before, text, at)
    case '<':
      return text.startsWith('<!--', at)
        ? [{ ...before, state: 'js-html-open-comment' }, at + 4]
        : [before, at + 1]
    case '-':
      return text.startsWith('-->', at)
        ? [{ ...before, state: 'js-html-close-comment' }, at + 3]
        : [before, at + 1]
    case '#':
      return text[at + 1] === '!' ? [{ ...before, state: 'js-line-comment' }, at + 2] : [before, at + 1]
    default:
      return stepBrace(before, text, at)
  }
}

function stepSlash(context: EscapeContext, text: string, at: number): Step {
  if (text[at + 1] === '/') return [{ ...context, state: 'js-line-comment' }, at + 2]
  if (text[at + 1] === '*') return [{ ...context, state: 'js-block-comment' }, at + 2]
  if (context.slash === 'regexp') return [{ ...context, state: 'js-regexp' }, at + 1]
  if (context.slash === 'division') return [{ ...context, slash: 'regexp' }, at + 1]
  const shown = quote(text.slice(at, at + 20))
  return [
    toError(`add a blank or parentheses before ${shown}: it could be a division or a regular expression`),
    text.length,
  ]
}

/** A brace matters inside of `${`, where the one that closes it leads back into the template literal. */
function stepBrace(context: EscapeContext, text: string, at: number): Step {
  const brace = text[at] ?? ''
  const open = context.braces.at(-1)
  const slash = slashAfter(brace, context.slash)
  if (open === undefined) return [{ ...context, slash }, at + 1]
  const outer = context.braces.slice(0, -1)
  const left = open + (brace === '{' ? 1 : -1)
  return left < 0
    ? [{ ...context, state: 'js-template', braces: outer }, at + 1]
    : [{ ...context, slash, braces: [...outer, left] }, at + 1]
}

const KEYWORDS = new Set(
  'break case continue delete do else finally in instanceof return throw try typeof void'.split(' '),
)

/** Meaning of a slash behind some tokens of a script, judged by the last of them. */
function slashAfter(text: string, before: EscapeContext['slash']): EscapeContext['slash'] {
  // The blanks of a script are those of JavaScript itself.
  const tokens = text.trimEnd()
  const last = tokens.at(-1)
  if (last === undefined) return before
  if (last === '+' || last === '-') {
    let start = tokens.length - 1
    while (start > 0 && tokens[start - 1] === last) start -= 1
    return (tokens.length - start) % 2 === 1 ? 'regexp' : 'division'
  }
  if (last === '.') return /\d\.$/u.test(tokens) ? 'division' : 'regexp'
  if (/[,<>=*%&|^?!~([:;{}]/u.test(last)) return 'regexp'
  return KEYWORDS.has(lastWord(tokens)) ? 'regexp' : 'division'
}

/** The word at the end of some tokens, as far as a keyword could be one. */
function lastWord(tokens: string): string {
  let start = tokens.length
  while (start > 0 && tokens.length - start <= LONGEST_KEYWORD && /[\w$]/u.test(tokens[start - 1] ?? ''))
    start -= 1
  return tokens.slice(start)
}

const LONGEST_KEYWORD = 'instanceof'.length

/** Moves over a template literal, to its end or to `${`. */
export function stepJsTemplate(context: EscapeContext, text: string): Step {
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]
    if (char === '\\') {
      at += 1
      if (at === text.length) return unfinished(text)
    } else if (char === '$' && text[at + 1] === '{') {
      return [{ ...context, state: 'js', braces: [...context.braces, 0] }, at + 2]
    } else if (char === '`') {
      return [{ ...context, state: 'js' }, at + 1]
    }
  }
  return [context, text.length]
}

function unfinished(text: string): Step {
  return [toError(`finish the escape at the end of ${quote(text.slice(-20))}`), text.length]
}

/** Moves over a string or a regular expression, to its end. */
export function stepJsDelimited(context: EscapeContext, text: string): Step {
  const isRegexp = context.state === 'js-regexp'
  const end = isRegexp ? '/' : context.state === 'js-single' ? "'" : '"'
  let inSet = false
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]
    if (char === '\\') {
      at += 1
      if (at === text.length) return unfinished(text)
    } else if (isRegexp && (char === '[' || char === ']')) {
      inSet = char === '['
    } else if (isRegexp && char === '/' && /^<\/script/i.test(text.slice(at - 1, at + 7)) && at > 0) {
      // It is written as \x3C/script later, and so ends nothing.
      at += 1
    } else if (char === end && !inSet) {
      return [{ ...context, state: 'js', slash: 'division' }, at + 1]
    }
  }
  if (inSet) return [toError(`close the [ of the regular expression ${quote(text.slice(-20))}`), text.length]
  return [context, text.length]
}

/** Moves over a comment in slashes and stars, of a script or a style. */
export function stepBlockComment(context: EscapeContext, text: string): Step {
  const end = text.indexOf('*/')
  if (end === -1) return [context, text.length]
  return [{ ...context, state: context.state === 'js-block-comment' ? 'js' : 'css' }, end + 2]
}

/** Moves over a comment that ends with its line. */
export function stepLineComment(context: EscapeContext, text: string): Step {
  const isCss = context.state === 'css-line-comment'
  const end = text.search(isCss ? /[\n\f\r]/u : /[\n\r\u2028\u2029]/u)
  return end === -1 ? [context, text.length] : [{ ...context, state: isCss ? 'css' : 'js' }, end]
}
