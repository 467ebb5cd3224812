import type { ProviderTraits } from '../../config/provider-kind.ts'

/** Traits of a provider that speaks OpenID Connect without deviations; presets spread them. */
export const OIDC_TRAITS: ProviderTraits = {
  issuer: 'any',
  publicClient: true,
  scope: 'openid email profile',
  groupsScope: 'groups',
  endpoints: {},
  loginParameters: {},
  hosts: [],
}
