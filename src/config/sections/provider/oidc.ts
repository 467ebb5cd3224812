import { failed, ok, type Result } from '../../../result.ts'
import type { OptionRows } from '../../option.ts'
import type { ProviderKind, ProviderTraits } from '../../provider-kind.ts'
import type { SettingsOf } from '../../settings.ts'
import type { Files } from '../../sources/files.ts'
import { readEach } from '../../values/lists.ts'
import { isLoopbackUrl } from '../../values/url.ts'
import type { ENDPOINT_OPTIONS } from './endpoints.ts'
import { buildKeys, type KEY_OPTIONS, type KeysConfig } from './keys.ts'

/** Options of OpenID Connect. */
export const OIDC_OPTIONS = {
  'oidc-issuer-url': {
    group: 'OpenID Connect',
    kind: 'url',
    structured: 'providers[].oidcConfig.issuerURL',
    default: '',
    about:
      'Issuer. Must equal the `issuer` of the discovery document byte for byte. Required unless the provider has one of its own (see provider). Discovery happens at the first sign-in and not at the start, so a provider that is down does not stop people who are signed in.',
  },
  'skip-oidc-discovery': {
    group: 'OpenID Connect',
    kind: 'boolean',
    structured: 'providers[].oidcConfig.skipDiscovery',
    default: false,
    about: 'Do not read the discovery document; login-url, redeem-url and oidc-jwks-url are needed then.',
  },
  'oidc-email-claim': {
    group: 'OpenID Connect',
    kind: 'string',
    structured: 'providers[].oidcConfig.emailClaim',
    default: 'email',
    about:
      'Claim with the e-mail address; dots walk into objects. Any other than `email` switches the email_verified check off.',
  },
  'oidc-groups-claim': {
    group: 'OpenID Connect',
    kind: 'string',
    structured: 'providers[].oidcConfig.groupsClaim',
    default: 'groups',
    about: 'Claim with the groups, a text or a list; dots walk into objects.',
  },
  'oidc-audience-claim': {
    group: 'OpenID Connect',
    kind: 'list',
    structured: 'providers[].oidcConfig.audienceClaims',
    default: ['aud'],
    key: 'oidc_audience_claims',
    about: 'Claims looked up in order; the first one present must hold client-id or an oidc-extra-audience.',
  },
  'oidc-extra-audience': {
    group: 'OpenID Connect',
    kind: 'list',
    structured: 'providers[].oidcConfig.extraAudiences',
    default: [],
    key: 'oidc_extra_audiences',
    about:
      'Further audiences to accept beside client-id. A bearer token needs one of them; with oidc-other-audiences=false an ID token may name no others.',
  },
  'oidc-other-audiences': {
    group: 'OpenID Connect',
    kind: 'boolean',
    structured: 'providers[].oidcConfig.otherAudiences',
    default: true,
    about:
      'Accept an ID token that names audiences beside client-id and oidc-extra-audience, if it was issued to this client (`azp`). Off with `strict`.',
  },
  'oidc-enabled-signing-alg': {
    group: 'OpenID Connect',
    kind: 'list',
    structured: 'providers[].oidcConfig.enabledSigningAlgs',
    default: [],
    key: 'oidc_enabled_signing_algs',
    about:
      'Signature algorithms to accept: EdDSA, ES256/384/512, RS256/384/512, PS256/384/512, HS256/384/512. Empty takes the asymmetric ones that discovery names, else RS256.',
  },
  'insecure-oidc-allow-unverified-email': {
    group: 'OpenID Connect',
    kind: 'boolean',
    structured: 'providers[].oidcConfig.insecureAllowUnverifiedEmail',
    default: false,
    about: 'Accept e-mail addresses that the issuer has not verified.',
  },
  'insecure-oidc-skip-issuer-verification': {
    group: 'OpenID Connect',
    kind: 'boolean',
    structured: 'providers[].oidcConfig.insecureSkipIssuerVerification',
    default: false,
    about: 'Do not compare the issuer in discovery and in tokens.',
  },
  'insecure-oidc-skip-nonce': {
    group: 'OpenID Connect',
    kind: 'boolean',
    structured: 'providers[].oidcConfig.insecureSkipNonce',
    default: false,
    about:
      'Neither send nor check a nonce. Off here, so the nonce is checked; oauth2-proxy skips it by default.',
  },
  'user-id-claim': {
    group: 'OpenID Connect',
    kind: 'string',
    structured: 'providers[].oidcConfig.userIDClaim',
    default: 'email',
    about:
      'Deprecated name of oidc-email-claim, which wins when it is not `email`. As in oauth2-proxy it does not choose the user name.',
  },
  'skip-claims-from-profile-url': {
    group: 'Provider',
    after: 'code-challenge-method',
    kind: 'boolean',
    structured: 'providers[].skipClaimsFromProfileURL',
    default: false,
    about: 'Never ask the user-info endpoint for claims that the ID token lacks.',
  },
} as const satisfies OptionRows

/** Issuer, endpoints and token checks of an OpenID provider (OpenID Connect Core 1.0). */
export interface OidcConfig extends KeysConfig {
  /** Issuer for OpenID providers; undefined for plain OAuth 2.0. */
  readonly issuer: string | undefined
  readonly skipDiscovery: boolean
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
    /** Further claims to keep, because settings or header rows name them. */
    readonly additional: readonly string[]
    /** Those of them that user-info tells, because settings name them. */
    readonly told: readonly string[]
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
  settings: SettingsOf<typeof OIDC_OPTIONS & typeof ENDPOINT_OPTIONS & typeof KEY_OPTIONS>,
  { displayName, traits }: Pick<ProviderKind, 'displayName' | 'traits'>,
  { files, additionalClaims }: { files: Files; additionalClaims: readonly string[] },
): OidcConfig {
  warnOfInsecure(settings)
  const skipDiscovery = settings.value('skip-oidc-discovery')
  if (skipDiscovery && traits.issuer !== 'none') {
    for (const flag of ['login-url', 'redeem-url'] as const) {
      if (settings.value(flag) === '') settings.problem(flag, 'give this URL, discovery is skipped')
    }
  }
  return {
    issuer: readIssuer(settings, { displayName, issuer: traits.issuer }),
    skipDiscovery,
    ...buildKeys(settings, { files, skipDiscovery, hasIssuer: traits.issuer !== 'none' }),
    signingAlgs: readEach(settings, 'oidc-enabled-signing-alg', parseSigningAlg),
    skipIssuerVerification: settings.value('insecure-oidc-skip-issuer-verification'),
    skipNonce: settings.value('insecure-oidc-skip-nonce'),
    claims: { ...readClaims(settings), additional: additionalClaims, told: additionalClaims },
  }
}

function readIssuer(
  settings: SectionSettings,
  kind: { displayName: string; issuer: ProviderTraits['issuer'] },
): string | undefined {
  const given = settings.value('oidc-issuer-url')
  if (kind.issuer === 'none') {
    if (given !== '') {
      const sentence = `this has no effect, ${kind.displayName} is not an OpenID issuer; remove it, or give the provider whose issuer it is`
      settings.warning('oidc-issuer-url', sentence)
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

function readClaims(settings: SectionSettings): Omit<OidcConfig['claims'], 'additional' | 'told'> {
  const emailClaim = settings.value('oidc-email-claim')
  return {
    email: emailClaim === 'email' ? settings.value('user-id-claim') || 'email' : emailClaim,
    groups: settings.value('oidc-groups-claim'),
    audience: settings.value('oidc-audience-claim'),
    extraAudiences: settings.value('oidc-extra-audience'),
    otherAudiences: settings.value('oidc-other-audiences'),
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
