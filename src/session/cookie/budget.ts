import { type Problem, problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import { encodeSession } from '../payload.ts'
import type { Projection } from '../projection.ts'
import type { Session } from '../session.ts'

/** Part that was left out of a cookie because there was no room for it. */
export type Dropped = 'refresh_token' | 'id_token' | 'access_token' | 'claims' | 'groups'

/** A session as far as it fits, ready to be sealed. */
export interface Fitted {
  readonly session: Session
  readonly payload: Uint8Array<ArrayBuffer>
  readonly dropped: readonly Dropped[]
  /** Bytes that the browser will send with every request. */
  readonly bytes: number
}

export interface BudgetOptions {
  readonly budgetBytes: number
  readonly projection: Projection
  /** Bytes over all cookies for a payload; undefined when no number of cookies holds it. */
  readonly sizeOf: (payloadBytes: number) => number | undefined
}

/**
 * Fits a session into the budget. Leaves out, one after the other, the ID token, the access token, the claims that only
 * header rows name and the groups that no rule names, until the session fits the budget. The refresh token stays: without
 * it the session would end at the first refresh. Where nothing but its revocation needs it, it is left out if that alone
 * makes room for the others, or if nothing else does.
 */
export async function fitToBudget(
  session: Session,
  { budgetBytes, projection, sizeOf }: BudgetOptions,
): Promise<Result<Fitted>> {
  const attempts = toAttempts(projection.project(session), projection)
  for (const { kept, dropped } of attempts) {
    const payload = await encodeSession(kept)
    if (!payload.ok && payload.problem === 'identity_incomplete') return failed(problem(payload.problem))
    const bytes = payload.ok ? sizeOf(payload.value.length) : undefined
    if (payload.ok && bytes !== undefined && bytes <= budgetBytes) {
      return ok({ session: kept, payload: payload.value, dropped, bytes })
    }
  }
  return failed(tooLarge(attempts.at(-1)?.kept ?? session, budgetBytes))
}

interface Attempt {
  readonly kept: Session
  readonly dropped: readonly Dropped[]
}

/** Attempts to fit, in the order in which they are made; each leaves out more than the one before. */
function toAttempts(whole: Session, projection: Projection): readonly Attempt[] {
  const attempts: Attempt[] = [{ kept: whole, dropped: [] }]
  const spare = withoutSpareRefresh({ kept: whole, dropped: [] }, projection)
  if (spare !== undefined) attempts.push(spare)
  let last: Attempt = { kept: whole, dropped: [] }
  for (const [name, without] of DROPS) {
    const kept = without(last.kept, projection)
    if (kept === undefined) continue
    last = { kept, dropped: [...last.dropped, name] }
    attempts.push(last)
  }
  const least = withoutSpareRefresh(last, projection)
  return least === undefined ? attempts : [...attempts, least]
}

function withoutSpareRefresh({ kept, dropped }: Attempt, { sparesRefresh }: Projection): Attempt | undefined {
  const without = sparesRefresh ? withoutToken(kept, 'refresh') : undefined
  return without && { kept: without, dropped: [...dropped, 'refresh_token'] }
}

/** Removes one part of a session; undefined when it has none of the kind. */
type Without = (session: Session, projection: Projection) => Session | undefined

const DROPS: readonly (readonly [Dropped, Without])[] = [
  ['id_token', (session) => withoutToken(session, 'id')],
  ['access_token', (session) => withoutToken(session, 'access')],
  ['claims', withoutClaims],
  ['groups', withoutUnnamedGroups],
]

function withoutToken(session: Session, kind: 'id' | 'access' | 'refresh'): Session | undefined {
  if (session.tokens[kind] === undefined) return undefined
  return { ...session, tokens: { ...session.tokens, [kind]: undefined } }
}

function withoutClaims(session: Session): Session | undefined {
  return session.claims === undefined ? undefined : { ...session, claims: undefined }
}

function withoutUnnamedGroups(session: Session, { isNamed }: Projection): Session | undefined {
  const groups = session.groups.filter(isNamed)
  return groups.length === session.groups.length ? undefined : { ...session, groups }
}

function tooLarge(session: Session, budgetBytes: number): Problem {
  return problem('session_too_large', {
    budgetBytes,
    refreshTokenBytes: session.tokens.refresh?.length ?? 0,
    groups: session.groups.length,
  })
}
