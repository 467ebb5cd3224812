import type { Result } from '../result.ts'

/** Who a provider says somebody is. */
export interface Identity {
  readonly issuer: string
  /** The provider's own stable id (`sub`). */
  readonly subject: string
  /** What oauth2-proxy calls the user: `sub` for OpenID, the login for GitHub. */
  readonly user: string
  readonly email: string | undefined
  readonly preferredUsername: string | undefined
  readonly groups: readonly string[]
  /** The provider's session id (`sid`), for logout. */
  readonly sid: string | undefined
}

/** What a person is called in logs and on pages: the e-mail address, or the user where there is none. */
export function displayName({ email, user }: Pick<Identity, 'email' | 'user'>): string {
  return email ?? user
}

/** The tokens of a session; each only where the configuration can use it. */
export interface Tokens {
  readonly access: string | undefined
  readonly id: string | undefined
  readonly refresh: string | undefined
  /** When the access token ends, ms since the epoch. */
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
   * A new grant for an old one. `refresh_refused` ends a session whose last answer no longer holds; `id_token_invalid`,
   * `identity_incomplete` and `email_unverified` (the answer is about another subject, or about none) end it at once;
   * anything else does not.
   */
  refresh(session: Session): Promise<Result<Grant>>
  /** Asks the provider whether the access token is still valid (validate-url); ok(true) where there is nothing to ask. */
  validate(session: Session): Promise<Result<boolean>>
}

/** One signed-in person in one browser. Times are ms since the epoch. */
export interface Session extends Identity {
  /** Random, new at each sign-in. */
  readonly id: string
  /** Id of the configured provider, or `htpasswd`. */
  readonly provider: string
  /** Fingerprint of the record that a local user signed in with; a session without it is none of a local user. */
  readonly localRecord?: string | undefined
  readonly tokens: Tokens
  /** The sign-in itself: the absolute lifetime counts from here. */
  readonly signedInAtMs: number
  /** Last answer of the provider: sign-in or refresh. */
  readonly refreshedAtMs: number
  /** Last request that was written down, for the idle limit. */
  readonly seenAtMs: number
  /** When the cookie ends, whatever happens. */
  readonly expiresAtMs: number
}

/** A session that a request carries and that still stands. */
export interface ActiveSession {
  readonly kind: 'active'
  readonly session: Session
  /**
   * The cookie should be written anew: an old key sealed it, or the time of the last request is due to be
   * noted.
   */
  readonly reseal: boolean
  /** Carried cookies of ours that do not belong to this session: left over from an older, longer one. */
  readonly stale: readonly string[]
}

/** What a request carries. */
export type Loaded =
  | { readonly kind: 'none' }
  | ActiveSession
  /** Bytes that are ours by name but cannot be opened, or are over. */
  | { readonly kind: 'unreadable'; readonly why: Unreadable }

/** Why a session cookie counts for nothing. `future`: not yet, because a clock is wrong. */
export type Unreadable = 'format' | 'key' | 'future' | 'expired' | 'revoked' | 'account' | 'lifetime' | 'idle'
