import type { CookieChange } from '../http/exchange.ts'
import type { Result } from '../result.ts'

/** A claim as text, or as a list of texts. */
export type ClaimValue = string | readonly string[]

/** The person that a provider vouches for. */
export interface Identity {
  readonly issuer: string
  /** The provider's own stable id (`sub`). */
  readonly subject: string
  /** User in oauth2-proxy's sense: `sub` for OpenID, the login for GitHub. */
  readonly user: string
  readonly email: string | undefined
  readonly preferredUsername: string | undefined
  readonly groups: readonly string[]
  /** The provider's session id (`sid`), for logout. */
  readonly sid: string | undefined
  /** Further claims by the names that header rows have for them; absent where no row names any. */
  readonly claims?: Readonly<Record<string, ClaimValue>> | undefined
}

/** Name of a person in logs and on pages: the e-mail address, or the user where there is none. */
export function displayName({ email, user }: Pick<Identity, 'email' | 'user'>): string {
  return email ?? user
}

/** The tokens of a session; each only where the configuration can use it. */
export interface Tokens {
  readonly access: string | undefined
  readonly id: string | undefined
  readonly refresh: string | undefined
  /** End of the access token, ms since the epoch. */
  readonly accessExpiresAtMs: number | undefined
}

/** The identity and tokens that a completed sign-in or refresh returns. */
export interface Grant {
  readonly identity: Identity
  readonly tokens: Tokens
}

/** The part of a provider that keeps sessions alive: refresh and validation. */
export interface SessionProvider {
  readonly id: string
  /**
   * Gets a new grant for an old one. `refresh_refused` ends a session whose last answer no longer holds;
   * `id_token_invalid`, `identity_incomplete` and `email_unverified` (the answer is about another subject, or about
   * none) end it at once; anything else does not.
   */
  refresh(session: Session): Promise<Result<Grant>>
  /** Asks the provider whether the access token is still valid (validate-url); ok(true) where there is nothing to ask. */
  validate(session: Session): Promise<Result<boolean>>
}

/** Origin of a session. */
export type SessionSource =
  /** The configured provider of this id. */
  | { readonly kind: 'provider'; readonly id: string }
  /** A local user of the htpasswd file; `record` is the fingerprint of the user's record at the sign-in. */
  | { readonly kind: 'local'; readonly record: string }
  /** A JWT in the Authorization header of one request, and the id of the provider that issued it, if it is one. */
  | { readonly kind: 'bearer'; readonly provider?: string | undefined }

/** One signed-in person in one browser. Times are ms since the epoch. */
export interface Session extends Identity {
  /** Random id, new at each sign-in. */
  readonly id: string
  readonly source: SessionSource
  /** Fingerprint of the OAuth client that a provider's session was made with; stores set it, see `createSessionJudge`. */
  readonly client: string | undefined
  readonly tokens: Tokens
  /** Moment of the sign-in: the absolute lifetime counts from here. */
  readonly signedInAtMs: number
  /** Last answer of the provider: sign-in or refresh. */
  readonly refreshedAtMs: number
  /** Process that got that answer; absent where processes share their refreshes. */
  readonly refreshedBy?: string | undefined
  /** Last request that was written down, for the idle limit. */
  readonly seenAtMs: number
  /** End of the cookie, whatever happens. */
  readonly expiresAtMs: number
}

/** A session that a request carries and that is still valid. */
export interface ActiveSession {
  readonly kind: 'active'
  readonly session: Session
  /** Reference to the session in its store. */
  readonly reference: string
  /** Asks the store to write it again: an old key sealed it, or the time of the last request is due to be noted. */
  readonly needsWrite: boolean
  /** Cookie changes of the response, whatever becomes of the session: the end of left-over cookies. */
  readonly changes: readonly CookieChange[]
}

/** Result of loading the session of a request. */
export type Loaded =
  | { readonly kind: 'none' }
  | ActiveSession
  /** A session cookie that cannot be opened, or a session that is no longer valid. */
  | { readonly kind: 'unreadable'; readonly why: Unreadable; readonly session?: Session }

/**
 * Reason why a session cookie does not count. `future`: not yet, because a clock is wrong. `provider`: its provider is
 * not configured any more. `client`: it was made with another client id or issuer than its provider has now. `account`:
 * the record of its local user is gone, or another one. `unavailable`: the store that holds it does not answer.
 */
export type Unreadable =
  | 'format'
  | 'key'
  | 'future'
  | 'provider'
  | 'client'
  | 'account'
  | 'unavailable'
  | 'expired'
  | 'revoked'
  | 'lifetime'
  | 'idle'

/** The provider that a session came from; undefined for local users, bearer tokens, and providers that are gone. */
export function findProvider<Provider extends Pick<SessionProvider, 'id'>>(
  providers: readonly Provider[],
  source: SessionSource | undefined,
): Provider | undefined {
  return source?.kind === 'provider' ? providers.find(({ id }) => id === source.id) : undefined
}

/** Log fields of a source: the provider's id, or `htpasswd` and `bearer` where it is no provider. */
export function sourceFields(
  source: SessionSource,
): { readonly provider: string } | { readonly source: string } {
  return source.kind === 'provider' ? { provider: source.id } : { source: source.kind }
}
