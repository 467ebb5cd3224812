import * as v from 'valibot'
import { ok } from '../../../result.ts'
import { defineProvider } from '../../define-provider.ts'
import { Name, OptionalEmail, parseSchema } from '../../http/schemas.ts'
import { createProfileProvider, originOf, profileUrlOf } from '../../oauth2/profile.ts'
import { OAUTH2_TRAITS } from '../../oauth2/traits.ts'

/**
 * `GET /me` with `fields` (https://developers.facebook.com/docs/graph-api/reference/user/). An account that was opened
 * with a telephone number has no address.
 */
const Profile = v.object({ id: Name, email: OptionalEmail })

/** Facebook Login by Meta's Graph API, which gives verified addresses only. */
export const facebook = defineProvider({
  kind: 'facebook',
  displayName: 'Facebook',
  about: 'accounts of Facebook',
  traits: {
    ...OAUTH2_TRAITS,
    scope: 'public_profile email',
    endpoints: {
      loginUrl: 'https://www.facebook.com/v2.5/dialog/oauth',
      redeemUrl: 'https://graph.facebook.com/v2.5/oauth/access_token',
      profileUrl: 'https://graph.facebook.com/v2.5/me',
      validateUrl: 'https://graph.facebook.com/v2.5/me',
    },
  },
  create: (config, _, context) =>
    createProfileProvider({
      config,
      context,
      async readIdentity(api) {
        const url = new URL(profileUrlOf(config))
        url.searchParams.set('fields', 'id,name,email')
        const answer = await api.read(url.href, { endpoint: 'me' })
        const profile = answer.ok ? parseSchema(Profile, answer.value) : answer
        if (!profile.ok) return profile
        const { id, email } = profile.value
        return ok({
          issuer: originOf(config),
          subject: id,
          user: id,
          email,
          preferredUsername: undefined,
          groups: [],
          sid: undefined,
        })
      },
    }),
})
