import { hmacSha256, randomBytes, toBase64Url } from '../../lib/bytes.ts'

/** Right passwords of the last minute: Basic credentials come with every request, and bcrypt is slow on purpose. */
export interface RememberedPasswords {
  /** The name of these credentials: an HMAC under a key that never leaves this process. */
  nameOf(username: string, password: string): Promise<string>
  /** True when they were right for this record less than a minute ago. */
  has(name: string, fingerprint: string): boolean
  add(name: string, fingerprint: string): void
}

const REMEMBER_MS = 60_000
const MAX_REMEMBERED = 1_000

/** Builds an empty memory. One of a record that has changed since is never asked for again, and makes room in time. */
export function createRememberedPasswords(now: () => number): RememberedPasswords {
  const key = randomBytes(32)
  const untilMs = new Map<string, number>()
  const entryOf = (name: string, fingerprint: string): string => `${name} ${fingerprint}`
  return {
    nameOf: async (username, password) =>
      toBase64Url(await hmacSha256(key, JSON.stringify([username, password]))),
    has: (name, fingerprint) => (untilMs.get(entryOf(name, fingerprint)) ?? 0) > now(),
    add(name, fingerprint) {
      const entry = entryOf(name, fingerprint)
      untilMs.delete(entry)
      untilMs.set(entry, now() + REMEMBER_MS)
      for (const oldest of untilMs.keys()) {
        if (untilMs.size <= MAX_REMEMBERED) break
        untilMs.delete(oldest)
      }
    },
  }
}
