import { createFakeServer, type FakeServer, json } from './fake-server.ts'

/**
 * A fake Microsoft Graph (https://learn.microsoft.com/graph/api/user-list-transitivememberof) with two pages of groups,
 * which are told to the bearers of the provider's tokens only.
 */
export function createFakeGraph(): FakeServer<string> {
  const { server, route } = createFakeServer('https://graph.microsoft.com', ['groups', 'me'])
  const next = `${server.origin}/v1.0/me/transitiveMemberOf/microsoft.graph.group?$skiptoken=2`
  route('groups', 'get', '/v1.0/me/transitiveMemberOf/microsoft.graph.group', (request) => {
    if (!request.headers.get('authorization')?.startsWith('Bearer ')) return json(401, {})
    const query = new URL(request.url).searchParams
    if (query.get('$filter') !== null && request.headers.get('consistencylevel') !== 'eventual')
      return json(400, { error: { code: 'Request_UnsupportedQuery' } })
    return query.has('$skiptoken')
      ? json(200, { value: [{ id: 'g3', displayName: 'Ops, all' }] })
      : json(200, {
          value: [{ id: 'g1', displayName: 'Staff' }, { id: 'g2' }],
          '@odata.nextLink': next,
        })
  })
  route('me', 'get', '/v1.0/me', () =>
    json(200, { mail: null, otherMails: [], userPrincipalName: 'ann@example.com' }),
  )
  return server
}
