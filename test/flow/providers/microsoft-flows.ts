import { createFakeGraph } from '../../support/fake-graph.ts'
import { openid } from './openid.ts'
import { groupRule, type ProviderFlow } from './provider-flow.ts'

const TENANT = '00000000-0000-4000-8000-000000000003'
const OTHER = '00000000-0000-4000-8000-00000000000f'
const ISSUER = `https://login.microsoftonline.com/${TENANT}/v2.0`

const TENANT_RULE = {
  fits: [`--entra-id-allowed-tenant=${TENANT}`],
  misses: [`--entra-id-allowed-tenant=${OTHER}`],
  rule: 'entra-id-allowed-tenant',
}
/** Microsoft's metadata name no endpoint for revocation (RFC 7009). */
const LACKS = ['revocation_endpoint'] as const

/** Mark of a token whose groups did not fit (https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference). */
const OVERAGE = {
  _claim_names: { groups: 'src1' },
  _claim_sources: { src1: { endpoint: 'https://graph.windows.net/x' } },
}

/** Kinds of Microsoft's providers. */
export const MICROSOFT_FLOWS: readonly ProviderFlow[] = [
  openid({
    kind: 'entra-id',
    issuer: ISSUER,
    person: { sub: 'AAA', groups: ['0f3c'], roles: ['Reader'], preferred_username: 'ann@example.com' },
    told: { user: 'AAA', email: 'ann@example.com', groups: '0f3c,role:Reader', name: 'ann@example.com' },
    lacks: LACKS,
    rules: [TENANT_RULE, groupRule('0f3c', 'ffff'), groupRule('role:Reader', 'role:Writer')],
  }),
  openid({
    name: 'entra-id for several tenants, with groups that do not fit into the token',
    kind: 'entra-id',
    issuer: 'https://login.microsoftonline.com/organizations/v2.0',
    args: [`--entra-id-allowed-tenant=${TENANT}`],
    person: { sub: 'AAA', ...OVERAGE },
    told: { user: 'AAA', email: 'ann@example.com', groups: 'g1,g2,g3' },
    lacks: LACKS,
    services: () => [createFakeGraph()],
    rules: [groupRule('g3', 'g9')],
    setUp: ({ behaviour, idToken }) => {
      behaviour.metadata = {
        ...behaviour.metadata,
        issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
      }
      idToken.claims = (claims) => ({ ...claims, iss: ISSUER, tid: TENANT })
    },
  }),
  openid({
    kind: 'azure',
    issuer: ISSUER,
    args: [`--azure-tenant=${TENANT}`],
    person: { sub: 'AAA' },
    told: { user: 'AAA', email: 'ann@example.com', groups: 'g1,g2,g3' },
    lacks: LACKS,
    services: () => [createFakeGraph()],
    rules: [
      groupRule('g3', 'g9'),
      {
        fits: ['--azure-graph-group-field=displayName', '--allowed-group=Staff'],
        misses: ['--azure-graph-group-field=displayName', '--allowed-group=g1'],
        rule: 'group',
      },
    ],
  }),
  openid({
    name: 'azure with an issuer of version 1',
    kind: 'azure',
    issuer: `https://sts.windows.net/${TENANT}`,
    args: ['--resource=https://app.example.com'],
    person: { sub: 'AAA', groups: ['0f3c'] },
    told: { user: 'AAA', email: 'ann@example.com', groups: '0f3c' },
    lacks: LACKS,
    rules: [groupRule('0f3c', 'ffff')],
  }),
  openid({
    kind: 'adfs',
    issuer: 'https://fs.example.net/adfs',
    args: ['--resource=https://app.example.com'],
    person: {
      sub: 'AAA',
      email: undefined,
      email_verified: undefined,
      upn: 'ann@example.com',
      groups: ['Staff'],
    },
    told: { user: 'AAA', email: 'ann@example.com', groups: 'Staff' },
    lacks: LACKS,
    rules: [groupRule('Staff', 'Board')],
  }),
]
