import { type Problem, problem } from '../../problems.ts'
import { toErrorCode } from '../../providers/http/error-code.ts'

/** The meaning of an `error` that a provider sends to the callback, and what to do about it. */
export interface AuthorizationError {
  readonly problem: Problem
  /**
   * `start-over`: passing trouble, another try may succeed. `interact`: the provider wants to see the person, which
   * `prompt=none` forbade. `stop`: the person or the provider said no, or the settings are wrong.
   */
  readonly next: 'start-over' | 'interact' | 'stop'
}

/** Errors of a passing trouble of the provider (RFC 6749 §4.1.2.1). */
const PASSING: readonly string[] = ['server_error', 'temporarily_unavailable']

/** Errors that say that the person has to be asked something (OpenID Connect Core 1.0 §3.1.2.6). */
const INTERACTION: readonly string[] = [
  'interaction_required',
  'login_required',
  'account_selection_required',
  'consent_required',
]

/** Errors about the request that the settings made, and the setting to look at (RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6). */
const MISCONFIGURED: Readonly<Record<string, string>> = {
  invalid_scope: 'scope',
  unauthorized_client: 'client-id',
  invalid_client: 'client-id',
  invalid_request: 'login-url, scope or redirect-url',
  invalid_redirect_uri: 'redirect-url',
  redirect_uri_mismatch: 'redirect-url',
  unsupported_response_type: 'login-url',
  unsupported_response_mode: 'auth-request-response-mode',
  invalid_request_uri: 'login-url',
  invalid_request_object: 'login-url',
  request_not_supported: 'login-url',
  request_uri_not_supported: 'login-url',
  registration_not_supported: 'login-url',
  unmet_authentication_requirements: 'acr-values',
  invalid_target: 'resource',
}

/** Longest `error_description` that is kept. */
const MAX_DESCRIPTION = 200

/** Classifies the `error` of an authorization response; undefined when there is none. */
export function readAuthorizationError(response: URLSearchParams): AuthorizationError | undefined {
  const error = response.get('error')
  if (error === null) return undefined
  const detail = { error: toErrorCode(error), ...describe(response.get('error_description')) }
  if (PASSING.includes(error)) return { problem: problem('provider_unreachable', detail), next: 'start-over' }
  if (INTERACTION.includes(error)) return { problem: problem('provider_refused', detail), next: 'interact' }
  const setting = Object.hasOwn(MISCONFIGURED, error) ? MISCONFIGURED[error] : undefined
  return setting === undefined
    ? { problem: problem('provider_refused', detail), next: 'stop' }
    : { problem: problem('misconfigured', { ...detail, setting }), next: 'stop' }
}

/**
 * Bounds the `error_description`, the provider's only sentence to a human: without controls, for the log and the debug
 * part of the page.
 */
function describe(description: string | null): { readonly description?: string } {
  const text = (description ?? '').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ').trim()
  return text === '' ? {} : { description: text.slice(0, MAX_DESCRIPTION) }
}
