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

/** Source of a value of a header line. */
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
  /** Text before each value. */
  readonly prefix: string
}

/** Tokens of a session, by oauth2-proxy's names. */
export type TokenName = 'access_token' | 'id_token' | 'refresh_token'

/** True for the name of a token, which a header row writes as it writes a claim. */
export function isTokenName(name: string): name is TokenName {
  return name === 'access_token' || name === 'id_token' || name === 'refresh_token'
}

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
  'provider_id',
] as const

/** The rows of both directions. */
export interface HeaderRows {
  readonly request: readonly RequestHeaderRow[]
  readonly response: readonly HeaderRow[]
}

/** Tokens that the rows send. */
export function tokensOf({ request, response }: HeaderRows) {
  const sources = [...request, ...response].flatMap(({ values }) => values)
  return new Set<TokenName>(sources.flatMap((source) => (source.kind === 'token' ? source.name : [])))
}

/** Claims that the rows name and no session has by itself: the provider reads them, and sessions keep them. */
export function additionalClaimsOf({ request, response }: HeaderRows) {
  const names = [...request, ...response].flatMap(({ values }) => values).flatMap(claimNamesOf)
  const standard: ReadonlySet<string> = new Set(STANDARD_CLAIMS)
  return [...new Set(names)].filter((name) => !standard.has(name))
}

function claimNamesOf(source: HeaderSource): readonly string[] {
  if (source.kind === 'claim') return source.names
  return source.kind === 'basic' ? source.user.names : []
}
