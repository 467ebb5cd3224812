import { defineProvider } from '../../define-provider.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'

/** Dex; it gives refresh tokens for `offline_access` only, and groups for `groups`. */
export const dex = defineProvider({
  kind: 'dex',
  displayName: 'Dex',
  about: 'Dex, with whatever it is connected to',
  traits: { ...OIDC_TRAITS, scope: 'openid email profile offline_access' },
  create: (config, _, context) => createOidcProvider(config, context),
})
