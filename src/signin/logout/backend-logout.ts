import type { Platform } from '../../platform.ts'
import { problem } from '../../problems.ts'
import { createProviderClient } from '../../providers/http/client.ts'
import { failed, ok, type Result } from '../../result.ts'

/**
 * Calls backend-logout-url, with `{id_token}` replaced. Success is 200 or 204. Without a token an address that needs one is
 * not called. Redirects are not followed; the call is bounded like all others.
 */
export async function callBackendLogout(
  { platform }: { readonly platform: Pick<Platform, 'fetch'> },
  url: string | undefined,
  idToken: string | undefined,
): Promise<Result<void>> {
  if (url === undefined || (idToken === undefined && url.includes('{id_token}'))) return ok(undefined)
  const http = createProviderClient({ platform, operatorUrls: [url.replaceAll('{id_token}', '')] })
  const answer = await http.request(url.replaceAll('{id_token}', encodeURIComponent(idToken ?? '')), {
    endpoint: 'backend logout',
  })
  if (!answer.ok) return answer
  const { status } = answer.value
  return status === 200 || status === 204 ? ok(undefined) : failed(problem('provider_misbehaved', { status }))
}
