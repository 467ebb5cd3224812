import { fromBase64 } from '../../lib/bytes.ts'

/** How one password is kept. */
export type PasswordRecord =
  | { readonly kind: 'bcrypt'; readonly hash: string }
  | { readonly kind: 'sha1'; readonly digest: Uint8Array }

/** An htpasswd file. */
export interface Htpasswd {
  readonly users: ReadonlyMap<string, PasswordRecord>
  /** One sentence for each line that cannot be used, with its number; never its content. */
  readonly problems: readonly string[]
}

/** Cost above which one attempt would keep a core busy for longer than a second. */
const MAX_COST = 14

/**
 * Reads an htpasswd file: `user:hash` a line, bcrypt (`$2a$`, `$2b$`, `$2y$`) or `{SHA}`; empty lines and lines that start
 * with `#` count for nothing. The first entry of a name counts, as with htpasswd itself.
 */
export function readHtpasswd(text: string): Htpasswd {
  const users = new Map<string, PasswordRecord>()
  const problems: string[] = []
  for (const [index, line] of text.split(/\r?\n/u).entries()) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue
    const read = readLine(line)
    if (typeof read === 'string') problems.push(`Line ${index + 1}: ${read}`)
    else if (!users.has(read.name)) users.set(read.name, read.record)
  }
  return { users, problems }
}

function readLine(line: string): { readonly name: string; readonly record: PasswordRecord } | string {
  const colon = line.indexOf(':')
  const name = line.slice(0, colon)
  if (colon < 1 || /\p{C}/u.test(name)) return 'write user:hash'
  const record = readRecord(line.slice(colon + 1).trim())
  return typeof record === 'string' ? record : { name, record }
}

function readRecord(hash: string): PasswordRecord | string {
  const cost = /^\$2[aby]\$(\d{2})\$[./A-Za-z0-9]{53}$/u.exec(hash)?.[1]
  if (cost !== undefined) {
    return Number(cost) <= MAX_COST ? { kind: 'bcrypt', hash } : `use a bcrypt cost of at most ${MAX_COST}`
  }
  const encoded = /^\{SHA\}([A-Za-z0-9+/]{27}=)$/u.exec(hash)?.[1]
  const digest = encoded === undefined ? undefined : fromBase64(encoded)
  if (digest?.length === 20) return { kind: 'sha1', digest }
  return 'use bcrypt (htpasswd -B) or {SHA}; other formats are not supported'
}
