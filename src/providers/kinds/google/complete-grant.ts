import { problem } from '../../../problems.ts'
import { failed, ok, type Result } from '../../../result.ts'
import type { Grant } from '../../../session/session.ts'
import type { ProviderContext } from '../../context.ts'
import { createDirectory } from './directory.ts'
import type { GoogleDirectoryConfig } from './options.ts'

/** Adds the groups of the directory, and the organisation's id of the person in place of the preferred user name. */
export type CompleteGrant = (grant: Grant) => Promise<Result<Grant>>

/** Makes what asks the directory of Google Workspace about the person of a grant. */
export function createCompleteGrant(
  config: GoogleDirectoryConfig,
  platform: ProviderContext['platform'],
): CompleteGrant {
  const directory = createDirectory(config, platform)
  return async ({ identity, tokens }) => {
    const { email } = identity
    if (email === undefined) return failed(problem('identity_incomplete', { claim: 'email' }))
    const groups = await directory.groups(email)
    if (!groups.ok) return groups
    const withGroups = { ...identity, groups: groups.value }
    if (!config.organizationId) return ok({ tokens, identity: withGroups })
    const id = await directory.organizationId(email)
    if (!id.ok) return id
    return id.value === undefined
      ? failed(problem('identity_incomplete', { claim: 'externalIds' }))
      : ok({ tokens, identity: { ...withGroups, preferredUsername: id.value } })
  }
}
