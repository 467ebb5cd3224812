import type { CookieChange } from '../../http/exchange.ts'
import type { Flights, Landing } from '../../lib/single-flight.ts'
import type { Platform } from '../../platform.ts'
import type { SessionStore } from '../cookie/store.ts'
import { type Current, type RefreshRequest, toCurrent } from './current.ts'
import { SUCCESSOR_MS } from './exchange.ts'
import { type Outcome, toRenewed } from './provider-refresh.ts'

/** What keeping takes. */
export interface KeepParts {
  readonly store: SessionStore
  readonly flights: Flights<Outcome>
  readonly platform: Pick<Platform, 'now'>
}

const NO_CHANGES: readonly CookieChange[] = []

/** Builds the part that lets a session pass that nobody has to be asked about, with its cookie in order. */
export function createKeep({
  store,
  flights,
  platform,
}: KeepParts): (request: RefreshRequest) => Current | Promise<Current> {
  /** Once for all requests that carry the same cookie, so that they all set the same one. */
  async function sealAnew({ loaded: { session, stale }, exchange }: RefreshRequest): Promise<Current> {
    const key = `seal:${session.id}:${session.refreshedAtMs}:${session.seenAtMs}`
    const work = async (): Promise<Landing<Outcome>> => {
      const sealed = await store.seal({ ...session, seenAtMs: platform.now() })
      return { value: toRenewed(sealed), keepMs: SUCCESSOR_MS }
    }
    const outcome = flights.find(key) ?? (await flights.join(key, work).landed)
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
