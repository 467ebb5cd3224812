import type { ProviderConfig } from '../../../config/sections/provider.ts'
import { ok, type Result } from '../../../result.ts'
import type { Grant } from '../../../session/session.ts'
import { defineProvider } from '../../define-provider.ts'
import { claimOf, withMoreClaims, withoutMoreClaims } from '../../oidc/more-claims.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'
import type { Provider } from '../../provider.ts'
import { RESOURCE_OPTIONS } from './resource.ts'

/** AD FS as an OpenID provider: the user principal name stands where there is no e-mail address. */
export const adfs = defineProvider({
  kind: 'adfs',
  displayName: 'ADFS',
  about: 'Active Directory Federation Services; upn stands for a missing e-mail address',
  traits: { ...OIDC_TRAITS, groupsScope: undefined },
  options: {
    ...RESOURCE_OPTIONS,
    'adfs-skip-scope': {
      kind: 'boolean',
      structured: 'providers[].ADFSConfig.skipScope',
      default: false,
      about: 'Send no `scope` when people sign in. In oauth2-proxy only its structured file can say so.',
    },
  },
  check: (settings) => ({
    own: { resource: settings.value('resource'), skipScope: settings.value('adfs-skip-scope') },
    allowedGroups: [],
  }),
  create(config, own, context) {
    const resource = own.resource === '' ? '' : `${own.resource.replace(/\/$/u, '')}/`
    const scope = own.skipScope ? '' : `${resource}${config.scope}`
    const oidc = createOidcProvider(withMoreClaims({ ...config, scope }, ['upn']), context)
    return withUpn(oidc, config)
  },
})

function withUpn(oidc: Provider, config: ProviderConfig): Provider {
  const { verifyBearer } = oidc
  return {
    ...oidc,
    redeem: async (login) => addUpn(await oidc.redeem(login), config),
    refresh: async (session) => addUpn(await oidc.refresh(session), config),
    ...(verifyBearer && { verifyBearer: async (token) => addUpn(await verifyBearer(token), config) }),
  }
}

function addUpn(grant: Result<Grant>, config: ProviderConfig): Result<Grant> {
  if (!grant.ok) return grant
  const { identity, tokens } = grant.value
  const email = identity.email ?? claimOf(identity, 'upn')
  return ok({ tokens, identity: { ...withoutMoreClaims(identity, config), email } })
}
