import { failed, ok, type Result } from '../../result.ts'
import type { OptionRows } from '../option.ts'
import type { SettingsOf } from '../settings.ts'
import { readAllowed, readEach } from '../values/lists.ts'
import { checkUrl } from '../values/url.ts'
import {
  type INTROSPECTION_OPTIONS,
  type IntrospectionConfig,
  type IntrospectionDeps,
  readIntrospection,
} from './introspection.ts'

/** Options of bearer tokens. */
export const BEARER_OPTIONS = {
  'skip-jwt-bearer-tokens': {
    group: 'Bearer tokens',
    kind: 'boolean',
    default: false,
    about:
      'Accept a verified JWT in Authorization as a session, from the provider itself or from extra-jwt-issuers. The header goes on to the app, unless one that Sidegate sets takes its place.',
  },
  'bearer-token-login-fallback': {
    group: 'Bearer tokens',
    kind: 'boolean',
    default: true,
    about: 'A bad token is ignored and the sign-in goes on; false answers 403.',
  },
  'extra-jwt-issuers': {
    group: 'Bearer tokens',
    kind: 'list',
    default: [],
    about: 'Further issuers of bearer tokens, `issuer=audience` each.',
  },
  'bearer-required-scope': {
    group: 'Bearer tokens',
    kind: 'list',
    restricts: true,
    default: [],
    key: 'bearer_required_scopes',
    about:
      'Scopes that a bearer token needs, all of them, from whichever issuer; read from `scope`, else `scp`. A token that lacks one is 403 with `insufficient_scope`.',
  },
  'bearer-client-id': {
    group: 'Bearer tokens',
    kind: 'list',
    restricts: true,
    default: [],
    key: 'bearer_client_ids',
    about:
      'Clients whose bearer tokens count, from whichever issuer; read from `client_id`, else `azp`. All, when empty.',
  },
} as const satisfies OptionRows

type SectionSettings = SettingsOf<typeof BEARER_OPTIONS & typeof INTROSPECTION_OPTIONS>

/** Bearer tokens (RFC 6750): verified ones in Authorization that count as sessions. */
export interface BearerConfig {
  readonly enabled: boolean
  readonly loginFallback: boolean
  readonly extraIssuers: readonly { readonly issuer: string; readonly audience: string }[]
  /** Scopes of which all are needed. */
  readonly requiredScopes: readonly string[]
  /** Clients of which one is needed; none is no rule. */
  readonly clientIds: readonly string[]
  readonly introspection: IntrospectionConfig | undefined
}

/** Options that say nothing while no bearer token counts. */
const DEPENDENT = [
  'extra-jwt-issuers',
  'bearer-required-scope',
  'bearer-client-id',
  'introspection-url',
  'introspection-discovery',
] as const

/** Sessions from bearer tokens. */
export function buildBearer(settings: SectionSettings, deps: IntrospectionDeps): BearerConfig {
  const enabled = settings.value('skip-jwt-bearer-tokens')
  const loginFallback = settings.value('bearer-token-login-fallback')
  if (!enabled) {
    for (const flag of DEPENDENT) {
      const value = settings.value(flag)
      if (value === true || (value !== false && value.length > 0)) warnOfNoEffect(settings, flag)
    }
    if (!loginFallback) warnOfNoEffect(settings, 'bearer-token-login-fallback')
  }
  return {
    enabled,
    loginFallback,
    extraIssuers: enabled ? readEach(settings, 'extra-jwt-issuers', parseIssuer) : [],
    requiredScopes: readScopes(settings),
    clientIds: readAllowed(settings, { flag: 'bearer-client-id', what: 'client id' }),
    introspection: enabled ? readIntrospection(settings, deps) : undefined,
  }
}

/** `issuer=audience`; only the audience may hold an equals sign. */
function parseIssuer(text: string): Result<BearerConfig['extraIssuers'][number], string> {
  const [, issuer = '', audience] = /^([^=]*)=(.+)$/su.exec(text) ?? []
  const checked = checkUrl(issuer)
  if (audience === undefined || !checked.ok) return failed('give https://issuer=audience')
  return ok({ issuer, audience })
}

function readScopes(settings: SectionSettings): readonly string[] {
  readAllowed(settings, { flag: 'bearer-required-scope', what: 'scope' })
  return readEach(settings, 'bearer-required-scope', parseScope)
}

/** A scope (RFC 6749 §3.3), which also stands in the challenge of answers as it is. */
function parseScope(text: string): Result<string, string> {
  return /^[!#-[\]-~]+$/u.test(text) ? ok(text) : failed('give one scope, without blanks and quotes')
}

function warnOfNoEffect(
  settings: SectionSettings,
  flag: (typeof DEPENDENT)[number] | 'bearer-token-login-fallback',
): void {
  settings.warning(flag, 'this has no effect without --skip-jwt-bearer-tokens')
}
