import { quote } from '../../lib/text.ts'
import type { OptionRows, ValuesOf } from '../option.ts'
import type { SettingsOf } from '../settings.ts'
import type { HeaderRows } from '../values/header-rows.ts'
import type { RawHeader, RawHeaders } from './headers/check-headers.ts'
import { type ProviderHeaderSettings, withProviderHeader } from './headers/provider-header.ts'
import {
  AUTH_REQUEST,
  AUTH_REQUEST_TOKEN,
  BEARER,
  FORWARDED_TOKEN,
  type SentHeader,
} from './headers/sent-headers.ts'
import { buildSignature, type SIGNATURE_OPTIONS, type SignatureConfig } from './headers/signature.ts'

/** Options of the headers that carry the identity. */
export const HEADER_OPTIONS = {
  'pass-basic-auth': {
    group: 'Headers',
    kind: 'boolean',
    structured: 'injectRequestHeaders',
    default: true,
    about:
      'With basic-auth-password, send the user upstream as HTTP Basic. As in oauth2-proxy the X-Forwarded-User family stays on unless this and pass-user-headers are both false.',
  },
  'pass-user-headers': {
    group: 'Headers',
    kind: 'boolean',
    structured: 'injectRequestHeaders',
    default: true,
    about: 'Send X-Forwarded-User, -Email, -Groups and -Preferred-Username upstream.',
  },
  'pass-access-token': {
    group: 'Headers',
    kind: 'boolean',
    structured: 'injectRequestHeaders',
    default: false,
    about:
      'Send X-Forwarded-Access-Token upstream, and X-Auth-Request-Access-Token in answers with set-xauthrequest.',
  },
  'pass-authorization-header': {
    group: 'Headers',
    kind: 'boolean',
    structured: 'injectRequestHeaders',
    default: false,
    about: 'Send `Authorization: Bearer <ID token>` upstream.',
  },
  'set-xauthrequest': {
    group: 'Headers',
    kind: 'boolean',
    structured: 'injectResponseHeaders',
    default: false,
    about:
      'Set X-Auth-Request-User, -Email, -Preferred-Username and -Groups in answers, for gateways that only ask.',
  },
  'set-xforwarded': {
    group: 'Headers',
    kind: 'boolean',
    structured: 'injectResponseHeaders',
    default: false,
    about:
      'Set X-Forwarded-User, -Email, -Groups and -Preferred-Username, and with pass-access-token X-Forwarded-Access-Token, in answers: for gateways that hand on what they are told under its own name. They double what long groups take. Not in oauth2-proxy.',
  },
  'set-authorization-header': {
    group: 'Headers',
    kind: 'boolean',
    structured: 'injectResponseHeaders',
    default: false,
    about: 'Set `Authorization: Bearer <ID token>` in answers.',
  },
  'set-basic-auth': {
    group: 'Headers',
    kind: 'boolean',
    structured: 'injectResponseHeaders',
    default: false,
    about: 'Set `Authorization: Basic …` in answers. Needs basic-auth-password.',
  },
  'prefer-email-to-user': {
    group: 'Headers',
    kind: 'boolean',
    structured: 'injectRequestHeaders',
    default: false,
    about: 'The e-mail address stands where the user name would, and X-Forwarded-Email is not sent.',
  },
  'basic-auth-password': {
    group: 'Headers',
    kind: 'string',
    structured: 'injectRequestHeaders',
    default: '',
    secret: true,
    about: 'Password in the HTTP Basic headers that we make.',
  },
  'skip-auth-strip-headers': {
    group: 'Headers',
    kind: 'boolean',
    structured: 'injectRequestHeaders[].preserveRequestValue',
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
} as const satisfies OptionRows

type SectionSettings = SettingsOf<typeof HEADER_OPTIONS>

/** Header lines that are made from the session, upstream (request) and into answers (response). */
export interface HeadersConfig extends HeaderRows {
  /** Deletes what clients send under the identity family; rows decide for their own names. */
  readonly stripClientHeaders: boolean
  /** Lower-case name of the request id header. */
  readonly requestIdHeader: string
  /** Key that requests to the apps are signed with; undefined when they are not. */
  readonly signature: SignatureConfig | undefined
}

/** Headers that mean something else already, so the request id cannot travel in them. */
const TAKEN =
  /^(?:host|cookie|set-cookie|authorization|connection|content-.*|transfer-encoding|upgrade|te|trailer|gap-.*|x-forwarded-.*|x-auth-request-.*)$/u

/** Reads oauth2-proxy's pass-* and set-* options, each of which sends some headers. */
export function readHeaders(settings: SectionSettings): RawHeaders {
  checkAuthorization(settings)
  return { request: readRequestHeaders(settings), response: readResponseHeaders(settings) }
}

/** Adds what the options alone say to the rows of any source. */
export function buildHeaders(
  settings: SettingsOf<typeof HEADER_OPTIONS & typeof SIGNATURE_OPTIONS> & ProviderHeaderSettings,
  rows: HeaderRows,
): HeadersConfig {
  const stripClientHeaders = settings.value('skip-auth-strip-headers')
  if (!stripClientHeaders) {
    settings.warning(
      'skip-auth-strip-headers',
      'this is insecure: identity headers that clients send reach the app',
    )
  }
  return {
    ...withProviderHeader(settings, rows),
    stripClientHeaders,
    requestIdHeader: readRequestIdHeader(settings),
    signature: buildSignature(settings),
  }
}

function readRequestHeaders(settings: SectionSettings): readonly RawHeader[] {
  const usersFlag = settings.value('pass-user-headers') ? 'pass-user-headers' : 'pass-basic-auth'
  const withPassword = settings.value('pass-basic-auth') && settings.value('basic-auth-password') !== ''
  return [
    ...sentBy(settings, usersFlag, [...forwarded(settings), ...AUTH_REQUEST]),
    ...sentBy(settings, 'pass-access-token', [FORWARDED_TOKEN]),
    ...(withPassword
      ? sentBy(settings, 'pass-basic-auth', [basic(settings)])
      : sentBy(settings, 'pass-authorization-header', [BEARER])),
  ]
}

function readResponseHeaders(settings: SectionSettings): readonly RawHeader[] {
  const withToken = settings.value('pass-access-token')
  return [
    ...sentBy(settings, 'set-xauthrequest', [...AUTH_REQUEST, ...(withToken ? [AUTH_REQUEST_TOKEN] : [])]),
    ...sentBy(settings, 'set-xforwarded', [...forwarded(settings), ...(withToken ? [FORWARDED_TOKEN] : [])]),
    ...(settings.value('set-basic-auth')
      ? sentBy(settings, 'set-basic-auth', [basic(settings)])
      : sentBy(settings, 'set-authorization-header', [BEARER])),
  ]
}

function forwarded(settings: SectionSettings): readonly SentHeader[] {
  const prefersEmail = settings.value('prefer-email-to-user')
  return [
    { name: 'X-Forwarded-User', claim: userClaim(settings) },
    ...(prefersEmail ? [] : [{ name: 'X-Forwarded-Email', claim: ['email'] }]),
    { name: 'X-Forwarded-Groups', claim: ['groups'] },
    { name: 'X-Forwarded-Preferred-Username', claim: ['preferred_username'] },
  ]
}

function basic(settings: SectionSettings): SentHeader {
  const password = settings.value('basic-auth-password')
  return { name: 'Authorization', claim: userClaim(settings), password }
}

/** Local users have no e-mail address; their name stands for it. */
function userClaim(settings: SectionSettings): readonly string[] {
  return settings.value('prefer-email-to-user') ? ['email', 'user'] : ['user']
}

/** The headers that an option sends when it is on, under its name. */
function sentBy(
  settings: SectionSettings,
  flag: keyof ValuesOf<typeof HEADER_OPTIONS>,
  headers: readonly SentHeader[],
): readonly RawHeader[] {
  if (!settings.value(flag)) return []
  const { label } = settings.raw(flag)
  const keepsClients = !settings.value('skip-auth-strip-headers')
  return headers.map(({ name, claim, prefix, password }) => ({
    name: { value: name, label },
    // Two Authorization lines are read differently by different apps.
    preserveRequestValue: { value: keepsClients && name !== 'Authorization', label },
    values: [
      {
        claim: { value: claim, label },
        prefix: { value: prefix, label },
        basicAuthPassword: { value: password === undefined ? undefined : { value: password }, label },
        secret: { value: undefined, label },
      },
    ],
  }))
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
  const usual = HEADER_OPTIONS['request-id-header'].default
  if (settings.value('request-id-header') === '')
    settings.warning('request-id-header', `this is empty, so the default counts: ${quote(usual)}`)
  const name = (settings.value('request-id-header') || usual).toLowerCase()
  if (!/^[\w!#$%&'*+.^`|~-]{1,64}$/u.test(name) || TAKEN.test(name)) {
    settings.problem('request-id-header', `give a header name that is free for use, not ${quote(name)}`)
  }
  return name
}
