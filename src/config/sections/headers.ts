import type { HeadersConfig } from '../config.ts'
import { quote } from '../report.ts'
import type { Settings } from '../settings.ts'

/** Headers that mean something else already, so the request id cannot travel in them. */
const TAKEN =
  /^(?:host|cookie|set-cookie|authorization|connection|content-.*|transfer-encoding|upgrade|te|trailer|gap-.*|x-forwarded-.*|x-auth-request-.*)$/u

/** Identity towards the app and towards gateways. */
export function buildHeaders(settings: Settings): HeadersConfig {
  const headers = {
    passBasicAuth: settings.value('pass-basic-auth'),
    basicAuthPassword: settings.value('basic-auth-password'),
    passUserHeaders: settings.value('pass-user-headers'),
    passAccessToken: settings.value('pass-access-token'),
    passAuthorizationHeader: settings.value('pass-authorization-header'),
    setXAuthRequest: settings.value('set-xauthrequest'),
    setBasicAuth: settings.value('set-basic-auth'),
    setAuthorizationHeader: settings.value('set-authorization-header'),
    preferEmailToUser: settings.value('prefer-email-to-user'),
    stripClientHeaders: settings.value('skip-auth-strip-headers'),
    requestIdHeader: readRequestIdHeader(settings),
  }
  checkAuthorization(settings, headers)
  if (!headers.stripClientHeaders) {
    settings.warning(
      'skip-auth-strip-headers',
      'this is insecure: identity headers that clients send reach the app',
    )
  }
  return headers
}

/** There is one Authorization header in each direction, so only one setting may fill it. */
function checkAuthorization(settings: Settings, headers: HeadersConfig): void {
  if (headers.passAuthorizationHeader && headers.passBasicAuth && headers.basicAuthPassword !== '') {
    settings.problem(
      'pass-authorization-header',
      'remove this or set --pass-basic-auth=false, both write Authorization upstream',
    )
  }
  if (headers.setAuthorizationHeader && headers.setBasicAuth) {
    settings.problem(
      'set-authorization-header',
      'remove this or set-basic-auth, both write Authorization into answers',
    )
  }
  if (headers.setBasicAuth && headers.basicAuthPassword === '') {
    settings.problem('set-basic-auth', 'give basic-auth-password too')
  }
}

function readRequestIdHeader(settings: Settings): string {
  const name = settings.value('request-id-header').toLowerCase()
  if (!/^[\w!#$%&'*+.^`|~-]{1,64}$/u.test(name) || TAKEN.test(name)) {
    settings.problem('request-id-header', `give a header name that is free for use, not ${quote(name)}`)
  }
  return name
}
