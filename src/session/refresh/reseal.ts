import type { CookieChange } from '../../http/exchange.ts'
import type { MaybePromise } from '../../lib/async.ts'
import type { Settled, SingleFlight } from '../../lib/single-flight.ts'
import type { Platform } from '../../platform.ts'
import type { SessionStore } from '../cookie/store.ts'
import { type Current, type RefreshRequest, toCurrent } from './current.ts'
import { SUCCESSOR_MS } from './exchange.ts'
import { type RefreshOutcome, toRenewed } from './provider-refresh.ts'

/** What keeping takes. */
export interface ResealDeps {
  readonly store: SessionStore
  readonly calls: SingleFlight<RefreshOutcome>
  readonly platform: Pick<Platform, 'now'>
}

const NO_CHANGES: readonly CookieChange[] = []

/** Builds the part that lets a session pass that nobody has to be asked about, with its cookie in order. */
export function createReseal({
  store,
  calls,
  platform,
}: ResealDeps): (request: RefreshRequest) => MaybePromise<Current> {
  /** Once for all requests that carry the same cookie, so that they all set the same one. */
  async function sealAnew({ loaded: { session, stale }, exchange }: RefreshRequest): Promise<Current> {
    const key = `seal:${session.id}:${session.refreshedAtMs}:${session.seenAtMs}`
    const work = async (): Promise<Settled<RefreshOutcome>> => {
      const sealed = await store.seal({ ...session, seenAtMs: platform.now() })
      return { value: toRenewed(sealed), keepMs: SUCCESSOR_MS }
    }
    const outcome = calls.find(key) ?? (await calls.join(key, work).done)
    return outcome.kind === 'renewed'
      ? toCurrent(store, outcome.sealed, exchange.cookies)
      : { session, changes: store.expire(stale) }
  }

  return (request) => {
    const { session, reseal, stale } = request.loaded
    if (reseal) return sealAnew(request)
    return { session, changes: stale.length === 0 ? NO_CHANGES : store.expire(stale) }
  }
}
