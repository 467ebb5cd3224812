import type { ProviderConfig } from '../config.ts'
import { quote } from '../report.ts'
import type { Settings } from '../settings.ts'

const FLAGS = ['github-org', 'github-team', 'github-repo', 'github-token', 'github-user'] as const

/** Who of GitHub may sign in. With another provider these would restrict nobody, so they are refused there. */
export function readGithub(settings: Settings, kind: string): ProviderConfig['github'] {
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
  settings: Settings,
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
