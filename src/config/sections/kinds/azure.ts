import type { OptionRows } from '../../option.ts'

/** Options of the kind `azure`. */
export const AZURE_OPTIONS = {
  'azure-tenant': {
    group: 'Other providers',
    kind: 'string',
    default: 'common',
    supported: false,
    instead: 'give provider=oidc with the tenant in oidc-issuer-url',
    about: 'azure: tenant.',
  },
  'azure-graph-group-field': {
    group: 'Other providers',
    kind: 'string',
    default: 'id',
    supported: false,
    about: 'azure: field of a Graph group that names it.',
  },
} as const satisfies OptionRows
