import type { SessionConfig } from '../../config/sections/session.ts'
import type { MaybePromise } from '../../lib/async.ts'
import { createSingleFlight, type Settled, within } from '../../lib/single-flight.ts'
import type { Log } from '../../observe/log.ts'
import type { Platform } from '../../platform.ts'
import type { Session, SessionProvider } from '../session.ts'
import type { SessionStore, StoredSession } from '../store.ts'
import { type Current, type RefreshRequest, toCurrent } from './current.ts'
import { NO_PEERS, type RefreshExchange, SUCCESSOR_MS, toRefreshKey } from './exchange.ts'
import { createProviderRefresh, type ProviderRefresh, type RefreshOutcome } from './provider-refresh.ts'
import { compileRefreshSchedule, type RefreshSchedule } from './schedule.ts'
import type { OwnProcess } from './soft-part.ts'
import { createTouch } from './touch.ts'

/** Refreshes sessions at their provider. */
export interface Refresher {
  /**
   * Refreshes the session when that is due, has it written again when it should be, and otherwise returns at once. The
   * caller judges the session that comes out: groups and e-mail address may be new.
   */
  refreshIfDue(request: RefreshRequest): MaybePromise<Current>
  /** Refreshes as if that were due; a session without a refresh token has nothing that could be renewed early. */
  refreshNow(request: RefreshRequest): Promise<Current>
  /**
   * Moment up to which the session of an open stream is valid, in ms since the epoch. A stream cannot give its browser
   * a new cookie, so it asks the provider only where that uses no refresh token up; elsewhere it is valid by the last
   * answer for as long as a refusal would not count, or as long again from its beginning when the provider was silent
   * then.
   */
  standsUntilMs(request: RefreshRequest, openedAtMs: number): Promise<number>
}

export interface RefresherDeps {
  readonly config: SessionConfig
  readonly providers: readonly SessionProvider[]
  readonly store: SessionStore
  readonly platform: Pick<Platform, 'now' | 'runtime' | 'ending'>
  readonly log: Pick<Log, 'event'>
  /** Called for a session that the provider no longer vouches for. */
  readonly onEnded?: (session: Session) => void
  /** Exchange with the other processes; absent when this is the only one. */
  readonly peers?: RefreshExchange
  /** Name of this process; absent where there is an exchange with the others. */
  readonly processId?: string | undefined
  /** Longest wait of a request for the provider while its session is still valid, in ms. */
  readonly patienceMs?: number
  /** Most outcomes that are kept for requests with the old cookie. */
  readonly maxKept?: number
}

/** Longest wait of a request for the provider while the process ends; a shutdown has 25 s for everything. */
const ENDING_PATIENCE_MS = 20_000

/**
 * Creates the refresher. New cookies have to be in the head of the answer, so a due refresh comes before forwarding;
 * while the session is still valid it delays a request by `patienceMs` at most and then goes on behind the answer, for
 * the next one to find.
 */
