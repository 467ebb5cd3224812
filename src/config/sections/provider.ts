import { failed, ok, type Result } from '../../result.ts'
import type { ProviderConfig } from '../config.ts'
import { quote } from '../report.ts'
import { didYouMean, type Settings } from '../settings.ts'
import { type Files, readTextFile } from '../sources/files.ts'
import { readEach } from '../values/lists.ts'
import { isLoopbackUrl } from '../values/url.ts'
import { readGithub } from './github.ts'

/** Providers that there are: their names, and the issuer where it is fixed. */
const KINDS: Readonly<Record<string, { readonly displayName: string; readonly issuer?: string }>> = {
  oidc: { displayName: 'OpenID Connect' },
  'keycloak-oidc': { displayName: 'Keycloak OIDC' },
  google: { displayName: 'Google', issuer: 'https://accounts.google.com' },
  github: { displayName: 'GitHub' },
}

/** Kinds that take whatever issuer the operator names. */
const ANY_ISSUER: readonly string[] = ['oidc', 'keycloak-oidc']

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

/** The path at which an issuer publishes its metadata (OpenID Connect Discovery §4, RFC 8414 §3) is no part of its name. */
const WELL_KNOWN = /\/\.well-known\/(?:openid-configuration|oauth-authorization-server)\/?$/u

const SIGNING_ALGS = /^(?:EdDSA|(?:ES|HS|PS|RS)(?:256|384|512))$/u

/** The provider that people sign in at. */
export function buildProvider(settings: Settings, files: Files): ProviderConfig {
  const kind = readKind(settings)
  const { displayName, issuer } = KINDS[kind] ?? { displayName: kind }
  const clientId = readTrimmed(settings, 'client-id')
  if (clientId === '') settings.problem('client-id', 'give the client id that the provider issued')
  warnOfInsecure(settings)
  return {
    id: kind,
    kind,
    displayName: settings.value('provider-display-name') || displayName,
    clientId,
    clientSecret: readClientSecret(settings, { files, kind }),
    issuer: readIssuer(settings, { kind, fixed: issuer }),
    ...readEndpoints(settings, kind),
    scope: settings.value('scope') || impliedScope(settings, kind),
    loginParameters: readLoginParameters(settings),
    claims: readClaims(settings),
    signingAlgs: readEach(settings, 'oidc-enabled-signing-alg', parseSigningAlg),
    skipIssuerVerification: settings.value('insecure-oidc-skip-issuer-verification'),
    skipNonce: settings.value('insecure-oidc-skip-nonce'),
    codeChallengeMethod: readCodeChallengeMethod(settings),
    insecureTls: settings.value('ssl-insecure-skip-verify'),
    github: readGithub(settings, kind),
  }
}

/** A rule on groups needs groups: as in oauth2-proxy, any OpenID provider is asked for them unless `scope` is given. */
function impliedScope(settings: Settings, kind: string): string | undefined {
  return ANY_ISSUER.includes(kind) && settings.value('allowed-group').length > 0
    ? 'openid email profile groups'
    : undefined
}

function readKind(settings: Settings): string {
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
function readTrimmed(settings: Settings, flag: 'client-id' | 'client-secret'): string {
  const value = settings.value(flag)
  const trimmed = value.trim()
  if (trimmed !== value) settings.warning(flag, 'remove the blanks around the value; it counts without them')
  return trimmed
}

function readClientSecret(
  settings: Settings,
  { files, kind }: { files: Files; kind: string },
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
  const mayBePublic = ANY_ISSUER.includes(kind)
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

function readIssuer(
  settings: Settings,
  { kind, fixed }: { kind: string; fixed: string | undefined },
): string | undefined {
  const given = settings.value('oidc-issuer-url')
  if (kind === 'github') {
    if (given !== '') {
      settings.problem(
        'oidc-issuer-url',
        'remove this, GitHub is not an OpenID issuer; or give --provider=oidc',
      )
    }
    return undefined
  }
  const issuer = given || fixed
  const base = issuer?.replace(WELL_KNOWN, '')
  if (issuer === undefined) settings.problem('oidc-issuer-url', 'give the issuer of the provider')
  else if (base !== issuer) {
    settings.problem('oidc-issuer-url', `give the issuer, which is without the path of its metadata: ${base}`)
  } else if (issuer.startsWith('http://') && !isLoopbackUrl(issuer)) {
    settings.warning('oidc-issuer-url', 'use https, over plain http others on the way can sign in as anybody')
  }
  return issuer
}

type Endpoints = Pick<
  ProviderConfig,
  'skipDiscovery' | 'loginUrl' | 'redeemUrl' | 'profileUrl' | 'validateUrl' | 'jwksUrl'
>

function readEndpoints(settings: Settings, kind: string): Endpoints {
  const skipDiscovery = settings.value('skip-oidc-discovery')
  if (skipDiscovery && kind !== 'github') {
    for (const flag of ['login-url', 'redeem-url', 'oidc-jwks-url'] as const) {
      if (settings.value(flag) === '') settings.problem(flag, 'give this URL, discovery is skipped')
    }
  }
  return {
    skipDiscovery,
    loginUrl: settings.value('login-url') || undefined,
    redeemUrl: settings.value('redeem-url') || undefined,
    profileUrl: settings.value('profile-url') || undefined,
    validateUrl: settings.value('validate-url') || undefined,
    jwksUrl: settings.value('oidc-jwks-url') || undefined,
  }
}

function readLoginParameters(settings: Settings): Readonly<Record<string, string>> {
  const prompt = settings.value('prompt')
  const parameters = {
    prompt,
    approval_prompt: prompt === '' ? settings.value('approval-prompt') : '',
    acr_values: settings.value('acr-values'),
    response_mode: settings.value('auth-request-response-mode'),
  }
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== ''))
}

function readCodeChallengeMethod(settings: Settings): ProviderConfig['codeChallengeMethod'] {
  return settings.value('code-challenge-method') || settings.value('force-code-challenge-method') || 'S256'
}

function readClaims(settings: Settings): ProviderConfig['claims'] {
  const emailClaim = settings.value('oidc-email-claim')
  return {
    email: emailClaim === 'email' ? settings.value('user-id-claim') || 'email' : emailClaim,
    groups: settings.value('oidc-groups-claim'),
    audience: settings.value('oidc-audience-claim'),
    extraAudiences: settings.value('oidc-extra-audience'),
    skipProfileUrl: settings.value('skip-claims-from-profile-url'),
    allowUnverifiedEmail: settings.value('insecure-oidc-allow-unverified-email'),
  }
}

function parseSigningAlg(text: string): Result<string, string> {
  return SIGNING_ALGS.test(text) ? ok(text) : failed('give EdDSA, or ES, HS, PS or RS with 256, 384 or 512')
}

function warnOfInsecure(settings: Settings): void {
  const dangers = {
    'insecure-oidc-skip-nonce': 'a stolen ID token can be used for another sign-in',
    'insecure-oidc-skip-issuer-verification': 'tokens of any issuer with these keys are accepted',
    'insecure-oidc-allow-unverified-email': 'people can claim an e-mail address that is not theirs',
    'ssl-insecure-skip-verify': 'anybody on the way to the provider can sign in as anybody',
  } as const
  for (const [flag, danger] of Object.entries(dangers) as [keyof typeof dangers, string][]) {
    if (settings.value(flag)) settings.warning(flag, `this is insecure: ${danger}`)
  }
  if (readCodeChallengeMethod(settings) === 'plain') {
    settings.warning('code-challenge-method', 'use S256, plain does not protect the code')
  }
}
