import * as v from 'valibot'
import { ok } from '../../../result.ts'
import { defineProvider } from '../../define-provider.ts'
import { Email, parseSchema } from '../../http/schemas.ts'
import { createProfileProvider, originOf, profileUrlOf } from '../../oauth2/profile.ts'
import { OAUTH2_TRAITS } from '../../oauth2/traits.ts'

/** `GET /me` (https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/, user identity API). */
const Account = v.object({
  account_id: v.pipe(v.string(), v.regex(/^[\w:.-]{1,255}$/u)),
  email: Email,
})

/** An Atlassian account over OAuth 2.0 (3LO). */
export const atlassian = defineProvider({
  kind: 'atlassian',
  displayName: 'Atlassian',
  about: 'Atlassian accounts',
  traits: {
    ...OAUTH2_TRAITS,
    scope: 'read:me',
    endpoints: {
      loginUrl: 'https://auth.atlassian.com/authorize',
      redeemUrl: 'https://auth.atlassian.com/oauth/token',
      profileUrl: 'https://api.atlassian.com/me',
      validateUrl: 'https://api.atlassian.com/me',
    },
    // Its reference has both in every request (OAuth 2.0 (3LO) apps, "Direct the user to the authorization URL").
    loginParameters: { audience: 'api.atlassian.com', prompt: 'consent' },
  },
  create: (config, _, context) =>
    createProfileProvider({
      config,
      context,
      async readIdentity(api) {
        const answer = await api.read(profileUrlOf(config), { endpoint: 'me' })
        const profile = answer.ok ? parseSchema(Account, answer.value) : answer
        if (!profile.ok) return profile
        const { account_id: id, email } = profile.value
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
