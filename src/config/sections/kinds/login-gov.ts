import type { OptionRows } from '../../option.ts'

/** Options of the kind `login.gov`. */
export const LOGIN_GOV_OPTIONS = {
  'jwt-key': {
    group: 'Other providers',
    kind: 'string',
    default: '',
    secret: true,
    supported: false,
    about: 'login.gov: private key.',
  },
  'jwt-key-file': {
    group: 'Other providers',
    kind: 'file',
    default: '',
    supported: false,
    about: 'login.gov: file with the private key.',
  },
  'pubjwk-url': {
    group: 'Other providers',
    kind: 'string',
    default: '',
    supported: false,
    about: 'login.gov: keys of the issuer.',
  },
} as const satisfies OptionRows
