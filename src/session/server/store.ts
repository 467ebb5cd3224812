import type { KeyRing } from '../../crypto/keys.ts'
import type { Cookie, CookieChange } from '../../http/exchange.ts'
import { utf8 } from '../../lib/bytes.ts'
import type { Platform, SharedEntries } from '../../platform.ts'
import { ok } from '../../result.ts'
import type { SessionJudge } from '../judge.ts'
import type { Projection } from '../projection.ts'
import type { Session } from '../session.ts'
import { compileOwnNames, expire, sessionNames } from '../session-cookies.ts'
import type { OnSeen, SessionStore, StoredSession } from '../store.ts'
import { createKnownTickets } from './known-tickets.ts'
import { createTicketReader, ticketTokens } from './read.ts'
import { createTicketWriter } from './write.ts'

export interface ServerStoreDeps {
  readonly cookieName: string
  /** `cookie-expire`; 0 is a cookie that ends with the browser. */
  readonly expireMs: number
  /** Keys of purpose `ticket`. */
  readonly ring: KeyRing
  readonly entries: SharedEntries
  readonly judge: SessionJudge
  readonly projection: Pick<Projection, 'project'>
  readonly platform: Pick<Platform, 'now' | 'openAesGcm'>
  /** Store of whole sessions in cookies, whose sessions go on counting here and become entries. */
  readonly former: SessionStore
  /** Called for each session that was stored, or opened for the first time. */
  readonly onSeen?: OnSeen
}

/** Time that an entry outlives its session: so long its end is told by its reason. */
const GRACE_MS = 60_000
/** Longest life of an entry whose session has no end. */
const YEAR_MS = 365 * 86_400_000

/**
 * Creates the store that keeps sessions in entries which processes share. The browser holds a sealed ticket: the name of its
 * entry, and the key that the entry is sealed with, which is nowhere else.
 */
export function createServerStore(deps: ServerStoreDeps): SessionStore {
  const { cookieName, entries, judge, platform, projection } = deps
  const tickets = createKnownTickets(deps)
  const ttlOf = (session: Session): number =>
    Math.max(0, Math.min(judge.nextEndMs(session) - platform.now(), YEAR_MS)) + GRACE_MS
  const { create, replace } = createTicketWriter({ ...deps, ttlOf }, tickets)

  function cookies(
    { session, reference }: StoredSession,
    carried: readonly Cookie[],
  ): readonly CookieChange[] {
    const left = Math.ceil((judge.endsAtMs(session) - platform.now()) / 1000)
    const maxAgeSeconds = deps.expireMs === 0 ? undefined : Math.max(1, left)
    const others = sessionNames(cookieName, carried).filter((name) => name !== cookieName)
    return [{ name: cookieName, value: reference, maxAgeSeconds, purpose: 'session' }, ...expire(others)]
  }

  /** Deletes the entries of all tickets that a request carries. One that cannot be deleted now ends at its time. */
  async function clear(carried: readonly Cookie[]): Promise<readonly CookieChange[]> {
    const found = await Promise.all(ticketTokens(cookieName, carried).map(tickets.open))
    await Promise.all(found.map((known) => known && entries.delete(known.ticket.entry)))
    return expire(new Set([...sessionNames(cookieName, carried), cookieName]))
  }

  return {
    ...createTicketReader(deps, tickets),
    judge: judge.judge,
    endsAtMs: judge.endsAtMs,
    nextEndMs: judge.nextEndMs,
    owns: compileOwnNames(cookieName),
    async save({ session, carried }) {
      const created = await create(projection.project(judge.bind(session)))
      if (!created.ok) return created
      const stored = created.value
      deps.onSeen?.(stored)
      await clear(carried)
      const cookieBytes = utf8(`${cookieName}=${stored.reference}; `).length
      return ok({ ...stored, changes: cookies(stored, carried), cookieBytes, dropped: [] })
    },
    clear,
    async write(successor, reference) {
      const session = projection.project(judge.bind(successor))
      const known = await tickets.open(reference)
      // A session of the cookie store becomes an entry at its first change.
      const written = known === undefined ? await create(session) : await replace(known, session)
      if (written.ok) deps.onSeen?.(written.value)
      return written
    },
    cookies,
    cookieOf: (reference) => ({ name: cookieName, value: reference }),
  }
}
