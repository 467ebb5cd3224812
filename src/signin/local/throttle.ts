/** Slows down whoever guesses passwords. */
export interface LoginThrottle {
  /** The client has to wait before the next attempt counts. */
  mustWait(client: string): boolean
  failed(client: string): void
  succeeded(client: string): void
}

const FREE = 5
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000
const FORGET_MS = 15 * 60_000
const MAX_CLIENTS = 10_000

/**
 * Five failures are free; then each one doubles the pause, from a second to a minute. A success or a quarter of an hour
 * without failures starts anew. Counts at most 10,000 clients, the latest ones.
 */
export function createLoginThrottle(now: () => number): LoginThrottle {
  const clients = new Map<string, { readonly failures: number; readonly atMs: number }>()

  function read(client: string): { readonly failures: number; readonly atMs: number } | undefined {
    const known = clients.get(client)
    return known !== undefined && now() - known.atMs < FORGET_MS ? known : undefined
  }

  return {
    mustWait(client) {
      const known = read(client)
      if (known === undefined || known.failures < FREE) return false
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (known.failures - FREE), LONGEST_PAUSE_MS)
      return now() - known.atMs < pauseMs
    },
    failed(client) {
      const failures = (read(client)?.failures ?? 0) + 1
      clients.delete(client)
      clients.set(client, { failures, atMs: now() })
      for (const oldest of clients.keys()) {
        if (clients.size <= MAX_CLIENTS) break
        clients.delete(oldest)
      }
    },
    succeeded: (client) => clients.delete(client),
  }
}
