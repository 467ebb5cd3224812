import type { ProviderConfig } from '../../config/sections/provider.ts'
import { problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { ProviderContext } from '../context.ts'

/** Reads the current client secret; undefined for a public client. */
export type ReadClientSecret = () => Promise<Result<string | undefined>>

/** Reads the secret at each use, so that a rotated file counts at once; blanks and line ends around it are no part of it. */
export function createReadClientSecret(
  { clientSecret }: Pick<ProviderConfig, 'clientSecret'>,
  { readSecret }: Pick<ProviderContext, 'readSecret'>,
): ReadClientSecret {
  if (clientSecret === undefined) return async () => ok(undefined)
  if ('value' in clientSecret) return async () => ok(clientSecret.value)
  return async () => {
    try {
      const secret = (await readSecret(clientSecret.file)).trim()
      if (secret !== '') return ok(secret)
    } catch {
      // Whatever the file system says, the operator needs the name of the file.
    }
    return failed(problem('provider_unreachable', { why: 'client secret file', file: clientSecret.file }))
  }
}
