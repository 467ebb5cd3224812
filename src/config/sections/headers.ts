import { quote } from '../../lib/text.ts'
import type { OptionRows } from '../option.ts'
import type { SettingsOf } from '../settings.ts'
import type { HeaderRow, HeaderRows, TokenName } from '../values/header-rows.ts'

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

/** Header lines that are made from the session, upstream (request) and into answers (response). */
export interface HeadersConfig extends HeaderRows {
  /** Deletes what clients send under the identity family; rows decide for their own names. */
  readonly stripClientHeaders: boolean
  /** Lower-case name of the request id header. */
  readonly requestIdHeader: string
}

/** Headers that mean something else already, so the request id cannot travel in them. */
const TAKEN =
  /^(?:host|cookie|set-cookie|authorization|connection|content-.*|transfer-encoding|upgrade|te|trailer|gap-.*|x-forwarded-.*|x-auth-request-.*)$/u

/** Reads oauth2-proxy's pass-* and set-* options as header rows. */
export function buildHeaders(settings: SectionSettings): HeadersConfig {
  checkAuthorization(settings)
  const stripClientHeaders = settings.value('skip-auth-strip-headers')
  if (!stripClientHeaders) {
    settings.warning(
      'skip-auth-strip-headers',
      'this is insecure: identity headers that clients send reach the app',
    )
  }
  return {
    request: toRequestRows(settings).map((row) => ({
      ...row,
      // Two Authorization lines are read differently by different apps.
      preserveRequestValue: !stripClientHeaders && row.name !== 'Authorization',
    })),
    response: toResponseRows(settings),
    stripClientHeaders,
    requestIdHeader: readRequestIdHeader(settings),
  }
}

function toRequestRows(settings: SectionSettings): readonly HeaderRow[] {
  const passesBasicAuth = settings.value('pass-basic-auth')
  const rows: HeaderRow[] = []
  if (settings.value('pass-user-headers') || passesBasicAuth) {
    rows.push(...forwardedRows(settings), ...AUTH_REQUEST_ROWS)
  }
  if (settings.value('pass-access-token')) rows.push(FORWARDED_TOKEN_ROW)
  if (passesBasicAuth && settings.value('basic-auth-password') !== '') rows.push(basicRow(settings))
  if (settings.value('pass-authorization-header')) rows.push(BEARER_ROW)
  return rows
}

function toResponseRows(settings: SectionSettings): readonly HeaderRow[] {
  const rows: HeaderRow[] = []
  if (settings.value('set-xauthrequest')) {
    rows.push(...AUTH_REQUEST_ROWS)
    if (settings.value('pass-access-token')) {
      rows.push(tokenRow('X-Auth-Request-Access-Token', { name: 'access_token', prefix: '' }))
    }
  }
  if (settings.value('set-xforwarded')) {
    rows.push(...forwardedRows(settings))
    if (settings.value('pass-access-token')) rows.push(FORWARDED_TOKEN_ROW)
  }
  if (settings.value('set-basic-auth')) rows.push(basicRow(settings))
  if (settings.value('set-authorization-header')) rows.push(BEARER_ROW)
  return rows
}

const AUTH_REQUEST_ROWS = [
  claimRow('X-Auth-Request-User', ['user']),
  claimRow('X-Auth-Request-Email', ['email']),
  claimRow('X-Auth-Request-Groups', ['groups']),
  claimRow('X-Auth-Request-Preferred-Username', ['preferred_username']),
]
const FORWARDED_TOKEN_ROW = tokenRow('X-Forwarded-Access-Token', { name: 'access_token', prefix: '' })
const BEARER_ROW = tokenRow('Authorization', { name: 'id_token', prefix: 'Bearer ' })

function forwardedRows(settings: SectionSettings): readonly HeaderRow[] {
  const email = settings.value('prefer-email-to-user') ? [] : [claimRow('X-Forwarded-Email', ['email'])]
  return [
    claimRow('X-Forwarded-User', userNames(settings)),
    ...email,
    claimRow('X-Forwarded-Groups', ['groups']),
    claimRow('X-Forwarded-Preferred-Username', ['preferred_username']),
  ]
}

/** Local users have no e-mail address; their name stands for it. */
function userNames(settings: SectionSettings): readonly string[] {
  return settings.value('prefer-email-to-user') ? ['email', 'user'] : ['user']
}

function claimRow(name: string, names: readonly string[]): HeaderRow {
  return { name, values: [{ kind: 'claim', names, prefix: '' }] }
}

function tokenRow(name: string, token: { readonly name: TokenName; readonly prefix: string }): HeaderRow {
  return { name, values: [{ kind: 'token', ...token }] }
}

function basicRow(settings: SectionSettings): HeaderRow {
  const password = { value: settings.value('basic-auth-password') }
  return {
    name: 'Authorization',
    values: [{ kind: 'basic', user: { names: userNames(settings) }, password }],
  }
}

/** There is one Authorization header in each direction, so only one setting may fill it. */
function checkAuthorization(settings: SectionSettings): void {
  const hasPassword = settings.value('basic-auth-password') !== ''
  if (settings.value('pass-authorization-header') && settings.value('pass-basic-auth') && hasPassword) {
    settings.problem(
      'pass-authorization-header',
      'remove this or set --pass-basic-auth=false, both write Authorization upstream',
    )
  }
  if (settings.value('set-authorization-header') && settings.value('set-basic-auth')) {
    settings.problem(
      'set-authorization-header',
      'remove this or set-basic-auth, both write Authorization into answers',
    )
  }
  if (settings.value('set-basic-auth') && !hasPassword) {
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
