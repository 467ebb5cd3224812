import { within } from '../../lib/single-flight.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Session } from '../../session/session.ts'

/** How long somebody who signs out waits for a token that they can do without. */
const PATIENCE_MS = 3_000

/**
 * The session with an ID token for whoever wants to be shown one at its end (`id_token_hint`, OpenID Connect RP-Initiated
 * Logout 1.0 §2). Where a refresh token can fetch one it was not kept, since it would travel with every request; the
 * tokens that come with it take the place of the old ones, for the revocation that follows.
 */
export async function withIdToken(session: Session, provider: Provider | undefined): Promise<Session> {
  const { id, refresh } = session.tokens
  if (id !== undefined || refresh === undefined || provider === undefined) return session
  const grant = await within(provider.refresh(session), PATIENCE_MS)
  return grant?.ok ? { ...session, tokens: grant.value.tokens } : session
}
