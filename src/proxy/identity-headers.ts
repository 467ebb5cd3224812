import type { HeadersConfig } from '../config/sections/headers.ts'
import type { HeaderLines } from '../platform.ts'
import type { Session } from '../session/session.ts'
import { toByteString, toFieldValue, toGroupsValue } from './field-value.ts'

/** The header lines that say who is signed in. Sessions are immutable, so each is turned into lines once. */
export interface IdentityHeaders {
  /** Towards the upstream, Authorization included where it is configured and can be made. */
  forRequest(session: Session): HeaderLines
  /** Towards the client: GAP-Auth always, both families and Authorization where configured. */
  forResponse(session: Session): HeaderLines
}

/** Compiles oauth2-proxy's pass-* and set-* options. A claim that is empty or cannot be sent makes no line. */
export function createIdentityHeaders(config: HeadersConfig): IdentityHeaders {
  return {
    forRequest: oncePerSession((session) => requestLines(config, session)),
    forResponse: oncePerSession((session) => responseLines(config, session)),
  }
}

function requestLines(config: HeadersConfig, session: Session): HeaderLines {
  const lines: string[] = []
  if (config.passUserHeaders || config.passBasicAuth) {
    addForwardedFamily(lines, config, session)
    addAuthRequestFamily(lines, session)
  }
  if (config.passAccessToken) add(lines, 'X-Forwarded-Access-Token', toFieldValue(session.tokens.access))
  if (config.passBasicAuth) add(lines, 'Authorization', basicCredentials(config, session))
  if (config.passAuthorizationHeader) add(lines, 'Authorization', bearerToken(session))
  return lines
}

function responseLines(config: HeadersConfig, session: Session): HeaderLines {
  const lines: string[] = []
  add(lines, 'GAP-Auth', toFieldValue(session.email) ?? toFieldValue(session.user))
  if (config.setXAuthRequest) {
    addAuthRequestFamily(lines, session)
    if (config.passAccessToken) add(lines, 'X-Auth-Request-Access-Token', toFieldValue(session.tokens.access))
  }
  if (config.setXForwarded) {
    addForwardedFamily(lines, config, session)
    if (config.passAccessToken) add(lines, 'X-Forwarded-Access-Token', toFieldValue(session.tokens.access))
  }
  if (config.setBasicAuth) add(lines, 'Authorization', basicCredentials(config, session))
  if (config.setAuthorizationHeader) add(lines, 'Authorization', bearerToken(session))
  return lines
}

function addForwardedFamily(lines: string[], config: HeadersConfig, session: Session): void {
  add(lines, 'X-Forwarded-User', toFieldValue(nameOf(config, session)))
  if (!config.preferEmailToUser) add(lines, 'X-Forwarded-Email', toFieldValue(session.email))
  add(lines, 'X-Forwarded-Groups', toGroupsValue(session.groups))
  add(lines, 'X-Forwarded-Preferred-Username', toFieldValue(session.preferredUsername))
}

function addAuthRequestFamily(lines: string[], session: Session): void {
  add(lines, 'X-Auth-Request-User', toFieldValue(session.user))
  add(lines, 'X-Auth-Request-Email', toFieldValue(session.email))
  add(lines, 'X-Auth-Request-Groups', toGroupsValue(session.groups))
  add(lines, 'X-Auth-Request-Preferred-Username', toFieldValue(session.preferredUsername))
}

/** Local users have no e-mail address; their name stands for it. */
function nameOf({ preferEmailToUser }: HeadersConfig, { email, user }: Session): string | undefined {
  return preferEmailToUser ? email || user : user
}

/** RFC 7617 with UTF-8; undefined without a password, or without a name that can stand before the colon. */
function basicCredentials(config: HeadersConfig, session: Session): string | undefined {
  const name = nameOf(config, session)
  if (config.basicAuthPassword === '' || name === undefined || name === '') return undefined
  // A name with a colon would be read as a shorter name (RFC 7617 §2): somebody else's.
  if (name.includes(':')) return undefined
  return `Basic ${btoa(toByteString(`${name}:${config.basicAuthPassword}`))}`
}

function bearerToken(session: Session): string | undefined {
  const token = toFieldValue(session.tokens.id)
  return token === undefined ? undefined : `Bearer ${token}`
}

function add(lines: string[], name: string, value: string | undefined): void {
  if (value !== undefined) lines.push(name, value)
}

function oncePerSession(make: (session: Session) => HeaderLines): (session: Session) => HeaderLines {
  const made = new WeakMap<Session, HeaderLines>()
  return (session) => {
    const known = made.get(session)
    if (known !== undefined) return known
    const lines = make(session)
    made.set(session, lines)
    return lines
  }
}
