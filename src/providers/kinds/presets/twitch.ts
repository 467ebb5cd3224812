import { defineProvider } from '../../define-provider.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'

/** Twitch, which tells the address only to those who ask for the claim by name (OpenID Connect Core 1.0 §5.5). */
export const twitch = defineProvider({
  kind: 'twitch',
  displayName: 'Twitch',
  about: 'accounts of Twitch',
  traits: {
    ...OIDC_TRAITS,
    issuer: 'https://id.twitch.tv/oauth2',
    publicClient: false,
    scope: 'openid user:read:email',
    groupsScope: undefined,
    loginParameters: {
      claims: '{"id_token":{"email":null,"email_verified":null,"preferred_username":null}}',
    },
  },
  create: (config, _, context) => createOidcProvider(config, context),
})
