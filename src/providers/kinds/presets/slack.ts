import { defineProvider } from '../../define-provider.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'

const TEAM = 'https://slack.com/team_id'

/** Slack as an OpenID provider; the workspace of a person is the group `team:ID`. */
export const slack = defineProvider({
  kind: 'slack',
  displayName: 'Slack',
  about: 'members of workspaces of Slack; the workspace is the group `team:ID`',
  traits: {
    ...OIDC_TRAITS,
    issuer: 'https://slack.com',
    publicClient: false,
    groupsScope: undefined,
  },
  create: (config, _, context) =>
    createOidcProvider(config, context, {
      groupEntries: (find) => {
        const team = find(TEAM)
        return typeof team === 'string' ? [`team:${team}`] : []
      },
    }),
})
