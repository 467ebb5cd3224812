import { defineProvider } from '../../define-provider.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'

/** Okta, whose authorization servers give groups for a scope that has to be set up. */
export const okta = defineProvider({
  kind: 'okta',
  displayName: 'Okta',
  about: 'an authorization server of Okta; groups come with the scope `groups`',
  traits: OIDC_TRAITS,
  create: (config, _, context) => createOidcProvider(config, context),
})
