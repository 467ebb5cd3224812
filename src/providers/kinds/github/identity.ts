import { failed, ok, type Result } from '../../../result.ts'
import type { Identity } from '../../../session/session.ts'
import type { ProviderClient } from '../../http/client.ts'
import { createGithubApi } from './api.ts'
import { checkGithubRules, type GithubRules } from './rules.ts'

interface GithubIdentityDeps {
  readonly http: ProviderClient
  readonly rules: GithubRules
  readonly issuer: string
  /** Address of the API, or one below it. */
  readonly validateUrl: string
}

/** Asks GitHub about the person, and checks the restrictions. */
export async function readGithubIdentity(
  { http, rules, issuer, validateUrl }: GithubIdentityDeps,
  accessToken: string,
): Promise<Result<Identity>> {
  const api = createGithubApi(http, toApiBase(validateUrl))
  const user = await api.user(accessToken)
  if (!user.ok) return user
  const [email, groups] = await Promise.all([api.primaryEmail(accessToken), api.groups(accessToken)])
  if (!email.ok) return email
  if (!groups.ok) return groups
  const { id, login } = user.value
  const refusal = await checkGithubRules(rules, { login, groups: groups.value, accessToken, api })
  if (refusal !== undefined) return failed(refusal)
  return ok({
    issuer,
    subject: String(id),
    user: login,
    email: email.value,
    preferredUsername: undefined,
    groups: groups.value,
    sid: undefined,
  })
}

/** Base URL of the API: `/api/v3` of an Enterprise or Gitea address, else the address' own path. */
function toApiBase(validateUrl: string): string {
  const { origin, pathname } = new URL(validateUrl)
  const path = /^\/api\/v\d+/u.exec(pathname)?.[0] ?? pathname
  return `${origin}${path.replace(/\/+$/u, '')}`
}
