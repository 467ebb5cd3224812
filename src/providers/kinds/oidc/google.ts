import type { KindOptions } from '../../../config/provider-kind.ts'
import { defineProvider } from '../../define-provider.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'

/** The directory of Google Workspace, which is not asked yet. */
const GOOGLE_OPTIONS = {
  'google-group': {
    kind: 'list',
    default: [],
    key: 'google_groups',
    oldKeys: ['google_group'],
    supported: false,
    about: 'google: allowed groups of the directory.',
  },
  'google-admin-email': {
    kind: 'string',
    default: '',
    supported: false,
    about: 'google: administrator to act as.',
  },
  'google-service-account-json': {
    kind: 'file',
    default: '',
    supported: false,
    about: 'google: key of a service account.',
  },
  'google-use-application-default-credentials': {
    kind: 'boolean',
    default: false,
    supported: false,
    about: 'google: use the credentials of the machine.',
  },
  'google-target-principal': {
    kind: 'string',
    default: '',
    supported: false,
    about: 'google: service account to act as.',
  },
  'google-use-organization-id': {
    kind: 'boolean',
    default: false,
    supported: false,
    about: 'google: organisation id as preferred user name.',
  },
  'google-admin-api-user-scope': {
    kind: 'string',
    default: 'readonly',
    supported: false,
    about: 'google: scope of that lookup.',
  },
} as const satisfies KindOptions

/**
 * Google as an OpenID provider: refresh tokens come by `access_type`, not by a scope, and its ID tokens may name the
 * issuer without `https://`.
 */
export const google = defineProvider({
  kind: 'google',
  displayName: 'Google',
  about: 'accounts of Google and Google Workspace',
  traits: {
    ...OIDC_TRAITS,
    issuer: 'https://accounts.google.com',
    publicClient: false,
    groupsScope: undefined,
    loginParameters: { access_type: 'offline' },
    hosts: ['oauth2.googleapis.com', 'openidconnect.googleapis.com', 'www.googleapis.com'],
  },
  options: GOOGLE_OPTIONS,
  create: (config, _, context) =>
    createOidcProvider(config, context, { issuerAliases: ['accounts.google.com'] }),
})
