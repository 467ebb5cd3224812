/** Longest text that a field of a log line keeps. */
export const MAX_FIELD_LENGTH = 1024

// Printable ASCII but for the quote and the backslash: what JSON takes as it is.
const PLAIN = /^[ !#-[\]-~]*$/u
// Beyond what JSON asks for: controls of every kind, line separators, and the format characters that reorder or hide
// text on a terminal (Unicode categories Cc, Cf, Zl, Zp), and halves of characters (Cs).
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** A JSON string (RFC 8259 §7) of at most `MAX_FIELD_LENGTH` characters that cannot move, split or colour a line. */
export function toJsonString(text: string): string {
  const short = shorten(text)
  if (PLAIN.test(short)) return `"${short}"`
  return JSON.stringify(short).replace(INVISIBLE, toEscape)
}

/** At most `MAX_FIELD_LENGTH` characters without quotes around them, controls and halves of characters as escapes. */
export function toVisible(text: string): string {
  return shorten(text).replace(INVISIBLE, toEscape)
}

function shorten(text: string): string {
  return text.length > MAX_FIELD_LENGTH ? `${text.slice(0, MAX_FIELD_LENGTH)}…` : text
}

function toEscape(character: string): string {
  let escaped = ''
  for (let at = 0; at < character.length; at += 1) {
    escaped += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`
  }
  return escaped
}
