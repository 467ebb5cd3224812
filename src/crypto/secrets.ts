import { fromBase64Url, utf8 } from '../lib/bytes.ts'
import { failed, ok, type Result } from '../result.ts'

/** The command that makes a good cookie secret. */
export const MAKE_SECRET = "openssl rand -base64 32 | tr -- '+/' '-_'"

const KEY_BYTES: readonly number[] = [16, 24, 32]
const FEWEST_DISTINCT_BYTES = 8

/** Placeholders that people leave in from a template. */
const PLACEHOLDER = /change[-_ ]?(?:me|this|it)|replace|placeholder|your[-_ ]|[<>]|\$[({]/iu

/** Secrets that stand in public examples of oauth2-proxy. They work, as they do there, and the start says loudly what they are worth. */
const PUBLISHED: ReadonlySet<string> = new Set([
  'OQINaROshtE9TcZkNAm-5Zs2Pv3xaWytBmc5W7sPX7w',
  'secretthirtytwobytes+abcdefghijk',
  'c2VjcmV0dGhpcnR5dHdvYnl0ZXMrYWJjZGVmZ2hpams',
])

/**
 * Reads one cookie secret or several separated by commas, the one that seals first; one line break at the end is
 * dropped. Base64url text that decodes to 16, 24 or 32 bytes is decoded, any other text of such a length is taken as it
 * is. The failure says what is wrong and never shows the secret.
 */
export function parseCookieSecrets(text: string): Result<Uint8Array[], string> {
  const trimmed = text.replace(/\r?\n$/u, '')
  // No list of valid secrets is as short as one secret, so a comma inside of one cannot be taken for a separator.
  const parts = KEY_BYTES.includes(utf8(trimmed).length) ? [trimmed] : trimmed.split(',')
  const secrets: Uint8Array[] = []
  for (const [at, part] of parts.entries()) {
    const secret = parseOne(part)
    if (!secret.ok) {
      return failed(parts.length === 1 ? secret.problem : `${secret.problem} (number ${at + 1} of the list)`)
    }
    secrets.push(secret.value)
  }
  return ok(secrets)
}

/** True when one of the secrets in the text stands in public documentation: it opens what everyone can seal. */
export function isPublished(text: string): boolean {
  return [text, ...text.split(',')].some((part) => PUBLISHED.has(part.trim().replace(/=+$/u, '')))
}

function parseOne(text: string): Result<Uint8Array, string> {
  const how = `make one with: ${MAKE_SECRET}`
  if (PLACEHOLDER.test(text)) return failed(`replace the placeholder by a secret; ${how}`)
  const bytes = toKeyBytes(text)
  if (bytes === undefined) {
    return failed(`give 16, 24 or 32 bytes, this is ${utf8(text).length}${hintFor(text)}; ${how}`)
  }
  if (new Set(bytes).size < FEWEST_DISTINCT_BYTES) {
    return failed(`replace this secret, it is easy to guess; ${how}`)
  }
  return ok(bytes)
}

function toKeyBytes(text: string): Uint8Array | undefined {
  const decoded = fromBase64Url(text)
  if (decoded !== undefined && KEY_BYTES.includes(decoded.length)) return decoded
  const raw = utf8(text)
  return KEY_BYTES.includes(raw.length) ? raw : undefined
}

function hintFor(text: string): string {
  if (/\s/u.test(text)) return ', white space included'
  return /^[A-Za-z0-9+/]+=*$/u.test(text) && /[+/]/u.test(text)
    ? ', write - for + and _ for / to have it decoded'
    : ''
}
