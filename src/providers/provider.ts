import type { Result } from '../result.ts'
import type { Grant, Session, SessionProvider } from '../session/session.ts'

/** Authorization request of one sign-in (RFC 6749 §4.1.1). */
export interface LoginRequest {
  readonly redirectUri: string
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  /** Extra parameters such as `prompt=select_account`; they win over configured ones, and an empty one takes it out. */
  readonly extra: Readonly<Record<string, string | readonly string[]>>
}

/** Authorization response (RFC 6749 §4.1.2), after `state` was checked. */
export interface LoginResponse {
  /** All callback parameters; each name at most once. */
  readonly parameters: URLSearchParams
  readonly redirectUri: string
  readonly nonce: string
  readonly codeVerifier: string
}

/**
 * An identity provider: a record of functions over one configuration. Every function bounds its own time and size and
 * returns expected failures as values. Per-login state comes in as an argument and is never kept.
 */
export interface Provider extends SessionProvider {
  /**
   * Fetches all that a sign-in needs before a person comes: metadata and keys, or whether the token endpoint answers.
   */
  check(): Promise<Result<CheckedProvider>>
  /** Name on the button: "Sign in with …". */
  readonly displayName: string
  /**
   * Tells whether every answer of the provider names its issuer, and `redeem` refuses one that does not or names another
   * (RFC 9207); never, when absent.
   */
  readonly namesIssuer?: () => Promise<Result<boolean>>
  /** Builds the address of the authorization request. Needs discovery, so it can fail. */
  authorizationUrl(login: LoginRequest): Promise<Result<string>>
  /** Exchanges callback parameters for a verified identity. */
  redeem(response: LoginResponse): Promise<Result<Grant>>
  /** Verifies a JWT from an Authorization header; undefined when this provider cannot verify tokens. */
  readonly verifyBearer?: (token: string) => Promise<Result<Grant>>
  /** Builds the address that ends the provider's own session (RP-Initiated Logout); undefined when there is none. */
  endSessionUrl(request: {
    readonly idToken: string | undefined
    readonly returnTo: string
    readonly state: string
  }): Promise<string | undefined>
  /** Revokes the refresh token (RFC 7009); failures are logged by the caller and change nothing. */
  revoke(session: Session): Promise<Result<void>>
  /**
   * Sessions that a back-channel logout token ends, after every check of OpenID Back-Channel Logout 1.0 §2.6 but `jti`.
   */
  readonly verifyLogoutToken?: (token: string) => Promise<Result<Logout>>
}

/** Capabilities of a provider as it answered, for the log. */
export interface CheckedProvider {
  readonly host: string
}

/** Sessions that a provider ends. */
export interface Logout {
  /** Issuer, as in the identities of this provider. */
  readonly issuer: string
  /** Subject of the sessions; at least one of subject and sid is there. */
  readonly subject: string | undefined
  readonly sid: string | undefined
  readonly issuedAtMs: number
  /** Identifier of the logout token, for the caller to detect a replay. */
  readonly jti: string
}
