import { ok, type Result } from '../../result.ts'
import type { ProviderClient } from './client.ts'

/**
 * Calls the validate-url with an access token: 200 says that it is still valid, any other answer that it is not. Where
 * there is no address or no token there is nothing to call, and the token counts as valid.
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