export function createRefresher(deps: RefresherDeps): Refresher {
  const { config, store, platform, peers = NO_PEERS, patienceMs = 1500 } = deps
  const providerRefresh = createProviderRefresh({ ...deps, peers, successorMs: toSuccessorMs(deps) })
  const calls = createSingleFlight<RefreshOutcome>({
    now: platform.now,
    sharesPromises: platform.runtime !== 'workers',
    ...(deps.maxKept === undefined ? {} : { maxKept: deps.maxKept }),
  })
  const touch = createTouch({ store, calls, platform })
  const scheduleOf = compileRefreshSchedule(config, toOwnProcess(deps))
  const isEnding = (): boolean => platform.ending?.aborted === true
  /** Clients whose provider gave the same refresh token again. */
  const keepingTokens = new Set<string>()

  async function refresh(request: RefreshRequest, schedule: RefreshSchedule): Promise<Current> {
    const { loaded, exchange } = request
    const outcome = await ask(request, schedule)
    if (outcome === undefined || isOutlived(outcome, schedule, platform.now())) return touch(request)
    switch (outcome.kind) {
      case 'renewed':
        noteRotation(loaded.session, outcome.stored.session)
        return toCurrent(store, outcome.stored, exchange.cookies)
      case 'ended':
        deps.onEnded?.(loaded.session)
        return { session: undefined, changes: await store.clear(exchange.cookies), problem: outcome.problem }
      case 'refused':
      case 'failed':
        // The cookies stay: another process may have won the race, or the provider may come back.
        return { session: undefined, changes: loaded.changes, problem: outcome.problem }
    }
  }

  /**
   * Outcome of a refresh, new or at most a minute old; undefined when the provider is slow and the session can wait.
   */
  async function ask(
    { loaded, exchange }: RefreshRequest,
    schedule: RefreshSchedule,
  ): Promise<RefreshOutcome | undefined> {
    const { key, work } = await toRefreshTask(providerRefresh, loaded, exchange.requestId)
    const settled = calls.find(key)
    if (settled !== undefined) return settled
    const nowMs = platform.now()
    const stands = nowMs < schedule.standsUntilMs
    // The next process asks: what this one got could be lost on the way.
    if (isEnding() && stands && !calls.isPending(key)) return undefined
    const { done, startedAtMs } = calls.join(key, work)
    // It outlives the answer, so that a closed tab cannot take a rotated refresh token with it.
    exchange.request.waitUntil(done.catch(() => undefined))
    if (!stands) return done
    const outcome = await within(done, startedAtMs + patienceMs - nowMs)
    // No further request of this browser may come here, so the cookie leaves with this one.
    return outcome ?? (isEnding() ? within(done, ENDING_PATIENCE_MS) : undefined)
  }

  function refreshIfDue(request: RefreshRequest): MaybePromise<Current> {
    const schedule = scheduleOf(request.loaded.session)
    return platform.now() >= schedule.askAtMs ? refresh(request, schedule) : touch(request)
  }

  function noteRotation({ client = '', tokens }: Session, successor: Session): void {
    if (tokens.refresh === successor.tokens.refresh) keepingTokens.add(client)
    else keepingTokens.delete(client)
  }

  return {
    refreshIfDue,
    async standsUntilMs(request, openedAtMs) {
      const { session } = request.loaded
      if (session.tokens.refresh === undefined || keepingTokens.has(session.client ?? '')) {
        const current = await refreshIfDue(request)
        return current.session === undefined ? 0 : Number.POSITIVE_INFINITY
      }
      const { refusalCountsAtMs, standsUntilMs } = scheduleOf(session)
      const span = refusalCountsAtMs - session.refreshedAtMs
      return Math.min(standsUntilMs, Math.max(refusalCountsAtMs, openedAtMs + span))
    },
    async refreshNow(request) {
      const { session } = request.loaded
      if (session.tokens.refresh === undefined) return refreshIfDue(request)
      return refresh(request, scheduleOf(session))
    },
  }
}

/**
 * Time for which the outcome of a refresh is kept for requests with the old cookie. Where requests are noted for the idle
 * limit, another process that knows of no refresh may write the old tokens once more, over the new cookie.
 */
function toSuccessorMs({ config, processId }: RefresherDeps): number {
  return processId !== undefined && config.idleTimeoutMs > 0 ? 5 * SUCCESSOR_MS : SUCCESSOR_MS
}

function toOwnProcess({ processId, platform }: RefresherDeps): OwnProcess | undefined {
  return processId === undefined ? undefined : { id: processId, startedAtMs: platform.now() }
}

/** Call of the provider, and the key that tells it from other calls. */
interface RefreshTask {
  readonly key: string
  work(): Promise<Settled<RefreshOutcome>>
}

async function toRefreshTask(
  providerRefresh: ProviderRefresh,
  stored: StoredSession,
  requestId: string,
): Promise<RefreshTask> {
  const { session } = stored
  const { refresh: refreshToken } = session.tokens
  if (refreshToken === undefined) {
    const key = `validate:${session.id}:${session.refreshedAtMs}`
    return { key, work: () => providerRefresh.validate(stored, requestId) }
  }
  const refreshKey = await toRefreshKey(session, refreshToken)
  return { key: refreshKey.key, work: () => providerRefresh.refresh(stored, refreshKey, requestId) }
}

/**
 * True when the session is valid all the same: there was no answer yet, or a refusal that may only mean that another
 * process was quicker.
 */
function isOutlived({ kind }: RefreshOutcome, schedule: RefreshSchedule, nowMs: number): boolean {
  return (
    (kind === 'failed' && nowMs < schedule.standsUntilMs) ||
    (kind === 'refused' && nowMs < schedule.refusalCountsAtMs)
  )
}
