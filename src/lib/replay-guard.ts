/** Replay guard: accepts each key once (per process). */
export interface ReplayGuard {
  /** Takes a key; false when it was taken before. */
  claim(key: string): boolean
}

const MAX_ENTRIES = 10_000

/**
 * Remembers the latest 10,000 keys. This is memory of one process: across replicas the provider's single-use code with
 * PKCE and nonce, and the short life of a logout token, do the same work.
 */
export function createReplayGuard(): ReplayGuard {
  const taken = new Set<string>()
  return {
    claim(key) {
      if (taken.has(key)) return false
      taken.add(key)
      for (const oldest of taken) {
        if (taken.size <= MAX_ENTRIES) break
        taken.delete(oldest)
      }
      return true
    },
  }
}
