import type { KeyRing } from '../../crypto/keys.ts'
import { copyText } from '../../lib/text.ts'
import type { Platform } from '../../platform.ts'
import { memoryOf } from '../memory-of.ts'
import type { Session } from '../session.ts'
import type { OnSeen } from '../store.ts'
import { createTokenCache } from '../token-cache.ts'
import { hasMark, markOf, type OpenedEntry, openEntry } from './entry.ts'
import { type OpenedTicket, openTicket } from './ticket.ts'

/** A ticket that was opened before, and its entry as it was then. */
export interface KnownTicket extends OpenedTicket {
  /** Value of the cookie. */
  readonly token: string
  opened: OpenedEntry | undefined
}

/** Tickets that were opened before. A session is opened again only when its entry has changed. */
export interface KnownTickets {
  /** Finds a ticket that was opened before, synchronously. */
  find(token: string): KnownTicket | undefined
  /** Opens the value of a cookie; undefined for what is no ticket. */
  open(token: string): Promise<KnownTicket | undefined>
  /** Opens the entry of a ticket, or finds the session that it held the last time. */
  openEntry(known: KnownTicket, entry: Uint8Array): Promise<Session | undefined>
}

export interface KnownTicketsDeps {
  readonly ring: KeyRing
  readonly platform: Pick<Platform, 'openAesGcm'>
  readonly onSeen?: OnSeen
}

/** Creates the memory of tickets, which is bounded, and empty after the keys of tickets have changed. */
export function createKnownTickets({ ring, platform, onSeen }: KnownTicketsDeps): KnownTickets {
  const cache = createTokenCache<KnownTicket>()
  let openedUnder = ring.generation

  function find(token: string): KnownTicket | undefined {
    if (openedUnder !== ring.generation) {
      cache.clear()
      openedUnder = ring.generation
    }
    return cache.find(token)
  }

  return {
    find,
    async open(token) {
      const found = find(token)
      if (found !== undefined) return found
      const { generation } = ring
      const opened = await openTicket(ring, token)
      if (opened === undefined) return undefined
      const known = { ...opened, token: copyText(token), opened: undefined }
      // Keys that were replaced meanwhile may have been the ones that opened it.
      if (generation === ring.generation) cache.add(token, known)
      return known
    },
    async openEntry(known, entry) {
      if (known.opened !== undefined && hasMark(entry, known.opened.mark)) return known.opened.session
      const session = await openEntry(known.ticket, entry, platform.openAesGcm)
      if (session === undefined) return undefined
      known.opened = { session, mark: markOf(entry) }
      if (find(known.token) === known) cache.add(known.token, known, memoryOf(session))
      onSeen?.({ reference: known.token, session })
      return session
    },
  }
}
