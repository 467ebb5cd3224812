import { problem } from '../../../problems.ts'
import { failed } from '../../../result.ts'
import type { ProviderClient } from '../../http/client.ts'

/**
 * Turns a 403 that means "asked too often" into `provider_unreachable`: GitHub uses the status for that and for what is
 * not permitted. Taken for the latter it would be a person without groups, or a token that is no longer valid.
 */
export function withRateLimit(http: ProviderClient): ProviderClient {
  return {
    ...http,
    async request(url, question) {
      const response = await http.request(url, question)
      const limited =
        response.ok && response.value.status === 403 && /\brate limit\b/iu.test(response.value.text)
      return limited ? failed(problem('provider_unreachable', { why: 'rate limit', status: 403 })) : response
    },
  }
}
