import type { OptionRows } from '../../option.ts'

/** Options of the kind `entra-id`. */
export const ENTRA_ID_OPTIONS = {
  'entra-id-allowed-tenant': {
    group: 'Other providers',
    kind: 'list',
    default: [],
    key: 'entra_id_allowed_tenants',
    supported: false,
    instead: 'give provider=oidc with the one tenant in oidc-issuer-url',
    about: 'entra-id: tenants to accept.',
  },
  'entra-id-federated-token-auth': {
    group: 'Other providers',
    kind: 'boolean',
    default: false,
    supported: false,
    about: 'entra-id: workload identity in place of a client secret.',
  },
} as const satisfies OptionRows
