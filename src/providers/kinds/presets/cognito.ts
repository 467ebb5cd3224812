import { defineProvider } from '../../define-provider.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'

const GROUPS = 'cognito:groups'

/**
 * A user pool of Amazon Cognito: groups have a claim of their own, and its logout endpoint takes `logout_uri` where
 * others take `post_logout_redirect_uri`.
 */
export const cognito = defineProvider({
  kind: 'cognito',
  displayName: 'Amazon Cognito',
  about: 'a user pool of Amazon Cognito; its groups are groups',
  traits: { ...OIDC_TRAITS, groupsScope: undefined },
  create(config, _, context) {
    const oidc = createOidcProvider(config, context, {
      groupEntries: (find) => find(config.claims.groups) ?? find(GROUPS),
    })
    return {
      ...oidc,
      async endSessionUrl(request) {
        const url = await oidc.endSessionUrl(request)
        return url === undefined ? undefined : toCognitoLogout(url, request.returnTo)
      },
    }
  },
})

function toCognitoLogout(text: string, returnTo: string): string {
  const url = new URL(text)
  for (const name of ['post_logout_redirect_uri', 'id_token_hint', 'state']) url.searchParams.delete(name)
  url.searchParams.set('logout_uri', returnTo)
  return url.href
}
