import { compare } from 'bcryptjs'
import { equalBytes, utf8 } from '../../lib/bytes.ts'
import type { PasswordRecord } from './htpasswd.ts'

/** No honest password is longer; bcrypt itself looks at the first 72 bytes. */
const MAX_LENGTH = 1_024

/** Hash of nobody's password, so that an unknown name takes as long as a wrong password. */
const NOBODY: PasswordRecord = {
  kind: 'bcrypt',
  hash: '$2b$10$C6UzMDM.H6dfI/f/IKcEeO7ZbEYFBhKJNtDjvRqS/0z1V9zQeDfya',
}

/** Compares a password with a record; without a record it takes its time and says no. */
export async function passwordFits(password: string, record: PasswordRecord | undefined): Promise<boolean> {
  if (password.length > MAX_LENGTH) return false
  const fits = await matches(password, record ?? NOBODY)
  return record !== undefined && fits
}

async function matches(password: string, record: PasswordRecord): Promise<boolean> {
  if (record.kind === 'bcrypt') return compare(password, record.hash)
  const digest = await crypto.subtle.digest('SHA-1', utf8(password))
  return equalBytes(new Uint8Array(digest), record.digest)
}
