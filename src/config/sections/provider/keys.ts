import { type OptionRows, SERVERS } from '../../option.ts'
import type { SettingsOf } from '../../settings.ts'
import { checkPem, type Files } from '../../sources/files.ts'

/** Options of the keys of an OpenID provider, where its metadata do not name them. */
export const KEY_OPTIONS = {
  'oidc-jwks-url': {
    group: 'OpenID Connect',
    after: 'skip-oidc-discovery',
    kind: 'url',
    structured: 'providers[].oidcConfig.jwksURL',
    default: '',
    about: 'Keys of the issuer when discovery is skipped.',
  },
  'oidc-public-key-file': {
    group: 'OpenID Connect',
    kind: 'list',
    structured: 'providers[].oidcConfig.publicKeyFiles',
    default: [],
    key: 'oidc_public_key_files',
    runtimes: SERVERS,
    about:
      'PEM files with public keys of the issuer (RSA, ECDSA, Ed25519), in place of oidc-jwks-url when discovery is skipped. They are read again when a token fits none, and every five minutes.',
  },
} as const satisfies OptionRows

/** Keys of the issuer where discovery is skipped: a JWK Set, or PEM files. */
export interface KeysConfig {
  readonly jwksUrl: string | undefined
  readonly publicKeyFiles: readonly string[]
}

interface KeysDeps {
  readonly files: Files
  readonly skipDiscovery: boolean
  /** False for plain OAuth 2.0, where nothing is signed. */
  readonly hasIssuer: boolean
}

/** Reads where the keys of the issuer are. */
export function buildKeys(
  settings: SettingsOf<typeof KEY_OPTIONS>,
  { files, skipDiscovery, hasIssuer }: KeysDeps,
): KeysConfig {
  const jwksUrl = settings.value('oidc-jwks-url')
  const hasKeys = jwksUrl !== '' || settings.value('oidc-public-key-file').length > 0
  if (skipDiscovery && hasIssuer && !hasKeys)
    settings.problem('oidc-jwks-url', 'give this URL, discovery is skipped')
  return {
    jwksUrl: jwksUrl || undefined,
    publicKeyFiles: readPublicKeyFiles(settings, { files, skipDiscovery }),
  }
}

/** Reads the key files; beside discovery the issuer's own keys count, as in oauth2-proxy. */
function readPublicKeyFiles(
  settings: SettingsOf<typeof KEY_OPTIONS>,
  { files, skipDiscovery }: { files: Files; skipDiscovery: boolean },
): readonly string[] {
  const paths = [...new Set(settings.value('oidc-public-key-file'))]
  if (paths.length === 0) return []
  if (settings.value('oidc-jwks-url') !== '')
    settings.problem('oidc-public-key-file', 'remove this or oidc-jwks-url, keys come from one place')
  for (const path of paths) {
    const flaw = checkPem(files, { file: path }, 'PUBLIC KEY')
    if (flaw !== undefined) settings.problem('oidc-public-key-file', flaw)
  }
  if (skipDiscovery) return paths
  settings.warning('oidc-public-key-file', 'this has no effect without skip-oidc-discovery')
  return []
}
