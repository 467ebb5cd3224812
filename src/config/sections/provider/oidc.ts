import { failed, ok, type Result } from '../../../result.ts'
import { type OptionRows, SERVERS } from '../../option.ts'
import type { ProviderKind, ProviderTraits } from '../../provider-kind.ts'
import type { SettingsOf } from '../../settings.ts'
import { checkPem, type Files } from '../../sources/files.ts'
import { readEach } from '../../values/lists.ts'
import { isLoopbackUrl } from '../../values/url.ts'
import type { ENDPOINT_OPTIONS } from './endpoints.ts'

/** Options of OpenID Connect. */
export const OIDC_OPTIONS = {
  'oidc-issuer-url': {
    group: 'OpenID Connect',
    kind: 'url',
    default: '',
    about:
      'Issuer. Must equal the `issuer` of the discovery document byte for byte. Required unless the provider has one of its own (see provider). Discovery happens at the first sign-in and not at the start, so a provider that is down does not stop people who are signed in.',
  },
  'skip-oidc-discovery': {
    group: 'OpenID Connect',
    kind: 'boolean',
    default: false,
    about: 'Do not read the discovery document; login-url, redeem-url and oidc-jwks-url are needed then.',
  },
  'oidc-jwks-url': {
    group: 'OpenID Connect',
    kind: 'url',
    default: '',
    about: 'Keys of the issuer when discovery is skipped.',
  },
  'oidc-public-key-file': {
    group: 'OpenID Connect',
    kind: 'list',
    default: [],
    key: 'oidc_public_key_files',
    runtimes: SERVERS,
    about:
      'PEM files with public keys of the issuer (RSA, ECDSA, Ed25519), in place of oidc-jwks-url when discovery is skipped. They are read again when a token fits none, and every five minutes.',
  },
  'oidc-email-claim': {
    group: 'OpenID Connect',
    kind: 'string',
    default: 'email',
    about:
      'Claim with the e-mail address; dots walk into objects. Any other than `email` switches the email_verified check off.',
  },
  'oidc-groups-claim': {
    group: 'OpenID Connect',
    kind: 'string',
    default: 'groups',
    about: 'Claim with the groups, a text or a list; dots walk into objects.',
  },
  'oidc-audience-claim': {
    group: 'OpenID Connect',
    kind: 'list',
    default: ['aud'],
    key: 'oidc_audience_claims',
    about: 'Claims looked up in order; the first one present must hold client-id or an oidc-extra-audience.',
  },
  'oidc-extra-audience': {
    group: 'OpenID Connect',
    kind: 'list',
    default: [],
    key: 'oidc_extra_audiences',
    about:
      'Further audiences to accept beside client-id. A bearer token needs one of them; with oidc-other-audiences=false an ID token may name no others.',
  },
  'oidc-other-audiences': {
    group: 'OpenID Connect',
    kind: 'boolean',
    default: true,
    about:
      'Accept an ID token that names audiences beside client-id and oidc-extra-audience, if it was issued to this client (`azp`). Off with `strict`.',
  },
  'oidc-enabled-signing-alg': {
    group: 'OpenID Connect',
    kind: 'list',
    default: [],
    key: 'oidc_enabled_signing_algs',
    about:
      'Signature algorithms to accept: EdDSA, ES256/384/512, RS256/384/512, PS256/384/512, HS256/384/512. Empty takes the asymmetric ones that discovery names, else RS256.',
  },
  'insecure-oidc-allow-unverified-email': {
    group: 'OpenID Connect',
    kind: 'boolean',
    default: false,
    about: 'Accept e-mail addresses that the issuer has not verified.',
  },
  'insecure-oidc-skip-issuer-verification': {
    group: 'OpenID Connect',
    kind: 'boolean',
    default: false,
    about: 'Do not compare the issuer in discovery and in tokens.',
  },
  'insecure-oidc-skip-nonce': {
    group: 'OpenID Connect',
    kind: 'boolean',
    default: false,
    about:
      'Neither send nor check a nonce. Off here, so the nonce is checked; oauth2-proxy skips it by default.',
  },
  'user-id-claim': {
    group: 'OpenID Connect',
    kind: 'string',
    default: 'email',
    about:
      'Deprecated name of oidc-email-claim, which wins when it is not `email`. As in oauth2-proxy it does not choose the user name.',
  },
  'skip-claims-from-profile-url': {
    group: 'Provider',
    after: 'code-challenge-method',
    kind: 'boolean',
    default: false,
    about: 'Never ask the user-info endpoint for claims that the ID token lacks.',
  },
} as const satisfies OptionRows

/** Issuer, endpoints and token checks of an OpenID provider (OpenID Connect Core 1.0). */
export interface OidcConfig {
  /** Issuer for OpenID providers; undefined for plain OAuth 2.0. */
  readonly issuer: string | undefined
  readonly skipDiscovery: boolean
  readonly jwksUrl: string | undefined
  /** PEM files with the keys of the issuer, in place of its own; none when empty. */
  readonly publicKeyFiles: readonly string[]
  readonly signingAlgs: readonly string[]
  readonly skipIssuerVerification: boolean
  readonly skipNonce: boolean
  readonly claims: {
    readonly email: string
    readonly groups: string
    readonly audience: readonly string[]
    readonly extraAudiences: readonly string[]
    /** Accept an ID token that names further audiences. */
    readonly otherAudiences: boolean
    /** Further claims to keep, because header rows name them. */
    readonly additional: readonly string[]
    readonly skipProfileUrl: boolean
    readonly allowUnverifiedEmail: boolean
  }
}

