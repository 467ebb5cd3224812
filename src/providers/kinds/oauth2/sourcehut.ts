import * as v from 'valibot'
import { ok } from '../../../result.ts'
import { defineProvider } from '../../define-provider.ts'
import { Email, Name, parseSchema } from '../../http/schemas.ts'
import { createProfileProvider, originOf, profileUrlOf } from '../../oauth2/profile.ts'
import { OAUTH2_TRAITS } from '../../oauth2/traits.ts'

/** Answer of the GraphQL API of meta.sr.ht (https://man.sr.ht/meta.sr.ht/graphql.md). */
const Answer = v.object({ data: v.object({ me: v.object({ username: Name, email: Email }) }) })

const QUERY = JSON.stringify({ query: '{ me { username, email } }' })

/** SourceHut; a user name there never changes hands, so it is the subject. */
export const sourcehut = defineProvider({
  kind: 'sourcehut',
  displayName: 'SourceHut',
  about: 'accounts of SourceHut',
  traits: {
    ...OAUTH2_TRAITS,
    scope: 'meta.sr.ht/PROFILE:RO',
    endpoints: {
      loginUrl: 'https://meta.sr.ht/oauth2/authorize',
      redeemUrl: 'https://meta.sr.ht/oauth2/access-token',
      profileUrl: 'https://meta.sr.ht/query',
      validateUrl: 'https://meta.sr.ht/profile',
    },
  },
  create: (config, _, context) =>
    createProfileProvider({
      config,
      context,
      async readIdentity(api) {
        const answer = await api.read(profileUrlOf(config), {
          endpoint: 'query',
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: QUERY,
        })
        const profile = answer.ok ? parseSchema(Answer, answer.value) : answer
        if (!profile.ok) return profile
        const { username, email } = profile.value.data.me
        return ok({
          issuer: originOf(config),
          subject: username,
          user: username,
          email,
          preferredUsername: username,
          groups: [],
          sid: undefined,
        })
      },
    }),
})
