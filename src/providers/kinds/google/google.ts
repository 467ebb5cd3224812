import type { ProviderConfig } from '../../../config/sections/provider.ts'
import { problem } from '../../../problems.ts'
import { failed, ok, type Result } from '../../../result.ts'
import type { Grant } from '../../../session/session.ts'
import type { ProviderContext } from '../../context.ts'
import { defineProvider } from '../../define-provider.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'
import type { Provider } from '../../provider.ts'
import { addressesOf } from './credentials.ts'
import type { Directory } from './directory.ts'
import { GOOGLE_OPTIONS, type GoogleDirectoryConfig, readDirectory } from './options.ts'

/**
 * Google as an OpenID provider: refresh tokens come by `access_type`, not by a scope, and its ID tokens may name the
 * issuer without `https://`. Groups are those of the directory, where one is configured.
 */
export const google = defineProvider({
  kind: 'google',
  displayName: 'Google',
  about: 'accounts of Google and Google Workspace',
  traits: {
    ...OIDC_TRAITS,
    issuer: 'https://accounts.google.com',
    publicClient: false,
    groupsScope: undefined,
    loginParameters: { access_type: 'offline' },
    hosts: ['oauth2.googleapis.com', 'openidconnect.googleapis.com', 'www.googleapis.com'],
  },
  options: GOOGLE_OPTIONS,
  check(settings, all, context) {
    const own = readDirectory(settings, all, context)
    const urls = own === undefined ? [] : addressesOf(own.credentials)
    return { own, allowedGroups: settings.value('google-group'), urls }
  },
  create: createGoogleProvider,
})

function createGoogleProvider(
  config: ProviderConfig,
  own: GoogleDirectoryConfig | undefined,
  context: ProviderContext,
): Provider {
  const oidc = createOidcProvider(config, context, { issuerAliases: ['accounts.google.com'] })
  if (own === undefined) return oidc
  const { organizationId } = own
  let directory: Directory | undefined
  const loadDirectory = async (): Promise<Directory> => {
    if (directory !== undefined) return directory
    const { createDirectory } = await import('./directory.ts')
    directory ??= createDirectory(own, context.platform)
    return directory
  }
  return {
    ...oidc,
    async redeem(login) {
      const grant = await oidc.redeem(login)
      return grant.ok ? askDirectory(await loadDirectory(), organizationId, grant.value) : grant
    },
    async refresh(session) {
      const grant = await oidc.refresh(session)
      if (!grant.ok) return grant
      const asked = await askDirectory(await loadDirectory(), organizationId, grant.value)
      // The person was asked about before, and trouble with the directory is not theirs.
      if (asked.ok || asked.problem.reason === 'identity_incomplete') return asked
      const { identity, tokens: kept } = grant.value
      const { groups: before, preferredUsername } = session
      return ok({ tokens: kept, identity: { ...identity, groups: before, preferredUsername } })
    },
  }
}

/** Adds the groups of the directory, and the organisation's id of the person in place of the preferred user name. */
async function askDirectory(
  directory: Directory,
  organizationId: boolean,
  { identity, tokens }: Grant,
): Promise<Result<Grant>> {
  const { email } = identity
  if (email === undefined) return failed(problem('identity_incomplete', { claim: 'email' }))
  const groups = await directory.groups(email)
  if (!groups.ok) return groups
  const withGroups = { ...identity, groups: groups.value }
  if (!organizationId) return ok({ tokens, identity: withGroups })
  const id = await directory.organizationId(email)
  if (!id.ok) return id
  return id.value === undefined
    ? failed(problem('identity_incomplete', { claim: 'externalIds' }))
    : ok({ tokens, identity: { ...withGroups, preferredUsername: id.value } })
}
