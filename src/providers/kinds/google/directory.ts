import * as v from 'valibot'
import { problem } from '../../../problems.ts'
import { failed, ok, type Result } from '../../../result.ts'
import type { ProviderContext } from '../../context.ts'
import {
  createProviderClient,
  located,
  type ProviderClient,
  type ProviderResponse,
  readJson,
} from '../../http/client.ts'
import { parseSchema, Text } from '../../http/schemas.ts'
import { type AccessTokens, createAccessTokens } from './access-tokens.ts'
import { DIRECTORY_URL, plainAddressesOf } from './credentials.ts'
import type { GoogleDirectoryConfig } from './options.ts'

/** Directory API of Google Workspace, asked as the administrator. */
export interface Directory {
  /** Groups of a person: of the configured ones those that they are in, else all. */
  groups(email: string): Promise<Result<readonly string[]>>
  /** External id of the type `organization`; undefined when the person has none. */
  organizationId(email: string): Promise<Result<string | undefined>>
}

interface DirectoryDeps {
  readonly tokens: AccessTokens
  readonly http: ProviderClient
}

const API = `${DIRECTORY_URL}/admin/directory/v1`
const SCOPES = 'https://www.googleapis.com/auth/'

/** Scopes that suffice, in the order in which they are tried: a delegation often has a wider one only. */
const GROUP_SCOPES = [
  `${SCOPES}admin.directory.group.member.readonly`,
  `${SCOPES}admin.directory.group.readonly`,
  `${SCOPES}admin.directory.group.member`,
  `${SCOPES}admin.directory.group`,
]

/** `members.hasMember`, `members.get`, `groups.list`, `users.get` (https://developers.google.com/admin-sdk/directory). */
const HasMember = v.object({ isMember: v.boolean() })
const Member = v.object({ status: v.optional(v.string()) })
const Groups = v.object({
  groups: v.optional(v.array(v.object({ email: Text })), []),
  nextPageToken: v.optional(Text),
})
const User = v.object({
  externalIds: v.optional(v.array(v.object({ type: v.optional(v.string()), value: v.optional(Text) })), []),
})

const MAX_PAGES = 20
/** Answers about one person are used again for a minute: several tabs, a sign-in that starts over. */
const KEPT_MS = 60_000
const MAX_KEPT = 1_000

interface KeptGroups {
  readonly groups: readonly string[]
  readonly endMs: number
}

/** Creates the calls to the directory. */
export function createDirectory(
  { credentials, adminEmail, groups: configured, userScope }: GoogleDirectoryConfig,
  platform: ProviderContext['platform'],
): Directory {
  const http = createProviderClient({ platform, operatorUrls: plainAddressesOf(credentials) })
  const deps = { http, tokens: createAccessTokens({ credentials, adminEmail, http, platform }) }
  const kept = new Map<string, KeptGroups>()
  const askGroups = createAskGroups(deps)

  async function load(email: string): Promise<Result<readonly string[]>> {
    if (configured.length === 0) return listGroups(askGroups, email)
    const found = await Promise.all(configured.map((group) => isMember(askGroups, group, email)))
    const trouble = found.find((answer) => !answer.ok)
    if (trouble?.ok === false) return trouble
    return ok(configured.filter((_, at) => found[at]?.ok === true && found[at].value))
  }

  return {
    async groups(email) {
      const known = kept.get(email)
      if (known !== undefined && platform.now() < known.endMs) return ok(known.groups)
      kept.delete(email)
      const loaded = await load(email)
      if (!loaded.ok) return loaded
      const [oldest] = kept.keys()
      if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest)
      kept.set(email, { groups: loaded.value, endMs: platform.now() + KEPT_MS })
      return loaded
    },
    async organizationId(email) {
      const token = await deps.tokens.read(userScope)
      if (!token.ok) return token
      const answer = await get(http, `${API}/users/${encodeURIComponent(email)}`, token.value)
      const user = answer.ok ? readAs(User, answer.value, 'users') : answer
      if (!user.ok) return user
      return ok(user.value.externalIds.find(({ type }) => type === 'organization')?.value)
    },
  }
}

/** Asks the directory about groups, with the first scope that the delegation has. */
type AskGroups = (path: string) => Promise<Result<ProviderResponse>>

function createAskGroups({ tokens, http }: DirectoryDeps): AskGroups {
  let first = 0
  return async (path) => {
    for (let at = first; ; at += 1) {
      const token = await tokens.read(GROUP_SCOPES[at] ?? '')
      const isOther = !token.ok && token.problem.detail?.['error'] === 'unauthorized_client'
      if (isOther && at + 1 < GROUP_SCOPES.length) continue
      if (!token.ok) return token
      first = at
      return get(http, `${API}${path}`, token.value)
    }
  }
}

function get(http: ProviderClient, url: string, token: string): Promise<Result<ProviderResponse>> {
  return http.request(url, { endpoint: 'directory', headers: { authorization: `Bearer ${token}` } })
}

/** Members of groups in the group count too. A person of another domain is found by their membership itself. */
async function isMember(ask: AskGroups, group: string, email: string): Promise<Result<boolean>> {
  const path = `/groups/${encodeURIComponent(group)}`
  const answer = await ask(`${path}/hasMember/${encodeURIComponent(email)}`)
  if (!answer.ok) return answer
  if (answer.value.status === 404) return ok(false)
  if (answer.value.status !== 400) {
    const found = readAs(HasMember, answer.value, 'hasMember')
    return found.ok ? ok(found.value.isMember) : found
  }
  const direct = await ask(`${path}/members/${encodeURIComponent(email)}`)
  if (!direct.ok) return direct
  if (direct.value.status === 404) return ok(false)
  const member = readAs(Member, direct.value, 'members')
  return member.ok ? ok(member.value.status === 'ACTIVE') : member
}

async function listGroups(ask: AskGroups, email: string): Promise<Result<readonly string[]>> {
  const groups: string[] = []
  const query = new URLSearchParams({ userKey: email, maxResults: '200' })
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await ask(`/groups?${query}`)
    const list = answer.ok ? readAs(Groups, answer.value, 'groups') : answer
    if (!list.ok) return list
    groups.push(...list.value.groups.map((group) => group.email))
    if (list.value.nextPageToken === undefined) return ok(groups)
    query.set('pageToken', list.value.nextPageToken)
  }
  return ok(groups)
}

function readAs<const Schema extends v.GenericSchema>(
  schema: Schema,
  response: ProviderResponse,
  endpoint: string,
): Result<v.InferOutput<Schema>> {
  if (response.status === 403) {
    return failed(problem('misconfigured', { endpoint, status: 403, setting: 'google-admin-email' }))
  }
  const json = readJson(response)
  const parsed = json.ok ? parseSchema(schema, json.value) : json
  return parsed.ok ? parsed : located(parsed, endpoint, API)
}
