import type { ProviderTraits } from '../../config/provider-kind.ts'

/** Traits of a provider of plain OAuth 2.0, which has no issuer; each kind adds its endpoints and scopes. */
export const OAUTH2_TRAITS: ProviderTraits = {
  issuer: 'none',
  publicClient: false,
  scope: '',
  groupsScope: undefined,
  endpoints: {},
  loginParameters: {},
  hosts: [],
}
