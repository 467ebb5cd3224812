/**
 * Result of claiming a key: it is used for the first time, or again. What was `forgotten` may be either: more keys came than
 * are remembered, and those that end as early as this one had to make room.
 */
export type Claim = 'first' | 'again' | 'forgotten'

/** Replay guard: accepts each key once (per process). */
export interface ReplayGuard {
  /** `untilMs`: from when on the key is refused for its age anyway, ms since the epoch. */
  claim(key: string, untilMs: number): Claim
}

export interface ReplayGuardOptions {
  readonly now: () => number
  /** Told when keys that still count have to make room, once a minute at most. */
  readonly onForget?: () => void
  readonly maxEntries?: number
}

const MAX_ENTRIES = 50_000
const TELL_MS = 60_000

/**
 * Makes the guard. This is memory of one process: across replicas the provider's single-use code with PKCE and nonce, and
 * the short life of a logout token, do the same work.
 */
export function createReplayGuard({
  now,
  onForget,
  maxEntries = MAX_ENTRIES,
}: ReplayGuardOptions): ReplayGuard {
  const taken = new Map<string, number>()
  let floorMs = Number.NEGATIVE_INFINITY
  let toldAtMs = Number.NEGATIVE_INFINITY

  function makeRoom(): void {
    const before = floorMs
    for (const [oldest, untilMs] of taken) {
      if (untilMs > now()) {
        if (taken.size <= maxEntries) break
        floorMs = Math.max(floorMs, untilMs)
      }
      taken.delete(oldest)
    }
    if (floorMs === before || now() - toldAtMs < TELL_MS) return
    toldAtMs = now()
    onForget?.()
  }

  return {
    claim(key, untilMs) {
      if (taken.has(key)) return 'again'
      if (untilMs <= floorMs) return 'forgotten'
      taken.set(key, untilMs)
      makeRoom()
      return 'first'
    },
  }
}
