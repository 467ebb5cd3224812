/** How loudly a problem is logged. */
export type Level = 'debug' | 'info' | 'warn' | 'error'

interface Outcome {
  readonly status: number
  readonly level: Level
  readonly title: string
  /** What a person reads; fixed text, so that nothing an attacker sent can appear in it. */
  readonly sentence: string
}

/**
 * The one map from the reason of a failure to what the outside sees.
 * The keys are the stable codes: programs find them as `error` in JSON answers, operators as `code` in the log.
 */
export const PROBLEMS = {
  // What arrived cannot be a request for us.
  target_malformed: outcome(400, 'info', 'Bad request', 'The address of this request is not well formed.'),
  host_malformed: outcome(400, 'info', 'Bad request', 'The Host header of this request is not well formed.'),
  request_malformed: outcome(400, 'info', 'Bad request', 'This request is not well formed.'),
  target_too_long: outcome(414, 'info', 'Address too long', 'The address of this request is too long.'),
  request_timeout: outcome(
    408,
    'info',
    'Request took too long',
    'The rest of this request did not arrive in time.',
  ),
  headers_too_many: outcome(431, 'info', 'Too many headers', 'This request has too many header lines.'),
  method_not_allowed: outcome(
    405,
    'info',
    'Method not allowed',
    'This address does not take requests of this kind.',
  ),
  body_too_large: outcome(413, 'info', 'Too large', 'The form that was sent is too large.'),
  not_found: outcome(404, 'info', 'Not found', 'There is nothing at this address.'),
  // Who is asking.
  sign_in_required: outcome(401, 'debug', 'Sign-in required', 'Sign in to continue.'),
  form_not_sent: outcome(
    401,
    'debug',
    'Your form was not sent',
    'You are not signed in. Sign in in a new tab, then reload this page: the browser offers to send the form again.',
  ),
  not_permitted: outcome(403, 'info', 'No access', 'This account may not use this application.'),
  origin_refused: outcome(
    403,
    'warn',
    'Refused',
    'This request came from another site and was not carried out.',
  ),
  credentials_wrong: outcome(401, 'info', 'Sign-in failed', 'The user name or the password is wrong.'),
  credentials_missing: outcome(400, 'info', 'Sign-in failed', 'Enter a user name and a password.'),
  too_many_attempts: outcome(
    429,
    'warn',
    'Too many attempts',
    'Wait a moment before you try to sign in again.',
  ),
  bearer_invalid: outcome(403, 'info', 'Token refused', 'The token that was sent is not valid here.'),
  // The way back from the provider.
  callback_malformed: outcome(
    400,
    'warn',
    'Sign-in failed',
    'The answer of the sign-in service was not complete. Start again.',
  ),
  state_missing: outcome(
    403,
    'warn',
    'Sign-in failed',
    'This sign-in was not started in this browser. Start again.',
  ),
  state_mismatch: outcome(
    403,
    'warn',
    'Sign-in failed',
    'This sign-in was not started in this browser. Start again.',
  ),
  state_expired: outcome(
    403,
    'info',
    'Sign-in took too long',
    'The sign-in took too long and has expired. Start again.',
  ),
  state_used: outcome(403, 'warn', 'Sign-in failed', 'This sign-in was already used. Start again.'),
  issuer_mismatch: outcome(
    403,
    'warn',
    'Sign-in failed',
    'The answer came from another sign-in service. Start again.',
  ),
  provider_refused: outcome(
    403,
    'info',
    'Sign-in was refused',
    'The sign-in service refused the request or it was cancelled.',
  ),
  code_refused: outcome(
    403,
    'warn',
    'Sign-in failed',
    'The sign-in service did not accept this sign-in. Start again.',
  ),
  id_token_invalid: outcome(
    403,
    'warn',
    'Sign-in failed',
    'The sign-in service sent an answer that could not be trusted.',
  ),
  identity_incomplete: outcome(403, 'warn', 'Sign-in failed', 'The sign-in service did not say who you are.'),
  email_unverified: outcome(
    403,
    'info',
    'E-mail not verified',
    'The sign-in service has not verified your e-mail address.',
  ),
  session_too_large: outcome(
    500,
    'error',
    'Sign-in failed',
    'The sign-in does not fit into a cookie. The operator has to change the settings.',
  ),
  // The provider as a service.
  provider_unreachable: outcome(
    503,
    'error',
    'Sign-in is not available',
    'The sign-in service cannot be reached right now. Try again in a moment.',
  ),
  provider_misbehaved: outcome(
    502,
    'error',
    'Sign-in is not available',
    'The sign-in service sent an answer that makes no sense.',
  ),
  // Refresh.
  refresh_refused: outcome(401, 'info', 'Session ended', 'Your session has ended. Sign in again.'),
  refresh_unsupported: outcome(401, 'debug', 'Session ended', 'Your session has ended. Sign in again.'),
  // The app behind us.
  no_upstream: outcome(404, 'info', 'Not found', 'There is nothing at this address.'),
  upstream_unreachable: outcome(
    502,
    'error',
    'The application is not available',
    'The application cannot be reached right now. Try again in a moment.',
  ),
  upstream_timeout: outcome(
    504,
    'error',
    'The application took too long',
    'The application did not answer in time. Try again in a moment.',
  ),
  upstream_misbehaved: outcome(
    502,
    'error',
    'The application failed',
    'The application sent an answer that makes no sense.',
  ),
  overloaded: outcome(503, 'warn', 'Too busy', 'Too many requests are under way. Try again in a moment.'),
  client_gone: outcome(499, 'debug', 'Client left', 'The client left before the answer.'),
  bug: outcome(500, 'error', 'Something went wrong', 'The fault is on our side. Try again in a moment.'),
} as const satisfies Record<string, Outcome>

/** The stable code of an expected failure. */
export type Reason = keyof typeof PROBLEMS

/** An expected failure: the reason, and what only the log may see. */
export interface Problem {
  readonly reason: Reason
  /** Evidence for the log: short scalars, never a token, code, cookie or secret. */
  readonly detail?: Readonly<Record<string, string | number | boolean | undefined>>
}

/** Makes a problem value. */
export function problem(reason: Reason, detail?: Problem['detail']): Problem {
  return detail === undefined ? { reason } : { reason, detail }
}

function outcome(status: number, level: Level, title: string, sentence: string): Outcome {
  return { status, level, title, sentence }
}
