import type { MaybePromise } from '../../lib/async.ts'
import type { Settled, SingleFlight } from '../../lib/single-flight.ts'
import type { Platform } from '../../platform.ts'
import type { SessionStore } from '../store.ts'
import { type Current, type RefreshRequest, toCurrent } from './current.ts'
import { SUCCESSOR_MS } from './exchange.ts'
import { type RefreshOutcome, toRenewed } from './provider-refresh.ts'

export interface TouchDeps {
  readonly store: SessionStore
  readonly calls: SingleFlight<RefreshOutcome>
  readonly platform: Pick<Platform, 'now'>
}

/** Creates the pass for sessions that are not due at their provider: written again where the store asks for it. */
export function createTouch({
  store,
  calls,
  platform,
}: TouchDeps): (request: RefreshRequest) => MaybePromise<Current> {
  /** Writes a session once for all requests that carry it, so that they all set the same cookie. */
  async function writeAgain({ loaded, exchange }: RefreshRequest): Promise<Current> {
    const { session, reference, changes } = loaded
    const key = `touch:${session.id}:${session.refreshedAtMs}:${session.seenAtMs}`
    const work = async (): Promise<Settled<RefreshOutcome>> => {
      const written = await store.write({ ...session, seenAtMs: platform.now() }, reference)
      return { value: toRenewed(written), keepMs: SUCCESSOR_MS }
    }
    const outcome = calls.find(key) ?? (await calls.join(key, work).done)
    return outcome.kind === 'renewed'
      ? toCurrent(store, outcome.stored, exchange.cookies)
      : { session, changes }
  }

  return (request) => {
    const { session, needsWrite, changes } = request.loaded
    return needsWrite ? writeAgain(request) : { session, changes }
  }
}
