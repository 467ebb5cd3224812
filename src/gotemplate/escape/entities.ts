/** Character references by name that stand for ASCII: only those can end a string, a URL or a comment (HTML §13.5). */
const NAMED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '&': 'amp AMP',
    '<': 'lt LT',
    '>': 'gt GT',
    '"': 'quot QUOT',
    "'": 'apos',
    '/': 'sol',
    '\\': 'bsol',
    '(': 'lpar',
    ')': 'rpar',
    '{': 'lbrace lcub',
    '}': 'rbrace rcub',
    '[': 'lbrack lsqb',
    ']': 'rbrack rsqb',
    '`': 'grave DiacriticalGrave',
    '#': 'num',
    '?': 'quest',
    '!': 'excl',
    ':': 'colon',
    ';': 'semi',
    ',': 'comma',
    '.': 'period',
    '=': 'equals',
    '+': 'plus',
    '*': 'ast midast',
    '%': 'percnt',
    $: 'dollar',
    '@': 'commat',
    '^': 'Hat',
    '|': 'verbar vert VerticalLine',
    _: 'lowbar UnderBar',
    '\t': 'Tab',
    '\n': 'NewLine',
    '\u00a0': 'nbsp NonBreakingSpace',
    fj: 'fjlig',
  }).flatMap(([char, names]) => names.split(' ').map((name) => [name, char] as const)),
)

/** Names that count without their semicolon. */
const BARE = /^(?:amp|AMP|lt|LT|gt|GT|quot|QUOT|nbsp)/u

const REFERENCE = /&(?:#(?:[xX]([\da-fA-F]+)|(\d+));?|([a-zA-Z][a-zA-Z\d]*)(;?))/gu

/**
 * Text of an attribute value as a script, style or URL sees it. A name that is not known stands for some letter: which
 * one changes nothing about the context.
 */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replaceAll(REFERENCE, (source, hex?: string, decimal?: string, name = '', semicolon = '') => {
    if (hex !== undefined) return toCharacter(Number.parseInt(hex, 16))
    if (decimal !== undefined) return toCharacter(Number.parseInt(decimal, 10))
    const known = semicolon === '' ? undefined : NAMED.get(name)
    if (known !== undefined) return known
    const [bare] = BARE.exec(name) ?? []
    if (bare !== undefined) return `${NAMED.get(bare) ?? ''}${name.slice(bare.length)}${semicolon}`
    return semicolon === '' ? source : '\u00e9'
  })
}

/** Windows-1252, which numbers from 128 to 159 mean (HTML §13.2.5.80); none of it is ASCII, so one letter does for all. */
function toCharacter(code: number): string {
  const isNone = code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)
  if (isNone) return '\ufffd'
  return code >= 0x80 && code <= 0x9f ? '\u20ac' : String.fromCodePoint(code)
}
