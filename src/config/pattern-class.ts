import { type Escape, literal, readEscape } from './pattern-escapes.ts'

const POSIX: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t-\\r ',
  upper: 'A-Z',
  word: '\\w',
  xdigit: '0-9A-Fa-f',
  '^digit': '\\D',
  '^space': '\\S',
  '^word': '\\W',
}

/** Reads a bracketed class at the start of `text` as RE2 does; undefined when it is not one that RE2 knows. */
export function readClass(text: string): { readonly length: number; readonly source: string } | undefined {
  let at = text.startsWith('[^') ? 2 : 1
  let source = text.slice(0, at)
  // A bracket in the first place is itself.
  for (let first = true; first || text[at] !== ']'; first = false) {
    const part = readPosix(text.slice(at)) ?? readRange(text.slice(at))
    if (part === undefined) return undefined
    source += part.source
    at += part.length
  }
  return { length: at + 1, source: `${source}]` }
}

function readPosix(text: string): { length: number; source: string } | undefined {
  const [whole, name = ''] = /^\[:(\^?[a-z]+):\]/u.exec(text) ?? []
  if (whole === undefined || !Object.hasOwn(POSIX, name)) return undefined
  return { length: whole.length, source: POSIX[name] ?? '' }
}

function readRange(text: string): { length: number; source: string } | undefined {
  const low = readMember(text)
  if (low === undefined || text.startsWith('[:')) return undefined
  const rest = text.slice(low.length)
  if (low.code === undefined || !/^-[^\]]/u.test(rest)) return low
  const high = readMember(rest.slice(1))
  if (high?.code === undefined || high.code < low.code) return undefined
  return { length: low.length + 1 + high.length, source: `${low.source}-${high.source}` }
}

function readMember(text: string): Escape | undefined {
  if (text.startsWith('\\')) return readEscape(text)
  const code = text.codePointAt(0)
  if (code === undefined) return undefined
  const source = code === 0x2d ? '\\-' : literal(code)
  return { length: String.fromCodePoint(code).length, source, code }
}
