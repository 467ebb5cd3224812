import type { CheckContext, KindOptions } from '../../../config/provider-kind.ts'
import type { POLICY_OPTIONS } from '../../../config/sections/policy.ts'
import { type AnySettings, type SettingsOf, settingsFor } from '../../../config/settings.ts'
import { readTextFile } from '../../../config/sources/files.ts'
import { readAllowed } from '../../../config/values/lists.ts'
import { quote } from '../../../lib/text.ts'
import { type GoogleCredentials, readCredentials } from './credentials.ts'

/** Options of the directory of Google Workspace. */
export const GOOGLE_OPTIONS = {
  'google-group': {
    kind: 'list',
    structured: 'providers[].googleConfig.group',
    default: [],
    key: 'google_groups',
    oldKeys: ['google_group'],
    restricts: true,
    runtimes: ['node', 'deno'],
    about:
      'Groups (their addresses) of which one is needed, or one of allowed-group; members of groups in them count. Needs google-admin-email, and google-service-account-json or google-use-application-default-credentials.',
  },
  'google-admin-email': {
    kind: 'string',
    structured: 'providers[].googleConfig.adminEmail',
    default: '',
    about: 'Administrator to act as when the directory is asked.',
  },
  'google-service-account-json': {
    kind: 'file',
    structured: 'providers[].googleConfig.serviceAccountJson',
    default: '',
    runtimes: ['node', 'deno'],
    about:
      'Key of a service account with domain-wide delegation, read at the start. With it and without google-group all groups of a person are read.',
  },
  'google-use-application-default-credentials': {
    kind: 'boolean',
    structured: 'providers[].googleConfig.useApplicationDefaultCredentials',
    default: false,
    runtimes: ['node', 'deno'],
    about:
      'Use the credentials of the machine: the file that GOOGLE_APPLICATION_CREDENTIALS names, else the metadata server of Google Cloud (workload identity too).',
  },
  'google-target-principal': {
    kind: 'string',
    structured: 'providers[].googleConfig.targetPrincipal',
    default: '',
    about:
      'Service account to act as with the credentials of the machine; empty is the one that these belong to. It signs for itself, so it needs the role Service Account Token Creator on itself.',
  },
  'google-use-organization-id': {
    kind: 'boolean',
    structured: 'providers[].googleConfig.useOrganizationID',
    default: false,
    runtimes: ['node', 'deno'],
    about:
      "The preferred user name is the person's external id of the type `organization`; a person without one cannot sign in.",
  },
  'google-admin-api-user-scope': {
    kind: 'string',
    structured: 'providers[].googleConfig.adminAPIUserScope',
    default: 'readonly',
    about: 'Scope of that look-up: `user`, `cloud`, or anything else for `admin.directory.user.readonly`.',
  },
} as const satisfies KindOptions

/** Way to the directory of Google Workspace; undefined where none is configured. */
export interface GoogleDirectoryConfig {
  readonly adminEmail: string
  readonly credentials: GoogleCredentials
  /** Groups to ask about; none reads all groups of a person. */
  readonly groups: readonly string[]
  readonly organizationId: boolean
  /** Scope of the look-up of a person. */
  readonly userScope: string
}

const SCOPES = 'https://www.googleapis.com/auth/'

/** Scopes of `google-admin-api-user-scope`. */
const USER_SCOPES: Readonly<Record<string, string>> = {
  user: `${SCOPES}admin.directory.user`,
  cloud: `${SCOPES}cloud-platform`,
}

/** Reads the way to the directory, and reports rules that nothing could check. */
export function readDirectory(
  settings: SettingsOf<typeof GOOGLE_OPTIONS>,
  all: AnySettings,
  context: CheckContext,
): GoogleDirectoryConfig | undefined {
  const groups = readAllowed(settings, { flag: 'google-group', what: 'group' })
  const organizationId = settings.value('google-use-organization-id')
  const file = settings.value('google-service-account-json')
  const isDefault = settings.value('google-use-application-default-credentials')
  if (file !== '' && isDefault) {
    settings.problem(
      'google-service-account-json',
      'remove this or google-use-application-default-credentials, one of them says who asks the directory',
    )
  }
  if (file === '' && !isDefault) {
    const needing = groups.length > 0 ? 'google-group' : 'google-use-organization-id'
    if (groups.length > 0 || organizationId)
      settings.problem(
        needing,
        'give google-service-account-json too, or google-use-application-default-credentials; without either no group can be looked up, and oauth2-proxy lets everybody in',
      )
    warnOfGroups(all)
    return undefined
  }
  const adminEmail = settings.value('google-admin-email')
  if (adminEmail === '') settings.problem('google-admin-email', 'give the administrator to act as')
  const credentials = isDefault ? readDefault(settings, context) : readKeyFile(settings, { file, context })
  if (credentials === undefined) return undefined
  const userScope =
    USER_SCOPES[settings.value('google-admin-api-user-scope')] ?? `${SCOPES}admin.directory.user.readonly`
  return { adminEmail, credentials, groups, organizationId, userScope }
}

/** Google names no groups in its tokens. */
function warnOfGroups(all: AnySettings): void {
  const policy = settingsFor<typeof POLICY_OPTIONS>(all)
  if (policy.value('allowed-group').length === 0) return
  policy.warning(
    'allowed-group',
    'give google-service-account-json too, without it people who sign in at Google have no groups',
  )
}

function readKeyFile(
  settings: SettingsOf<typeof GOOGLE_OPTIONS>,
  { file, context: { files } }: { readonly file: string; readonly context: CheckContext },
): GoogleCredentials | undefined {
  const text = readTextFile(files, file)
  const key = text.ok ? readCredentials(text.value) : text
  if (key.ok && key.value.kind === 'service-account') return key.value
  const sentence = key.ok ? 'give the key of a service account' : key.problem
  settings.problem('google-service-account-json', `${sentence} (file ${quote(file)})`)
  return undefined
}

function readDefault(
  settings: SettingsOf<typeof GOOGLE_OPTIONS>,
  { env, files }: CheckContext,
): GoogleCredentials | undefined {
  const { GOOGLE_APPLICATION_CREDENTIALS: file = '', GCE_METADATA_HOST: host } = env
  const targetPrincipal = settings.value('google-target-principal')
  if (file === '') {
    const metadataOrigin = `http://${host || 'metadata.google.internal'}`
    return { kind: 'impersonated', targetPrincipal, base: { kind: 'metadata', metadataOrigin } }
  }
  const text = readTextFile(files, file)
  const base = text.ok ? readCredentials(text.value) : text
  if (base.ok) {
    if (targetPrincipal === '' && base.value.kind === 'user')
      settings.problem(
        'google-target-principal',
        'give the service account to act as, the credentials are those of a person',
      )
    return { kind: 'impersonated', targetPrincipal, base: base.value }
  }
  settings.problem(
    'google-use-application-default-credentials',
    `${base.problem} (file ${quote(file)}, which GOOGLE_APPLICATION_CREDENTIALS names)`,
  )
  return undefined
}
