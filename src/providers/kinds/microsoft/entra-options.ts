import type { KindOptions } from '../../../config/provider-kind.ts'
import type { OIDC_OPTIONS } from '../../../config/sections/provider/oidc.ts'
import { type AnySettings, type SettingsOf, settingsFor } from '../../../config/settings.ts'
import { quote } from '../../../lib/text.ts'

/** Options of Microsoft Entra ID. */
export const ENTRA_OPTIONS = {
  'entra-id-allowed-tenant': {
    kind: 'list',
    structured: 'providers[].microsoftEntraIDConfig.allowedTenants',
    default: [],
    key: 'entra_id_allowed_tenants',
    restricts: true,
    about:
      'Ids of the tenants whose people may sign in. For several tenants oidc-issuer-url is `https://login.microsoftonline.com/common/v2.0` or `/organizations/v2.0`; the issuer of each token is checked against this list then.',
  },
  'entra-id-federated-token-auth': {
    kind: 'boolean',
    structured: 'providers[].microsoftEntraIDConfig.federatedTokenAuth',
    default: false,
    about:
      'The client shows who it is with the token in the file that AZURE_FEDERATED_TOKEN_FILE names (workload identity), which is read at each use, and has no client secret.',
    runtimes: ['node', 'deno'],
  },
  'entra-id-graph-groups': {
    kind: 'boolean',
    structured: 'providers[].microsoftEntraIDConfig.graphGroups',
    default: false,
    about:
      'Ask Microsoft Graph for the groups of everyone, not only of people whose token leaves them out. Not in oauth2-proxy.',
  },
} as const satisfies KindOptions

/** Tenants that may sign in, where groups are from, and how the client shows who it is. */
export interface EntraRules {
  /** Ids in lower case; none restricts nothing. */
  readonly allowedTenants: readonly string[]
  /** The issuer is not that of one tenant. */
  readonly anyTenant: boolean
  readonly asksGraph: boolean
  readonly federatedTokenFile: string | undefined
}

const TENANT_ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/u

/** True for the issuers of metadata that are for several tenants. */
export function isForAnyTenant(issuer: string): boolean {
  return /^https:\/\/login\.[a-z.]+\/(?:common|organizations|consumers)\/v2\.0\/?$/u.test(issuer)
}

/** Reads the options of the kind. */
export function readEntraRules(
  settings: SettingsOf<typeof ENTRA_OPTIONS>,
  all: AnySettings,
  env: Readonly<Record<string, string | undefined>>,
): EntraRules {
  const oidc = settingsFor<typeof OIDC_OPTIONS>(all)
  const anyTenant =
    isForAnyTenant(oidc.value('oidc-issuer-url')) || oidc.value('insecure-oidc-skip-issuer-verification')
  const allowedTenants = settings.value('entra-id-allowed-tenant').map((tenant) => tenant.toLowerCase())
  for (const tenant of allowedTenants) {
    if (!TENANT_ID.test(tenant))
      settings.problem('entra-id-allowed-tenant', `give the id of a tenant, a UUID, not ${quote(tenant)}`)
  }
  if (anyTenant && allowedTenants.length === 0) {
    settings.warning(
      'entra-id-allowed-tenant',
      'list the tenants, without it everybody with an account at any tenant of Microsoft may sign in, with any e-mail address that its administrator writes there',
    )
  }
  return {
    allowedTenants,
    anyTenant,
    asksGraph: settings.value('entra-id-graph-groups'),
    federatedTokenFile: readTokenFile(settings, env),
  }
}

function readTokenFile(
  settings: SettingsOf<typeof ENTRA_OPTIONS>,
  { AZURE_FEDERATED_TOKEN_FILE: file = '' }: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (!settings.value('entra-id-federated-token-auth')) return undefined
  if (file !== '') return file
  settings.problem(
    'entra-id-federated-token-auth',
    'set the variable AZURE_FEDERATED_TOKEN_FILE, which workload identity sets for pods with the label azure.workload.identity/use',
  )
  return undefined
}
