import type { Person } from '../event.ts'

const PLAIN = /^[ !#-[\]-~]*$/u
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

/** A text as Go's `%q` writes it (strconv.Quote): printable characters as they are, all others as escapes. */
export function toGoQuoted(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  return `"${Array.from(text, toGoCharacter).join('')}"`
}

function toGoCharacter(character: string): string {
  const known = ESCAPES[character]
  if (known !== undefined) return known
  if (PRINTABLE.test(character)) return character
  const code = character.codePointAt(0) ?? 0
  if (code < 0x80) return `\\x${toHex(code, 2)}`
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd'
  return code < 0x10000 ? `\\u${toHex(code, 4)}` : `\\U${toHex(code, 8)}`
}

function toHex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const SEQUENCE =
  /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[\x00-\x7f]+|[\s\S]/gu

/** Bytes of a header or a target, one character each, as Go's `%q` writes them: as text where they are UTF-8. */
export function toGoQuotedBytes(bytes: string): string {
  if (PLAIN.test(bytes)) return `"${bytes}"`
  return `"${bytes.replaceAll(SEQUENCE, toGoSequence)}"`
}

function toGoSequence(bytes: string): string {
  try {
    const text = utf8.decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)))
    return Array.from(text, toGoCharacter).join('')
  } catch {
    return Array.from(bytes, (character) => `\\x${toHex(character.charCodeAt(0), 2)}`).join('')
  }
}

/** The clock of log lines: `2006/01/02 15:04:05` in the zone of this machine, or in UTC. */
export function createTimestamp(utc: boolean): (ms: number) => string {
  let lastSecond = Number.NaN
  let text = ''
  return (ms) => {
    const second = Math.floor(ms / 1000)
    if (second !== lastSecond) {
      lastSecond = second
      text = toTimestamp(new Date(ms), utc)
    }
    return text
  }
}

function toTimestamp(date: Date, utc: boolean): string {
  // The same date an offset later reads in UTC as this one does in its zone.
  const shown = utc ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return shown.toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ')
}

/** A session as oauth2-proxy describes it in its auth lines. */
export function describePerson({
  email,
  user,
  preferredUsername,
  groups,
  tokens,
  refreshedAtMs,
}: Person): string {
  const parts = [
    `Session{email:${email ?? ''} user:${user} PreferredUsername:${preferredUsername ?? ''}`,
    ...(tokens?.access === undefined ? [] : ['token:true']),
    ...(tokens?.id === undefined ? [] : ['id_token:true']),
    ...(refreshedAtMs === undefined ? [] : [`created:${toGoTime(refreshedAtMs)}`]),
    ...(tokens?.accessExpiresAtMs === undefined ? [] : [`expires:${toGoTime(tokens.accessExpiresAtMs)}`]),
    `refresh_token:${tokens?.refresh !== undefined}`,
    ...(groups === undefined || groups.length === 0 ? [] : [`groups:[${groups.join(' ')}]`]),
  ]
  return `${parts.join(' ')}}`
}

/** A time as Go prints it: `2006-01-02 15:04:05.999 +0000 UTC`. */
function toGoTime(ms: number): string {
  const text = new Date(ms)
    .toISOString()
    .slice(0, 23)
    .replace('T', ' ')
    .replace(/\.?0+$/u, (zeros) => (zeros.startsWith('.') ? '' : zeros))
  return `${text} +0000 UTC`
}
