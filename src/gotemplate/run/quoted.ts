/** True for printable characters (unicode.IsPrint): letters, marks, numbers, punctuation, symbols and the blank. */
export function isPrintable(char: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char)
}

const QUOTED: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}

/** A Go literal of a text (strconv.Quote). */
export function quoteText(
  text: string,
  { quote, onlyAscii }: { readonly quote: string; readonly onlyAscii: boolean },
): string {
  const inner = Array.from(text, (char) => {
    if (char === quote) return `\\${char}`
    const short = QUOTED[char]
    if (short !== undefined) return short
    const code = char.codePointAt(0) ?? 0
    if (isPrintable(char) && !(onlyAscii && code > 0x7e)) return char
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
    return code > 0xffff
      ? `\\U${code.toString(16).padStart(8, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`
  })
  return `${quote}${inner.join('')}${quote}`
}
