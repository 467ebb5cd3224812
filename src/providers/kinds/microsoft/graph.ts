import * as v from 'valibot'
import { problem } from '../../../problems.ts'
import { failed, ok, type Result } from '../../../result.ts'
import { located, type ProviderClient, readJson } from '../../http/client.ts'
import { OptionalEmail, parseSchema, Text } from '../../http/schemas.ts'

/** Microsoft Graph, for the person of one access token. */
export interface Graph {
  /** Values of a field of all groups that the person is in, nested ones included. */
  groups(accessToken: string, which: GraphGroups): Promise<Result<readonly string[]>>
  /** Address of the person: mail, else the first further one, else the user principal name. */
  email(accessToken: string): Promise<Result<string | undefined>>
}

/** Groups to ask for. */
export interface GraphGroups {
  /** Field of a group that names it: `id`, `displayName`, … */
  readonly field: string
  /** Leaves out groups that are for mail alone. */
  readonly securityOnly: boolean
}

/** `GET /me/transitiveMemberOf/microsoft.graph.group` (https://learn.microsoft.com/graph/api/user-list-transitivememberof). */
const Groups = v.object({
  value: v.array(v.record(v.string(), v.unknown())),
  '@odata.nextLink': v.optional(Text),
})

/** `GET /me` (https://learn.microsoft.com/graph/api/user-get). */
const User = v.object({
  mail: OptionalEmail,
  otherMails: v.nullish(v.array(OptionalEmail)),
  userPrincipalName: OptionalEmail,
})

/** 100 groups each: more than anyone is in, and an end for a server without one. */
const MAX_PAGES = 50

/** Creates the calls to Graph at this origin. */
export function createGraph(http: ProviderClient, origin: string): Graph {
  async function read<const Schema extends v.GenericSchema>(
    schema: Schema,
    { url, accessToken, endpoint }: { url: string; accessToken: string; endpoint: string },
  ): Promise<Result<v.InferOutput<Schema>>> {
    // Filters over directory objects are answered with this header only.
    const headers = { authorization: `Bearer ${accessToken}`, consistencylevel: 'eventual' }
    const response = await http.request(url, { endpoint, headers })
    if (!response.ok) return response
    const json = readJson(response.value)
    const parsed = json.ok ? parseSchema(schema, json.value) : json
    return parsed.ok ? parsed : located(parsed, endpoint, url)
  }

  return {
    async groups(accessToken, { field, securityOnly }) {
      const found: string[] = []
      const query = new URLSearchParams({
        $count: 'true',
        ...(securityOnly ? { $filter: 'securityEnabled eq true' } : {}),
        $select: [...new Set(['id', 'displayName', field])].join(','),
        $top: '100',
      })
      let next: string | undefined = `${origin}/v1.0/me/transitiveMemberOf/microsoft.graph.group?${query}`
      for (let page = 0; next !== undefined && page < MAX_PAGES; page += 1) {
        // The next page is asked for with the token of the person, so it has to be of the same service.
        if (!URL.canParse(next) || new URL(next).origin !== origin)
          return failed(problem('provider_misbehaved', { why: 'next page', endpoint: 'groups' }))
        const answer: Result<v.InferOutput<typeof Groups>> = await read(Groups, {
          url: next,
          accessToken,
          endpoint: 'groups',
        })
        if (!answer.ok) return answer
        for (const group of answer.value.value) {
          const value = Object.hasOwn(group, field) ? group[field] : undefined
          if (typeof value === 'string') found.push(value)
        }
        next = answer.value['@odata.nextLink']
      }
      return ok(found)
    },
    async email(accessToken) {
      const url = `${origin}/v1.0/me?$select=mail,otherMails,userPrincipalName`
      const user = await read(User, { url, accessToken, endpoint: 'me' })
      if (!user.ok) return user
      const { mail, otherMails, userPrincipalName } = user.value
      return ok(mail ?? otherMails?.find((other) => other !== undefined) ?? userPrincipalName)
    },
  }
}
