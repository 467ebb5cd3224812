import type { OptionRows } from '../option.ts'
import type { SettingsOf } from '../settings.ts'

/** Options of the authorization request (RFC 6749 section 4.1.1). */
export const LOGIN_PARAMETER_OPTIONS = {
  scope: {
    group: 'Provider',
    after: 'validate-url',
    kind: 'string',
    default: '',
    about:
      'Scopes, separated by spaces; empty leaves the choice to the provider: `openid email profile`, and `groups` when allowed-group is set, for oidc. Providers without a scope of that name (Keycloak, GitLab) need it spelt out.',
  },
  prompt: { group: 'Provider', kind: 'string', default: '', about: 'Sent as `prompt` when people sign in.' },
  'approval-prompt': {
    group: 'Provider',
    kind: 'string',
    default: '',
    about:
      'Sent as `approval_prompt` when it is set and prompt is not. oauth2-proxy sends `force` to every provider unless prompt is set.',
  },
  'acr-values': {
    group: 'Provider',
    kind: 'string',
    default: '',
    about: 'Sent as `acr_values` when people sign in.',
  },
  'code-challenge-method': {
    group: 'Provider',
    kind: 'enum',
    values: ['', 'S256', 'plain'],
    default: '',
    about: 'PKCE method (RFC 7636). Empty is S256, always on; in oauth2-proxy PKCE is off by default.',
  },
  'auth-request-response-mode': {
    group: 'Provider',
    after: 'use-system-trust-store',
    kind: 'string',
    default: '',
    about:
      'Sent as `response_mode` when people sign in. With `form_post` the provider answers by a POST from its own site, which brings the sign-in cookie only with `--cookie-csrf-samesite=none`.',
  },
  'force-code-challenge-method': {
    group: 'Provider',
    kind: 'enum',
    values: ['', 'S256', 'plain'],
    default: '',
    about: 'Deprecated name of code-challenge-method, which wins when both are given.',
  },
  resource: {
    group: 'Provider',
    kind: 'string',
    default: '',
    supported: false,
    about: 'Sent as `resource` (azure, adfs).',
  },
} as const satisfies OptionRows

/** What an authorization request carries. */
export interface LoginParametersConfig {
  /** Space-separated; undefined leaves it to the provider. */
  readonly scope: string | undefined
  /** Extra authorization parameters: prompt, acr_values, response_mode, … */
  readonly loginParameters: Readonly<Record<string, string>>
  readonly codeChallengeMethod: 'S256' | 'plain'
}

type SectionSettings = SettingsOf<typeof LOGIN_PARAMETER_OPTIONS>

/**
 * Reads what an authorization request carries. A rule on groups needs groups: as in oauth2-proxy, any OpenID provider
 * is asked for them unless `scope` is given.
 */
export function buildLoginParameters(settings: SectionSettings, wantsGroups: boolean): LoginParametersConfig {
  const codeChallengeMethod =
    settings.value('code-challenge-method') || settings.value('force-code-challenge-method') || 'S256'
  if (codeChallengeMethod === 'plain') {
    settings.warning('code-challenge-method', 'use S256, plain does not protect the code')
  }
  return {
    scope: settings.value('scope') || (wantsGroups ? 'openid email profile groups' : undefined),
    loginParameters: readLoginParameters(settings),
    codeChallengeMethod,
  }
}

function readLoginParameters(settings: SectionSettings): Readonly<Record<string, string>> {
  const prompt = settings.value('prompt')
  const parameters = {
    prompt,
    approval_prompt: prompt === '' ? settings.value('approval-prompt') : '',
    acr_values: settings.value('acr-values'),
    response_mode: settings.value('auth-request-response-mode'),
  }
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== ''))
}
