import type { Texts } from '../texts.ts'

/** Failures in English. */
export const EN_PROBLEMS: Texts['problems'] = {
  target_malformed: {
    title: 'Bad request',
    sentence: 'The address of this request is not well formed.',
  },
  host_malformed: {
    title: 'Bad request',
    sentence: 'The Host header of this request is not well formed.',
  },
  request_malformed: {
    title: 'Bad request',
    sentence: 'This request is not well formed.',
  },
  get_with_body: {
    title: 'Bad request',
    sentence:
      'A GET or HEAD with a body is not passed on to this application. The setting upstream-get-body allows it for an upstream.',
  },
  target_too_long: {
    title: 'Address too long',
    sentence: 'The address of this request is too long.',
  },
  request_timeout: {
    title: 'Request took too long',
    sentence: 'The rest of this request did not arrive in time.',
  },
  headers_too_many: {
    title: 'Too many headers',
    sentence:
      'The request has more headers, or larger ones, than this site takes. In a browser these are nearly always cookies: delete those of this site, then open it again.',
  },
  method_not_allowed: {
    title: 'Method not allowed',
    sentence: 'This address does not take requests of this kind.',
  },
  method_unknown: {
    title: 'Not implemented',
    sentence: 'Requests of this kind are not known here.',
  },
  expectation_failed: {
    title: 'Not expected',
    sentence: 'This request expects something that is not known here.',
  },
  body_too_large: {
    title: 'Too large',
    sentence: 'The form that was sent is too large.',
  },
  not_found: {
    title: 'Not found',
    sentence: 'There is nothing at this address.',
  },
  provider_unknown: {
    title: 'Unknown sign-in service',
    sentence: 'There is no sign-in service of that name, or for that address. Choose one of these.',
  },
  sign_in_required: {
    title: 'Sign-in required',
    sentence: 'Sign in to continue.',
  },
  form_not_sent: {
    title: 'Your form was not sent',
    sentence:
      'You are not signed in. Sign in in a new tab, then reload this page: the browser offers to send the form again.',
  },
  not_permitted: {
    title: 'No access',
    sentence: 'This account may not use {app}.',
  },
  origin_refused: {
    title: 'Refused',
    sentence: 'This request came from another site and was not carried out.',
  },
  credentials_wrong: {
    title: 'Sign-in failed',
    sentence: 'The user name or the password is wrong.',
  },
  credentials_missing: {
    title: 'Sign-in failed',
    sentence: 'Enter a user name and a password.',
  },
  too_many_attempts: {
    title: 'Too many attempts',
    sentence: 'Wait a moment before you try to sign in again.',
  },
  bearer_invalid: {
    title: 'Token refused',
    sentence: 'The token that was sent is not valid here.',
  },
  callback_malformed: {
    title: 'Sign-in failed',
    sentence: 'The answer of the sign-in service was not complete. Start again.',
  },
  state_missing: {
    title: 'Sign-in failed',
    sentence: 'The answer of the sign-in service does not say which sign-in it belongs to. Start again.',
  },
  state_mismatch: {
    title: 'Sign-in failed',
    sentence: 'This sign-in was not started in this browser. Start again.',
  },
  state_expired: {
    title: 'Sign-in took too long',
    sentence: 'The sign-in took too long and has expired. Start again.',
  },
  state_used: {
    title: 'Sign-in failed',
    sentence: 'This sign-in was already used. Start again.',
  },
  issuer_mismatch: {
    title: 'Sign-in failed',
    sentence: 'The answer came from another sign-in service. Start again.',
  },
  provider_refused: {
    title: 'Sign-in was refused',
    sentence: 'The sign-in service refused the request or it was cancelled.',
  },
  code_refused: {
    title: 'Sign-in failed',
    sentence: 'The sign-in service did not accept this sign-in. Start again.',
  },
  id_token_invalid: {
    title: 'Sign-in failed',
    sentence: 'The sign-in service sent an answer that could not be trusted.',
  },
  identity_incomplete: {
    title: 'Sign-in failed',
    sentence: 'The sign-in service did not say who you are.',
  },
  email_unverified: {
    title: 'E-mail not verified',
    sentence: 'The sign-in service has not verified your e-mail address.',
  },
  session_too_large: {
    title: 'Sign-in failed',
    sentence:
      'What the sign-in service says about you does not fit into a cookie. Tell the operator of {app}, with the request id.',
  },
  sign_in_loop: {
    title: 'Signing in goes in a circle',
    sentence:
      'You signed in several times within a minute, and were sent back each time. You cannot fix this yourself. Tell the operator of {app} what was seen, with the request id.',
  },
  sent_back: {
    title: 'No access',
    sentence:
      'You are signed in, and were sent back here each time. This account may not use that page of {app}.',
  },
  misconfigured: {
    title: 'Sign-in is not set up correctly',
    sentence: 'You cannot fix this yourself. Tell the operator of {app}, with the request id.',
  },
  provider_unreachable: {
    title: 'Sign-in is not available',
    sentence: 'The sign-in service cannot be reached right now. Try again in a moment.',
  },
  provider_misbehaved: {
    title: 'Sign-in is not available',
    sentence: 'The sign-in service sent an answer that makes no sense.',
  },
  session_store_unavailable: {
    title: 'Try again in a moment',
    sentence:
      'This application cannot look up who is signed in right now. Try again in a moment; there is no need to sign in again.',
  },
  refresh_refused: {
    title: 'Session ended',
    sentence: 'Your session has ended. Sign in again.',
  },
  refresh_unsupported: {
    title: 'Session ended',
    sentence: 'Your session has ended. Sign in again.',
  },
  no_upstream: {
    title: 'Not found',
    sentence: 'There is nothing at this address.',
  },
  upstream_unreachable: {
    title: 'The application is not available',
    sentence: 'The application cannot be reached right now. Try again in a moment.',
  },
  upstream_timeout: {
    title: 'The application took too long',
    sentence: 'The application did not answer in time. Try again in a moment.',
  },
  upstream_misbehaved: {
    title: 'The application failed',
    sentence: 'The application sent an answer that makes no sense.',
  },
  overloaded: {
    title: 'Too busy',
    sentence: 'Too many requests are under way. Try again in a moment.',
  },
  client_gone: {
    title: 'Client left',
    sentence: 'The client left before the answer.',
  },
  bug: {
    title: 'Something went wrong',
    sentence: 'The fault is on our side. Try again in a moment.',
  },
}

/** Observations about sign-ins that do not hold, in English. */
export const EN_FINDINGS: Texts['findings'] = {
  cookie_missing:
    'The cookie of this sign-in did not come back from the browser. Allow cookies for this site, then start again. If that does not help, tell the operator.',
  cookie_other:
    'This sign-in was not started in this browser, or another one took its place meanwhile. Start again.',
  secure_over_http:
    'The cookies are for https only, and this page was opened over http: browsers do not keep them.',
  scheme_lost: 'This page was opened over https, and {host} was told that it was http.',
  cookie_domain: 'The cookies are for {domain}, and this is {host}.',
  other_host: 'The sign-in began on {from} and came back on {to}, where its cookies are not sent.',
  other_secret: 'A part of this application that has another secret began this sign-in.',
  session_missing: 'The cookie of the session did not come back.',
  session_not_sent:
    'The cookie of the session comes back here, but not at the address on {host} that was asked for.',
  session_unreadable: 'The cookie of the session came back sealed with another secret.',
  session_incomplete: 'A part of the session did not come back.',
  session_ended: 'The session came back, and was over already.',
  session_accepted: 'The session came back and is good.',
  header_large: 'The browser sends {bytes} bytes of cookies.',
}
