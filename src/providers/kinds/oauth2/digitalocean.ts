import * as v from 'valibot'
import { problem } from '../../../problems.ts'
import { failed, ok } from '../../../result.ts'
import { defineProvider } from '../../define-provider.ts'
import { Email, Name, parseSchema } from '../../http/schemas.ts'
import { createProfileProvider, originOf, profileUrlOf } from '../../oauth2/profile.ts'
import { OAUTH2_TRAITS } from '../../oauth2/traits.ts'

/** `GET /v2/account` (https://docs.digitalocean.com/reference/api/, Account). */
const Account = v.object({
  account: v.object({ uuid: Name, email: Email, email_verified: v.optional(v.boolean(), true) }),
})

/** DigitalOcean; an account is a person or a team, and its address the owner's. */
export const digitalocean = defineProvider({
  kind: 'digitalocean',
  displayName: 'DigitalOcean',
  about: 'accounts of DigitalOcean',
  traits: {
    ...OAUTH2_TRAITS,
    scope: 'read',
    endpoints: {
      loginUrl: 'https://cloud.digitalocean.com/v1/oauth/authorize',
      redeemUrl: 'https://cloud.digitalocean.com/v1/oauth/token',
      profileUrl: 'https://api.digitalocean.com/v2/account',
      validateUrl: 'https://api.digitalocean.com/v2/account',
    },
  },
  create: (config, _, context) =>
    createProfileProvider({
      config,
      context,
      async readIdentity(api) {
        const answer = await api.read(profileUrlOf(config), { endpoint: 'account' })
        const profile = answer.ok ? parseSchema(Account, answer.value) : answer
        if (!profile.ok) return profile
        const { uuid, email, email_verified: isVerified } = profile.value.account
        if (!isVerified) return failed(problem('email_unverified'))
        return ok({
          issuer: originOf(config),
          subject: uuid,
          user: uuid,
          email,
          preferredUsername: undefined,
          groups: [],
          sid: undefined,
        })
      },
    }),
})
