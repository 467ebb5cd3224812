import type { Session } from '../session/session.ts'

/**
 * Remembers for half a minute which session was refused what. A gateway shows the sign-in page to a person whom it may not
 * let in, and the constraints of its question (`allowed_groups`) are not part of that visit: without this the person would
 * be sent back to where they were refused. Other replicas do not know; there the third turn ends the loop.
 */
export interface RecentRefusals {
  /** `uri` is the origin form of what was refused; undefined when the gateway did not name it. */
  note(session: Session, uri: string | undefined): void
  /** Whether this session was refused just now at this address, a return target; or at one that was not named. */
  has(session: Session, target: string | undefined): boolean
}

const MEMORY_MS = 30_000
/** A few hundred kilobytes; beyond it the oldest are forgotten, which costs those people a detour. */
const MAX_ENTRIES = 2_048

interface Refusal {
  readonly uri: string | undefined
  readonly untilMs: number
}

/** Makes the memory of one process. */
export function createRecentRefusals(now: () => number): RecentRefusals {
  const refusals = new Map<string, Refusal>()
  return {
    note({ id }, uri) {
      // The order of a Map is that of insertion, so the first is the oldest.
      refusals.delete(id)
      const [oldest] = refusals.keys()
      if (oldest !== undefined && refusals.size >= MAX_ENTRIES) refusals.delete(oldest)
      refusals.set(id, { uri, untilMs: now() + MEMORY_MS })
    },
    has({ id }, target) {
      const refusal = refusals.get(id)
      if (refusal === undefined || refusal.untilMs <= now()) return false
      return refusal.uri === (target === undefined ? undefined : toOriginForm(target))
    },
  }
}

function toOriginForm(target: string): string {
  const uri = target.replace(/^https?:\/\/[^/?#]+/u, '').replace(/#.*$/su, '')
  return uri.startsWith('/') ? uri : `/${uri}`
}
