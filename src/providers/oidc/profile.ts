import { problem } from '../../problems.ts'
import { failed, type Result } from '../../result.ts'
import { type ProviderClient, readJsonObject } from '../http/client.ts'
import { toSubject } from './id-token.ts'
import type { Claims } from './jwks.ts'

/** One request to a UserInfo endpoint. */
export interface ProfileRequest {
  readonly url: string
  readonly accessToken: string
  /** Subject of the ID token: the answer must name the same (OpenID Connect Core 1.0 §5.3.2). */
  readonly subject: string
}

/** Verifies a profile that came as a JWT. */
export type VerifyProfile = (token: string) => Promise<Result<Claims>>

/** Asks the UserInfo endpoint for claims: JSON, or a JWT whose signature then has to stand (OpenID Connect Core 1.0 §5.3.2). */
export async function fetchProfile(
  http: ProviderClient,
  verify: VerifyProfile,
  { url, accessToken, subject }: ProfileRequest,
): Promise<Result<Claims>> {
  const response = await http.request(url, {
    endpoint: 'userinfo',
    headers: { authorization: `Bearer ${accessToken}` },
  })
  if (!response.ok) return response
  const { status, type, text } = response.value
  const signed = status === 200 && type === 'application/jwt'
  const claims = signed ? await verify(text.trim()) : readJsonObject(response.value)
  if (!claims.ok) return claims
  const same = Object.hasOwn(claims.value, 'sub') && toSubject(claims.value['sub']) === subject
  return same ? claims : failed(problem('id_token_invalid', { check: 'profile sub' }))
}
