import type { Log } from '../observe/log.ts'
import { problem } from '../problems.ts'
import { failed, type Result } from '../result.ts'
import type { CheckedProvider, Provider } from './provider.ts'

/**
 * A provider whose failures to read an answer stay contained: whatever is thrown on the way counts as
 * `provider_misbehaved`, so that an odd answer ends no living session and does not look like Sidegate's fault to the
 * person. The log gets the error, since it may be a bug as well.
 */
export function containProvider(provider: Provider, log: Pick<Log, 'line'>): Provider {
  const contain =
    <Input, Value>(step: string, call: (input: Input) => Promise<Result<Value>>) =>
    async (input: Input): Promise<Result<Value>> => {
      try {
        return await call(input)
      } catch (error) {
        log.line('error', 'An answer of the provider could not be read', {
          provider: provider.id,
          step,
          why: String(error),
        })
        return failed(problem('provider_misbehaved', { why: 'unreadable', step }))
      }
    }
  const { verifyBearer, verifyLogoutToken } = provider
  return {
    ...provider,
    check: contain<void, CheckedProvider>('check', () => provider.check()),
    authorizationUrl: contain('authorization', provider.authorizationUrl),
    redeem: contain('redeem', provider.redeem),
    refresh: contain('refresh', provider.refresh),
    validate: contain('validate', provider.validate),
    revoke: contain('revoke', provider.revoke),
    ...(verifyBearer && { verifyBearer: contain('bearer token', verifyBearer) }),
    ...(verifyLogoutToken && { verifyLogoutToken: contain('logout token', verifyLogoutToken) }),
  }
}
