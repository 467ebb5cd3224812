import { defineProvider } from '../../define-provider.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'

/** authentik, which has groups in the scope `profile`. */
export const authentik = defineProvider({
  kind: 'authentik',
  displayName: 'authentik',
  about: 'authentik; the issuer ends with the slash that its page shows',
  traits: { ...OIDC_TRAITS, groupsScope: undefined },
  create: (config, _, context) => createOidcProvider(config, context),
})
