import type {
  ClaimSource,
  HeaderRow,
  HeaderSource,
  Secret,
  STANDARD_CLAIMS,
  TokenName,
} from '../config/values/header-rows.ts'
import type { Session } from '../session/session.ts'
import { isListItem, toByteString, toFieldValue } from './field-value.ts'

/** Value of one header line for a session; undefined when there is nothing that can be sent. */
export type HeaderValue = (session: Session) => string | undefined

/** Reads the current value of a secret. */
export type ReadSecret = (secret: Secret) => string

type Claim = string | readonly string[] | undefined
type StandardClaim = (typeof STANDARD_CLAIMS)[number]

const CLAIMS: Readonly<Record<StandardClaim, (session: Session) => Claim>> = {
  user: ({ user }) => user,
  email: ({ email }) => email,
  groups: ({ groups }) => groups,
  preferred_username: ({ preferredUsername }) => preferredUsername,
  sub: ({ subject }) => subject,
  created_at: ({ refreshedAtMs }) => toGoTime(refreshedAtMs),
  expires_on: ({ tokens }) => toGoTime(tokens.accessExpiresAtMs),
  provider_id: ({ source }) =>
    source.kind === 'provider' ? source.id : source.kind === 'bearer' ? source.provider : undefined,
}

const TOKENS: Readonly<Record<TokenName, (session: Session) => string | undefined>> = {
  access_token: ({ tokens }) => tokens.access,
  id_token: ({ tokens }) => tokens.id,
  refresh_token: ({ tokens }) => tokens.refresh,
}

/** Compiles a row into one function; undefined for a row without values, which only deletes. */
export function compileRow({ values }: HeaderRow, readSecret: ReadSecret): HeaderValue | undefined {
  const [only, ...others] = values
  if (only === undefined) return undefined
  if (others.length === 0) return compileSource(only, { readSecret, isListed: false })
  const compiled = values.map((source) => compileSource(source, { readSecret, isListed: true }))
  return (session) => joined(compiled.map((value) => value(session)))
}

/**
 * Compiles a row that is nothing but fixed text and secrets: it says nothing about a person and is sent without a session
 * too, as in oauth2-proxy. Undefined for any other row.
 */
export function compileConstantRow(
  { values }: HeaderRow,
  readSecret: ReadSecret,
): (() => string | undefined) | undefined {
  if (values.length === 0 || !values.every(isConstant)) return undefined
  const constants = values.map((source) => compileConstant(source, readSecret))
  return () => joined(constants.map((value) => value()))
}

interface Compiling {
  readonly readSecret: ReadSecret
  /** True when other values stand in the same line. */
  readonly isListed: boolean
}

function compileSource(source: HeaderSource, { readSecret, isListed }: Compiling): HeaderValue {
  switch (source.kind) {
    case 'claim':
      return compileClaim(source, isListed)
    case 'token': {
      const { name, prefix } = source
      return (session) => withPrefix(prefix, TOKENS[name](session))
    }
    case 'basic':
      return compileBasic(source, readSecret)
    default:
      return compileConstant(source, readSecret)
  }
}

const NO_VALUE = () => undefined

type Constant = Extract<HeaderSource, { kind: 'secret' | 'text' }>

function compileConstant(source: Constant, readSecret: ReadSecret): () => string | undefined {
  if (source.kind === 'secret') return () => toFieldValue(readSecret(source.secret))
  const value = toFieldValue(source.text)
  return () => value
}

function isConstant(source: HeaderSource): source is Constant {
  return source.kind === 'secret' || source.kind === 'text'
}

function joined(values: readonly (string | undefined)[]): string | undefined {
  const sent = values.filter((value) => value !== undefined)
  return sent.length === 0 ? undefined : sent.join(',')
}

function compileClaim({ names, prefix }: ClaimSource, isListed: boolean): HeaderValue {
  const values = names.map((name) => {
    const read = readerOf(name)
    return (session: Session) => toValue(read(session), { prefix, isListed })
  })
  const [only = NO_VALUE, ...others] = values
  if (others.length === 0) return only
  return (session) => {
    for (const value of values) {
      const found = value(session)
      if (found !== undefined) return found
    }
    return undefined
  }
}

function readerOf(name: string): (session: Session) => Claim {
  // Cast: an own property of CLAIMS is named by one of its keys.
  if (Object.hasOwn(CLAIMS, name)) return CLAIMS[name as StandardClaim]
  return ({ claims }) => (claims !== undefined && Object.hasOwn(claims, name) ? claims[name] : undefined)
}

interface Form {
  readonly prefix: string
  readonly isListed: boolean
}

/**
 * Joins the entries of a list with commas. Rules see every entry as it is; a header leaves out those that a reader of the
 * list would take for others: with a comma inside, with blanks at an end, or with characters that cannot be sent.
 */
function toValue(claim: Claim, { prefix, isListed }: Form): string | undefined {
  if (typeof claim === 'string') return isListed && !isListItem(claim) ? undefined : withPrefix(prefix, claim)
  return joined((claim ?? []).filter(isListItem).map((entry) => withPrefix(prefix, entry)))
}

function withPrefix(prefix: string, text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : toFieldValue(prefix + text)
}

/**
 * Compiles Basic credentials (RFC 7617 with UTF-8); undefined without a password, or without a name that can stand
 * before the colon.
 */
function compileBasic(
  { user, password }: Extract<HeaderSource, { kind: 'basic' }>,
  readSecret: ReadSecret,
): HeaderValue {
  const readers = user.names.map(readerOf)
  return (session) => {
    const name = readers.map((read) => read(session)).find((claim) => claim !== undefined && claim.length > 0)
    const secret = readSecret(password)
    // A name with a colon would be read as a shorter name (RFC 7617 §2), which is another person's.
    if (typeof name !== 'string' || name.includes(':') || secret === '') return undefined
    return `Basic ${btoa(toByteString(`${name}:${secret}`))}`
  }
}

/** Formats a moment as Go prints it, which is what oauth2-proxy sends. */
function toGoTime(ms: number | undefined): string | undefined {
  if (ms === undefined || !Number.isFinite(ms)) return undefined
  return new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/u, ' +0000 UTC')
}
