import type { SessionConfig } from '../../config/config.ts'
import { createFlights, type Landing, within } from '../../lib/single-flight.ts'
import type { Log } from '../../observe/log.ts'
import type { Platform } from '../../platform.ts'
import type { SessionStore } from '../cookie/store.ts'
import type { Session, SessionProvider } from '../session.ts'
import { type Current, type RefreshRequest, toCurrent } from './current.ts'
import { type Relay, SOLITARY, toTicket } from './exchange.ts'
import { createRenewal, type Outcome, type Renewal } from './provider-refresh.ts'
import { createKeep } from './reseal.ts'
import { compileDue, type Due } from './schedule.ts'

/** Keeps sessions in step with their provider. */
export interface Refresher {
  /**
   * Asks the provider when that is due, writes the cookie anew when it should be, and otherwise answers at
   * once. The caller judges the session that comes out: groups and e-mail address may be new.
   */
  refreshIfDue(request: RefreshRequest): Current | Promise<Current>
  /**
   * The same, as if it were due; a session without a refresh token has nothing that could be renewed early.
   */
  refreshNow(request: RefreshRequest): Promise<Current>
}

/** What a refresher is made from. */
export interface RefresherParts {
  readonly config: SessionConfig
  readonly providers: readonly SessionProvider[]
  readonly store: SessionStore
  readonly platform: Pick<Platform, 'now' | 'runtime'>
  readonly log: Pick<Log, 'event'>
  /** Absent when this is the only process. */
  readonly relay?: Relay
  /** How long a request waits for the provider while its session still stands, in ms. */
  readonly patienceMs?: number
}

/**
 * Builds the refresher. New cookies have to be in the head of the answer, so a due refresh comes before
 * forwarding; while the session still stands it delays a request by `patienceMs` at most and then goes on
 * behind the answer, for the next one to find.
 */
export function createRefresher(parts: RefresherParts): Refresher {
  const { config, store, platform, relay = SOLITARY, patienceMs = 1500 } = parts
  const renewal = createRenewal({ ...parts, relay })
  const flights = createFlights<Outcome>({
    now: platform.now,
    sharesPromises: platform.runtime !== 'workers',
  })
  const keep = createKeep({ store, flights, platform })
  const dueOf = compileDue(config)

  async function refresh(request: RefreshRequest, due: Due): Promise<Current> {
    const { loaded, exchange } = request
    const outcome = await ask(request, due)
    if (outcome === undefined || isOutlived(outcome, due, platform.now())) return keep(request)
    switch (outcome.kind) {
      case 'renewed':
        return toCurrent(store, outcome.sealed, exchange.cookies)
      case 'ended':
        return { session: undefined, changes: store.clear(exchange.cookies), problem: outcome.problem }
      case 'refused':
      case 'failed':
        // The cookies stay: another process may have won the race, or the provider may come back.
        return { session: undefined, changes: store.expire(loaded.stale), problem: outcome.problem }
    }
  }

  /**
   * What the provider says, or said within the last minute; undefined when it is slow and the session can
   * wait.
   */
  async function ask({ loaded, exchange }: RefreshRequest, due: Due): Promise<Outcome | undefined> {
    const { key, work } = await toErrand(renewal, loaded.session, exchange.requestId)
    const settled = flights.find(key)
    if (settled !== undefined) return settled
    const { landed, startedAtMs } = flights.join(key, work)
    // It outlives the answer, so that a closed tab cannot take a rotated refresh token with it.
    exchange.arrival.defer(landed.catch(() => undefined))
    const nowMs = platform.now()
    return nowMs >= due.standsUntilMs ? landed : within(landed, startedAtMs + patienceMs - nowMs)
  }

  function refreshIfDue(request: RefreshRequest): Current | Promise<Current> {
    const due = dueOf(request.loaded.session)
    return platform.now() >= due.askAtMs ? refresh(request, due) : keep(request)
  }

  return {
    refreshIfDue,
    async refreshNow(request) {
      const { session } = request.loaded
      if (session.tokens.refresh === undefined) return refreshIfDue(request)
      return refresh(request, dueOf(session))
    },
  }
}

/** Work for the provider, and what tells it from other work. */
interface Errand {
  readonly key: string
  work(): Promise<Landing<Outcome>>
}

async function toErrand(renewal: Renewal, session: Session, requestId: string): Promise<Errand> {
  const { refresh: refreshToken } = session.tokens
  if (refreshToken === undefined) {
    const key = `validate:${session.id}:${session.refreshedAtMs}`
    return { key, work: () => renewal.validate(session, requestId) }
  }
  const ticket = await toTicket(session, refreshToken)
  return { key: ticket.key, work: () => renewal.refresh(session, ticket, requestId) }
}

/**
 * The session stands all the same: there was no answer yet, or a refusal that may only mean that somebody was
 * quicker.
 */
function isOutlived({ kind }: Outcome, due: Due, nowMs: number): boolean {
  return (
    (kind === 'failed' && nowMs < due.standsUntilMs) || (kind === 'refused' && nowMs < due.refusalCountsAtMs)
  )
}
