import type { Reason } from '../problems.ts'

/** What helps after a failure: another try, a sign-in, another account, or a place that exists. */
export type WayOn = 'reload' | 'sign-in' | 'sign-in-aside' | 'account' | 'home'

/** The way on that the error page offers for each reason. */
export const WAYS_ON = {
  target_malformed: 'home',
  host_malformed: 'home',
  request_malformed: 'home',
  target_too_long: 'home',
  request_timeout: 'reload',
  headers_too_many: 'home',
  method_not_allowed: 'home',
  body_too_large: 'home',
  not_found: 'home',
  sign_in_required: 'sign-in',
  form_not_sent: 'sign-in-aside',
  not_permitted: 'account',
  origin_refused: 'home',
  credentials_wrong: 'sign-in',
  credentials_missing: 'sign-in',
  too_many_attempts: 'reload',
  bearer_invalid: 'sign-in',
  callback_malformed: 'sign-in',
  state_missing: 'sign-in',
  state_mismatch: 'sign-in',
  state_expired: 'sign-in',
  state_used: 'sign-in',
  issuer_mismatch: 'sign-in',
  provider_refused: 'account',
  code_refused: 'sign-in',
  id_token_invalid: 'sign-in',
  identity_incomplete: 'account',
  email_unverified: 'account',
  session_too_large: 'account',
  // The callback's address holds a code that is spent: only a new sign-in can succeed.
  provider_unreachable: 'sign-in',
  provider_misbehaved: 'sign-in',
  refresh_refused: 'sign-in',
  refresh_unsupported: 'sign-in',
  no_upstream: 'home',
  upstream_unreachable: 'reload',
  upstream_timeout: 'reload',
  upstream_misbehaved: 'reload',
  overloaded: 'reload',
  client_gone: 'reload',
  bug: 'reload',
} as const satisfies Record<Reason, WayOn>
