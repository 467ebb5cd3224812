import type { Cookie } from '../../http/exchange.ts'
import type { MaybePromise } from '../../lib/async.ts'
import type { SharedEntries } from '../../platform.ts'
import type { SessionJudge } from '../judge.ts'
import type { Loaded, Session, Unreadable } from '../session.ts'
import { expire, isBetter, sessionNames } from '../session-cookies.ts'
import type { SessionStore } from '../store.ts'
import type { KnownTicket, KnownTickets } from './known-tickets.ts'

export interface TicketReaderDeps {
  readonly cookieName: string
  readonly entries: Pick<SharedEntries, 'get'>
  readonly judge: Pick<SessionJudge, 'judge' | 'shouldNoteSeen'>
  /** Store of whole sessions in cookies, whose sessions count here too. */
  readonly former: Pick<SessionStore, 'load' | 'read'>
}

/** Limit on different values for one session that are tried before the rest is ignored. */
const MAX_CANDIDATES = 4

const NONE: Loaded = { kind: 'none' }
const UNAVAILABLE: Loaded = { kind: 'unreadable', why: 'unavailable' }

/** Values among the cookies of a request that may be tickets: those under the plain name, each once. */
export function ticketTokens(cookieName: string, cookies: readonly Cookie[]): readonly string[] {
  const tokens: string[] = []
  for (const { name, value } of cookies) {
    if (name !== cookieName || value === '' || tokens.includes(value)) continue
    if (tokens.push(value) === MAX_CANDIDATES) break
  }
  return tokens
}

/**
 * Creates the reading half of the server-side store. Every load asks for the entry, so that a session which was ended
 * anywhere is over at once.
 */
export function createTicketReader(
  { cookieName, entries, judge, former }: TicketReaderDeps,
  tickets: KnownTickets,
): Pick<SessionStore, 'load' | 'read'> {
  async function loadTicket(known: KnownTicket, cookies: readonly Cookie[]): Promise<Loaded> {
    const found = await entries.get(known.ticket.entry)
    if (!found.ok) return UNAVAILABLE
    // Signed out, or over for so long that it was deleted.
    if (found.value === undefined) return { kind: 'unreadable', why: 'revoked' }
    const session = await tickets.openEntry(known, found.value)
    if (session === undefined) return { kind: 'unreadable', why: 'key' }
    const why = judge.judge(session)
    if (why !== undefined) return { kind: 'unreadable', why, session }
    return {
      kind: 'active',
      session,
      reference: known.token,
      needsWrite: !known.current || judge.shouldNoteSeen(session),
      changes: expire(sessionNames(cookieName, cookies).filter((name) => name !== cookieName)),
    }
  }

  async function loadFormer(cookies: readonly Cookie[]): Promise<Loaded> {
    const loaded = await former.load(cookies)
    return loaded.kind === 'active' ? { ...loaded, needsWrite: true } : loaded
  }

  async function loadBest(tokens: readonly string[], cookies: readonly Cookie[]): Promise<Loaded> {
    let best: Loaded | undefined
    for (const token of tokens) {
      const known = await tickets.open(token)
      const loaded = known && (await loadTicket(known, cookies))
      if (loaded === undefined) continue
      const isUnsure = loaded === UNAVAILABLE && best?.kind !== 'active'
      if (best === undefined || isUnsure || isBetter(loaded, best)) best = loaded
    }
    return best ?? loadFormer(cookies)
  }

  async function readTicket(known: KnownTicket): Promise<Session | Unreadable> {
    const loaded = await loadTicket(known, [])
    return loaded.kind === 'active' ? loaded.session : loaded.kind === 'unreadable' ? loaded.why : 'key'
  }

  return {
    load(cookies): MaybePromise<Loaded> {
      const tokens = ticketTokens(cookieName, cookies)
      const [only] = tokens
      // What is left are parts of a session of the cookie store.
      if (only === undefined)
        return sessionNames(cookieName, cookies).length === 0 ? NONE : loadFormer(cookies)
      const known = tokens.length === 1 ? tickets.find(only) : undefined
      return known === undefined ? loadBest(tokens, cookies) : loadTicket(known, cookies)
    },
    async read(reference) {
      const known = await tickets.open(reference)
      return known === undefined ? former.read(reference) : readTicket(known)
    },
  }
}
