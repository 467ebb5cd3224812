import { quote } from '../../../lib/text.ts'
import type { OptionRows } from '../../option.ts'
import type { ProviderTraits } from '../../provider-kind.ts'
import type { SettingsOf } from '../../settings.ts'
import type { LoginUrlParameter } from './login-url-parameters.ts'

/** Options of the authorization request (RFC 6749 section 4.1.1). */
export const LOGIN_PARAMETER_OPTIONS = {
  scope: {
    group: 'Provider',
    after: 'validate-url',
    kind: 'string',
    structured: 'providers[].scope',
    default: '',
    about:
      'Scopes, separated by spaces; empty is what the provider needs, which for any OpenID issuer is `openid email profile`, and `groups` when allowed-group is set. Issuers without a scope of that name need it spelt out.',
  },
  prompt: {
    group: 'Provider',
    kind: 'string',
    structured: 'providers[].loginURLParameters',
    default: '',
    about: 'Sent as `prompt` when people sign in.',
  },
  'approval-prompt': {
    group: 'Provider',
    kind: 'string',
    structured: 'providers[].loginURLParameters',
    default: '',
    about:
      'Sent as `approval_prompt` when it is set and prompt is not. oauth2-proxy sends `force` to every provider unless prompt is set.',
  },
  'acr-values': {
    group: 'Provider',
    kind: 'string',
    structured: 'providers[].loginURLParameters',
    default: '',
    about: 'Sent as `acr_values` when people sign in.',
  },
  'code-challenge-method': {
    group: 'Provider',
    kind: 'enum',
    structured: 'providers[].code_challenge_method',
    values: ['', 'S256', 'plain'],
    default: '',
    about: 'PKCE method (RFC 7636). Empty is S256, always on; in oauth2-proxy PKCE is off by default.',
  },
  'auth-request-response-mode': {
    group: 'Provider',
    after: 'use-system-trust-store',
    kind: 'string',
    structured: 'providers[].authRequestResponseMode',
    default: '',
    about:
      'Sent as `response_mode` when people sign in. `query` or `form_post`. With the latter the provider answers by a POST from its own site, which brings back only Secure cookies with SameSite=None: the sign-in cookie gets these attributes unless cookie-csrf-samesite is given.',
  },
  'force-code-challenge-method': {
    group: 'Provider',
    kind: 'enum',
    structured: 'providers[].code_challenge_method',
    values: ['', 'S256', 'plain'],
    default: '',
    about: 'Deprecated name of code-challenge-method, which wins when both are given.',
  },
} as const satisfies OptionRows

/** Parameters of an authorization request (RFC 6749 §4.1.1). */
export interface LoginParametersConfig {
  /** Space-separated. */
  readonly scope: string
  /** Extra authorization parameters: prompt, acr_values, response_mode, … */
  readonly loginParameters: Readonly<Record<string, string>>
  /** Parameters of several values, or that a sign-in may change; they win over the others. */
  readonly loginUrlParameters: readonly LoginUrlParameter[]
  readonly codeChallengeMethod: 'S256' | 'plain'
}

type SectionSettings = SettingsOf<typeof LOGIN_PARAMETER_OPTIONS>

interface BuildLoginParametersDeps {
  readonly traits: ProviderTraits
  readonly wantsGroups: boolean
  /** Scopes that are asked for beside those of `scope`. */
  readonly scopes?: readonly string[] | undefined
  readonly loginUrlParameters: readonly LoginUrlParameter[] | undefined
}

/**
 * Reads the parameters of an authorization request. A rule on groups needs groups: as in oauth2-proxy, a provider that
 * has a scope for them is asked for it unless `scope` is given.
 */
export function buildLoginParameters(
  settings: SectionSettings,
  { traits, wantsGroups, scopes = [], loginUrlParameters = [] }: BuildLoginParametersDeps,
): LoginParametersConfig {
  const { scope, groupsScope, loginParameters } = traits
  const codeChallengeMethod =
    settings.value('code-challenge-method') || settings.value('force-code-challenge-method') || 'S256'
  if (codeChallengeMethod === 'plain') {
    const isNew = settings.value('code-challenge-method') !== ''
    settings.warning(
      isNew ? 'code-challenge-method' : 'force-code-challenge-method',
      'use S256, plain does not protect the code',
    )
  }
  const asked =
    settings.value('scope') || (wantsGroups && groupsScope !== undefined ? `${scope} ${groupsScope}` : scope)
  return {
    scope: [...new Set([...asked.split(' '), ...scopes])].join(' ').trim(),
    loginParameters: { ...loginParameters, ...readLoginParameters(settings), ...fixedOf(loginUrlParameters) },
    loginUrlParameters: loginUrlParameters.filter((parameter) => !isFixed(parameter)),
    codeChallengeMethod,
  }
}

/** The parameters that always have one value are like those of the options. */
function fixedOf(parameters: readonly LoginUrlParameter[]): Readonly<Record<string, string>> {
  return Object.fromEntries(parameters.filter(isFixed).map(({ name, values: [value = ''] }) => [name, value]))
}

function isFixed({ values, allow }: LoginUrlParameter): boolean {
  return values.length === 1 && allow.length === 0
}

function readLoginParameters(settings: SectionSettings): Readonly<Record<string, string>> {
  const prompt = settings.value('prompt')
  const parameters = {
    prompt,
    approval_prompt: prompt === '' ? settings.value('approval-prompt') : '',
    acr_values: settings.value('acr-values'),
    response_mode: readResponseMode(settings),
  }
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== ''))
}

/** An answer in a fragment stays in the browser, and one in a JWT (JARM) is not read here. */
function readResponseMode(settings: SectionSettings): string {
  const mode = settings.value('auth-request-response-mode')
  if (/^(?:fragment|web_message|(?:.*\.)?jwt)$/u.test(mode)) {
    settings.problem(
      'auth-request-response-mode',
      `give query or form_post, an answer by ${quote(mode)} cannot be read`,
    )
  }
  return mode
}
