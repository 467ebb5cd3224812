import type { Session } from '../session.ts'

/** Process that refreshes, among others that share nothing with it but the cookies. */
export interface OwnProcess {
  /** Random name. */
  readonly id: string
  /** Moment of its start, ms since the epoch. */
  readonly startedAtMs: number
}

/** Part of a token's life after which a process that is alone renews it. */
const SOFT_PART = 0.75

/** The same for the process that got the token, where others serve beside it. */
const EARLY_PART = 0.5

/** The same for those others: late, and yet in time for a token that is passed on. */
const LATE_PART = 0.97

/** Time for which a sign of another process counts. */
const SIGN_COUNTS_MS = 3_600_000

/**
 * Compiles when sessions may be renewed by this process, as a part of the life of what the provider said. Without `own`
 * it is alone, or has an exchange with the others.
 *
 * A provider that ends a session when a refresh token comes twice (RFC 9700 §4.14.2) must see each from one process only,
 * and without an exchange no process knows what another one did. So the one that got the token renews early, and by the
 * time at which others may, the browser has a new cookie. They wait nearly to the end if the token was got after they
 * started, since a process was there then; one that is older may be gone, and each takes over at a moment of its own.
 */
export function compileSoftPart(own: OwnProcess | undefined): (session: Session) => number {
  if (own === undefined) return () => SOFT_PART
  let otherSeenAtMs = Number.NEGATIVE_INFINITY
  return ({ id, refreshedAtMs, refreshedBy }) => {
    if (refreshedBy === own.id) {
      return refreshedAtMs - otherSeenAtMs < SIGN_COUNTS_MS ? EARLY_PART : SOFT_PART
    }
    if (refreshedAtMs < own.startedAtMs) {
      return SOFT_PART + (LATE_PART - SOFT_PART) * toFraction(`${id} ${refreshedAtMs} ${own.id}`)
    }
    otherSeenAtMs = Math.max(otherSeenAtMs, refreshedAtMs)
    return LATE_PART
  }
}

/** Fraction of one that follows from a text and is spread evenly: FNV-1a, with the mixing of MurmurHash3 behind it. */
function toFraction(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
