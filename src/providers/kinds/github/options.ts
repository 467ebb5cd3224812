import type { KindOptions } from '../../../config/provider-kind.ts'
import type { SettingsOf } from '../../../config/settings.ts'
import { quote } from '../../../lib/text.ts'
import type { GithubRules } from './rules.ts'

/** Options of GitHub; `github-team` is one text in oauth2-proxy too. */
export const GITHUB_OPTIONS = {
  'github-org': {
    kind: 'string',
    structured: 'providers[].githubConfig.org',
    default: '',
    restricts: true,
    about: 'Organisation that people must be a member of.',
  },
  'github-team': {
    kind: 'string',
    structured: 'providers[].githubConfig.team',
    default: '',
    restricts: true,
    about:
      'Team slugs, separated by commas, one of which is needed; without github-org each is written `org:team`.',
  },
  'github-repo': {
    kind: 'string',
    structured: 'providers[].githubConfig.repo',
    default: '',
    restricts: true,
    about: 'Repository `owner/name` whose collaborators may sign in. Not together with github-org.',
  },
  'github-token': {
    kind: 'string',
    structured: 'providers[].githubConfig.token',
    default: '',
    secret: true,
    about: 'Token with push access to github-repo, for the collaborator check.',
  },
  'github-user': {
    kind: 'list',
    structured: 'providers[].githubConfig.users',
    default: [],
    key: 'github_users',
    restricts: true,
    about:
      'Logins that are allowed whatever github-org, github-team and github-repo say; alone, no one else is.',
  },
} as const satisfies KindOptions

/** Reads the rules on organisations, teams, repositories and users. */
export function readGithubRules(settings: SettingsOf<typeof GITHUB_OPTIONS>): GithubRules {
  const rules = {
    org: settings.value('github-org'),
    teams: splitTeams(settings.value('github-team')),
    repo: settings.value('github-repo'),
    token: settings.value('github-token'),
    users: settings.value('github-user'),
  }
  checkNames(settings, rules)
  return rules
}

function splitTeams(list: string): readonly string[] {
  return list
    .split(',')
    .map((team) => team.trim())
    .filter((team) => team !== '')
}

function checkNames(
  settings: SettingsOf<typeof GITHUB_OPTIONS>,
  { org, teams, repo, token }: GithubRules,
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
  if (token !== '' && repo === '') {
    settings.warning('github-token', 'this has no effect without github-repo')
  }
}
