import { describe, expect, it } from 'vitest'
import type { ProviderConfig } from '../../../../src/config/sections/provider.ts'
import { createFakeGraph } from '../../../support/fake-graph.ts'
import { json, status } from '../../../support/fake-server.ts'
import { configOf, problemsOf, warningsOf } from '../../config/config-fixture.ts'
import { aBench, verdictOf } from '../providers-fixture.ts'

const TENANT = '00000000-0000-4000-8000-000000000003'
const OTHER = '00000000-0000-4000-8000-00000000000f'
const issuerOf = (tenant: string): string => `https://login.microsoftonline.com/${tenant}/v2.0`

const ENTRA = { allowedTenants: [], anyTenant: false, asksGraph: false, federatedTokenFile: undefined }

async function anEntra(own: object = {}, given: Partial<ProviderConfig> = {}, files = {}) {
  const graph = createFakeGraph()
  const bench = await aBench({ kind: 'entra-id', own: { ...ENTRA, ...own }, ...given }, files, {
    apis: [graph],
  })
  return { ...bench, graph }
}

const OVERAGE = {
  groups: undefined,
  _claim_names: { groups: 'src1' },
  _claim_sources: { src1: { endpoint: 'https://graph.windows.net/x' } },
}

describe('Entra ID', () => {
  it('app roles are groups beside those of the groups claim', async () => {
    const { op, session } = await anEntra()
    op.idToken.claims = (claims) => ({ ...claims, roles: ['Reader', 7] })
    expect((await session()).groups).toEqual(['staff', 'admins', 'role:Reader'])
  })

  it('groups that do not fit into the token are asked of Graph, all pages of them, and again at a refresh', async () => {
    const { op, graph, provider, session } = await anEntra()
    op.idToken.claims = (claims) => ({ ...claims, ...OVERAGE })
    op.behaviour.profileOnly = []
    op.user = { sub: 'alice', email: 'alice@example.com' }
    const before = await session()
    expect(before.groups).toEqual(['g1', 'g2', 'g3'])
    graph.scripts['groups'] = () => json(200, { value: [{ id: 'g9' }] })
    expect(await provider.refresh(before)).toMatchObject({
      ok: true,
      value: { identity: { groups: ['g9'] } },
    })
  })

  it('groups of before are kept when Graph fails at a refresh', async () => {
    const { op, graph, provider, session } = await anEntra()
    op.idToken.claims = (claims) => ({ ...claims, ...OVERAGE })
    op.user = { sub: 'alice', email: 'alice@example.com' }
    const before = await session()
    graph.scripts['groups'] = status(503)
    expect(await provider.refresh(before)).toMatchObject({
      ok: true,
      value: { identity: { groups: ['g1', 'g2', 'g3'] } },
    })
  })

  it('Graph is not asked about groups that the token has', async () => {
    const { graph, session } = await anEntra()
    await session()
    expect(graph.hits['groups']).toBe(0)
  })

  it('entra-id-graph-groups asks for the groups of everyone', async () => {
    const { session } = await anEntra({ asksGraph: true })
    expect((await session()).groups).toEqual(['staff', 'admins', 'g1', 'g2', 'g3'])
  })

  it('trouble with Graph at a sign-in is trouble, not a person without groups', async () => {
    const { graph, signIn } = await anEntra({ asksGraph: true })
    graph.scripts['groups'] = status(503)
    expect(verdictOf(await signIn())).toBe('provider_unreachable')
  })

  it('a refusal of Graph leaves a person without groups, and the log says overage', async () => {
    const { op, graph, context, session } = await anEntra()
    op.idToken.claims = (claims) => ({ ...claims, ...OVERAGE })
    op.user = { sub: 'alice', email: 'alice@example.com' }
    graph.scripts['groups'] = () => json(403, { error: { code: 'Authorization_RequestDenied' } })
    expect((await session()).groups).toEqual([])
    expect(context.lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        fields: expect.objectContaining({ why: 'overage', status: 403 }),
      }),
    )
  })

  it('the next page of Graph is asked of Graph alone [SS-21]', async () => {
    const { graph, signIn } = await anEntra({ asksGraph: true })
    graph.scripts['groups'] = () =>
      json(200, { value: [{ id: 'g1' }], '@odata.nextLink': 'https://canary.test/' })
    const grant = await signIn()
    // The fake network knows no canary: a request to it would be trouble, and the sign-in would fail.
    expect(grant).toMatchObject({ ok: true, value: { identity: { groups: ['staff', 'admins'] } } })
    expect(graph.hits['groups']).toBe(1)
  })

  // [issuer of the token, listed tenants, verdict]
  it.each([
    [issuerOf(TENANT), [TENANT], 'ok'],
    [issuerOf(OTHER), [TENANT], 'not_permitted/entra-id-allowed-tenant'],
    [issuerOf(OTHER), [], 'ok'],
    [
      'https://login.microsoftonline.com.evil.test/00000000-0000-4000-8000-000000000003/v2.0',
      [TENANT],
      'id_token_invalid/iss',
    ],
    ['https://sts.windows.net/00000000-0000-4000-8000-000000000003/', [TENANT], 'id_token_invalid/iss'],
    [`${issuerOf(TENANT)}/`, [TENANT], 'id_token_invalid/iss'],
    [issuerOf('common'), [], 'id_token_invalid/iss'],
  ])('the issuer %s with the tenants %j is judged [ID-60]', async (iss, allowedTenants, verdict) => {
    const { op, signIn } = await anEntra(
      { anyTenant: true, allowedTenants },
      { skipIssuerVerification: true },
    )
    op.idToken.claims = (claims) => ({ ...claims, iss })
    expect(verdictOf(await signIn())).toBe(verdict)
  })

  it('a bearer token of another tenant is refused [ID-61]', async () => {
    const { op, provider } = await anEntra(
      { anyTenant: true, allowedTenants: [TENANT] },
      { skipIssuerVerification: true },
    )
    const mint = (tenant: string) => op.mint({ iss: issuerOf(tenant), sub: 'alice' })
    expect(verdictOf((await provider.verifyBearer?.(await mint(TENANT)))!)).toBe('ok')
    expect(verdictOf((await provider.verifyBearer?.(await mint(OTHER)))!)).toBe(
      'not_permitted/entra-id-allowed-tenant',
    )
  })

  it('a workload identity sends the token of its file, as it is at that moment, and no secret', async () => {
    const files = { '/token': 'jwt-1\n' }
    const { op, signIn } = await anEntra({ federatedTokenFile: '/token' }, { clientSecret: undefined }, files)
    op.behaviour.authMethods = ['none']
    await signIn()
    files['/token'] = 'jwt-2\n'
    await signIn()
    expect(
      op.tokenRequests.map(({ form, authorization }) => [
        form.get('client_assertion'),
        form.get('client_secret'),
        authorization,
      ]),
    ).toEqual([
      ['jwt-1', null, null],
      ['jwt-2', null, null],
    ])
    expect(op.tokenRequests[0]?.form.get('client_assertion_type')).toBe(
      'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    )
  })

  it('a token file that is not there is trouble that names the file', async () => {
    const { signIn } = await anEntra({ federatedTokenFile: '/none' }, { clientSecret: undefined })
    expect(verdictOf(await signIn())).toBe('provider_unreachable/federated token file')
  })
})

