import type * as v from 'valibot'
import { problem } from '../../../problems.ts'
import { failed, ok, type Result } from '../../../result.ts'
import { located, type ProviderClient, type ProviderResponse, readJson } from '../../http/client.ts'
import { parseSchema } from '../../http/schemas.ts'
import { readGroups } from '../../oidc/claims.ts'
import { GithubEmails, GithubOrganizations, GithubRepository, GithubTeams, GithubUser } from './schemas.ts'

/** Calls of GitHub's REST API; each takes the person's access token. */
export interface GithubApi {
  user(accessToken: string): Promise<Result<{ readonly id: number; readonly login: string }>>
  /** The primary address, if it is verified. */
  primaryEmail(accessToken: string): Promise<Result<string>>
  /** `org` for each organisation, `org:team` for each team. */
  groups(accessToken: string): Promise<Result<readonly string[]>>
  /** True when the person may push, or may read a private repository. */
  mayUse(repository: string, accessToken: string): Promise<Result<boolean>>
  /** True when the person is a collaborator; `token` belongs to an account that may push. */
  isCollaborator(repository: string, login: string, token: string): Promise<Result<boolean>>
}

const PER_PAGE = 100
const MAX_PAGES = 20

/** Calls to one API base such as `https://api.github.com`. */
export function createGithubApi(http: ProviderClient, base: string): GithubApi {
  function get(path: string, token: string): Promise<Result<ProviderResponse>> {
    const headers = { authorization: `token ${token}`, accept: 'application/vnd.github.v3+json' }
    return http.request(`${base}${path}`, { endpoint: endpointOf(path), headers })
  }

  async function read<const Schema extends v.GenericSchema>(
    schema: Schema,
    path: string,
    token: string,
  ): Promise<Result<v.InferOutput<Schema>>> {
    const response = await get(path, token)
    if (!response.ok) return response
    const json = readJson(response.value)
    return json.ok ? parseSchema(schema, json.value) : located(json, endpointOf(path), base)
  }

  /** Reads all pages of a list. 403 and 404 are an empty list: the person did not grant the scope that it needs. */
  async function readPages<const Schema extends v.GenericSchema<unknown, readonly unknown[]>>(
    schema: Schema,
    path: string,
    token: string,
  ): Promise<Result<readonly v.InferOutput<Schema>[number][]>> {
    const entries: v.InferOutput<Schema>[number][] = []
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const response = await get(`${path}?per_page=${PER_PAGE}&page=${page}`, token)
      if (!response.ok) return response
      if (response.value.status === 403 || response.value.status === 404) break
      const json = readJson(response.value)
      const list = json.ok ? parseSchema(schema, json.value) : json
      if (!list.ok) return list
      entries.push(...list.value)
      // Servers may cap the page size below what was asked: only an empty page is the end.
      if (list.value.length === 0) break
    }
    return ok(entries)
  }

  return {
    user: (token) => read(GithubUser, '/user', token),
    async primaryEmail(token) {
      const emails = await read(GithubEmails, `/user/emails?per_page=${PER_PAGE}`, token)
      if (!emails.ok) return emails
      const primary = emails.value.find((email) => email.primary)
      if (primary === undefined) return failed(problem('identity_incomplete', { claim: 'email' }))
      return primary.verified ? ok(primary.email) : failed(problem('email_unverified'))
    },
    async groups(token) {
      const [organizations, teams] = await Promise.all([
        readPages(GithubOrganizations, '/user/orgs', token),
        readPages(GithubTeams, '/user/teams', token),
      ])
      if (!organizations.ok) return organizations
      if (!teams.ok) return teams
      const names = organizations.value.map(nameOf)
      const teamNames = teams.value.map(({ slug, name, organization }) =>
        organization ? `${nameOf(organization)}:${slug ?? name}` : '',
      )
      return ok(readGroups([...names, ...teamNames]).groups)
    },
    async mayUse(repository, token) {
      const response = await get(`/repos/${repository}`, token)
      if (!response.ok) return response
      if (response.value.status === 403 || response.value.status === 404) return ok(false)
      const json = readJson(response.value)
      const found = json.ok ? parseSchema(GithubRepository, json.value) : json
      if (!found.ok) return found
      const { permissions, private: isPrivate } = found.value
      return ok(permissions?.push === true || (permissions?.pull === true && isPrivate))
    },
    async isCollaborator(repository, login, token) {
      const response = await get(`/repos/${repository}/collaborators/${encodeURIComponent(login)}`, token)
      return response.ok ? ok(response.value.status === 204) : response
    },
  }
}

function endpointOf(path: string): string {
  return path.split('?', 1)[0] ?? path
}

/** Name of an organisation; Gitea has no `login` in its organisations. */
function nameOf(organization: v.InferOutput<typeof GithubOrganizations>[number]): string {
  return organization.login ?? organization.username ?? organization.name ?? ''
}
