import * as v from 'valibot'
import { ok } from '../../../result.ts'
import { defineProvider } from '../../define-provider.ts'
import { OptionalEmail, parseSchema, Text } from '../../http/schemas.ts'
import { createProfileProvider, originOf, profileUrlOf } from '../../oauth2/profile.ts'
import { requireProfileUrl } from '../../oauth2/require-profile-url.ts'
import { OAUTH2_TRAITS } from '../../oauth2/traits.ts'
import { readGroups } from '../../oidc/claims.ts'

/** `GET /ocs/v2.php/cloud/user?format=json` (Nextcloud's OCS API, "Get data of a single user"). */
const User = v.object({
  ocs: v.object({
    data: v.object({
      id: Text,
      email: OptionalEmail,
      groups: v.optional(v.array(v.unknown()), []),
    }),
  }),
})

/** Nextcloud as an OAuth 2.0 provider; its addresses are those of the installation. */
export const nextcloud = defineProvider({
  kind: 'nextcloud',
  displayName: 'Nextcloud',
  about: 'an installation of Nextcloud, with its own login-url, redeem-url and validate-url',
  traits: OAUTH2_TRAITS,
  check(_, all) {
    requireProfileUrl(all, 'https://HOST/ocs/v2.php/cloud/user?format=json')
    return { own: undefined, allowedGroups: [] }
  },
  create: (config, _, context) =>
    createProfileProvider({
      config,
      context,
      async readIdentity(api) {
        const answer = await api.read(profileUrlOf(config), {
          endpoint: 'user',
          headers: { 'ocs-apirequest': 'true' },
        })
        const profile = answer.ok ? parseSchema(User, answer.value) : answer
        if (!profile.ok) return profile
        const { id, email, groups } = profile.value.ocs.data
        return ok({
          issuer: originOf(config),
          subject: id,
          user: id,
          email,
          preferredUsername: undefined,
          groups: readGroups(groups).groups,
          sid: undefined,
        })
      },
    }),
})
