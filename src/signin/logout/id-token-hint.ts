import { within } from '../../lib/single-flight.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Session } from '../../session/session.ts'

/** Longest wait for an ID token at a sign-out, which can do without. */
const PATIENCE_MS = 3_000

/**
 * Fetches an ID token for a session that ends, where the provider or the backend wants one (`id_token_hint`, OpenID
 * Connect RP-Initiated Logout 1.0 §2). Where a refresh token can fetch one it was not kept, since it would travel with
 * every request; the tokens that come with it take the place of the old ones, for the revocation that follows.
 */
export async function withIdToken(session: Session, provider: Provider | undefined): Promise<Session> {
  const { id, refresh } = session.tokens
  if (id !== undefined || refresh === undefined || provider === undefined) return session
  const grant = await within(provider.refresh(session), PATIENCE_MS)
  return grant?.ok ? { ...session, tokens: grant.value.tokens } : session
}
