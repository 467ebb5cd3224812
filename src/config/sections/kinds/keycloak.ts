import type { OptionRows } from '../../option.ts'

/** Options of the kind `keycloak`. */
export const KEYCLOAK_OPTIONS = {
  'keycloak-group': {
    group: 'Other providers',
    kind: 'list',
    default: [],
    key: 'keycloak_groups',
    supported: false,
    instead: 'give allowed-group',
    about: 'keycloak: allowed groups.',
  },
} as const satisfies OptionRows
