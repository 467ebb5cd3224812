import { utf8 } from '../lib/bytes.ts'

/** Characters that may stand in a field value without being encoded (RFC 9110 §5.5): visible ASCII, space, tab. */
const PLAIN = /^[\t\x20-\x7e]*$/u
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/u

/**
 * Turns a claim into a header value: non-ASCII text becomes its UTF-8 bytes, one character a byte, as the wire wants it.
 * Undefined for an empty value and for one with control characters, which could end the line: those are never sent.
 */
export function toFieldValue(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  if (PLAIN.test(text)) return text
  return CONTROL.test(text) ? undefined : toByteString(text)
}

/** The UTF-8 bytes of a text, one character a byte. */
export function toByteString(text: string): string {
  let bytes = ''
  for (const byte of utf8(text)) bytes += String.fromCharCode(byte)
  return bytes
}

/** True for a text that a reader of a comma-separated list takes for one entry, and for this one. */
export function isListItem(text: string): boolean {
  return !text.includes(',') && text.trim() === text
}
