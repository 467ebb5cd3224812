import { type OptionRows, SERVERS } from '../option.ts'
import { quote } from '../report.ts'
import { didYouMean, type SettingsOf } from '../settings.ts'
import { type Files, readTextFile } from '../sources/files.ts'
import { type GITHUB_OPTIONS, type GithubConfig, readGithub } from './github.ts'
import {
  buildLoginParameters,
  type LOGIN_PARAMETER_OPTIONS,
  type LoginParametersConfig,
} from './login-parameters.ts'
import { buildOidc, type IssuerRule, type OIDC_OPTIONS, type OidcConfig } from './oidc.ts'
import type { POLICY_OPTIONS } from './policy.ts'

/** Options that every kind of provider has. */
export const PROVIDER_OPTIONS = {
  provider: {
    group: 'Provider',
    kind: 'string',
    default: 'google',
    about:
      'Where people sign in: `oidc` (any OpenID Connect issuer), `keycloak-oidc` (the same, and the roles in its access tokens are groups `role:realm-role` and `role:client:role`), `google` or `github`.',
  },
  'provider-display-name': {
    group: 'Provider',
    kind: 'string',
    default: '',
    about: 'Name on the sign-in button; empty is the name of the provider.',
  },
  'client-id': { group: 'Provider', kind: 'string', default: '', about: 'OAuth client id. Required.' },
  'client-secret': {
    group: 'Provider',
    kind: 'string',
    default: '',
    secret: true,
    about:
      'OAuth client secret. Required, or client-secret-file; a public OpenID client says so with an explicitly empty value (`--client-secret=`).',
  },
  'client-secret-file': {
    group: 'Provider',
    kind: 'file',
    default: '',
    runtimes: SERVERS,
    about: 'File with the client secret, read again at each use, so it can be replaced while running.',
  },
  'login-url': {
    group: 'Provider',
    kind: 'url',
    default: '',
    about: 'Authorization endpoint; discovery overrides it.',
  },
  'redeem-url': {
    group: 'Provider',
    kind: 'url',
    default: '',
    about: 'Token endpoint; discovery overrides it.',
  },
  'profile-url': {
    group: 'Provider',
    kind: 'url',
    default: '',
    about: 'User-info endpoint; discovery overrides it.',
  },
  'validate-url': {
    group: 'Provider',
    kind: 'url',
    default: '',
    about: 'Endpoint that answers 200 to a valid access token. Never taken from discovery.',
  },
  'ssl-insecure-skip-verify': {
    group: 'Provider',
    kind: 'boolean',
    default: false,
    runtimes: SERVERS,
    about:
      'Do not verify TLS certificates of the provider. Upstreams are not affected, unlike in oauth2-proxy. For tests only.',
  },
  'provider-ca-file': {
    group: 'Provider',
    kind: 'list',
    default: [],
    key: 'provider_ca_files',
    supported: false,
    instead: 'name the file in the variable NODE_EXTRA_CA_CERTS, or DENO_CERT on Deno',
    about: 'PEM files with certificate authorities for the provider.',
  },
  'use-system-trust-store': {
    group: 'Provider',
    kind: 'boolean',
    default: false,
    supported: false,
    instead:
      'name the file of the system in the variable NODE_EXTRA_CA_CERTS, or say DENO_TLS_CA_STORE=system on Deno',
    about: 'Add provider-ca-file to the authorities of the system instead of replacing them.',
  },
} as const satisfies OptionRows

type SectionSettings = SettingsOf<typeof PROVIDER_OPTIONS>

/** One place to sign in at; `insecureTls` skips the verification of its certificates. */
export interface ProviderConfig extends OidcConfig, LoginParametersConfig {
  readonly id: string
  readonly kind: string
  readonly displayName: string
  readonly clientId: string
  /** The secret itself, or the file to read it from at each use; undefined for a public client. */
  readonly clientSecret: { readonly value: string } | { readonly file: string } | undefined
  readonly loginUrl: string | undefined
  readonly redeemUrl: string | undefined
  readonly profileUrl: string | undefined
  readonly validateUrl: string | undefined
  readonly insecureTls: boolean
  readonly github: GithubConfig
}

/** Kinds of providers that there are, and the issuer that each needs. */
const KINDS: Readonly<Record<string, { readonly displayName: string; readonly issuer: IssuerRule }>> = {
  oidc: { displayName: 'OpenID Connect', issuer: 'any' },
  'keycloak-oidc': { displayName: 'Keycloak OIDC', issuer: 'any' },
  google: { displayName: 'Google', issuer: { fixed: 'https://accounts.google.com' } },
  github: { displayName: 'GitHub', issuer: 'none' },
}

