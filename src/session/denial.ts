/** Person whose session is denied, where that is known, and when it began at the latest (ms since the epoch). */
export interface DenialContext {
  readonly issuer: string
  readonly subject: string | undefined
  readonly signedInBeforeMs: number
}

/**
 * Sessions that are over before their time: one of Sidegate's, one of the provider's, or all of a person up to a
 * moment.
 */
export type Denial =
  | { readonly kind: 'session'; readonly id: string; readonly of?: DenialContext }
  | { readonly kind: 'sid'; readonly issuer: string; readonly sid: string; readonly of?: DenialContext }
  | {
      readonly kind: 'subject'
      readonly issuer: string
      readonly subject: string
      /** Moment up to which sessions are over (ms since the epoch), by their sign-in. */
      readonly issuedBeforeMs: number
    }

/** A denial as processes tell it to each other. */
export interface Announced {
  readonly key: string
  /** Undefined for the floor, which denies every session that began up to `boundMs`. */
  readonly denial: Denial | undefined
  /** Sessions of this key that began up to this moment are over (ms since the epoch). */
  readonly issuedBeforeMs: number
  /** No session that is meant began later. */
  readonly boundMs: number
  /** Key of the person, where that is known. */
  readonly person: string | undefined
}

type KeyParts =
  | Pick<Denial & { kind: 'session' }, 'kind' | 'id'>
  | Pick<Denial & { kind: 'sid' }, 'kind' | 'issuer' | 'sid'>
  | Pick<Denial & { kind: 'subject' }, 'kind' | 'issuer' | 'subject'>

/** Key of what is denied. JSON, so that no odd issuer or subject can be taken for another pair of them. */
export function denialKey(denial: KeyParts): string {
  switch (denial.kind) {
    case 'session':
      return JSON.stringify(['session', denial.id])
    case 'sid':
      return JSON.stringify(['sid', denial.issuer, denial.sid])
    case 'subject':
      return JSON.stringify(['subject', denial.issuer, denial.subject])
  }
}

const FLOOR = JSON.stringify(['floor'])

/**
 * Writes a denial as a line: key, moment of a subject's denial or null, bound, key of the person or null. Version 0.1
 * wrote two of them.
 */
export function writeDenial(denial: Denial): string {
  const key = denialKey(denial)
  if (denial.kind === 'subject')
    return JSON.stringify([key, denial.issuedBeforeMs, denial.issuedBeforeMs, key])
  const { of } = denial
  if (of === undefined) return JSON.stringify([key, null])
  const { issuer, subject, signedInBeforeMs } = of
  const person = subject === undefined ? null : denialKey({ kind: 'subject', issuer, subject })
  return JSON.stringify([key, null, signedInBeforeMs, person])
}

/**
 * Reads a line; anything else in a shared store is ignored. `nowMs` bounds a denial that says nothing of when its
 * sessions began.
 */
export function parseDenial(line: string, nowMs: number): Announced | undefined {
  try {
    const [key, issuedBeforeMs, boundMs, person]: unknown[] = JSON.parse(line)
    if (typeof key !== 'string' || (issuedBeforeMs !== null && typeof issuedBeforeMs !== 'number'))
      return undefined
    const beforeMs = issuedBeforeMs ?? Number.POSITIVE_INFINITY
    const denial = parseKey(key, beforeMs)
    if (denial === undefined && key !== FLOOR) return undefined
    return {
      key,
      denial,
      issuedBeforeMs: beforeMs,
      boundMs: typeof boundMs === 'number' ? boundMs : Math.min(beforeMs, nowMs),
      person: typeof person === 'string' ? person : undefined,
    }
  } catch {
    return undefined
  }
}

/**
 * Folds lines into one that denies at least what all these do: every session that began up to the latest that they
 * mean.
 */
export function foldDenials(lines: readonly string[], nowMs: number): string {
  const bounds = lines.map((line) => parseDenial(line, nowMs)?.boundMs ?? Number.NEGATIVE_INFINITY)
  const boundMs = Math.max(...bounds)
  return JSON.stringify([FLOOR, boundMs, boundMs])
}

function parseKey(key: string, issuedBeforeMs: number): Denial | undefined {
  const [kind, first, second]: unknown[] = JSON.parse(key)
  if (typeof first !== 'string') return undefined
  if (kind === 'session') return { kind, id: first }
  if (typeof second !== 'string') return undefined
  if (kind === 'sid') return { kind, issuer: first, sid: second }
  return kind === 'subject' ? { kind, issuer: first, subject: second, issuedBeforeMs } : undefined
}
