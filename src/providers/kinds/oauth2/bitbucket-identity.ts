import * as v from 'valibot'
import type { ProviderConfig } from '../../../config/sections/provider.ts'
import { problem } from '../../../problems.ts'
import { failed, ok, type Result } from '../../../result.ts'
import type { Identity } from '../../../session/session.ts'
import { Email, parseSchema, Text } from '../../http/schemas.ts'
import { originOf, type ProfileApi } from '../../oauth2/profile.ts'
import type { BitbucketRules } from './bitbucket.ts'

/** `GET /2.0/user/emails` (https://developer.atlassian.com/cloud/bitbucket/rest/api-group-users/). */
const Emails = v.object({
  values: v.array(
    v.object({ email: Email, is_primary: v.boolean(), is_confirmed: v.optional(v.boolean(), true) }),
  ),
})

/** `GET /2.0/user/workspaces`, which took the place of `/2.0/teams` (changelog, CHANGE-2770). */
const Workspaces = v.object({
  values: v.array(v.object({ workspace: v.object({ slug: Text }) })),
  next: v.optional(Text),
})

/** `GET /2.0/repositories/{workspace}` (https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/). */
const Repositories = v.object({ values: v.array(v.object({ full_name: Text })) })

const MAX_PAGES = 20

interface BitbucketDeps {
  readonly config: ProviderConfig
  readonly rules: BitbucketRules
  readonly emailsUrl: string
}

/** Asks Bitbucket about the person, and checks the restrictions. */
export async function readBitbucketIdentity(
  api: ProfileApi,
  { config, rules, emailsUrl }: BitbucketDeps,
): Promise<Result<Identity>> {
  const base = new URL(emailsUrl).origin
  const email = await readEmail(api, emailsUrl)
  if (!email.ok) return email
  const groups = rules.team === '' ? ok([]) : await readWorkspaces(api, base)
  if (!groups.ok) return groups
  if (rules.team !== '' && !groups.value.includes(rules.team))
    return failed(problem('not_permitted', { rule: 'bitbucket-team' }))
  const mayWrite = rules.repository === '' ? ok(true) : await isContributor(api, base, rules)
  if (!mayWrite.ok) return mayWrite
  if (!mayWrite.value) return failed(problem('not_permitted', { rule: 'bitbucket-repository' }))
  return ok({
    issuer: originOf(config),
    subject: email.value,
    user: email.value,
    email: email.value,
    preferredUsername: undefined,
    groups: groups.value,
    sid: undefined,
  })
}

async function readEmail(api: ProfileApi, url: string): Promise<Result<string>> {
  const first = new URL(url)
  // A page has ten unless more are asked for, and the primary address may be behind them.
  first.searchParams.set('pagelen', '100')
  const answer = await api.read(first.href, { endpoint: 'emails' })
  const emails = answer.ok ? parseSchema(Emails, answer.value) : answer
  if (!emails.ok) return emails
  const primary = emails.value.values.find(({ is_primary: isPrimary }) => isPrimary)
  if (primary === undefined) return failed(problem('identity_incomplete', { claim: 'email' }))
  return primary.is_confirmed ? ok(primary.email) : failed(problem('email_unverified'))
}

/** Slugs of the workspaces of the person. Each page names the next one, which has to be of the same API. */
async function readWorkspaces(api: ProfileApi, base: string): Promise<Result<readonly string[]>> {
  const slugs: string[] = []
  let next: string | undefined = `${base}/2.0/user/workspaces?pagelen=100`
  for (let page = 0; next !== undefined && page < MAX_PAGES; page += 1) {
    if (!URL.canParse(next) || new URL(next).origin !== base)
      return failed(problem('provider_misbehaved', { why: 'next page', endpoint: 'workspaces' }))
    const answer: Result<unknown> = await api.read(next, { endpoint: 'workspaces' })
    const list = answer.ok ? parseSchema(Workspaces, answer.value) : answer
    if (!list.ok) return list
    slugs.push(...list.value.values.map(({ workspace }) => workspace.slug))
    next = list.value.next
  }
  return ok(slugs)
}

async function isContributor(
  api: ProfileApi,
  base: string,
  { repository }: BitbucketRules,
): Promise<Result<boolean>> {
  const [workspace = ''] = repository.split('/')
  const url = new URL(`${base}/2.0/repositories/${workspace}`)
  url.searchParams.set('role', 'contributor')
  url.searchParams.set('q', `full_name="${repository}"`)
  const answer = await api.read(url.href, { endpoint: 'repositories' })
  const list = answer.ok ? parseSchema(Repositories, answer.value) : answer
  if (!list.ok) return list
  return ok(list.value.values.some(({ full_name: name }) => name.toLowerCase() === repository.toLowerCase()))
}
