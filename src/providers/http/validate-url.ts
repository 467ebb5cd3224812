import { ok, type Result } from '../../result.ts'
import type { ProviderClient } from './client.ts'

/**
 * Asks the validate-url whether an access token still stands: 200 is yes, any other answer no. Where there is no
 * address or no token there is nothing to ask, and the token stands.
 */
export async function callValidateUrl(
  http: ProviderClient,
  url: string | undefined,
  accessToken: string | undefined,
  scheme: 'Bearer' | 'token',
): Promise<Result<boolean>> {
  if (url === undefined || accessToken === undefined) return ok(true)
  const response = await http.request(url, {
    endpoint: 'validate',
    headers: { authorization: `${scheme} ${accessToken}` },
  })
  return response.ok ? ok(response.value.status === 200) : response
}
