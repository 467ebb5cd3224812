import { isLoopback } from '../lib/loopback.ts'
import type { Facts } from './exchange.ts'

/**
 * The Origin header names this site itself. Where the site is on https, a page on http is another one, written by
 * whoever sits in the network; but for this machine, where browsers send Secure cookies over http as well.
 */
export function isOwnOrigin({ originHeader, origin, scheme, host }: Facts): boolean {
  return (
    originHeader === origin ||
    (isLoopback(host.replace(/:\d+$/u, '')) && originHeader === `${scheme}://${host}`)
  )
}

/** A page of this site sent the request: fetch metadata says so, or the Origin where a browser has no metadata. */
export function isFromOwnPage(facts: Facts): boolean {
  return facts.fetchSite === undefined ? isOwnOrigin(facts) : facts.fetchSite === 'same-origin'
}
