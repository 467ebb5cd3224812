/** A header that an option sends: the first of the claims that has a value. */
export interface SentHeader {
  readonly name: string
  readonly claim: readonly string[]
  readonly prefix?: string
  readonly password?: string
}

/** The person, for gateways that only ask. */
export const AUTH_REQUEST: readonly SentHeader[] = [
  { name: 'X-Auth-Request-User', claim: ['user'] },
  { name: 'X-Auth-Request-Email', claim: ['email'] },
  { name: 'X-Auth-Request-Groups', claim: ['groups'] },
  { name: 'X-Auth-Request-Preferred-Username', claim: ['preferred_username'] },
]

/** The access token, for gateways that only ask. */
export const AUTH_REQUEST_TOKEN: SentHeader = { name: 'X-Auth-Request-Access-Token', claim: ['access_token'] }

/** The access token, for the app. */
export const FORWARDED_TOKEN: SentHeader = { name: 'X-Forwarded-Access-Token', claim: ['access_token'] }

/** The ID token as a bearer token (RFC 6750 §2.1). */
export const BEARER: SentHeader = { name: 'Authorization', claim: ['id_token'], prefix: 'Bearer ' }
