import { defineProvider } from '../../define-provider.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'

/** Gitea as an OpenID provider. The kind `github` with its addresses asks its API in place of that. */
export const gitea = defineProvider({
  kind: 'gitea',
  displayName: 'Gitea',
  about: 'Gitea as an OpenID provider; groups are `organisation` and `organisation:team`',
  traits: { ...OIDC_TRAITS, groupsScope: 'groups' },
  create: (config, _, context) => createOidcProvider(config, context),
})
