import type { SessionConfig } from '../../config/sections/session.ts'
import type { MaybePromise } from '../../lib/async.ts'
import { createSingleFlight, type Settled, within } from '../../lib/single-flight.ts'
import type { Log } from '../../observe/log.ts'
import type { Platform } from '../../platform.ts'
import type { SessionStore } from '../cookie/store.ts'
import type { Session, SessionProvider } from '../session.ts'
import { type Current, type RefreshRequest, toCurrent } from './current.ts'
import { NO_PEERS, type RefreshExchange, toRefreshKey } from './exchange.ts'
import { createProviderRefresh, type ProviderRefresh, type RefreshOutcome } from './provider-refresh.ts'
import { createReseal } from './reseal.ts'
import { compileRefreshSchedule, type RefreshSchedule } from './schedule.ts'

/** Keeps sessions in step with their provider. */
export interface Refresher {
  /**
   * Asks the provider when that is due, writes the cookie anew when it should be, and otherwise answers at
   * once. The caller judges the session that comes out: groups and e-mail address may be new.
   */
  refreshIfDue(request: RefreshRequest): MaybePromise<Current>
  /**
   * The same, as if it were due; a session without a refresh token has nothing that could be renewed early.
   */
  refreshNow(request: RefreshRequest): Promise<Current>
}

/** What a refresher is made from. */
export interface RefresherDeps {
  readonly config: SessionConfig
  readonly providers: readonly SessionProvider[]
  readonly store: SessionStore
  readonly platform: Pick<Platform, 'now' | 'runtime'>
  readonly log: Pick<Log, 'event'>
  /** Absent when this is the only process. */
  readonly peers?: RefreshExchange
  /** How long a request waits for the provider while its session still stands, in ms. */
  readonly patienceMs?: number
}

/**
 * Builds the refresher. New cookies have to be in the head of the answer, so a due refresh comes before
 * forwarding; while the session still stands it delays a request by `patienceMs` at most and then goes on
 * behind the answer, for the next one to find.
 */
export function createRefresher(deps: RefresherDeps): Refresher {
  const { config, store, platform, peers = NO_PEERS, patienceMs = 1500 } = deps
  const providerRefresh = createProviderRefresh({ ...deps, peers })
  const calls = createSingleFlight<RefreshOutcome>({
    now: platform.now,
    sharesPromises: platform.runtime !== 'workers',
  })
  const reseal = createReseal({ store, calls, platform })
  const scheduleOf = compileRefreshSchedule(config)

  async function refresh(request: RefreshRequest, schedule: RefreshSchedule): Promise<Current> {
    const { loaded, exchange } = request
    const outcome = await ask(request, schedule)
    if (outcome === undefined || isOutlived(outcome, schedule, platform.now())) return reseal(request)
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
  async function ask(
    { loaded, exchange }: RefreshRequest,
    schedule: RefreshSchedule,
  ): Promise<RefreshOutcome | undefined> {
    const { key, work } = await toRefreshTask(providerRefresh, loaded.session, exchange.requestId)
    const settled = calls.find(key)
    if (settled !== undefined) return settled
    const { done, startedAtMs } = calls.join(key, work)
    // It outlives the answer, so that a closed tab cannot take a rotated refresh token with it.
    exchange.request.waitUntil(done.catch(() => undefined))
    const nowMs = platform.now()
    return nowMs >= schedule.standsUntilMs ? done : within(done, startedAtMs + patienceMs - nowMs)
  }

  function refreshIfDue(request: RefreshRequest): MaybePromise<Current> {
    const schedule = scheduleOf(request.loaded.session)
    return platform.now() >= schedule.askAtMs ? refresh(request, schedule) : reseal(request)
  }

  return {
    refreshIfDue,
    async refreshNow(request) {
      const { session } = request.loaded
      if (session.tokens.refresh === undefined) return refreshIfDue(request)
      return refresh(request, scheduleOf(session))
    },
  }
}

/** Work for the provider, and what tells it from other work. */
interface RefreshTask {
  readonly key: string
  work(): Promise<Settled<RefreshOutcome>>
}

async function toRefreshTask(
  providerRefresh: ProviderRefresh,
  session: Session,
  requestId: string,
): Promise<RefreshTask> {
  const { refresh: refreshToken } = session.tokens
  if (refreshToken === undefined) {
    const key = `validate:${session.id}:${session.refreshedAtMs}`
    return { key, work: () => providerRefresh.validate(session, requestId) }
  }
  const refreshKey = await toRefreshKey(session, refreshToken)
  return { key: refreshKey.key, work: () => providerRefresh.refresh(session, refreshKey, requestId) }
}

/**
 * The session stands all the same: there was no answer yet, or a refusal that may only mean that somebody was
 * quicker.
 */
function isOutlived({ kind }: RefreshOutcome, schedule: RefreshSchedule, nowMs: number): boolean {
  return (
    (kind === 'failed' && nowMs < schedule.standsUntilMs) ||
    (kind === 'refused' && nowMs < schedule.refusalCountsAtMs)
  )
}
