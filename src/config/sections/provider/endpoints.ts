import { hasControls, quote } from '../../../lib/text.ts'
import type { OptionRows } from '../../option.ts'
import type { ProviderTraits } from '../../provider-kind.ts'
import type { SettingsOf } from '../../settings.ts'
import { checkUrl } from '../../values/url.ts'

/** Options of the endpoints of a provider. */
export const ENDPOINT_OPTIONS = {
  'login-url': {
    group: 'Provider',
    after: 'client-secret-file',
    kind: 'string',
    structured: 'providers[].loginURL',
    default: '',
    about:
      'Authorization endpoint; discovery overrides it. For an OpenID provider behind the same host it may be a path, which the browser resolves (`/dex/auth`).',
  },
  'redeem-url': {
    group: 'Provider',
    kind: 'url',
    structured: 'providers[].redeemURL',
    default: '',
    about: 'Token endpoint; discovery overrides it.',
  },
  'profile-url': {
    group: 'Provider',
    kind: 'url',
    structured: 'providers[].profileURL',
    default: '',
    about: 'User-info endpoint; discovery overrides it.',
  },
  'validate-url': {
    group: 'Provider',
    kind: 'url',
    structured: 'providers[].validateURL',
    default: '',
    about: 'Endpoint that answers 200 to a valid access token. Never taken from discovery.',
  },
} as const satisfies OptionRows

/** Endpoints of a provider; undefined where discovery names them, or none is needed. */
export interface EndpointsConfig {
  readonly loginUrl: string | undefined
  readonly redeemUrl: string | undefined
  readonly profileUrl: string | undefined
  readonly validateUrl: string | undefined
}

/** Reads the endpoints that options name; those of the kind stand for the others. */
export function readEndpoints(
  settings: SettingsOf<typeof ENDPOINT_OPTIONS>,
  { issuer, endpoints }: ProviderTraits,
): EndpointsConfig {
  const loginUrl = readLoginUrl(settings, issuer) || endpoints.loginUrl
  const redeemUrl = settings.value('redeem-url') || endpoints.redeemUrl
  if (issuer === 'none') {
    if (loginUrl === undefined)
      settings.problem('login-url', 'give this URL, the provider has none of its own')
    if (redeemUrl === undefined)
      settings.problem('redeem-url', 'give this URL, the provider has none of its own')
  }
  return {
    loginUrl,
    redeemUrl,
    profileUrl: settings.value('profile-url') || endpoints.profileUrl,
    validateUrl: settings.value('validate-url') || endpoints.validateUrl,
  }
}

function readLoginUrl(
  settings: SettingsOf<typeof ENDPOINT_OPTIONS>,
  issuer: ProviderTraits['issuer'],
): string {
  const text = settings.value('login-url')
  const isPath = issuer === 'any' && /^\/(?!\/)[^\s#\\]*$/u.test(text) && !hasControls(text)
  if (text === '' || isPath) return text
  const checked = checkUrl(text)
  if (!checked.ok) settings.problem('login-url', `${checked.problem}, not ${quote(text)}`)
  return checked.ok ? text : ''
}
