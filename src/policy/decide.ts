import type { Exchange, Facts, Target } from '../http/exchange.ts'
import type { Problem } from '../problems.ts'
import type { Session } from '../session/session.ts'
import type { Rules } from './rules.ts'

/** What happens to a request. A public one carries the person along when somebody is signed in and still welcome. */
export type Verdict =
  | { readonly kind: 'public'; readonly session: Session | undefined }
  | { readonly kind: 'allow'; readonly session: Session }
  | { readonly kind: 'sign-in' }
  | { readonly kind: 'deny'; readonly problem: Problem; readonly session: Session }

/** The request as the rules see it. In forward-auth mode it is the one that the gateway asks about. */
export interface PolicyRequest {
  /** Undefined when no trusted peer named it. */
  readonly method: string | undefined
  readonly target: Target
  readonly facts: Pick<Facts, 'client' | 'preflight'>
}

/** The one place where a request is judged. Pure. */
export function decide(rules: Rules, request: PolicyRequest, session: Session | undefined): Verdict {
  const refusal = session === undefined ? undefined : rules.refuses(session, session.provider)
  if (needsNoSignIn(rules, request)) {
    return { kind: 'public', session: refusal === undefined ? session : undefined }
  }
  if (session === undefined) return { kind: 'sign-in' }
  return refusal === undefined ? { kind: 'allow', session } : { kind: 'deny', problem: refusal, session }
}

/** The request itself, for the proxied case. */
export function toPolicyRequest(exchange: Exchange): PolicyRequest {
  return { method: exchange.request.method, target: exchange.target, facts: exchange.facts }
}

function needsNoSignIn(rules: Rules, { method, target, facts }: PolicyRequest): boolean {
  if (rules.skipPreflight && facts.preflight) return true
  if (facts.client !== undefined && rules.trustedAddresses.has(facts.client)) return true
  return rules.isPublic(method, target)
}
