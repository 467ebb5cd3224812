import * as v from 'valibot'
import { readAllowed } from '../../../config/values/lists.ts'
import { problem } from '../../../problems.ts'
import { failed, ok } from '../../../result.ts'
import { defineProvider } from '../../define-provider.ts'
import { Name, OptionalEmail, parseSchema } from '../../http/schemas.ts'
import { createProfileProvider, originOf, profileUrlOf } from '../../oauth2/profile.ts'
import { OAUTH2_TRAITS } from '../../oauth2/traits.ts'

const ME = 'https://discord.com/api/users/@me'

/** `GET /users/@me` (https://discord.com/developers/docs/resources/user). */
const User = v.object({
  id: Name,
  username: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  email: OptionalEmail,
  verified: v.optional(v.boolean(), false),
})

/** `GET /users/@me/guilds`: at most 200, which is the most that a person can be in. */
const Guilds = v.array(v.object({ id: Name }))

/** Discord; with discord-guild the servers of a person are the groups `guild:ID`. */
export const discord = defineProvider({
  kind: 'discord',
  displayName: 'Discord',
  about: 'accounts of Discord',
  traits: {
    ...OAUTH2_TRAITS,
    scope: 'identify email',
    endpoints: {
      loginUrl: 'https://discord.com/oauth2/authorize',
      redeemUrl: 'https://discord.com/api/oauth2/token',
      profileUrl: ME,
      validateUrl: ME,
    },
  },
  options: {
    'discord-guild': {
      kind: 'list',
      structured: 'providers[].discordConfig.guilds',
      default: [],
      key: 'discord_guilds',
      restricts: true,
      about: 'Ids of servers of which one is needed, or one of allowed-group; asks for the scope `guilds`.',
    },
  },
  check(settings) {
    const guilds = readAllowed(settings, { flag: 'discord-guild', what: 'server' })
    const scopes = guilds.length === 0 ? [] : ['guilds']
    return { own: guilds.length > 0, allowedGroups: guilds.map((id) => `guild:${id}`), scopes }
  },
  create: (config, asksGuilds, context) =>
    createProfileProvider({
      config,
      context,
      async readIdentity(api) {
        const url = profileUrlOf(config)
        const answer = await api.read(url, { endpoint: 'me' })
        const profile = answer.ok ? parseSchema(User, answer.value) : answer
        if (!profile.ok) return profile
        const { id, username, email, verified } = profile.value
        if (email !== undefined && !verified) return failed(problem('email_unverified'))
        const list = asksGuilds ? await api.read(`${url}/guilds`, { endpoint: 'guilds' }) : ok([])
        const guilds = list.ok ? parseSchema(Guilds, list.value) : list
        if (!guilds.ok) return guilds
        return ok({
          issuer: originOf(config),
          subject: id,
          user: id,
          email,
          preferredUsername: username,
          groups: guilds.value.map((guild) => `guild:${guild.id}`),
          sid: undefined,
        })
      },
    }),
})
