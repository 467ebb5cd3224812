import type { PasswordRecord } from '../../config/values/htpasswd.ts'
import { equalBytes, utf8 } from '../../lib/bytes.ts'
import type { Platform } from '../../platform.ts'

/** Longest password that is compared; no honest one is longer, and bcrypt itself looks at the first 72 bytes. */
export const MAX_PASSWORD_LENGTH = 1_024

/** Salt and hash of no password, for work whose result does not matter. */
const DECOY = 'C6UzMDM.H6dfI/f/IKcEeO7ZbEYFBhKJNtDjvRqS/0z1V9zQeDfya'
const NO_DIGEST = new Uint8Array(20)

/** Compares a password with a record; undefined is a user who does not exist. */
export type ComparePassword = (password: string, record: PasswordRecord | undefined) => Promise<boolean>

/**
 * Builds the comparison for the users of one file. It takes equally long for all of them and for names that do not exist:
 * as long as the costliest hash of the file, so that response times do not tell which names exist.
 */
export function createComparePassword(
  records: Iterable<PasswordRecord>,
  bcrypt: Platform['bcrypt'],
): ComparePassword {
  const costs = [...records].map(({ hash }) => (hash.kind === 'bcrypt' ? hash.cost : 0))
  const costliest = costs.reduce((most, cost) => Math.max(most, cost), 0)
  return async function comparePassword(password, record) {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', utf8(password)))
    const hash = record?.hash
    const sameDigest = equalBytes(digest, hash?.kind === 'sha1' ? hash.digest : NO_DIGEST)
    const hashes = bcryptWork(hash, costliest)
    if (hashes.length === 0) return record !== undefined && sameDigest
    if (bcrypt === undefined) throw new Error('This runtime has no bcrypt')
    const [matches] = await bcrypt(password, hashes)
    if (hash?.kind === 'bcrypt') return matches === true
    return record !== undefined && sameDigest
  }
}

/**
 * Work of one comparison: the record's own hash, then decoys up to the highest cost: each step doubles, so 2^c + 2^c +
 * 2^(c+1) + … + 2^(n-1) is 2^n.
 */
function bcryptWork(hash: PasswordRecord['hash'] | undefined, costliest: number): readonly string[] {
  if (hash?.kind !== 'bcrypt') return costliest === 0 ? [] : [toDecoy(costliest)]
  const decoys = Array.from({ length: costliest - hash.cost }, (_, step) => toDecoy(hash.cost + step))
  return [hash.hash, ...decoys]
}

function toDecoy(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${DECOY}`
}
