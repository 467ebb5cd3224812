import type { KindOptions, UnsupportedKind } from '../../config/provider-kind.ts'

const MICROSOFT = 'oidc, with oidc-issuer-url=https://login.microsoftonline.com/TENANT/v2.0'

const RESOURCE = {
  resource: { kind: 'string', default: '', supported: false, about: 'Sent as `resource` (azure, adfs).' },
} as const satisfies KindOptions

/**
 * Providers of oauth2-proxy that are not supported yet; their options are known, and refused unless they have their
 * default.
 */
export const UNSUPPORTED_KINDS: readonly UnsupportedKind[] = [
  { kind: 'adfs', instead: 'oidc', options: RESOURCE },
  {
    kind: 'azure',
    instead: MICROSOFT,
    options: {
      ...RESOURCE,
      'azure-tenant': {
        kind: 'string',
        default: 'common',
        supported: false,
        instead: 'give provider=oidc with the tenant in oidc-issuer-url',
        about: 'azure: tenant.',
      },
      'azure-graph-group-field': {
        kind: 'string',
        default: 'id',
        supported: false,
        about: 'azure: field of a Graph group that names it.',
      },
    },
  },
  { kind: 'cidaas', instead: 'oidc', options: {} },
  {
    kind: 'entra-id',
    instead: MICROSOFT,
    options: {
      'entra-id-allowed-tenant': {
        kind: 'list',
        default: [],
        key: 'entra_id_allowed_tenants',
        supported: false,
        instead: 'give provider=oidc with the one tenant in oidc-issuer-url',
        about: 'entra-id: tenants to accept.',
      },
      'entra-id-federated-token-auth': {
        kind: 'boolean',
        default: false,
        supported: false,
        about: 'entra-id: workload identity in place of a client secret.',
      },
    },
  },
  {
    kind: 'gitlab',
    instead: 'oidc',
    options: {
      'gitlab-group': {
        kind: 'list',
        default: [],
        key: 'gitlab_groups',
        supported: false,
        instead: 'give provider=oidc with allowed-group',
        about: 'gitlab: allowed groups.',
      },
      'gitlab-project': {
        kind: 'list',
        default: [],
        key: 'gitlab_projects',
        supported: false,
        about: 'gitlab: allowed projects.',
      },
    },
  },
  {
    kind: 'login.gov',
    instead: '',
    options: {
      'jwt-key': {
        kind: 'string',
        default: '',
        secret: true,
        supported: false,
        about: 'login.gov: private key.',
      },
      'jwt-key-file': {
        kind: 'file',
        default: '',
        supported: false,
        about: 'login.gov: file with the private key.',
      },
      'pubjwk-url': {
        kind: 'string',
        default: '',
        supported: false,
        about: 'login.gov: keys of the issuer.',
      },
    },
  },
]
