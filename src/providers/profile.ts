import { problem } from '../problems.ts'
import { failed, type Result } from '../result.ts'
import type { Claims } from './jwks.ts'
import { type Outbound, readJsonObject } from './outbound.ts'

/** One question to a profile endpoint. */
export interface ProfileQuestion {
  readonly url: string
  readonly accessToken: string
  /** Subject of the ID token: the answer must name the same (OpenID Connect Core 1.0 §5.3.2). */
  readonly subject: string
}

/** Asks the UserInfo endpoint for claims. JSON only: an unverified JWT would be believed for its envelope. */
export async function askProfile(
  outbound: Outbound,
  { url, accessToken, subject }: ProfileQuestion,
): Promise<Result<Claims>> {
  const answer = await outbound.ask(url, { headers: { authorization: `Bearer ${accessToken}` } })
  if (!answer.ok) return answer
  const claims = readJsonObject(answer.value)
  if (!claims.ok) return claims
  const same = Object.hasOwn(claims.value, 'sub') && claims.value['sub'] === subject
  return same ? claims : failed(problem('id_token_invalid', { check: 'profile sub' }))
}
