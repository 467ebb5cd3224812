import type { Exchange } from '../http/exchange.ts'
import { decide } from '../policy/decide.ts'
import { toPolicyRequest } from '../policy/request.ts'
import type { Rules } from '../policy/rules.ts'
import type { Standing } from '../session/live-streams.ts'
import type { Refresher } from '../session/refresh/refresh.ts'
import type { Session } from '../session/session.ts'
import type { SessionStore } from '../session/store.ts'
import { type Authenticate, storeProblem } from './authenticate.ts'

/** An open stream: its request, the newest stored session of its browser, and since when it is open. */
export interface OpenStream {
  readonly exchange: Exchange
  /** Session that it was admitted with. */
  readonly session: Session
  readonly reference: string | undefined
  readonly openedAtMs: number
}

/** Judges an open stream as a request of this moment would be, without anything that an answer could carry. */
export type Rejudge = (stream: OpenStream) => Promise<Standing>

export interface RejudgeDeps {
  readonly authenticate: Authenticate
  readonly refresher: Pick<Refresher, 'standsUntilMs'>
  readonly sessions: Pick<SessionStore, 'cookieOf' | 'judge' | 'nextEndMs'>
  readonly rules: Rules
}

const ENDED: Standing = { untilMs: 0, next: 'sign-in' }
const STANDS: Standing = { untilMs: Number.POSITIVE_INFINITY, next: 'reconnect' }

/** Creates the judgement of streams from the parts that judge requests. */
export function createRejudge({ authenticate, refresher, sessions, rules }: RejudgeDeps): Rejudge {
  return async function rejudge({ exchange, session: admitted, reference, openedAtMs }) {
    const current =
      reference === undefined ? exchange : { ...exchange, cookies: [sessions.cookieOf(reference)] }
    const caller = await authenticate(current, 'peek')
    // A store that is silent for a while ends no stream; what was signed out is known without it.
    if (storeProblem(caller) !== undefined) return sessions.judge(admitted) === 'revoked' ? ENDED : STANDS
    const { authorizationUsed, session, reference: found = '' } = caller
    const verdict = decide(rules, toPolicyRequest(exchange), session)
    if (verdict.kind === 'sign-in' || verdict.kind === 'deny') return ENDED
    // A public route lets the request pass, but the app was told the identity.
    const person = verdict.session
    if (person === undefined) return ENDED
    if (authorizationUsed) {
      return { untilMs: person.tokens.accessExpiresAtMs ?? Number.POSITIVE_INFINITY, next: 'sign-in' }
    }
    const loaded = { session: person, reference: found, needsWrite: false, changes: [] }
    const dueMs = await refresher.standsUntilMs({ loaded, exchange: current }, openedAtMs)
    const endMs = sessions.nextEndMs(person)
    return dueMs < endMs ? { untilMs: dueMs, next: 'reconnect' } : { untilMs: endMs, next: 'sign-in' }
  }
}
