import type { Facts } from './exchange.ts'

/**
 * The Origin header names this site itself. The scheme may be that of the last hop as well as the external one, since a
 * TLS terminator in front does not always say that it is there.
 */
export function isOwnOrigin({ originHeader, origin, scheme, host }: Facts): boolean {
  return originHeader === origin || originHeader === `${scheme}://${host}`
}

/** A page of this site sent the request: fetch metadata says so, or the Origin where a browser has no metadata. */
export function isFromOwnPage(facts: Facts): boolean {
  return facts.fetchSite === undefined ? isOwnOrigin(facts) : facts.fetchSite === 'same-origin'
}
