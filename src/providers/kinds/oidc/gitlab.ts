import type { ProviderConfig } from '../../../config/sections/provider.ts'
import { readAllowed, readEach } from '../../../config/values/lists.ts'
import { problem } from '../../../problems.ts'
import { failed, ok, type Result } from '../../../result.ts'
import type { Grant, Session } from '../../../session/session.ts'
import type { ProviderContext } from '../../context.ts'
import { defineProvider } from '../../define-provider.ts'
import { createProviderClient } from '../../http/client.ts'
import { claimOf, withMoreClaims, withoutMoreClaims } from '../../oidc/more-claims.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'
import type { Provider } from '../../provider.ts'

const PROJECT = 'project:'

/** A project, and the access that people need to it. */
export interface RequiredProject {
  /** `group/project`. */
  readonly path: string
  /** 10 guest, 20 reporter, 30 developer, 40 maintainer. */
  readonly level: number
}

/**
 * GitLab as an OpenID provider: the user is its nickname, the address has to be verified, and projects that options name
 * become the groups `project:PATH` of people who have access to them.
 */
export const gitlab = defineProvider({
  kind: 'gitlab',
  displayName: 'GitLab',
  about: 'gitlab.com, or an installation of GitLab by its oidc-issuer-url',
  traits: { ...OIDC_TRAITS, issuer: 'https://gitlab.com', scope: 'openid email', groupsScope: undefined },
  options: {
    'gitlab-group': {
      kind: 'list',
      structured: 'providers[].gitlabConfig.group',
      default: [],
      key: 'gitlab_groups',
      restricts: true,
      about: 'Groups (full paths) of which one is needed, or one of gitlab-project or allowed-group.',
    },
    'gitlab-project': {
      kind: 'list',
      structured: 'providers[].gitlabConfig.projects',
      default: [],
      key: 'gitlab_projects',
      restricts: true,
      about:
        'Projects of which one is needed, `group/project` or `group/project=LEVEL`: 10 guest, 20 reporter (the default), 30 developer, 40 maintainer. Asks for the scope `read_api`. Archived projects do not count.',
    },
  },
  check(settings) {
    const groups = readAllowed(settings, { flag: 'gitlab-group', what: 'group' })
    readAllowed(settings, { flag: 'gitlab-project', what: 'project' })
    const projects = readEach(settings, 'gitlab-project', parseProject)
    return {
      own: projects,
      allowedGroups: [...groups, ...projects.map(({ path }) => `${PROJECT}${path}`)],
      scopes: projects.length === 0 ? [] : ['read_api'],
    }
  },
  create: createGitlabProvider,
})

function parseProject(text: string): Result<RequiredProject, string> {
  const [, path, level = '20'] = /^([^=\s]+\/[^=\s]+)(?:=(10|20|30|40))?$/u.exec(text) ?? []
  return path === undefined
    ? failed('give group/project, or group/project=LEVEL with 10, 20, 30 or 40')
    : ok({ path, level: Number(level) })
}

function createGitlabProvider(
  config: ProviderConfig,
  projects: readonly RequiredProject[],
  context: ProviderContext,
): Provider {
  const oidc = createOidcProvider(withMoreClaims(config, ['nickname', 'email_verified']), context)
  const { issuer = '', loginUrl } = config
  const http = createProviderClient({ platform: context.platform, operatorUrls: [issuer, loginUrl] })
  const api = `${issuer.replace(/\/$/u, '')}/api/v4`
  const { verifyBearer } = oidc
  const addProjects = async (grant: Grant): Promise<Result<Grant>> => {
    if (projects.length === 0) return ok(grant)
    const { readOpenProjects } = await import('./gitlab-projects.ts')
    const open = await readOpenProjects({ http, api, projects }, grant.tokens.access ?? '')
    return open.ok
      ? ok(
          withGroups(
            grant,
            open.value.map((path) => `${PROJECT}${path}`),
          ),
        )
      : open
  }
  return {
    ...oidc,
    async redeem(login) {
      const grant = toGitlabUser(await oidc.redeem(login), config)
      return grant.ok ? addProjects(grant.value) : grant
    },
    async refresh(session) {
      const known = session.groups.filter((group) => group.startsWith(PROJECT))
      const groups = session.groups.filter((group) => !group.startsWith(PROJECT))
      const grant = toGitlabUser(await oidc.refresh({ ...session, groups }), config, session)
      if (!grant.ok) return grant
      const asked = await addProjects(grant.value)
      // The refresh token may be used up, so trouble with the API keeps what was known.
      return asked.ok ? asked : ok(withGroups(grant.value, known))
    },
    ...(verifyBearer && { verifyBearer: async (token) => toGitlabUser(await verifyBearer(token), config) }),
  }
}

/** Makes the nickname the user; the address has to be said to be verified, unlike with other providers. */
function toGitlabUser(grant: Result<Grant>, config: ProviderConfig, before?: Session): Result<Grant> {
  if (!grant.ok) return grant
  const { identity, tokens } = grant.value
  const isVerified = claimOf(identity, 'email_verified') === 'true'
  const isKnown = before !== undefined && before.email === identity.email
  if (!isVerified && !isKnown && !config.claims.allowUnverifiedEmail)
    return failed(problem('email_unverified'))
  const user = claimOf(identity, 'nickname') ?? before?.user ?? identity.user
  return ok({ tokens, identity: { ...withoutMoreClaims(identity, config), user } })
}

function withGroups(grant: Grant, groups: readonly string[]): Grant {
  const { identity } = grant
  return { ...grant, identity: { ...identity, groups: [...new Set([...identity.groups, ...groups])] } }
}
