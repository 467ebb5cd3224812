import type { Exchange, Facts, Target } from '../http/exchange.ts'
import type { Problem } from '../problems.ts'
import type { Session } from '../session/session.ts'
import type { Rules } from './rules.ts'

/**
 * Authorization decision for a request. A public one carries the session along when there is one that is still allowed.
 */
export type Verdict =
  | { readonly kind: 'public'; readonly session: Session | undefined }
  | { readonly kind: 'allow'; readonly session: Session }
  | { readonly kind: 'sign-in' }
  | { readonly kind: 'deny'; readonly problem: Problem; readonly session: Session }

/** Request that the rules are applied to: in forward-auth mode the one that the gateway asks about. */
export interface PolicyRequest {
  /** Method; undefined when no trusted peer named it. */
  readonly method: string | undefined
  readonly target: Target
  readonly facts: Pick<Facts, 'client' | 'preflight'>
}

/** Authorizes a request: public, allowed, to sign in, or denied. Pure. */
export function decide(rules: Rules, request: PolicyRequest, session: Session | undefined): Verdict {
  const refusal = session === undefined ? undefined : rules.refuses(session, session.source)
  if (needsNoSignIn(rules, request)) {
    return { kind: 'public', session: refusal === undefined ? session : undefined }
  }
  if (session === undefined) return { kind: 'sign-in' }
  return refusal === undefined ? { kind: 'allow', session } : { kind: 'deny', problem: refusal, session }
}

/** Reads the request itself, for the proxied case. */
export function toPolicyRequest(exchange: Exchange): PolicyRequest {
  return { method: exchange.request.method, target: exchange.target, facts: exchange.facts }
}

function needsNoSignIn(rules: Rules, { method, target, facts }: PolicyRequest): boolean {
  if (rules.skipPreflight && facts.preflight) return true
  if (facts.client !== undefined && rules.trustedAddresses.has(facts.client)) return true
  return rules.isPublic(method, target)
}
