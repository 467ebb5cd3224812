import { lowerAscii } from '../../../lib/text.ts'
import { type Problem, problem } from '../../../problems.ts'
import type { GithubApi } from './api.ts'

/** GitHub account that wants to sign in, with what the repository rules need to ask further. */
export interface GithubPerson {
  readonly login: string
  /** `org` and `org:team`. */
  readonly groups: readonly string[]
  readonly accessToken: string
  readonly api: Pick<GithubApi, 'mayUse' | 'isCollaborator'>
}

/** Restrictions of github-org, github-team, github-repo and github-user; empty ones restrict nothing. */
export interface GithubRules {
  readonly org: string
  /** `team` of `org`, or `org:team`. */
  readonly teams: readonly string[]
  /** `owner/name`. */
  readonly repo: string
  /** Token that may list the collaborators of `repo`; empty asks with the person's own. */
  readonly token: string
  readonly users: readonly string[]
}

/**
 * Judges github-user, github-org, github-team and github-repo in oauth2-proxy's order: a listed user needs nothing
 * else; a list of users alone admits no one else; an organisation comes before a repository. Undefined admits.
 */
export async function checkGithubRules(
  rules: GithubRules,
  person: GithubPerson,
): Promise<Problem | undefined> {
  const { org, teams, repo, users } = rules
  if (users.some((user) => equalNames(user, person.login))) return undefined
  if (org !== '') return checkOrganization(rules, person)
  if (teams.length > 0) return isInTeam(teams, person.groups) ? undefined : refused('github-team')
  if (repo !== '') return checkRepository(rules, person)
  return users.length === 0 ? undefined : refused('github-user')
}

/** Team entries are slugs of the organisation; entries of the form `org:slug` must name it themselves. */
function checkOrganization({ org, teams }: GithubRules, { groups }: GithubPerson): Problem | undefined {
  if (!groups.some((group) => equalNames(group, org))) return refused('github-org')
  if (teams.length === 0) return undefined
  const full = teams.map((team) => (team.includes(':') ? team : `${org}:${team}`))
  return isInTeam(full, groups) ? undefined : refused('github-team')
}

async function checkRepository(
  { repo, token }: GithubRules,
  { login, accessToken, api }: GithubPerson,
): Promise<Problem | undefined> {
  const may =
    token === '' ? await api.mayUse(repo, accessToken) : await api.isCollaborator(repo, login, token)
  if (!may.ok) return may.problem
  return may.value ? undefined : refused('github-repo')
}

/**
 * True when the person is in a team. An entry without an organisation fits no one: everyone can found an organisation
 * of that name.
 */
function isInTeam(teams: readonly string[], groups: readonly string[]): boolean {
  return teams.some((team) => team.includes(':') && groups.some((group) => equalNames(group, team)))
}

/** Compares GitHub names, which are unique whatever their case. */
function equalNames(left: string, right: string): boolean {
  return lowerAscii(left) === lowerAscii(right)
}

function refused(rule: string): Problem {
  return problem('not_permitted', { rule })
}