describe('the options of Entra ID', () => {
  const ENTRA_ARGS = ['--provider=entra-id', `--oidc-issuer-url=${issuerOf(TENANT)}`]
  const COMMON = ['--provider=entra-id', `--oidc-issuer-url=${issuerOf('common')}`]

  it('a workload identity needs no client secret, and Deno is told of its file', () => {
    const given = {
      args: [...ENTRA_ARGS, '--client-secret=', '--entra-id-federated-token-auth'],
      env: { AZURE_FEDERATED_TOKEN_FILE: '/var/run/token' },
    }
    expect(configOf(given).providers[0]).toMatchObject({
      clientSecret: undefined,
      files: ['/var/run/token'],
      own: { federatedTokenFile: '/var/run/token' },
    })
  })

  it.each([
    [['--entra-id-federated-token-auth'], 'set the variable AZURE_FEDERATED_TOKEN_FILE'],
    [['--entra-id-allowed-tenant=example.com'], 'give the id of a tenant, a UUID, not "example.com"'],
  ])('the start stops at %j', (args, sentence) => {
    expect(problemsOf({ args: [...ENTRA_ARGS, ...args] })).toEqual([expect.stringContaining(sentence)])
  })

  it('an issuer for any tenant is warned about unless tenants are listed', () => {
    expect(warningsOf({ args: COMMON })).toEqual([expect.stringContaining('list the tenants')])
    expect(warningsOf({ args: [...COMMON, `--entra-id-allowed-tenant=${TENANT.toUpperCase()}`] })).toEqual([])
  })
})

