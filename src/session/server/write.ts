import type { KeyRing } from '../../crypto/keys.ts'
import type { SharedEntries } from '../../platform.ts'
import { problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { Session } from '../session.ts'
import type { StoredSession } from '../store.ts'
import { revisionOf, sealEntry } from './entry.ts'
import type { KnownTicket, KnownTickets } from './known-tickets.ts'
import { newTicket, sealTicket } from './ticket.ts'

export interface TicketWriterDeps {
  readonly ring: KeyRing
  readonly entries: Pick<SharedEntries, 'get' | 'create' | 'replace'>
  /** Life of a session's entry, in ms. */
  readonly ttlOf: (session: Session) => number
}

/** Writing half of the server-side store. */
export interface TicketWriter {
  /** Stores a session under a ticket that has never been. */
  create(session: Session): Promise<Result<StoredSession>>
  /** Replaces the session of a ticket; `sign_in_required` where it was ended meanwhile. */
  replace(known: KnownTicket, session: Session): Promise<Result<StoredSession>>
}

/** Most tries to replace an entry that others replace at the same time. */
const TRIES = 5

/** Creates the writing half. */
export function createTicketWriter(
  { ring, entries, ttlOf }: TicketWriterDeps,
  tickets: Pick<KnownTickets, 'openEntry'>,
): TicketWriter {
  /** Replaces an entry as it is now; false when another process was quicker. */
  async function tryReplace(known: KnownTicket, session: Session): Promise<Result<Session | false>> {
    const { ticket } = known
    const found = await entries.get(ticket.entry)
    if (!found.ok) return found
    const before = found.value && (await tickets.openEntry(known, found.value))
    // A sign-out meanwhile has deleted the entry: what a slow refresh brings must not put it back.
    if (found.value === undefined || before === undefined) return failed(problem('sign_in_required'))
    if (isOvertaken(session, before)) return ok(before)
    const entry = await sealEntry(ticket, session)
    if (!entry.ok) return failed(problem(entry.problem))
    const beginning = revisionOf(found.value)
    const replaced = await entries.replace(ticket.entry, {
      value: entry.value,
      ttlMs: ttlOf(session),
      beginning,
    })
    return replaced.ok ? ok(replaced.value && session) : replaced
  }

  return {
    async create(session) {
      const ticket = newTicket()
      const entry = await sealEntry(ticket, session)
      if (!entry.ok) return failed(problem(entry.problem))
      const created = await entries.create(ticket.entry, { value: entry.value, ttlMs: ttlOf(session) })
      return created.ok ? ok({ session, reference: await sealTicket(ring, ticket) }) : created
    },
    async replace(known, session) {
      for (let at = 0; at < TRIES; at += 1) {
        const replaced = await tryReplace(known, session)
        if (!replaced.ok) return replaced
        if (replaced.value === false) continue
        const reference = known.current ? known.token : await sealTicket(ring, known.ticket)
        return ok({ session: replaced.value, reference })
      }
      return failed(
        problem('session_store_unavailable', { why: 'the session is replaced all the time elsewhere' }),
      )
    },
  }
}

/**
 * True when another process wrote a session that must not be lost: a refresh since this one was loaded. A session right after
 * an answer of the provider is the newest there is, since only one process asks at a time, whatever its clock says.
 */
function isOvertaken(session: Session, stored: Session): boolean {
  if (session.seenAtMs <= session.refreshedAtMs) return false
  return toSeconds(stored.refreshedAtMs) !== toSeconds(session.refreshedAtMs)
}

/** Whole seconds, as they are stored. */
function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000)
}
