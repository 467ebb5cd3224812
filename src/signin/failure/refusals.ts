import type { Problem } from '../../problems.ts'

/**
 * Refusals that gateways got just now, by session. A gateway that sends such a person to the sign-in page would get
 * them back at once, and again; this process keeps for a few seconds that it would not help. What it does not keep, the
 * count of turns stops.
 */
export interface Refusals {
  /** Records a refusal; `path` is that of the request which the gateway asked about, where it said so. */
  note(sessionId: string, refusal: { readonly problem: Problem; readonly path: string | undefined }): void
  /** Finds the reason why this session was refused at a return target. */
  find(sessionId: string, returnTo: string): Problem | undefined
}

interface Entry {
  readonly problem: Problem
  readonly path: string | undefined
  readonly untilMs: number
}

const LIFETIME_MS = 30_000
/** Limit of a few hundred kilobytes. */
const MAX_ENTRIES = 2_048

/** Creates the memory; the oldest entry makes room for a new one. */
export function createRefusals(now: () => number): Refusals {
  const entries = new Map<string, Entry>()
  return {
    note(sessionId, { problem, path }) {
      entries.delete(sessionId)
      const [oldest] = entries.keys()
      if (entries.size >= MAX_ENTRIES && oldest !== undefined) entries.delete(oldest)
      entries.set(sessionId, { problem, path, untilMs: now() + LIFETIME_MS })
    },
    find(sessionId, returnTo) {
      const entry = entries.get(sessionId)
      if (entry === undefined) return undefined
      if (now() >= entry.untilMs) {
        entries.delete(sessionId)
        return undefined
      }
      return entry.path === undefined || entry.path === pathOf(returnTo) ? entry.problem : undefined
    },
  }
}

/** Path of a return target, which may be an absolute URL. */
function pathOf(returnTo: string): string {
  return returnTo.replace(/^https?:\/\/[^/?#]*/u, '').replace(/[?#].*$/su, '') || '/'
}
