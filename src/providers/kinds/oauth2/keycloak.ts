import * as v from 'valibot'
import { readAllowed } from '../../../config/values/lists.ts'
import { problem } from '../../../problems.ts'
import { failed, ok } from '../../../result.ts'
import { defineProvider } from '../../define-provider.ts'
import { OptionalEmail, parseSchema, Text } from '../../http/schemas.ts'
import { createProfileProvider, originOf, profileUrlOf } from '../../oauth2/profile.ts'
import { requireProfileUrl } from '../../oauth2/require-profile-url.ts'
import { OAUTH2_TRAITS } from '../../oauth2/traits.ts'
import { readGroups } from '../../oidc/claims.ts'

/** `GET .../protocol/openid-connect/userinfo`, or what the mappers of the client make of it. */
const UserInfo = v.object({
  sub: v.optional(Text),
  user: v.optional(Text),
  preferred_username: v.optional(Text),
  email: OptionalEmail,
  email_verified: v.optional(v.unknown()),
  groups: v.optional(v.unknown()),
})

/**
 * Keycloak over plain OAuth 2.0, the oldest of its kinds: who the person is says the profile-url alone. `keycloak-oidc`
 * is what to use.
 */
export const keycloak = defineProvider({
  kind: 'keycloak',
  displayName: 'Keycloak',
  about:
    'a realm of Keycloak without OpenID Connect, by its endpoints; keycloak-oidc refreshes and verifies more',
  traits: { ...OAUTH2_TRAITS, scope: 'api' },
  options: {
    'keycloak-group': {
      kind: 'list',
      structured: 'providers[].keycloakConfig.groups',
      default: [],
      key: 'keycloak_groups',
      restricts: true,
      about: 'Groups of which one is needed, or one of allowed-group.',
    },
  },
  check(settings, all) {
    requireProfileUrl(all, 'https://HOST/realms/REALM/protocol/openid-connect/userinfo')
    return {
      own: undefined,
      allowedGroups: readAllowed(settings, { flag: 'keycloak-group', what: 'group' }),
    }
  },
  create: (config, _, context) =>
    createProfileProvider({
      config,
      context,
      async readIdentity(api) {
        const answer = await api.read(profileUrlOf(config), { endpoint: 'userinfo' })
        const profile = answer.ok ? parseSchema(UserInfo, answer.value) : answer
        if (!profile.ok) return profile
        const {
          preferred_username: name,
          sub = name,
          user = name,
          email,
          email_verified: verified = true,
        } = profile.value
        if (sub === undefined) return failed(problem('identity_incomplete', { claim: 'sub' }))
        const isVerified = verified === true || verified === 'true' || config.claims.allowUnverifiedEmail
        if (!isVerified) return failed(problem('email_unverified'))
        return ok({
          issuer: originOf(config),
          subject: sub,
          user: user ?? sub,
          email,
          preferredUsername: name,
          groups: readGroups(profile.value.groups).groups,
          sid: undefined,
        })
      },
    }),
})
