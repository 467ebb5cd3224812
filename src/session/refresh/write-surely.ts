import { sleep } from '../../lib/single-flight.ts'
import type { Result } from '../../result.ts'
import type { Session } from '../session.ts'
import type { SessionStore, StoredSession } from '../store.ts'

/** Pauses between tries, in ms: long enough for a connection that is made again, not for a server that is. */
const PAUSES_MS = [100, 300, 1000, 2000, 4000]

/**
 * Writes a refreshed session, several times if the store is silent: the provider may have replaced the refresh token, and
 * then this is the only copy of the new one.
 */
export async function writeSurely(
  store: Pick<SessionStore, 'write'>,
  session: Session,
  replaces: string,
): Promise<Result<StoredSession>> {
  for (const pauseMs of PAUSES_MS) {
    const written = await store.write(session, replaces)
    if (written.ok || written.problem.reason !== 'session_store_unavailable') return written
    await sleep(pauseMs)
  }
  return store.write(session, replaces)
}
