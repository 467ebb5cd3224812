import type { Result } from '../result.ts'
import type { Grant, Session, SessionProvider } from '../session/session.ts'

/** What one sign-in sends to the authorization endpoint. */
export interface LoginRequest {
  readonly redirectUri: string
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  /** Extra parameters such as `prompt=select_account`; they win over configured ones, and an empty one takes it out. */
  readonly extra: Readonly<Record<string, string>>
}

/** What came back, after state was checked. */
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
  /** Asks for all that a sign-in needs before a person comes: metadata and keys, or whether the token endpoint answers. */
  check(): Promise<Result<CheckedProvider>>
  /** On the button: "Sign in with …". */
  readonly displayName: string
  /** Where the browser goes to sign in. Needs discovery, so it can fail. */
  authorizationUrl(login: LoginRequest): Promise<Result<string>>
  /** Callback parameters to a verified identity. */
  redeem(response: LoginResponse): Promise<Result<Grant>>
  /** A JWT from an Authorization header to an identity; undefined when this provider cannot verify tokens. */
  readonly verifyBearer?: (token: string) => Promise<Result<Grant>>
  /** Where to send the browser to end the provider's own session; undefined when there is no such place. */
  endSessionUrl(request: {
    readonly idToken: string | undefined
    readonly returnTo: string
    readonly state: string
  }): Promise<string | undefined>
  /** Revokes the refresh token (RFC 7009); failures are logged by the caller and change nothing. */
  revoke(session: Session): Promise<Result<void>>
  /** What a back-channel logout token asks for, after every check of OpenID Back-Channel Logout 1.0 §2.6 but `jti`. */
  readonly verifyLogoutToken?: (token: string) => Promise<Result<Logout>>
}

/** The provider as it answered, for the log. */
export interface CheckedProvider {
  readonly host: string
}

/** Whose sessions a provider wants to end. */
export interface Logout {
  /** As in the identities of this provider. */
  readonly issuer: string
  /** At least one of subject and sid is there. */
  readonly subject: string | undefined
  readonly sid: string | undefined
  readonly issuedAtMs: number
  /** For the caller to notice a replay. */
  readonly jti: string
}
