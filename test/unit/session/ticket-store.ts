import type { Cookie, CookieChange } from '../../../src/http/exchange.ts'
import { equalBytes, randomToken, sha256, utf8 } from '../../../src/lib/bytes.ts'
import { problem } from '../../../src/problems.ts'
import { failed, ok } from '../../../src/result.ts'
import type { SessionJudge } from '../../../src/session/judge.ts'
import type { Loaded, Session } from '../../../src/session/session.ts'
import type { SessionStore, StoredSession } from '../../../src/session/store.ts'

interface Entry {
  readonly session: Session
  readonly secretHash: Uint8Array
}

/** What the processes of a deployment share. */
export type TicketMemory = Map<string, Entry>

interface TicketStoreDeps {
  readonly cookieName: string
  readonly memory: TicketMemory
  readonly judge: SessionJudge
  readonly now: () => number
}

/**
 * A session store of another kind than the cookies: the browser holds a ticket (`id.secret`), the session lies in memory
 * that every process shares. It shows that the interface is none of the cookie store alone.
 */
export function createTicketStore({ cookieName, memory, judge, now }: TicketStoreDeps): SessionStore {
  const end: CookieChange = { name: cookieName, value: '', maxAgeSeconds: 0, purpose: 'session' }

  async function find(ticket: string): Promise<Entry | undefined> {
    const [id = '', secret = ''] = ticket.split('.')
    const entry = memory.get(id)
    return entry !== undefined && equalBytes(entry.secretHash, await sha256(secret)) ? entry : undefined
  }

  async function put(session: Session, ticket: string): Promise<StoredSession> {
    const [id = '', secret = ''] = ticket.split('.')
    memory.set(id, { session: structuredClone(session), secretHash: await sha256(secret) })
    return { session, reference: ticket }
  }

  function cookies({ session, reference }: StoredSession): readonly CookieChange[] {
    const maxAgeSeconds = Math.max(1, Math.ceil((judge.endsAtMs(session) - now()) / 1000))
    return [{ name: cookieName, value: reference, maxAgeSeconds, purpose: 'session' }]
  }

  async function loadTicket(ticket: string): Promise<Loaded> {
    const entry = await find(ticket)
    if (entry === undefined) return { kind: 'unreadable', why: 'key' }
    const session = structuredClone(entry.session)
    const why = judge.judge(session)
    if (why !== undefined) return { kind: 'unreadable', why, session }
    const needsWrite = judge.shouldNoteSeen(session)
    return { kind: 'active', session, reference: ticket, needsWrite, changes: [] }
  }

  async function clear(carried: readonly Cookie[]): Promise<readonly CookieChange[]> {
    for (const { value } of ticketsOf(carried)) {
      if ((await find(value)) !== undefined) memory.delete(value.split('.')[0] ?? '')
    }
    return [end]
  }

  const ticketsOf = (carried: readonly Cookie[]) =>
    carried.filter(({ name, value }) => name === cookieName && value !== '')

  return {
    judge: judge.judge,
    endsAtMs: judge.endsAtMs,
    nextEndMs: judge.nextEndMs,
    owns: (name) => name === cookieName,
    async load(carried) {
      const found: Loaded[] = await Promise.all(ticketsOf(carried).map(({ value }) => loadTicket(value)))
      return found.find(({ kind }) => kind === 'active') ?? found[0] ?? { kind: 'none' }
    },
    async save({ session, carried }) {
      if (session.subject === '') return failed(problem('identity_incomplete'))
      await clear(carried)
      const stored = await put(judge.bind(session), `${randomToken(12)}.${randomToken(16)}`)
      const changes = cookies(stored)
      return ok({ ...stored, changes, cookieBytes: utf8(stored.reference).length, dropped: [] })
    },
    clear,
    async write(session, replaces) {
      // A sign-out meanwhile has deleted the entry: what a slow refresh brings must not put it back.
      if ((await find(replaces)) === undefined) return failed(problem('sign_in_required'))
      return ok(await put(judge.bind(session), replaces))
    },
    async read(reference) {
      const loaded = await loadTicket(reference)
      return loaded.kind === 'active' ? loaded.session : loaded.kind === 'unreadable' ? loaded.why : 'key'
    },
    cookies,
    cookieOf: (reference) => ({ name: cookieName, value: reference }),
  }
}
