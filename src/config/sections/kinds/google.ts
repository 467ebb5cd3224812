import type { OptionRows } from '../../option.ts'

/** Options of the kind `google`. */
export const GOOGLE_OPTIONS = {
  'google-group': {
    group: 'Other providers',
    kind: 'list',
    default: [],
    key: 'google_groups',
    oldKeys: ['google_group'],
    supported: false,
    about: 'google: allowed groups of the directory.',
  },
  'google-admin-email': {
    group: 'Other providers',
    kind: 'string',
    default: '',
    supported: false,
    about: 'google: administrator to act as.',
  },
  'google-service-account-json': {
    group: 'Other providers',
    kind: 'file',
    default: '',
    supported: false,
    about: 'google: key of a service account.',
  },
  'google-use-application-default-credentials': {
    group: 'Other providers',
    kind: 'boolean',
    default: false,
    supported: false,
    about: 'google: use the credentials of the machine.',
  },
  'google-target-principal': {
    group: 'Other providers',
    kind: 'string',
    default: '',
    supported: false,
    about: 'google: service account to act as.',
  },
  'google-use-organization-id': {
    group: 'Other providers',
    kind: 'boolean',
    default: false,
    supported: false,
    about: 'google: organisation id as preferred user name.',
  },
  'google-admin-api-user-scope': {
    group: 'Other providers',
    kind: 'string',
    default: 'readonly',
    supported: false,
    about: 'google: scope of that lookup.',
  },
} as const satisfies OptionRows
