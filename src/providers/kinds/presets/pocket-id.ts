import { defineProvider } from '../../define-provider.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'

/** Pocket ID; groups come with the scope `groups`. */
export const pocketId = defineProvider({
  kind: 'pocket-id',
  displayName: 'Pocket ID',
  about: 'Pocket ID, with passkeys',
  traits: OIDC_TRAITS,
  create: (config, _, context) => createOidcProvider(config, context),
})
