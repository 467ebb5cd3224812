import { quote } from '../../../lib/text.ts'
import { defineProvider } from '../../define-provider.ts'
import { createProfileProvider } from '../../oauth2/profile.ts'
import { OAUTH2_TRAITS } from '../../oauth2/traits.ts'

const EMAILS = 'https://api.bitbucket.org/2.0/user/emails'

/** Restrictions of bitbucket-team and bitbucket-repository. */
export interface BitbucketRules {
  /** Slug of a workspace; empty restricts nothing. */
  readonly team: string
  /** `workspace/repository`; empty restricts nothing. */
  readonly repository: string
}

/**
 * Bitbucket Cloud. The address is all that the scope `email` tells of a person, so it is the subject too. Workspaces,
 * which were called teams, become groups where bitbucket-team asks for them.
 */
export const bitbucket = defineProvider({
  kind: 'bitbucket',
  displayName: 'Bitbucket',
  about: 'accounts of Bitbucket Cloud',
  traits: {
    ...OAUTH2_TRAITS,
    scope: 'email',
    endpoints: {
      loginUrl: 'https://bitbucket.org/site/oauth2/authorize',
      redeemUrl: 'https://bitbucket.org/site/oauth2/access_token',
      validateUrl: EMAILS,
    },
  },
  options: {
    'bitbucket-team': {
      kind: 'string',
      structured: 'providers[].bitbucketConfig.team',
      default: '',
      restricts: true,
      about: 'Workspace (its slug) that people must be a member of; asks for the scope `account`.',
    },
    'bitbucket-repository': {
      kind: 'string',
      structured: 'providers[].bitbucketConfig.repository',
      default: '',
      restricts: true,
      about:
        'Repository `workspace/name` that people must be able to write to; asks for the scope `repository`.',
    },
  },
  check(settings) {
    const own: BitbucketRules = {
      team: settings.value('bitbucket-team'),
      repository: settings.value('bitbucket-repository'),
    }
    if (own.repository !== '' && !/^[\w.-]+\/[\w.-]+$/u.test(own.repository))
      settings.problem('bitbucket-repository', `give workspace/name, not ${quote(own.repository)}`)
    const scopes = [...(own.team === '' ? [] : ['account']), ...(own.repository === '' ? [] : ['repository'])]
    return { own, allowedGroups: [], scopes }
  },
  create(config, rules, context) {
    const { validateUrl = EMAILS } = config
    return createProfileProvider({
      config,
      context,
      async readIdentity(api) {
        // Loaded by need: a Worker's start carries every kind.
        const { readBitbucketIdentity } = await import('./bitbucket-identity.ts')
        return readBitbucketIdentity(api, { config, rules, emailsUrl: validateUrl })
      },
    })
  },
})
