import type { ProviderConfig } from '../../../config/sections/provider.ts'
import { ok } from '../../../result.ts'
import type { ProviderContext } from '../../context.ts'
import { defineProvider } from '../../define-provider.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'
import type { Provider } from '../../provider.ts'
import type { CompleteGrant } from './complete-grant.ts'
import { addressesOf } from './credentials.ts'
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
  let complete: CompleteGrant | undefined
  const loadComplete = async (): Promise<CompleteGrant> => {
    if (complete !== undefined) return complete
    const { createCompleteGrant } = await import('./complete-grant.ts')
    complete ??= createCompleteGrant(own, context.platform)
    return complete
  }
  return {
    ...oidc,
    async redeem(login) {
      const grant = await oidc.redeem(login)
      return grant.ok ? (await loadComplete())(grant.value) : grant
    },
    async refresh(session) {
      const grant = await oidc.refresh(session)
      if (!grant.ok) return grant
      const asked = await (await loadComplete())(grant.value)
      // The person was asked about before, and trouble with the directory is not theirs.
      if (asked.ok || asked.problem.reason === 'identity_incomplete') return asked
      const { identity, tokens: kept } = grant.value
      const { groups: before, preferredUsername } = session
      return ok({ tokens: kept, identity: { ...identity, groups: before, preferredUsername } })
    },
  }
}
