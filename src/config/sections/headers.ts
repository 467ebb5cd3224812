import { quote } from '../../lib/text.ts'
import type { OptionRows } from '../option.ts'
import type { SettingsOf } from '../settings.ts'

/** Options of the headers that carry the identity. */
export const HEADER_OPTIONS = {
  'pass-basic-auth': {
    group: 'Headers',
    kind: 'boolean',
    default: true,
    about:
      'With basic-auth-password, send the user upstream as HTTP Basic. As in oauth2-proxy the X-Forwarded-User family stays on unless this and pass-user-headers are both false.',
  },
  'pass-user-headers': {
    group: 'Headers',
    kind: 'boolean',
    default: true,
    about: 'Send X-Forwarded-User, -Email, -Groups and -Preferred-Username upstream.',
  },
  'pass-access-token': {
    group: 'Headers',
    kind: 'boolean',
    default: false,
    about:
      'Send X-Forwarded-Access-Token upstream, and X-Auth-Request-Access-Token in answers with set-xauthrequest.',
  },
  'pass-authorization-header': {
    group: 'Headers',
    kind: 'boolean',
    default: false,
    about: 'Send `Authorization: Bearer <ID token>` upstream.',
  },
  'set-xauthrequest': {
    group: 'Headers',
    kind: 'boolean',
    default: false,
    about:
      'Set X-Auth-Request-User, -Email, -Preferred-Username and -Groups in answers, for gateways that only ask.',
  },
  'set-xforwarded': {
    group: 'Headers',
    kind: 'boolean',
    default: false,
    about:
      'Set X-Forwarded-User, -Email, -Groups and -Preferred-Username, and with pass-access-token X-Forwarded-Access-Token, in answers: for gateways that hand on what they are told under its own name. They double what long groups take. Not in oauth2-proxy.',
  },
  'set-authorization-header': {
    group: 'Headers',
    kind: 'boolean',
    default: false,
    about: 'Set `Authorization: Bearer <ID token>` in answers.',
  },
  'set-basic-auth': {
    group: 'Headers',
    kind: 'boolean',
    default: false,
    about: 'Set `Authorization: Basic …` in answers. Needs basic-auth-password.',
  },
  'prefer-email-to-user': {
    group: 'Headers',
    kind: 'boolean',
    default: false,
    about: 'The e-mail address stands where the user name would, and X-Forwarded-Email is not sent.',
  },
  'basic-auth-password': {
    group: 'Headers',
    kind: 'string',
    default: '',
    secret: true,
    about: 'Password in the HTTP Basic headers that we make.',
  },
  'skip-auth-strip-headers': {
    group: 'Headers',
    kind: 'boolean',
    default: true,
    about:
      'Delete identity headers that clients send, in any spelling. False keeps them and appends those of Sidegate: dangerous.',
  },
  'request-id-header': {
    group: 'Headers',
    kind: 'string',
    default: 'X-Request-Id',
    about: 'Header with the request id, taken from the request when well formed, and sent upstream.',
  },
  'signature-key': {
    group: 'Headers',
    kind: 'string',
    default: '',
    secret: true,
    supported: false,
    instead: 'with pass-authorization-header apps can verify the ID token',
    about: 'Signs upstream requests with GAP-Signature (deprecated in oauth2-proxy).',
  },
} as const satisfies OptionRows

type SectionSettings = SettingsOf<typeof HEADER_OPTIONS>

/** Identity headers that go upstream (pass) and into answers (set). */
export interface HeadersConfig {
  readonly passBasicAuth: boolean
  readonly basicAuthPassword: string
  readonly passUserHeaders: boolean
  readonly passAccessToken: boolean
  readonly passAuthorizationHeader: boolean
  readonly setXAuthRequest: boolean
  readonly setXForwarded: boolean
  readonly setBasicAuth: boolean
  readonly setAuthorizationHeader: boolean
  readonly preferEmailToUser: boolean
  /** Delete what clients send of the identity family; false keeps and appends. */
  readonly stripClientHeaders: boolean
  /** Lower-case name of the request id header. */
  readonly requestIdHeader: string
}

/** Headers that mean something else already, so the request id cannot travel in them. */
const TAKEN =
  /^(?:host|cookie|set-cookie|authorization|connection|content-.*|transfer-encoding|upgrade|te|trailer|gap-.*|x-forwarded-.*|x-auth-request-.*)$/u

/** Identity towards the app and towards gateways. */
export function buildHeaders(settings: SectionSettings): HeadersConfig {
  const headers = {
    passBasicAuth: settings.value('pass-basic-auth'),
    basicAuthPassword: settings.value('basic-auth-password'),
    passUserHeaders: settings.value('pass-user-headers'),
    passAccessToken: settings.value('pass-access-token'),
    passAuthorizationHeader: settings.value('pass-authorization-header'),
    setXAuthRequest: settings.value('set-xauthrequest'),
    setXForwarded: settings.value('set-xforwarded'),
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
function checkAuthorization(settings: SectionSettings, headers: HeadersConfig): void {
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

function readRequestIdHeader(settings: SectionSettings): string {
  const name = settings.value('request-id-header').toLowerCase()
  if (!/^[\w!#$%&'*+.^`|~-]{1,64}$/u.test(name) || TAKEN.test(name)) {
    settings.problem('request-id-header', `give a header name that is free for use, not ${quote(name)}`)
  }
  return name
}
