import type { OptionRows } from '../../option.ts'

/** Options of the kind `bitbucket`. */
export const BITBUCKET_OPTIONS = {
  'bitbucket-team': {
    group: 'Other providers',
    kind: 'string',
    default: '',
    supported: false,
    about: 'bitbucket: required team.',
  },
  'bitbucket-repository': {
    group: 'Other providers',
    kind: 'string',
    default: '',
    supported: false,
    about: 'bitbucket: required repository.',
  },
} as const satisfies OptionRows
