import type { ProviderTraits } from '../../config/provider-kind.ts'

/** Traits of a provider that speaks OpenID Connect and has no habits of its own; presets spread them. */
export const OIDC_TRAITS: ProviderTraits = {
  issuer: 'any',
  publicClient: true,
  scope: 'openid email profile',
  groupsScope: 'groups',
  endpoints: {},
  loginParameters: {},
  hosts: [],
}
