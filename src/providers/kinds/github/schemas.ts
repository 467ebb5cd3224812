import * as v from 'valibot'
import { Email, Name, Text } from '../../http/schemas.ts'

/** `GET /user`. */
export const GithubUser = v.object({ id: v.pipe(v.number(), v.safeInteger()), login: Name })

/** `GET /user/emails`. */
export const GithubEmails = v.array(v.object({ email: Email, primary: v.boolean(), verified: v.boolean() }))

// Gitea and Forgejo answer the same calls with other names in their objects.
const GithubOrganization = v.object({
  login: v.optional(Text),
  username: v.optional(Text),
  name: v.nullish(v.string()),
})

/** `GET /user/orgs`. */
export const GithubOrganizations = v.array(GithubOrganization)

/** `GET /user/teams`. */
export const GithubTeams = v.array(
  v.object({ slug: v.optional(Text), name: Text, organization: v.nullish(GithubOrganization) }),
)

/** `GET /repos/{owner}/{repo}`. */
export const GithubRepository = v.object({
  private: v.boolean(),
  permissions: v.optional(v.object({ pull: v.boolean(), push: v.boolean() })),
})
