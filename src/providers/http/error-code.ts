import { type Problem, problem } from '../../problems.ts'

/** An OAuth error code (RFC 6749 §5.2) as the log may show it; one outside of the usual alphabet is only noted. */
export function toErrorCode(error: unknown): string {
  return typeof error === 'string' && /^[\w.-]{1,64}$/u.test(error) ? error : 'unreadable'
}

/** Settings that errors about the client and its registration (RFC 6749 §5.2) point to, with GitHub's and Slack's names for them. */
const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  invalid_client: 'client-secret',
  unauthorized_client: 'client-id',
  unsupported_grant_type: 'client-id',
  invalid_scope: 'scope',
  incorrect_client_credentials: 'client-secret',
  redirect_uri_mismatch: 'redirect-url',
  bad_client_secret: 'client-secret',
  invalid_client_id: 'client-id',
  bad_redirect_uri: 'redirect-url',
}

/**
 * Problem of a code that was not exchanged. `credentials` are the settings that say who the client is, where that is not
 * the client secret.
 */
export function toCodeProblem(error: unknown, credentials?: string): Problem {
  const code = toErrorCode(error)
  const setting = Object.hasOwn(CLIENT_ERRORS, code) ? CLIENT_ERRORS[code] : undefined
  if (setting === undefined) return problem('code_refused', { error: code })
  const named = code === 'invalid_client' ? (credentials ?? setting) : setting
  return problem('misconfigured', { error: code, endpoint: 'token', setting: named })
}
