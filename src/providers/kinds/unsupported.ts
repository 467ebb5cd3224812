import type { UnsupportedKind } from '../../config/provider-kind.ts'

/**
 * Providers of oauth2-proxy that are not supported yet; their options are known, and refused unless they have their
 * default.
 */
export const UNSUPPORTED_KINDS: readonly UnsupportedKind[] = [
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
