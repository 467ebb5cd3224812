/** Severity of a log line. */
export type Level = 'debug' | 'info' | 'warn' | 'error'

/**
 * The action that an error page offers: another try, a sign-in, another account, the form again, or the start page.
 * `operator` offers none: the same would happen again until the settings change.
 */
export type Recovery = 'reload' | 'sign-in' | 'sign-in-aside' | 'account' | 'form' | 'home' | 'operator'

interface Outcome {
  readonly status: number
  readonly level: Level
  readonly recovery: Recovery
  /** Seconds after which another try makes sense, for failures that pass (RFC 9110 §10.2.3). */
  readonly retryAfter: number | undefined
}

/**
 * Map from the reason of a failure to its status, log level, recovery and retry-after; the sentences are in
 * `pages/locales`. The keys are the stable codes: programs find them as `error` in JSON answers, operators as `code` in
 * the log.
 */
export const PROBLEMS = {
  // The request is malformed or not for this host.
  target_malformed: outcome(400, 'info', 'home'),
  host_malformed: outcome(400, 'info', 'home'),
  request_malformed: outcome(400, 'info', 'home'),
  get_with_body: outcome(400, 'info', 'home'),
  target_too_long: outcome(414, 'info', 'home'),
  request_timeout: outcome(408, 'info', 'reload'),
  headers_too_many: outcome(431, 'info', 'reload'),
  method_not_allowed: outcome(405, 'info', 'home'),
  method_unknown: outcome(501, 'info', 'home'),
  expectation_failed: outcome(417, 'info', 'home'),
  body_too_large: outcome(413, 'info', 'home'),
  not_found: outcome(404, 'info', 'home'),
  provider_unknown: outcome(404, 'info', 'form'),
  // Authentication and authorization.
  sign_in_required: outcome(401, 'debug', 'sign-in'),
  form_not_sent: outcome(401, 'debug', 'sign-in-aside'),
  not_permitted: outcome(403, 'info', 'account'),
  origin_refused: outcome(403, 'warn', 'home'),
  credentials_wrong: outcome(401, 'info', 'form'),
  credentials_missing: outcome(400, 'info', 'form'),
  too_many_attempts: outcome(429, 'warn', 'form', 30),
  bearer_invalid: outcome(403, 'info', 'sign-in'),
  // Callback of the provider.
  callback_malformed: outcome(400, 'warn', 'sign-in'),
  state_missing: outcome(403, 'warn', 'sign-in'),
  state_mismatch: outcome(403, 'warn', 'sign-in'),
  state_expired: outcome(403, 'info', 'sign-in'),
  state_used: outcome(403, 'warn', 'sign-in'),
  issuer_mismatch: outcome(403, 'warn', 'sign-in'),
  provider_refused: outcome(403, 'info', 'account'),
  code_refused: outcome(403, 'warn', 'sign-in'),
  id_token_invalid: outcome(403, 'warn', 'sign-in'),
  identity_incomplete: outcome(403, 'warn', 'account'),
  email_unverified: outcome(403, 'info', 'account'),
  session_too_large: outcome(500, 'error', 'operator'),
  // The person came back to the sign-in again and again.
  sign_in_loop: outcome(500, 'error', 'operator'),
  sent_back: outcome(403, 'warn', 'account'),
  // The provider or the client's registration there does not fit the settings.
  misconfigured: outcome(500, 'error', 'operator'),
  // Provider unavailable.
  provider_unreachable: outcome(503, 'error', 'sign-in', 5),
  provider_misbehaved: outcome(502, 'error', 'sign-in'),
  // The store of sessions does not answer: people are as signed in as before.
  session_store_unavailable: outcome(503, 'error', 'reload', 5),
  // Refresh.
  refresh_refused: outcome(401, 'info', 'sign-in'),
  refresh_unsupported: outcome(401, 'debug', 'sign-in'),
  // Upstream.
  no_upstream: outcome(404, 'info', 'home'),
  upstream_unreachable: outcome(502, 'error', 'reload'),
  upstream_timeout: outcome(504, 'error', 'reload'),
  upstream_misbehaved: outcome(502, 'error', 'reload'),
  overloaded: outcome(503, 'warn', 'reload', 1),
  client_gone: outcome(499, 'debug', 'reload'),
  bug: outcome(500, 'error', 'reload'),
} as const satisfies Record<string, Outcome>

/** The stable code of an expected failure. */
export type Reason = keyof typeof PROBLEMS

/**
 * Observations about a sign-in that does not hold, each with the one who can do something about it. The sentences for
 * people are in `pages/locales`, those for operators in `signin/failure/advice.ts`.
 */
export const FINDINGS = {
  /** No cookie of a sign-in came back. */
  cookie_missing: 'person',
  /** The cookie of another sign-in came back. */
  cookie_other: 'person',
  secure_over_http: 'operator',
  /** The browser is on https, and the proxy in front does not say so. */
  scheme_lost: 'operator',
  cookie_domain: 'operator',
  /** Began on one host and came back on another. */
  other_host: 'operator',
  /** Another cookie-secret sealed the sign-in. */
  other_secret: 'operator',
  session_missing: 'operator',
  /** The session arrives here, but not at the address that was asked for. */
  session_not_sent: 'operator',
  session_unreadable: 'operator',
  session_incomplete: 'operator',
  session_ended: 'operator',
  /** The session is good, and the person was sent back all the same. */
  session_accepted: 'operator',
  header_large: 'operator',
} as const satisfies Record<string, 'person' | 'operator'>

/** The stable code of an observation. */
export type FindingCode = keyof typeof FINDINGS

/** One observation, with the values that its sentences have places for. */
export interface Finding {
  readonly code: FindingCode
  readonly values: Readonly<Record<string, string>>
}

/** An expected failure: the reason, and what only the log may see. */
export interface Problem {
  readonly reason: Reason
  /** Evidence for the log: short scalars, never a token, code, cookie or secret. */
  readonly detail?: Readonly<Record<string, string | number | boolean | undefined>>
  /** Observations about a sign-in that does not hold; pages show them. */
  readonly findings?: readonly Finding[]
  /** Seconds after which another try makes sense, where that is known better than for the reason as such. */
  readonly retryAfterSeconds?: number
}

/** Makes a problem value. */
export function problem(reason: Reason, detail?: Problem['detail']): Problem {
  return detail === undefined ? { reason } : { reason, detail }
}

/**
 * The action that helps. A fault of the settings is for the operator, whatever the reason would offer otherwise: one that
 * names the setting, or that observations of a sign-in point to.
 */
export function recoveryOf({ reason, detail, findings = [] }: Problem): Recovery {
  const isOperators =
    detail?.['setting'] !== undefined || findings.some(({ code }) => FINDINGS[code] === 'operator')
  return isOperators ? 'operator' : PROBLEMS[reason].recovery
}

function outcome(status: number, level: Level, recovery: Recovery, retryAfter?: number): Outcome {
  return { status, level, recovery, retryAfter }
}
