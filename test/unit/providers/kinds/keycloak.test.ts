import { expect, test } from 'vitest'
import { changed } from '../../../support/fake-server.ts'
import { aBench, verdictOf } from '../providers-fixture.ts'

const KEYCLOAK = { id: 'keycloak-oidc', kind: 'keycloak-oidc' }

function aToken(claims: unknown): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2ln`
}

async function signInWith(accessToken: string, given: object = KEYCLOAK) {
  const bench = await aBench(given)
  bench.op.scripts.token = changed((answer) => ({ ...answer, access_token: accessToken }))
  return { ...bench, before: await bench.session() }
}

const ROLES = {
  realm_access: { roles: ['admin', 'offline_access'] },
  resource_access: { shop: { roles: ['buyer'] }, account: { roles: ['view-profile'] } },
}

test('Keycloak roles of the access token are groups', async () => {
  const { before } = await signInWith(aToken(ROLES))
  expect(before.groups).toEqual([
    'staff',
    'admins',
    'role:admin',
    'role:offline_access',
    'role:shop:buyer',
    'role:account:view-profile',
  ])
})

test('Keycloak roles are no groups with provider=oidc', async () => {
  const { before } = await signInWith(aToken(ROLES), {})
  expect(before.groups).toEqual(['staff', 'admins'])
})

test.each([
  ['an opaque token', 'at.opaque'],
  ['no token at all', 'x'],
  ['a list', aToken([])],
  ['text where roles should be', aToken({ realm_access: { roles: 'admin' }, resource_access: 'x' })],
  ['roles that are no names', aToken({ realm_access: { roles: [7, null, 'c\n'] } })],
])('Keycloak access tokens with %s bring no roles', async (_, token) => {
  const { before } = await signInWith(token)
  expect(before.groups).toEqual(['staff', 'admins'])
})

test('Keycloak roles that were taken away are gone at the refresh, also when the provider says nothing new', async () => {
  const { op, provider, before } = await signInWith(aToken(ROLES))
  op.behaviour.idTokenOnRefresh = false
  op.scripts.token = changed((answer) => ({
    ...answer,
    access_token: aToken({ realm_access: { roles: ['offline_access'] } }),
  }))
  const grant = await provider.refresh(before)
  expect(grant.ok ? grant.value.identity.groups : verdictOf(grant)).toEqual([
    'staff',
    'admins',
    'role:offline_access',
  ])
})

test('Keycloak roles come with a bearer token too', async () => {
  const { op, provider } = await aBench(KEYCLOAK)
  const grant = await provider.verifyBearer?.(await op.mint(ROLES))
  expect(grant?.ok && grant.value.identity.groups).toContain('role:shop:buyer')
})
