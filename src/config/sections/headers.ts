import { quote } from '../report.ts'
import type { Settings } from '../settings.ts'

/** Header lines that are made from the session, upstream (request) and into answers (response). */
export interface HeadersConfig {
  readonly request: readonly RequestHeaderRow[]
  readonly response: readonly HeaderRow[]
  /** Deletes what clients send under the identity family; rows decide for their own names. */
  readonly stripClientHeaders: boolean
  /** Lower-case name of the request id header. */
  readonly requestIdHeader: string
}

/** One header line: its values joined by commas; without values the header is only deleted. */
export interface HeaderRow {
  readonly name: string
  readonly values: readonly HeaderSource[]
}

/** A header line towards the upstream. */
export interface RequestHeaderRow extends HeaderRow {
  /** Keeps what the client sends under this name; the row's own line comes behind it. */
  readonly preserveRequestValue: boolean
}

/** Where a value of a header line comes from. */
export type HeaderSource =
  | ClaimSource
  | { readonly kind: 'token'; readonly name: TokenName; readonly prefix: string }
  /** Basic credentials (RFC 7617) of a claim and a password. */
  | { readonly kind: 'basic'; readonly user: Pick<ClaimSource, 'names'>; readonly password: Secret }
  | { readonly kind: 'secret'; readonly secret: Secret }
  | { readonly kind: 'text'; readonly text: string }

/** Claim of the signed-in person: a standard one, or any of the ID token or UserInfo, dotted paths included. */
export interface ClaimSource {
  readonly kind: 'claim'
  /** The first of these claims that has a value counts. */
  readonly names: readonly string[]
  /** Stands before each value. */
  readonly prefix: string
}

/** Tokens of a session, by oauth2-proxy's names. */
export type TokenName = 'access_token' | 'id_token' | 'refresh_token'

/** A secret of the operator: the text, or the file that holds it and is read again when it changes. */
export type Secret = { readonly value: string } | { readonly file: string }

/** Claims that every session has, by oauth2-proxy's names. */
export const STANDARD_CLAIMS = [
  'user',
  'email',
  'groups',
  'preferred_username',
  'sub',
  'created_at',
  'expires_on',
] as const

/** Headers that mean something else already, so the request id cannot travel in them. */
const TAKEN =
  /^(?:host|cookie|set-cookie|authorization|connection|content-.*|transfer-encoding|upgrade|te|trailer|gap-.*|x-forwarded-.*|x-auth-request-.*)$/u

/** Tokens that the rows send. */
export function tokensOf({ request, response }: Pick<HeadersConfig, 'request' | 'response'>) {
  const sources = [...request, ...response].flatMap(({ values }) => values)
  return new Set<TokenName>(sources.flatMap((source) => (source.kind === 'token' ? source.name : [])))
}

/** Claims that the rows name and no session has by itself: the provider reads them, and sessions keep them. */
export function additionalClaimsOf({ request, response }: Pick<HeadersConfig, 'request' | 'response'>) {
  const names = [...request, ...response].flatMap(({ values }) => values).flatMap(claimNamesOf)
  const standard: ReadonlySet<string> = new Set(STANDARD_CLAIMS)
  return [...new Set(names)].filter((name) => !standard.has(name))
}

function claimNamesOf(source: HeaderSource): readonly string[] {
  if (source.kind === 'claim') return source.names
  return source.kind === 'basic' ? source.user.names : []
}

/** Reads oauth2-proxy's pass-* and set-* options as header rows. */
export function buildHeaders(settings: Settings): HeadersConfig {
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

function toRequestRows(settings: Settings): readonly HeaderRow[] {
  const passesBasicAuth = settings.value('pass-basic-auth')
  const prefersEmail = settings.value('prefer-email-to-user')
  const rows: HeaderRow[] = []
  if (settings.value('pass-user-headers') || passesBasicAuth) {
    rows.push(claimRow('X-Forwarded-User', userNames(settings)))
    if (!prefersEmail) rows.push(claimRow('X-Forwarded-Email', ['email']))
    rows.push(claimRow('X-Forwarded-Groups', ['groups']))
    rows.push(claimRow('X-Forwarded-Preferred-Username', ['preferred_username']))
    rows.push(...AUTH_REQUEST_ROWS)
  }
  if (settings.value('pass-access-token')) {
    rows.push(tokenRow('X-Forwarded-Access-Token', { name: 'access_token', prefix: '' }))
  }
  if (passesBasicAuth && settings.value('basic-auth-password') !== '') rows.push(basicRow(settings))
  if (settings.value('pass-authorization-header')) rows.push(BEARER_ROW)
  return rows
}

function toResponseRows(settings: Settings): readonly HeaderRow[] {
  const rows: HeaderRow[] = []
  if (settings.value('set-xauthrequest')) {
    rows.push(...AUTH_REQUEST_ROWS)
    if (settings.value('pass-access-token')) {
      rows.push(tokenRow('X-Auth-Request-Access-Token', { name: 'access_token', prefix: '' }))
    }
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
const BEARER_ROW = tokenRow('Authorization', { name: 'id_token', prefix: 'Bearer ' })

/** Local users have no e-mail address; their name stands for it. */
function userNames(settings: Settings): readonly string[] {
  return settings.value('prefer-email-to-user') ? ['email', 'user'] : ['user']
}

function claimRow(name: string, names: readonly string[]): HeaderRow {
  return { name, values: [{ kind: 'claim', names, prefix: '' }] }
}

function tokenRow(name: string, token: { readonly name: TokenName; readonly prefix: string }): HeaderRow {
  return { name, values: [{ kind: 'token', ...token }] }
}

function basicRow(settings: Settings): HeaderRow {
  const password = { value: settings.value('basic-auth-password') }
  return {
    name: 'Authorization',
    values: [{ kind: 'basic', user: { names: userNames(settings) }, password }],
  }
}

/** There is one Authorization header in each direction, so only one setting may fill it. */
function checkAuthorization(settings: Settings): void {
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

function readRequestIdHeader(settings: Settings): string {
  const name = settings.value('request-id-header').toLowerCase()
  if (!/^[\w!#$%&'*+.^`|~-]{1,64}$/u.test(name) || TAKEN.test(name)) {
    settings.problem('request-id-header', `give a header name that is free for use, not ${quote(name)}`)
  }
  return name
}
