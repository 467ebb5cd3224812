/** Meaning of an escape: `set` cannot be an end of a range; `code` is the code point of a single character. */
export interface Escape {
  readonly length: number
  readonly source: string
  readonly code: number | undefined
}

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }

/** Reads an RE2 escape that stands for one character or a set of them; undefined when RE2 knows no such escape. */
export function readEscape(text: string): Escape | undefined {
  return readSetEscape(text) ?? readCodeEscape(text) ?? readPunctuation(text)
}

/** JavaScript source of one character, inside and outside of a class. */
export function literal(code: number): string {
  const character = String.fromCodePoint(code)
  if (/[\^$\\.*+?()[\]{}|/]/u.test(character)) return `\\${character}`
  return /[\w !"#%&',:;<=>@`~]/u.test(character) ? character : `\\u{${code.toString(16)}}`
}

function readSetEscape(text: string): Escape | undefined {
  const [perl] = /^\\[dDwWsS]/u.exec(text) ?? []
  if (perl !== undefined) return { length: 2, source: perl, code: undefined }
  const [property, letter, caret, braced, bare] = /^\\([pP])(?:\{(\^?)(\w+)\}|([A-Z]))/u.exec(text) ?? []
  if (property === undefined) return undefined
  const negated = (letter === 'P') !== (caret === '^')
  const source = propertySource(negated ? 'P' : 'p', braced ?? bare ?? '')
  return source === undefined ? undefined : { length: property.length, source, code: undefined }
}

/** RE2 writes scripts like categories; JavaScript wants them named as scripts. */
function propertySource(letter: 'p' | 'P', name: string): string | undefined {
  return [`\\${letter}{${name}}`, `\\${letter}{Script=${name}}`].find((source) => {
    try {
      return new RegExp(source, 'u')
    } catch {
      return false
    }
  })
}

function readCodeEscape(text: string): Escape | undefined {
  const [control, name = ''] = /^\\([afnrtv])/u.exec(text) ?? []
  if (control !== undefined) return single(2, CONTROLS[name] ?? 0)
  const [hex, long, short] = /^\\x(?:\{([\da-fA-F]{1,6})\}|([\da-fA-F]{2}))/u.exec(text) ?? []
  if (hex !== undefined) return single(hex.length, Number.parseInt(long ?? short ?? '', 16))
  const [octal, digits = ''] = /^\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/u.exec(text) ?? []
  return octal === undefined ? undefined : single(octal.length, Number.parseInt(digits, 8))
}

function readPunctuation(text: string): Escape | undefined {
  const code = text.codePointAt(1)
  return code !== undefined && code < 128 && !/[0-9A-Za-z]/u.test(text.charAt(1))
    ? single(2, code)
    : undefined
}

function single(length: number, code: number): Escape | undefined {
  return code > 0x10ffff ? undefined : { length, source: literal(code), code }
}