/** Providers of oauth2-proxy that there are not yet, and what to give in their place where there is something. */
const UNSUPPORTED_KINDS: Readonly<Record<string, string>> = {
  adfs: 'oidc',
  azure: 'oidc, with oidc-issuer-url=https://login.microsoftonline.com/TENANT/v2.0',
  bitbucket: '',
  cidaas: 'oidc',
  digitalocean: '',
  'entra-id': 'oidc, with oidc-issuer-url=https://login.microsoftonline.com/TENANT/v2.0',
  facebook: '',
  gitlab: 'oidc',
  keycloak: 'keycloak-oidc',
  linkedin: '',
  'login.gov': '',
  nextcloud: '',
  sourcehut: '',
}

/** Reads the provider that people sign in at. */
export function buildProvider(
  settings: SettingsOf<
    typeof PROVIDER_OPTIONS &
      typeof OIDC_OPTIONS &
      typeof LOGIN_PARAMETER_OPTIONS &
      typeof GITHUB_OPTIONS &
      typeof POLICY_OPTIONS
  >,
  files: Files,
): ProviderConfig {
  const kind = readKind(settings)
  const { displayName, issuer } = KINDS[kind] ?? { displayName: kind, issuer: 'any' }
  const clientId = readTrimmed(settings, 'client-id')
  if (clientId === '') settings.problem('client-id', 'give the client id that the provider issued')
  const insecureTls = settings.value('ssl-insecure-skip-verify')
  if (insecureTls) {
    settings.warning(
      'ssl-insecure-skip-verify',
      'this is insecure: anybody on the way to the provider can sign in as anybody',
    )
  }
  const mayBePublic = issuer === 'any'
  const wantsGroups = mayBePublic && settings.value('allowed-group').length > 0
  return {
    id: kind,
    kind,
    displayName: settings.value('provider-display-name') || displayName,
    clientId,
    clientSecret: readClientSecret(settings, { files, mayBePublic }),
    loginUrl: settings.value('login-url') || undefined,
    redeemUrl: settings.value('redeem-url') || undefined,
    profileUrl: settings.value('profile-url') || undefined,
    validateUrl: settings.value('validate-url') || undefined,
    insecureTls,
    ...buildOidc(settings, issuer),
    ...buildLoginParameters(settings, wantsGroups),
    github: readGithub(settings, kind),
  }
}

function readKind(settings: SectionSettings): string {
  const kind = settings.value('provider')
  if (Object.hasOwn(KINDS, kind)) return kind
  const known = 'oidc, keycloak-oidc, google or github'
  const sentence = Object.hasOwn(UNSUPPORTED_KINDS, kind)
    ? `${quote(kind)} is not supported yet; give ${UNSUPPORTED_KINDS[kind] || known}`
    : `give ${known}, not ${quote(kind)}${didYouMean(kind, Object.keys(KINDS))}`
  settings.problem('provider', sentence)
  // Google needs nothing more, so this one problem does not look like several.
  return 'google'
}

/** RFC 6749 §A.1 and §A.2 allow blanks around both, and no provider issues such. */
function readTrimmed(settings: SectionSettings, flag: 'client-id' | 'client-secret'): string {
  const value = settings.value(flag)
  const trimmed = value.trim()
  if (trimmed !== value) settings.warning(flag, 'remove the blanks around the value; it counts without them')
  return trimmed
}

function readClientSecret(
  settings: SectionSettings,
  { files, mayBePublic }: { files: Files; mayBePublic: boolean },
): ProviderConfig['clientSecret'] {
  const value = readTrimmed(settings, 'client-secret')
  const file = settings.value('client-secret-file')
  if (value !== '') {
    if (file !== '') {
      settings.warning('client-secret-file', 'this is not used, because client-secret is given')
    }
    return { value }
  }
  if (file !== '') {
    const text = readTextFile(files, file)
    if (!text.ok) settings.problem('client-secret-file', text.problem)
    else if (text.value.trim() === '') {
      settings.problem('client-secret-file', `put the secret into ${quote(file)}, it is empty`)
    } else if (text.value.trim() !== text.value.replace(/\r?\n$/u, '')) {
      settings.warning(
        'client-secret-file',
        `remove the blanks around the secret in ${quote(file)}; it counts without them`,
      )
    }
    return { file }
  }
  // Blanks alone are a gap that was not filled in rather than the wish to have none.
  if (!settings.given('client-secret') || settings.value('client-secret') !== '' || !mayBePublic) {
    const hint = mayBePublic ? '; a public client says --client-secret= with nothing behind it' : ''
    settings.problem(
      'client-secret',
      `give the client secret that the provider issued, or client-secret-file${hint}`,
    )
  }
  return undefined
}
