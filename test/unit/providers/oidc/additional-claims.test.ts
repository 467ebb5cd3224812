import { expect, test } from 'vitest'
import { createBearerReader } from '../../../../src/providers/oidc/bearer.ts'
import type { Identity } from '../../../../src/session/session.ts'
import { createFakePlatform } from '../../../support/fake-platform.ts'
import { createFakeProvider } from '../../../support/fake-provider.ts'
import { aBench, aProviderConfig, someTools } from '../providers-fixture.ts'

const ALICE = { sub: 'alice', email: 'alice@example.com', preferred_username: 'alice', groups: ['staff'] }

/** A provider whose header rows name these claims. */
function named(...additional: string[]) {
  return aBench({ claims: { ...aProviderConfig().claims, additional } })
}

async function claimsOf(bench: Awaited<ReturnType<typeof named>>): Promise<Identity['claims']> {
  return (await bench.session()).claims
}

test('a sign-in keeps no further claims when no header row names any', async () => {
  const { op, session } = await aBench()
  op.user = { ...ALICE, tenant: 'acme' }
  expect((await session()).claims).toBeUndefined()
})

test('a sign-in keeps the claims that header rows name, as text, and no others', async () => {
  const bench = await named('tenant.id', 'roles', 'level', 'vip', 'address', 'missing', 'empty', 'urn:x:dept')
  bench.op.user = {
    ...ALICE,
    tenant: { id: 'acme', secret: 'no' },
    roles: ['a', 7, { b: 1 }, null],
    level: 3,
    vip: false,
    address: { country: 'NL' },
    empty: null,
    'urn:x:dept': 'ops',
    unnamed: 'no',
  }
  expect(await claimsOf(bench)).toEqual({
    'tenant.id': 'acme',
    roles: ['a', '7'],
    level: '3',
    vip: 'false',
    'urn:x:dept': 'ops',
  })
})

test('a claim that only UserInfo knows is fetched from there', async () => {
  const bench = await named('tenant')
  bench.op.user = { ...ALICE, tenant: 'acme' }
  bench.op.behaviour.profileOnly = ['tenant']
  expect(await claimsOf(bench)).toEqual({ tenant: 'acme' })
  expect(bench.op.hits.userinfo).toBe(1)
})

test('a name that every object has is no claim', async () => {
  const bench = await named('constructor', '__proto__', 'toString.name')
  bench.op.user = ALICE
  expect(await claimsOf(bench)).toEqual({})
})

test('a refresh brings what the provider says now, and drops what it no longer says', async () => {
  const { op, provider, session } = await named('tenant', 'level')
  op.user = { ...ALICE, tenant: 'acme', level: 1 }
  const before = await session()
  op.user = { ...ALICE, tenant: 'other' }
  const grant = await provider.refresh(before)
  expect(grant.ok && grant.value.identity.claims).toEqual({ tenant: 'other' })
})

test('a refresh that says nothing about the person keeps what was known', async () => {
  const { op, provider, session } = await named('tenant')
  op.user = { ...ALICE, tenant: 'acme' }
  const before = await session()
  op.behaviour.idTokenOnRefresh = false
  op.scripts.userinfo = () => new Response('down', { status: 503 })
  const grant = await provider.refresh(before)
  expect(grant.ok && grant.value.identity.claims).toEqual({ tenant: 'acme' })
})

test('a bearer token of the provider and of an extra issuer brings them too', async () => {
  const { op, provider } = await named('tenant.id')
  const extra = await createFakeProvider('https://tokens.test')
  const world = createFakePlatform({
    provider: (url, init) => (url.startsWith(extra.origin) ? extra.fetch(url, init) : op.fetch(url, init)),
  })
  extra.behaviour.now = world.now
  const read = createBearerReader({
    bearer: {
      enabled: true,
      loginFallback: true,
      extraIssuers: [{ issuer: extra.origin, audience: 'api' }],
      requiredScopes: [],
      clientIds: [],
      introspection: undefined,
    },
    providers: [provider],
    settings: aProviderConfig({ claims: { ...aProviderConfig().claims, additional: ['tenant.id'] } }),
    context: someTools(world),
  })
  for (const token of [
    await op.mint({ tenant: { id: 'acme' } }),
    await extra.mint({ aud: 'api', tenant: { id: 'acme' } }),
  ]) {
    const grant = await read(`Bearer ${token}`)
    expect(grant?.ok && grant.value.identity.claims).toEqual({ 'tenant.id': 'acme' })
  }
})
