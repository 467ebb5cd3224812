import { type EventFields, type EventName, PERSON } from '../event.ts'
import { describePerson } from './go-text.ts'

/**
 * Line of oauth2-proxy about an event: an auth line with its status, or one of the standard log, which goes to standard
 * error when it is about an error.
 */
export type Told =
  | { readonly stream: 'auth'; readonly status: 'AuthSuccess' | 'AuthFailure'; readonly message: string }
  | { readonly stream: 'standard' | 'error'; readonly message: string }

/** Translates an event into the line that oauth2-proxy has for it; undefined where it has none. */
export function toTold(event: EventName, fields: EventFields): Told | undefined {
  const code = String(fields['code'] ?? '')
  switch (event) {
    case 'sign_in_succeeded':
      return success(
        fields['source'] === 'local'
          ? 'Authenticated via HtpasswdFile'
          : `Authenticated via OAuth2: ${person(fields)}`,
      )
    case 'sign_in_failed':
      return fields['source'] === 'local' ? toLocalFailure(code) : toSignInFailure(code, fields)
    case 'basic_accepted':
      return success('Authenticated via basic auth and HTpasswd File')
    case 'basic_refused':
      return failure(`Invalid authentication via basic auth: ${BASIC[code] ?? code}`)
    case 'bearer_refused':
      return error(`Error retrieving session from token in Authorization header: ${code}`)
    case 'session_denied': {
      const cause = fields['rule'] === 'email' ? 'invalid email' : 'unauthorized'
      return failure(`Invalid authorization via session (${cause}): refusing session ${person(fields)}`)
    }
    case 'session_refreshed':
      return { stream: 'standard', message: `Refreshing session - User: ${fields['user'] ?? ''}` }
    case 'session_refresh_refused':
    case 'session_refresh_ended':
    case 'session_refresh_failed':
      return error(`Unable to refresh session: ${code}`)
    default:
      return undefined
  }
}

const BASIC: Readonly<Record<string, string>> = {
  credentials_wrong: 'not in Htpasswd File',
  credentials_missing: 'not in Htpasswd File',
  too_many_attempts: 'too many attempts',
}

function toLocalFailure(code: string): Told {
  const sentence = 'Invalid authentication via HtpasswdFile'
  return failure(/^credentials_/u.test(code) ? sentence : `${sentence}: ${code}`)
}

function toSignInFailure(code: string, fields: EventFields): Told {
  switch (code) {
    case 'not_permitted':
      return failure('Invalid authentication via OAuth2: unauthorized')
    case 'state_mismatch':
      return failure(
        fields['check'] === 'cookie'
          ? 'Invalid authentication via OAuth2: unable to obtain CSRF cookie'
          : 'Invalid authentication via OAuth2: CSRF token mismatch, potential attack',
      )
    case 'state_expired':
    case 'state_used':
      return failure(`Invalid authentication via OAuth2: unable to obtain CSRF cookie: ${code}`)
    case 'state_missing':
      return error(`Error while parsing OAuth2 state: ${code}`)
    case 'callback_malformed':
    case 'provider_refused':
      return error(`Error while parsing OAuth2 callback: ${code}`)
    case 'session_too_large':
      return error(`Error saving session state for ${fields['client'] ?? '-'}: ${code}`)
    default:
      return error(`Error redeeming code during OAuth2 callback: ${code}`)
  }
}

function person(fields: EventFields): string {
  const session = fields[PERSON]
  return session === undefined ? '' : describePerson(session)
}

function success(message: string): Told {
  return { stream: 'auth', status: 'AuthSuccess', message }
}

function failure(message: string): Told {
  return { stream: 'auth', status: 'AuthFailure', message }
}

function error(message: string): Told {
  return { stream: 'error', message }
}
