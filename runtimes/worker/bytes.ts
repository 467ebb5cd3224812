import { utf8 } from '../../src/lib/bytes.ts'

const ASCII = /^[\0-\x7f]*$/u
const decoder = new TextDecoder()

/**
 * The bytes of a text, one character a byte, as `HeaderLines` and targets are written. Workers decode what arrives as
 * UTF-8 before any code can look, so bytes that were not UTF-8 are lost by then (U+FFFD).
 */
export function toBytes(text: string): string {
  return ASCII.test(text) ? text : Array.from(utf8(text), (byte) => String.fromCharCode(byte)).join('')
}

/** Text whose UTF-8 bytes these are: the form in which Workers bring the bytes out unchanged. */
export function fromBytes(bytes: string): string {
  if (ASCII.test(bytes)) return bytes
  return decoder.decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)))
}
