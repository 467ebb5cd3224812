import { fromBase64 } from '../../lib/bytes.ts'

/** The hash of one password. */
export type PasswordHash =
  /** In the `$2b$` form; the cost is the binary logarithm of the rounds. */
  | { readonly kind: 'bcrypt'; readonly hash: string; readonly cost: number }
  | { readonly kind: 'sha1'; readonly digest: Uint8Array }

/** One user of an htpasswd file. */
export interface PasswordRecord {
  readonly hash: PasswordHash
  /** The hash as the file has it: another text is another record. */
  readonly text: string
}

/** An htpasswd file. */
export interface Htpasswd {
  /** By user name. */
  readonly users: ReadonlyMap<string, PasswordRecord>
  /** One sentence for each line that cannot be used, with its number; never its content. */
  readonly problems: readonly string[]
}

/** Cost above which one comparison takes longer than a second (bcryptjs, 2026: 55 ms at cost 10). */
const MAX_COST = 14
const MIN_COST = 4
/** The limit of Apache's htpasswd. */
const MAX_NAME_LENGTH = 255

/**
 * Reads an htpasswd file as oauth2-proxy does: `user:hash` a line, bcrypt (`$2a$`, `$2b$`, `$2x$`, `$2y$`) or `{SHA}`, `#`
 * starts a comment, the last line of a name counts. A line that cannot be used is a problem of its user only.
 */
export function readHtpasswd(text: string): Htpasswd {
  const users = new Map<string, PasswordRecord>()
  const lineOf = new Map<string, number>()
  const problems: string[] = []
  for (const [index, line] of text
    .replace(/^\uFEFF/u, '')
    .split(/\r?\n/u)
    .entries()) {
    const number = index + 1
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue
    const read = readLine(line.trimStart(), number)
    if (typeof read === 'string') {
      problems.push(read)
      continue
    }
    const before = lineOf.get(read.name)
    if (before !== undefined)
      problems.push(`remove line ${before}: line ${number} is for the same user, and counts`)
    lineOf.set(read.name, number)
    users.set(read.name, read.record)
  }
  return { users, problems }
}

function readLine(
  line: string,
  number: number,
): { readonly name: string; readonly record: PasswordRecord } | string {
  const colon = line.indexOf(':')
  const name = line.slice(0, colon)
  if (colon < 1 || /\p{C}/u.test(name)) return `write user:hash in line ${number}`
  if (name.length > MAX_NAME_LENGTH)
    return `shorten the user name in line ${number} to ${MAX_NAME_LENGTH} characters`
  const text = line.slice(colon + 1).trim()
  const hash = readHash(text)
  return typeof hash === 'string'
    ? `${hash} in line ${number}: until then this user cannot sign in`
    : { name, record: { hash, text } }
}

function readHash(text: string): PasswordHash | string {
  const [, costText, rest] = /^\$2[abxy]\$(\d{2})\$([./A-Za-z0-9]{53})$/u.exec(text) ?? []
  if (costText !== undefined) {
    const cost = Number(costText)
    if (cost < MIN_COST || cost > MAX_COST) return `use a bcrypt cost from ${MIN_COST} to ${MAX_COST}`
    // The letters name bugs of old implementations that this one never had; Go, too, computes all of them alike.
    return { kind: 'bcrypt', hash: `$2b$${costText}$${rest}`, cost }
  }
  const encoded = /^\{SHA\}([A-Za-z0-9+/]{27}=)$/u.exec(text)?.[1]
  const digest = encoded === undefined ? undefined : fromBase64(encoded)
  if (digest?.length === 20) return { kind: 'sha1', digest }
  return 'use bcrypt (htpasswd -B) or {SHA}'
}
