import type { Problem } from '../problems.ts'
import type { Session } from '../session/session.ts'
import type { PolicyRequest } from './request.ts'
import type { Rules } from './rules.ts'

/**
 * Authorization decision for a request. `problem` says why the person who is signed in may not make it; a public
 * request is made without them then.
 */
export type Verdict =
  | { readonly kind: 'public'; readonly session: Session | undefined; readonly problem: Problem | undefined }
  | { readonly kind: 'allow'; readonly session: Session; readonly problem: undefined }
  | { readonly kind: 'sign-in'; readonly problem: undefined }
  | { readonly kind: 'deny'; readonly session: Session; readonly problem: Problem }

/** Authorizes a request of a caller, for every use. Pure. */
export function decide(rules: Rules, request: PolicyRequest, session: Session | undefined): Verdict {
  const isPublic = needsNoSignIn(rules, request)
  if (session === undefined) return isPublic ? PUBLIC : SIGN_IN
  const permitted = rules.permits(request, session)
  if (permitted.ok) return { kind: isPublic ? 'public' : 'allow', session, problem: undefined }
  const { problem } = permitted
  return isPublic ? { kind: 'public', session: undefined, problem } : { kind: 'deny', session, problem }
}
const PUBLIC: Verdict = { kind: 'public', session: undefined, problem: undefined }
const SIGN_IN: Verdict = { kind: 'sign-in', problem: undefined }

function needsNoSignIn(rules: Rules, { method, target, facts }: PolicyRequest): boolean {
  if (rules.skipPreflight && facts.preflight) return true
  if (facts.client !== undefined && rules.trustedAddresses.has(facts.client)) return true
  return rules.isPublic(method, target)
}