describe('Azure', () => {
  const AZURE = { resource: '', groupField: 'id', asksGraph: true }

  it('security groups come from Graph, by the field that is wanted', async () => {
    const graph = createFakeGraph()
    const { session } = await aBench(
      { kind: 'azure', own: { ...AZURE, groupField: 'displayName' } },
      {},
      { apis: [graph] },
    )
    expect((await session()).groups).toEqual(['staff', 'admins', 'Staff', 'Ops, all'])
  })

  it.each([
    ['login.microsoftonline.com', 'https://graph.microsoft.com'],
    ['login.microsoftonline.us', 'https://graph.microsoft.us'],
    ['login.partner.microsoftonline.cn', 'https://microsoftgraph.chinacloudapi.cn'],
  ])('a tenant at %s is asked for a token of the Graph of its cloud', (host, graph) => {
    const issuer = `--oidc-issuer-url=https://${host}/00000000-0000-4000-8000-000000000003/v2.0`
    const [azure] = configOf({ args: ['--provider=azure', issuer] }).providers
    expect([azure?.scope, azure?.urls]).toEqual([`openid ${graph}/.default`, [graph]])
    expect(configOf({ args: ['--provider=entra-id', issuer] }).providers[0]?.urls).toEqual([graph])
  })

  it('the address is that of Graph where the token has none', async () => {
    const { op, session } = await aBench({ kind: 'azure', own: AZURE }, {}, { apis: [createFakeGraph()] })
    op.user = { sub: 'alice' }
    expect((await session()).email).toBe('ann@example.com')
  })

  it('groups and address of before are kept when Graph fails at a refresh', async () => {
    const graph = createFakeGraph()
    const { op, provider, session } = await aBench({ kind: 'azure', own: AZURE }, {}, { apis: [graph] })
    op.user = { sub: 'alice' }
    const before = await session()
    graph.scripts['groups'] = status(502)
    expect(await provider.refresh(before)).toMatchObject({
      ok: true,
      value: { identity: { email: 'ann@example.com', groups: ['g1', 'g2', 'g3'] } },
    })
  })

  it('the resource is sent to the endpoints of version 1 only', async () => {
    const login = { redirectUri: 'https://a/', state: '', nonce: '', codeVerifier: 'v', extra: {} }
    for (const [asksGraph, sent] of [
      [false, 'https://r'],
      [true, null],
    ] as const) {
      const { provider } = await aBench({
        kind: 'azure',
        own: { ...AZURE, resource: 'https://r', asksGraph },
      })
      const url = await provider.authorizationUrl(login)
      expect(url.ok && new URL(url.value).searchParams.get('resource')).toBe(sent)
    }
  })

  it('a tenant that is not that of the issuer stops the start', () => {
    const args = ['--provider=azure', `--oidc-issuer-url=${issuerOf(TENANT)}`]
    expect(problemsOf({ args: [...args, `--azure-tenant=${OTHER}`] })).toEqual([
      expect.stringContaining('name the same tenant'),
    ])
    const { scope } = configOf({ args: [...args, `--azure-tenant=${TENANT}`] }).providers[0] ?? {}
    expect(scope).toBe('openid https://graph.microsoft.com/.default')
  })
})

describe('AD FS', () => {
  it('the user principal name stands for an address that is missing, at a refresh too', async () => {
    const { op, provider, session } = await aBench({ kind: 'adfs', own: { resource: '', skipScope: false } })
    op.user = { sub: 'alice', upn: 'alice@corp.example' }
    const before = await session()
    expect([before.email, before.claims]).toEqual(['alice@corp.example', undefined])
    expect(await provider.refresh(before)).toMatchObject({
      ok: true,
      value: { identity: { email: 'alice@corp.example' } },
    })
  })

  it.each([
    ['the resource stands in front of the scope', false, 'https://app.example/openid email profile'],
    ['adfs-skip-scope sends no scope', true, null],
  ])('%s', async (_, skipScope, expected) => {
    const { provider } = await aBench({ kind: 'adfs', own: { resource: 'https://app.example', skipScope } })
    const url = await provider.authorizationUrl({
      redirectUri: 'https://a/',
      state: '',
      nonce: '',
      codeVerifier: 'v',
      extra: {},
    })
    expect(url.ok && new URL(url.value).searchParams.get('scope')).toBe(expected)
  })
})
