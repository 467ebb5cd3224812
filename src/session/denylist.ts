import type { SessionConfig } from '../config/sections/session.ts'
import type { SharedState } from '../platform.ts'
import type { Session } from './session.ts'

/**
 * Sessions that are over before their time: one of ours, one of the provider's, or all of a person up to a
 * moment.
 */
export type Denial =
  | { readonly kind: 'session'; readonly id: string }
  | { readonly kind: 'sid'; readonly issuer: string; readonly sid: string }
  | {
      readonly kind: 'subject'
      readonly issuer: string
      readonly subject: string
      /** Sessions signed in at or before this moment are over (ms since the epoch). */
      readonly issuedBeforeMs: number
    }

/** Remembers who was signed out elsewhere. Asked on every request, so it answers from memory. */
export interface Denylist {
  deny(denial: Denial): Promise<void>
  denies(session: Session): boolean
}

/** What a denylist is made from. */
export interface DenylistDeps {
  readonly now: () => number
  /** An entry is kept as long as the cookie of a denied session, which nobody renews any more, can last. */
  readonly config: Pick<SessionConfig, 'expireMs' | 'maxLifetimeMs'>
  /** Tells the other processes; without it the denylist is this process's own. */
  readonly shared?: SharedState | undefined
  /** Most entries; the oldest make room for new ones. */
  readonly maxEntries?: number
}

const YEAR_MS = 365 * 86_400_000

interface Entry {
  readonly untilMs: number
  readonly issuedBeforeMs: number
}

/** Builds the denylist: in memory, bounded, and the same in all processes where they share state. */
export function createDenylist(deps: DenylistDeps): Denylist {
  const { now, config, shared, maxEntries = 50_000 } = deps
  const keepMs = config.expireMs || config.maxLifetimeMs || YEAR_MS
  const entries = new Map<string, Entry>()

  function remember(line: string, untilMs: number): void {
    const parsed = parseLine(line)
    if (parsed === undefined || untilMs <= now()) return
    const known = entries.get(parsed.key)
    const issuedBeforeMs = Math.max(parsed.issuedBeforeMs, known?.issuedBeforeMs ?? 0)
    // Entries live equally long, so the order of insertion is the order in which they end.
    entries.delete(parsed.key)
    entries.set(parsed.key, { untilMs: Math.max(untilMs, known?.untilMs ?? 0), issuedBeforeMs })
    for (const [key, entry] of entries) {
      if (entry.untilMs > now() && entries.size <= maxEntries) break
      entries.delete(key)
    }
  }

  const hits = (key: string, signedInAtMs: number): boolean => {
    const entry = entries.get(key)
    return entry !== undefined && entry.untilMs > now() && signedInAtMs <= entry.issuedBeforeMs
  }

  shared?.follow(remember)
  return {
    async deny(denial) {
      const line = JSON.stringify([keyOf(denial), denial.kind === 'subject' ? denial.issuedBeforeMs : null])
      const untilMs = now() + keepMs
      remember(line, untilMs)
      await shared?.announce(line, untilMs)
    },
    denies(session) {
      if (entries.size === 0) return false
      const { id, issuer, sid, subject, signedInAtMs } = session
      return (
        hits(keyOf({ kind: 'session', id }), signedInAtMs) ||
        (sid !== undefined && hits(keyOf({ kind: 'sid', issuer, sid }), signedInAtMs)) ||
        hits(keyOf({ kind: 'subject', issuer, subject, issuedBeforeMs: 0 }), signedInAtMs)
      )
    },
  }
}

function keyOf(denial: Denial): string {
  switch (denial.kind) {
    case 'session':
      return JSON.stringify(['session', denial.id])
    case 'sid':
      return JSON.stringify(['sid', denial.issuer, denial.sid])
    case 'subject':
      return JSON.stringify(['subject', denial.issuer, denial.subject])
  }
}

/** A line as `deny` writes it; whatever else stands in a shared store is passed over. */
function parseLine(line: string): { readonly key: string; readonly issuedBeforeMs: number } | undefined {
  try {
    const [key, issuedBeforeMs]: unknown[] = JSON.parse(line)
    if (typeof key !== 'string') return undefined
    if (issuedBeforeMs === null) return { key, issuedBeforeMs: Number.POSITIVE_INFINITY }
    return typeof issuedBeforeMs === 'number' ? { key, issuedBeforeMs } : undefined
  } catch {
    return undefined
  }
}
