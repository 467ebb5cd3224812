import { defineProvider } from '../../define-provider.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'

/** Auth0. An unknown scope is refused nowhere, and none brings groups: an Action of the tenant does. */
export const auth0 = defineProvider({
  kind: 'auth0',
  displayName: 'Auth0',
  about: 'a tenant of Auth0; groups and roles are the claims that an Action adds, named by oidc-groups-claim',
  traits: { ...OIDC_TRAITS, groupsScope: undefined },
  create: (config, _, context) => createOidcProvider(config, context),
})
