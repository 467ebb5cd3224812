import { type Problem, problem } from '../problems.ts'
import type { Exchange, Facts } from './exchange.ts'
import { findHeader } from './head.ts'

/**
 * The Origin header names this site itself. Where the site is on https, a page on http is another one, written by
 * whoever sits in the network; but for this machine, where browsers send Secure cookies over http as well.
 */
export function isOwnOrigin({ originHeader, origin, scheme, host }: Facts): boolean {
  return originHeader === origin || (LOOPBACK.test(host) && originHeader === `${scheme}://${host}`)
}
const LOOPBACK = /^(?:(?:[^:]+\.)?localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/u

/**
 * A page of this site sent the request: fetch metadata says so, or the Origin where a browser has no metadata. For what
 * only a script or a form of such a page can ask; an address that was typed in (`none`) is no page.
 */
export function isFromOwnPage(facts: Facts): boolean {
  return facts.fetchSite === undefined ? isOwnOrigin(facts) : facts.fetchSite === 'same-origin'
}

/**
 * Refuses what another site made the browser send. For what a person may also ask for by address: Sec-Fetch-Site decides
 * where the browser sends it, and only `same-origin` and `none` (typed, or a bookmark) pass, a sibling host does not.
 * Without it an Origin or a Referer must be of this site; a request with neither comes from no page.
 */
export function checkSameOrigin({ facts, request }: Exchange): Problem | undefined {
  const { fetchSite } = facts
  if (fetchSite !== undefined) {
    const passes = fetchSite === 'same-origin' || fetchSite === 'none'
    return passes ? undefined : problem('origin_refused', { site: fetchSite.slice(0, 200) })
  }
  const source = facts.originHeader ?? originOf(findHeader(request.headers, 'referer'))
  if (source === undefined || isOwnOrigin({ ...facts, originHeader: source })) return undefined
  return problem('origin_refused', { origin: source.slice(0, 200) })
}

function originOf(referer: string | undefined): string | undefined {
  if (referer === undefined || referer === '') return undefined
  return URL.canParse(referer) ? new URL(referer).origin : 'null'
}
