import { PERSON, REQUEST } from '../../observe/event.ts'
import type { AuthorizationDeps, ReadAuthorization } from '../authenticate.ts'
import { logFailure } from '../context.ts'
import { newSession } from '../new-session.ts'
import { type LocalUsers, toLocalSource } from './account.ts'

/**
 * Reads Basic credentials of local users. Wrong ones are ignored, as in oauth2-proxy; those that were not compared,
 * because there were too many attempts, may be right and are a 429.
 */
export function localCredentials(
  users: LocalUsers,
  { log, platform: { now } }: AuthorizationDeps,
): ReadAuthorization {
  return async (exchange) => {
    const { cookies, facts } = exchange
    const grant = await users.readBasic(facts.authorization ?? '', facts.client)
    if (grant === undefined) return undefined
    if (grant.ok) {
      const session = newSession({ grant: grant.value, source: toLocalSource(grant.value) }, now())
      log.event('basic_accepted', 'debug', { user: session.user, [REQUEST]: exchange })
      return { session, problem: undefined }
    }
    if (cookies.length === 0) {
      const user = users.nameIn(facts.authorization ?? '')
      logFailure({ log }, 'basic_refused', { exchange, why: grant.problem, fields: { [PERSON]: { user } } })
    }
    if (grant.problem.reason !== 'too_many_attempts') return undefined
    return { session: undefined, problem: grant.problem, yieldsToCookies: true }
  }
}
