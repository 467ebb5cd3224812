import { type OptionRows, SERVERS } from '../../option.ts'
import type { SettingsOf } from '../../settings.ts'
import { checkPem, type Files } from '../../sources/files.ts'

/** Options about whose certificates a provider may show. */
export const TRUST_STORE_OPTIONS = {
  'ssl-insecure-skip-verify': {
    group: 'Provider',
    after: 'validate-url',
    kind: 'boolean',
    default: false,
    runtimes: SERVERS,
    about:
      'Do not verify TLS certificates of the provider. Upstreams are not affected, unlike in oauth2-proxy. For tests only.',
  },
  'provider-ca-file': {
    group: 'Provider',
    kind: 'list',
    structured: 'providers[].caFiles',
    default: [],
    key: 'provider_ca_files',
    runtimes: SERVERS,
    about:
      'PEM files with the certificate authorities of the provider, for every call to it: metadata, keys, tokens, sign-out, and those to extra-jwt-issuers. They replace the authorities that count otherwise, unless use-system-trust-store is set, and are read again when they change. Upstreams are not affected, unlike in oauth2-proxy.',
  },
  'use-system-trust-store': {
    group: 'Provider',
    kind: 'boolean',
    structured: 'providers[].useSystemTrustStore',
    default: false,
    runtimes: SERVERS,
    about:
      'For calls to the provider, trust the authorities of the operating system beside those of the runtime, and add provider-ca-file to them instead of replacing them.',
  },
} as const satisfies OptionRows

/** Certificates that a provider may show; `insecureTls` skips their verification. */
export interface TrustStoreConfig {
  readonly insecureTls: boolean
  /** PEM files with the authorities that count; none are those of the runtime. */
  readonly caFiles: readonly string[]
  /** The authorities of runtime and operating system count too. */
  readonly systemTrust: boolean
}

/** Reads whose certificates the provider may show. */
export function buildTrustStore(
  settings: SettingsOf<typeof TRUST_STORE_OPTIONS>,
  files: Files,
): TrustStoreConfig {
  const insecureTls = settings.value('ssl-insecure-skip-verify')
  if (insecureTls) {
    settings.warning(
      'ssl-insecure-skip-verify',
      'this is insecure: anybody on the way to the provider can sign in as anybody',
    )
  }
  const caFiles = [...new Set(settings.value('provider-ca-file'))]
  for (const path of caFiles) {
    const flaw = checkPem(files, { file: path }, 'CERTIFICATE')
    if (flaw !== undefined) settings.problem('provider-ca-file', flaw)
  }
  return { insecureTls, caFiles, systemTrust: settings.value('use-system-trust-store') }
}

/** True when two providers trust alike; a process has one store for the calls to all of them. */
export function trustsAlike(left: TrustStoreConfig, right: TrustStoreConfig): boolean {
  return (
    left.insecureTls === right.insecureTls &&
    left.systemTrust === right.systemTrust &&
    left.caFiles.join('\0') === right.caFiles.join('\0')
  )
}
