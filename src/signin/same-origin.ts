import type { Exchange } from '../http/exchange.ts'
import { findHeader } from '../http/head.ts'
import { isOwnOrigin } from '../http/origin.ts'
import { type Problem, problem } from '../problems.ts'

/**
 * Refuses what another site made the browser send. Sec-Fetch-Site decides where the browser sends it: only
 * `same-origin` and `none` (the person typed or clicked a bookmark) pass, a sibling host does not. Without it an Origin
 * or a Referer must be Sidegate's own; a request with neither comes from no page.
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
