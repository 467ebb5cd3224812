/** Flaw of an upstream's message, for the log. */
export interface Flaw {
  readonly why: string
  /** Name of the header, printable and bounded. */
  readonly header?: string
  /** The byte that may not stand there: `0x0a`. */
  readonly byte?: string
}

const STATUS_LINE = /^HTTP\/1\.[01] [1-9]\d\d(?: |$)/u
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u
const NOT_IN_NAMES = /[^!#$%&'*+.^_`|~0-9A-Za-z-]/u
const NOT_IN_VALUES = /[^\t\x20-\x7e\x80-\xff]/u
const LONGEST_NAME = 64

/** Finds what makes a head, one character a byte, unreadable (RFC 9112 §4 and §5). Called for those only. */
export function findFlaw(text: string): Flaw {
  const [first = '', ...lines] = text.split('\r\n')
  if (!STATUS_LINE.test(first)) return { why: 'not HTTP/1', ...byteOf(first, NOT_IN_VALUES) }
  const inReason = byteOf(first, NOT_IN_VALUES)
  if (inReason !== undefined) return { why: 'status line', ...inReason }
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    if (/^[\t ]/u.test(name)) return { why: 'folded line' }
    if (colon < 0) return { why: 'line without a colon', header: shown(name), ...byteOf(name, NOT_IN_NAMES) }
    if (!NAME.test(name)) return { why: 'header name', header: shown(name), ...byteOf(name, NOT_IN_NAMES) }
    const inValue = byteOf(line.slice(colon + 1), NOT_IN_VALUES)
    if (inValue !== undefined) return { why: 'header value', header: name.slice(0, LONGEST_NAME), ...inValue }
  }
  return { why: 'malformed head' }
}

function byteOf(text: string, wrong: RegExp): { readonly byte: string } | undefined {
  const found = wrong.exec(text)?.[0]
  return found === undefined ? undefined : { byte: `0x${found.charCodeAt(0).toString(16).padStart(2, '0')}` }
}

/** Shows a name as far as it can be shown. */
function shown(name: string): string {
  return name.replace(/[^\x21-\x7e]/gu, '?').slice(0, LONGEST_NAME)
}
