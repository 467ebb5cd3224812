import { decodeJwt } from 'jose'
import { createFakeServer, json } from './fake-server.ts'

/**
 * Fakes of Google's services for groups (https://developers.google.com/workspace/admin/directory/reference/rest) and
 * tokens of service accounts, as their documents say: tokens for the scopes that the delegation has and the administrator alone,
 * and a directory that knows nested members and refuses to judge people of other domains.
 */
export function createFakeGoogle(
  delegated: readonly string[] = ['admin.directory.group.member.readonly', 'admin.directory.user.readonly'],
) {
  const tokens = createFakeServer('https://oauth2.googleapis.com', ['token'])
  const asked: string[] = []
  tokens.route('token', 'post', '/token', async (request) => {
    const form = new URLSearchParams(await request.text())
    if (form.get('grant_type') === 'refresh_token')
      return json(200, { access_token: 'of a person', expires_in: 3600, token_type: 'Bearer' })
    const { sub, scope } = decodeJwt(form.get('assertion') ?? '')
    const names = String(scope).replaceAll('https://www.googleapis.com/auth/', '')
    asked.push(names)
    if (names === 'cloud-platform') return json(200, { access_token: 'of the account', expires_in: 3600 })
    if (sub !== 'admin@example.com') return json(401, { error: 'unauthorized_client' })
    if (!delegated.includes(names)) return json(401, { error: 'unauthorized_client' })
    return json(200, { access_token: `as admin: ${names}`, expires_in: 3599, token_type: 'Bearer' })
  })
  const directory = createFakeServer('https://admin.googleapis.com', [
    'hasMember',
    'member',
    'groups',
    'user',
  ])
  const asAdmin =
    (answer: (request: Request, parameters: Record<string, string>) => Response) =>
    (request: Request, parameters: Record<string, string>) =>
      request.headers.get('authorization')?.startsWith('Bearer as admin: ') === true
        ? answer(request, parameters)
        : json(401, { error: { code: 401 } })
  const at = '/admin/directory/v1'
  directory.route(
    'hasMember',
    'get',
    `${at}/groups/:group/hasMember/:email`,
    asAdmin((_, { group }) => {
      if (group === 'staff@example.com') return json(200, { isMember: true })
      if (group === 'ops@example.com') return json(200, { isMember: false })
      if (group === 'guests@example.com')
        return json(400, { error: { code: 400, message: 'Invalid Input: memberKey' } })
      return json(404, { error: { code: 404 } })
    }),
  )
  directory.route(
    'member',
    'get',
    `${at}/groups/:group/members/:email`,
    asAdmin(() => json(200, { status: 'ACTIVE' })),
  )
  directory.route(
    'groups',
    'get',
    `${at}/groups`,
    asAdmin((request) => {
      const query = new URL(request.url).searchParams
      if (query.get('userKey') !== 'alice@example.com') return json(200, {})
      return query.has('pageToken')
        ? json(200, { groups: [{ email: 'b@example.com' }] })
        : json(200, { groups: [{ email: 'a@example.com' }], nextPageToken: '2' })
    }),
  )
  directory.route(
    'user',
    'get',
    `${at}/users/:email`,
    asAdmin(() =>
      json(200, {
        externalIds: [
          { type: 'account', value: '1' },
          { type: 'organization', value: 'E-77' },
        ],
      }),
    ),
  )
  return { tokens: tokens.server, directory: directory.server, asked }
}
