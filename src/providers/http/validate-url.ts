import { ok, type Result } from '../../result.ts'
import type { Outbound } from './client.ts'

/**
 * Asks the validate-url whether an access token still stands: 200 is yes, any other answer no. Where there is no
 * address or no token there is nothing to ask, and the token stands.
 */
export async function askValidateUrl(
  outbound: Outbound,
  url: string | undefined,
  accessToken: string | undefined,
  scheme: 'Bearer' | 'token',
): Promise<Result<boolean>> {
  if (url === undefined || accessToken === undefined) return ok(true)
  const answer = await outbound.ask(url, { headers: { authorization: `${scheme} ${accessToken}` } })
  return answer.ok ? ok(answer.value.status === 200) : answer
}
