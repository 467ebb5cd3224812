import { problem } from '../../problems.ts'
import { failed, type Result } from '../../result.ts'
import { type Outbound, readJsonObject } from '../http/client.ts'
import type { Claims } from './jwks.ts'

/** One question to a profile endpoint. */
export interface ProfileQuestion {
  readonly url: string
  readonly accessToken: string
  /** Subject of the ID token: the answer must name the same (OpenID Connect Core 1.0 §5.3.2). */
  readonly subject: string
}

/** Verifies a profile that came as a JWT. */
export type VerifyProfile = (token: string) => Promise<Result<Claims>>

/** Asks the UserInfo endpoint for claims: JSON, or a JWT whose signature then has to stand (OpenID Connect Core 1.0 §5.3.2). */
export async function askProfile(
  outbound: Outbound,
  verify: VerifyProfile,
  { url, accessToken, subject }: ProfileQuestion,
): Promise<Result<Claims>> {
  const answer = await outbound.ask(url, { headers: { authorization: `Bearer ${accessToken}` } })
  if (!answer.ok) return answer
  const { status, type, text } = answer.value
  const signed = status === 200 && type === 'application/jwt'
  const claims = signed ? await verify(text.trim()) : readJsonObject(answer.value)
  if (!claims.ok) return claims
  const same = Object.hasOwn(claims.value, 'sub') && claims.value['sub'] === subject
  return same ? claims : failed(problem('id_token_invalid', { check: 'profile sub' }))
}
