import type { OptionRows } from '../option.ts'
import { quote } from '../report.ts'
import type { SettingsOf } from '../settings.ts'

/** Options of the kind `github`. */
export const GITHUB_OPTIONS = {
  'github-org': {
    group: 'GitHub',
    kind: 'string',
    default: '',
    about: 'Organisation that people must be a member of.',
  },
  'github-team': {
    group: 'GitHub',
    kind: 'string',
    default: '',
    about:
      'Team slugs, separated by commas, one of which is needed; without github-org each is written `org:team`.',
  },
  'github-repo': {
    group: 'GitHub',
    kind: 'string',
    default: '',
    about: 'Repository `owner/name` whose collaborators may sign in. Not together with github-org.',
  },
  'github-token': {
    group: 'GitHub',
    kind: 'string',
    default: '',
    secret: true,
    about: 'Token with push access to github-repo, for the collaborator check.',
  },
  'github-user': {
    group: 'GitHub',
    kind: 'list',
    default: [],
    key: 'github_users',
    about:
      'Logins that are allowed whatever github-org, github-team and github-repo say; alone, nobody else is.',
  },
} as const satisfies OptionRows

/** Who of GitHub may sign in; empty texts and lists set no rule. */
export interface GithubConfig {
  readonly org: string
  readonly teams: readonly string[]
  readonly repo: string
  readonly token: string
  readonly users: readonly string[]
}

type SectionSettings = SettingsOf<typeof GITHUB_OPTIONS>

const FLAGS = ['github-org', 'github-team', 'github-repo', 'github-token', 'github-user'] as const

/** Who of GitHub may sign in. With another provider these would restrict nobody, so they are refused there. */
export function readGithub(settings: SectionSettings, kind: string): GithubConfig {
  const org = settings.value('github-org')
  const repo = settings.value('github-repo')
  const teams = settings
    .value('github-team')
    .split(',')
    .map((team) => team.trim())
    .filter((team) => team !== '')
  if (kind !== 'github') {
    for (const flag of FLAGS) {
      if (settings.value(flag).length > 0) {
        settings.problem(flag, `remove this, it restricts nobody with --provider=${kind}`)
      }
    }
  }
  checkNames(settings, { org, repo, teams })
  return { org, teams, repo, token: settings.value('github-token'), users: settings.value('github-user') }
}

function checkNames(
  settings: SectionSettings,
  { org, repo, teams }: { org: string; repo: string; teams: readonly string[] },
): void {
  for (const team of teams) {
    if (org === '' && !/^[^:]+:[^:]+$/u.test(team)) {
      settings.problem('github-team', `write org:team where github-org is not given, not ${quote(team)}`)
    }
  }
  if (repo !== '' && !/^[\w.-]+\/[\w.-]+$/u.test(repo)) {
    settings.problem('github-repo', `give owner/name, not ${quote(repo)}`)
  }
  if (repo !== '' && org !== '') {
    settings.problem('github-repo', 'remove this or github-org, both together check only the organisation')
  }
  if (settings.value('github-token') !== '' && repo === '') {
    settings.warning('github-token', 'this has no effect without github-repo')
  }
}
