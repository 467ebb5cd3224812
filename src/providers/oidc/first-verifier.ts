import type { Problem } from '../../problems.ts'
import { failed, type Result } from '../../result.ts'

/** Verifies a JWT for one issuer; a token of another issuer is `id_token_invalid` with the check `iss`. */
export type VerifyToken<Value> = (token: string) => Promise<Result<Value>>

/**
 * The answer of the first verifier that accepts a token. Where none does, the problem is that of the issuer that the
 * token names; the others only say that they did not issue it, and where all of them do, it is `otherwise`.
 */
export async function verifyWithFirst<Value>(
  verifiers: readonly VerifyToken<Value>[],
  token: string,
  otherwise: Problem,
): Promise<Result<Value>> {
  let own: Problem | undefined
  for (const verify of verifiers) {
    const verified = await verify(token)
    if (verified.ok) return verified
    if (!isOfAnotherIssuer(verified.problem)) own = verified.problem
  }
  return failed(own ?? otherwise)
}

function isOfAnotherIssuer({ reason, detail }: Problem): boolean {
  return reason === 'id_token_invalid' && detail?.['check'] === 'iss'
}
