import type { OptionRows } from '../../option.ts'

/** Options of the kind `gitlab`. */
export const GITLAB_OPTIONS = {
  'gitlab-group': {
    group: 'Other providers',
    kind: 'list',
    default: [],
    key: 'gitlab_groups',
    supported: false,
    instead: 'give provider=oidc with allowed-group',
    about: 'gitlab: allowed groups.',
  },
  'gitlab-project': {
    group: 'Other providers',
    kind: 'list',
    default: [],
    key: 'gitlab_projects',
    supported: false,
    about: 'gitlab: allowed projects.',
  },
} as const satisfies OptionRows