type SectionSettings = SettingsOf<typeof OIDC_OPTIONS>

const SIGNING_ALGS = /^(?:EdDSA|(?:ES|HS|PS|RS)(?:256|384|512))$/u

/** The path at which an issuer publishes its metadata (OpenID Connect Discovery §4, RFC 8414 §3) is no part of its name. */
const WELL_KNOWN = /\/\.well-known\/(?:openid-configuration|oauth-authorization-server)\/?$/u

/** Reads issuer, endpoints and token checks of an OpenID provider. */
export function buildOidc(
  settings: SettingsOf<typeof OIDC_OPTIONS & typeof ENDPOINT_OPTIONS>,
  { displayName, traits, files }: Pick<ProviderKind, 'displayName' | 'traits'> & { readonly files: Files },
): OidcConfig {
  warnOfInsecure(settings)
  const skipDiscovery = settings.value('skip-oidc-discovery')
  if (skipDiscovery && traits.issuer !== 'none') {
    for (const flag of ['login-url', 'redeem-url', 'oidc-jwks-url'] as const) {
      const hasKeys = flag === 'oidc-jwks-url' && settings.value('oidc-public-key-file').length > 0
      if (settings.value(flag) === '' && !hasKeys)
        settings.problem(flag, 'give this URL, discovery is skipped')
    }
  }
  return {
    issuer: readIssuer(settings, { displayName, issuer: traits.issuer }),
    skipDiscovery,
    jwksUrl: settings.value('oidc-jwks-url') || undefined,
    publicKeyFiles: readPublicKeyFiles(settings, { files, skipDiscovery }),
    signingAlgs: readEach(settings, 'oidc-enabled-signing-alg', parseSigningAlg),
    skipIssuerVerification: settings.value('insecure-oidc-skip-issuer-verification'),
    skipNonce: settings.value('insecure-oidc-skip-nonce'),
    claims: readClaims(settings),
  }
}

function readIssuer(
  settings: SectionSettings,
  kind: { displayName: string; issuer: ProviderTraits['issuer'] },
): string | undefined {
  const given = settings.value('oidc-issuer-url')
  if (kind.issuer === 'none') {
    if (given !== '') {
      const sentence = `remove this, ${kind.displayName} is not an OpenID issuer; or give the provider whose issuer it is`
      settings.problem('oidc-issuer-url', sentence)
    }
    return undefined
  }
  const issuer = given || (kind.issuer === 'any' ? undefined : kind.issuer)
  const base = issuer?.replace(WELL_KNOWN, '')
  if (issuer === undefined) settings.problem('oidc-issuer-url', 'give the issuer of the provider')
  else if (base !== issuer) {
    settings.problem('oidc-issuer-url', `give the issuer, which is without the path of its metadata: ${base}`)
  } else if (issuer.startsWith('http://') && !isLoopbackUrl(issuer)) {
    settings.warning('oidc-issuer-url', 'use https, over plain http others on the way can sign in as anybody')
  }
  return issuer
}

/** Reads the key files; beside discovery the issuer's own keys count, as in oauth2-proxy. */
function readPublicKeyFiles(
  settings: SectionSettings,
  { files, skipDiscovery }: { files: Files; skipDiscovery: boolean },
): readonly string[] {
  const paths = [...new Set(settings.value('oidc-public-key-file'))]
  if (paths.length === 0) return []
  if (settings.value('oidc-jwks-url') !== '')
    settings.problem('oidc-public-key-file', 'remove this or oidc-jwks-url, keys come from one place')
  for (const path of paths) {
    const flaw = checkPem(files, path, 'PUBLIC KEY')
    if (flaw !== undefined) settings.problem('oidc-public-key-file', flaw)
  }
  if (skipDiscovery) return paths
  settings.warning('oidc-public-key-file', 'this has no effect without skip-oidc-discovery')
  return []
}

function readClaims(settings: SectionSettings): OidcConfig['claims'] {
  const emailClaim = settings.value('oidc-email-claim')
  return {
    email: emailClaim === 'email' ? settings.value('user-id-claim') || 'email' : emailClaim,
    groups: settings.value('oidc-groups-claim'),
    audience: settings.value('oidc-audience-claim'),
    extraAudiences: settings.value('oidc-extra-audience'),
    otherAudiences: settings.value('oidc-other-audiences'),
    // The loader fills these in when the header rows are read.
    additional: [],
    skipProfileUrl: settings.value('skip-claims-from-profile-url'),
    allowUnverifiedEmail: settings.value('insecure-oidc-allow-unverified-email'),
  }
}

function parseSigningAlg(text: string): Result<string, string> {
  return SIGNING_ALGS.test(text) ? ok(text) : failed('give EdDSA, or ES, HS, PS or RS with 256, 384 or 512')
}

function warnOfInsecure(settings: SectionSettings): void {
  const dangers = {
    'insecure-oidc-skip-nonce': 'a stolen ID token can be used for another sign-in',
    'insecure-oidc-skip-issuer-verification': 'tokens of any issuer with these keys are accepted',
    'insecure-oidc-allow-unverified-email': 'people can claim an e-mail address that is not theirs',
  } as const
  for (const [flag, danger] of Object.entries(dangers) as [keyof typeof dangers, string][]) {
    if (settings.value(flag)) settings.warning(flag, `this is insecure: ${danger}`)
  }
}
