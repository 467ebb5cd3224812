import { utf8 } from '../../lib/bytes.ts'
import type { Session } from '../session.ts'

/** Most sessions that are kept, and most bytes that they and their tokens take, both by estimate. */
const MAX_ENTRIES = 16_384
const MAX_BYTES = 24 * 1024 * 1024

/** Length of the authentication tag at the end of a JWE. */
const TAG_LENGTH = 22

/** Estimated memory of a session beside its strings. */
const ENTRY_BYTES = 1024

/** A session that was opened before, and whether the first key had sealed it. */
export interface CachedSession {
  readonly session: Session
  readonly current: boolean
}

/**
 * Cache of opened sessions, because decrypting costs more than forwarding. Bounded; the least recently used half is
 * dropped. Holds no verdict: a session that is found here still has to be judged.
 */
export interface SessionCache {
  find(token: string): CachedSession | undefined
  add(token: string, opened: CachedSession): void
  clear(): void
}

interface Entry extends CachedSession {
  readonly token: string
}

/** Generations of entries: the recent half, and the one before it, from which whatever is used moves up. */
interface Halves {
  recent: Map<string, Entry>
  before: Map<string, Entry>
  recentBytes: number
}

/** Builds the cache; the bounds are for tests. */
export function createSessionCache(maxEntries = MAX_ENTRIES, maxBytes = MAX_BYTES): SessionCache {
  const halves: Halves = { recent: new Map(), before: new Map(), recentBytes: 0 }

  function put(tag: string, entry: Entry): void {
    // Tokens are ASCII, which engines keep at one byte a character.
    const bytes = entry.token.length + ENTRY_BYTES
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
      if (recent !== undefined) return recent.token === token ? recent : undefined
      const before = halves.before.get(tag)
      if (before === undefined || before.token !== token) return undefined
      put(tag, before)
      halves.before.delete(tag)
      return before
    },
    add(token, opened) {
      const own = copy(token)
      put(own.slice(-TAG_LENGTH), { ...opened, token: own })
    },
    clear() {
      halves.recent.clear()
      halves.before.clear()
      halves.recentBytes = 0
    },
  }
}

const decoder = new TextDecoder()

/** Copies a string: a slice would keep the whole Cookie header that it was cut from in memory. */
function copy(text: string): string {
  return decoder.decode(utf8(text))
}
