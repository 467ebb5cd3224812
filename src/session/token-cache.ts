import { copyText } from '../lib/text.ts'

/** Most entries that are kept, and most bytes that they and their tokens take, both by estimate. */
const MAX_ENTRIES = 16_384
const MAX_BYTES = 24 * 1024 * 1024

/** Length of the authentication tag at the end of a JWE. */
const TAG_LENGTH = 22

/** Estimated memory of an entry beside its strings. */
const ENTRY_BYTES = 1024

/**
 * Cache of what sealed tokens held, because decrypting costs more than forwarding. Bounded; the least recently used half is
 * dropped. Holds no verdict: a session that is found here still has to be judged.
 */
export interface TokenCache<Value> {
  find(token: string): Value | undefined
  /** Keeps what a token held; `bytes` is what it takes beside the token, by estimate (`memoryOf`). */
  add(token: string, value: Value, bytes?: number): void
  clear(): void
}

interface Entry<Value> {
  readonly token: string
  readonly value: Value
  readonly bytes: number
}

/** Generations of entries: the recent half, and the one before it, from which whatever is used moves up. */
interface Halves<Value> {
  recent: Map<string, Entry<Value>>
  before: Map<string, Entry<Value>>
  recentBytes: number
}

/** Builds the cache; the bounds are for tests. */
export function createTokenCache<Value>(maxEntries = MAX_ENTRIES, maxBytes = MAX_BYTES): TokenCache<Value> {
  const halves: Halves<Value> = { recent: new Map(), before: new Map(), recentBytes: 0 }

  function put(tag: string, entry: Entry<Value>): void {
    // Tokens are ASCII, which engines keep at one byte a character.
    const bytes = entry.token.length + entry.bytes + ENTRY_BYTES
    const isFull = halves.recent.size >= maxEntries / 2 || halves.recentBytes + bytes > maxBytes / 2
    if (isFull) {
      halves.before = halves.recent
      halves.recent = new Map()
      halves.recentBytes = 0
    }
    halves.recent.set(tag, entry)
    halves.recentBytes += bytes
  }

  return {
    find(token) {
      const tag = token.slice(-TAG_LENGTH)
      const recent = halves.recent.get(tag)
      // The tag only finds the entry; it is the whole token that has to be the same.
      if (recent !== undefined) return recent.token === token ? recent.value : undefined
      const before = halves.before.get(tag)
      if (before === undefined || before.token !== token) return undefined
      put(tag, before)
      halves.before.delete(tag)
      return before.value
    },
    add(token, value, bytes = 0) {
      // A slice would keep the whole Cookie header that it was cut from in memory.
      const own = copyText(token)
      put(own.slice(-TAG_LENGTH), { token: own, value, bytes })
    },
    clear() {
      halves.recent.clear()
      halves.before.clear()
      halves.recentBytes = 0
    },
  }
}
