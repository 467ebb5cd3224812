import type { Announced } from './denial.ts'

/** The part of a denial that is kept; it counts until a moment, ms since the epoch. */
export interface RememberedDenial extends Omit<Announced, 'denial'> {
  readonly untilMs: number
}

/** Limits on the denials that are kept. */
export interface DenialLimits {
  readonly entries: number
  /** Entries of one person; older ones become a single one about the person. */
  readonly ofOnePerson: number
}

/** Denials in memory: bounded, and none that still counts is ever forgotten without another that means more. */
export interface DenialMemory {
  add(denial: RememberedDenial): void
  /** Denies every session that began up to this moment. */
  raiseFloor(toMs: number): void
  /** True when no session is denied by its key; the floor may deny some all the same. */
  isEmpty(): boolean
  /** True when a session that began then is denied whatever its key. */
  isBelowFloor(signedInAtMs: number): boolean
  /** True when a session of this key that began then is denied. */
  covers(key: string, signedInAtMs: number): boolean
}

export interface DenialMemoryOptions {
  readonly now: () => number
  readonly limits: DenialLimits
  /** Called when entries that still count had to make room: the floor rose to this moment. */
  readonly onFloor: (floorMs: number) => void
}

/**
 * Creates the memory. What has to make room is widened: one person's oldest entry becomes "all sessions of this person
 * up to then", and the oldest of all becomes a floor in time.
 */
export function createDenialMemory({ now, limits, onFloor }: DenialMemoryOptions): DenialMemory {
  const entries = new Map<string, RememberedDenial>()
  /** Keys by person, oldest first. Lists, because most have one member, and a Set of one takes three times as much. */
  const ofPerson = new Map<string, string[]>()
  let floorMs = Number.NEGATIVE_INFINITY

  function put(entry: RememberedDenial): void {
    const { key, person } = entry
    const known = entries.get(key)
    remove(key)
    entries.set(key, known === undefined ? entry : widest(known, entry))
    if (person === undefined || person === key) return
    const keys = ofPerson.get(person)
    if (keys === undefined) ofPerson.set(person, [key])
    else keys.push(key)
    const [oldest] = keys !== undefined && keys.length > limits.ofOnePerson ? keys : []
    const folded = oldest === undefined ? undefined : entries.get(oldest)
    if (folded === undefined) return
    remove(folded.key)
    put({ ...folded, key: person, issuedBeforeMs: folded.boundMs })
  }

  function remove(key: string): void {
    const person = entries.get(key)?.person
    entries.delete(key)
    const keys = person === undefined ? undefined : ofPerson.get(person)
    const at = keys?.indexOf(key) ?? -1
    if (at >= 0) keys?.splice(at, 1)
    if (keys?.length === 0) ofPerson.delete(person ?? '')
  }

  /**
   * Makes room for an entry. Entries live equally long, so the order of insertion is about the order in which they end.
   */
  function makeRoom(): void {
    const before = floorMs
    for (const [key, entry] of entries) {
      if (entry.untilMs > now()) {
        if (entries.size <= limits.entries) break
        floorMs = Math.max(floorMs, entry.boundMs)
      }
      remove(key)
    }
    if (floorMs > before) onFloor(floorMs)
  }

  return {
    add(denial) {
      put(denial)
      makeRoom()
    },
    raiseFloor: (toMs) => {
      floorMs = Math.max(floorMs, toMs)
    },
    isEmpty: () => entries.size === 0,
    isBelowFloor: (signedInAtMs) => signedInAtMs <= floorMs,
    covers(key, signedInAtMs) {
      const entry = entries.get(key)
      return entry !== undefined && entry.untilMs > now() && signedInAtMs <= entry.issuedBeforeMs
    },
  }
}

function widest(known: RememberedDenial, entry: RememberedDenial): RememberedDenial {
  return {
    ...entry,
    untilMs: Math.max(known.untilMs, entry.untilMs),
    issuedBeforeMs: Math.max(known.issuedBeforeMs, entry.issuedBeforeMs),
    boundMs: Math.max(known.boundMs, entry.boundMs),
  }
}
