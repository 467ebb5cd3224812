import { defineProvider } from '../../define-provider.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'

/** Any OpenID provider, by its issuer. */
export const oidc = defineProvider({
  kind: 'oidc',
  displayName: 'OpenID Connect',
  about: 'any OpenID Connect issuer',
  traits: OIDC_TRAITS,
  create: (config, _, context) => createOidcProvider(config, context),
})
