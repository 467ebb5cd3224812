import { failed, ok, type Result } from '../../result.ts'
import type { OptionRows } from '../option.ts'
import type { SettingsOf } from '../settings.ts'
import { readEach } from '../values/lists.ts'
import { checkUrl } from '../values/url.ts'

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
} as const satisfies OptionRows

type SectionSettings = SettingsOf<typeof BEARER_OPTIONS>

/** Bearer tokens (RFC 6750): verified JWTs in Authorization that count as sessions. */
export interface BearerConfig {
  readonly enabled: boolean
  readonly loginFallback: boolean
  readonly extraIssuers: readonly { readonly issuer: string; readonly audience: string }[]
}

/** Sessions from bearer tokens. */
export function buildBearer(settings: SectionSettings): BearerConfig {
  const enabled = settings.value('skip-jwt-bearer-tokens')
  const loginFallback = settings.value('bearer-token-login-fallback')
  const extraIssuers = enabled ? readEach(settings, 'extra-jwt-issuers', parseIssuer) : []
  if (!enabled && settings.value('extra-jwt-issuers').length > 0) {
    warnOfNoEffect(settings, 'extra-jwt-issuers')
  }
  if (!enabled && !loginFallback) warnOfNoEffect(settings, 'bearer-token-login-fallback')
  return { enabled, loginFallback, extraIssuers }
}

/** `issuer=audience`; only the audience may hold an equals sign. */
function parseIssuer(text: string): Result<BearerConfig['extraIssuers'][number], string> {
  const [, issuer = '', audience] = /^([^=]*)=(.+)$/su.exec(text) ?? []
  const checked = checkUrl(issuer)
  if (audience === undefined || !checked.ok) return failed('give https://issuer=audience')
  return ok({ issuer, audience })
}

function warnOfNoEffect(
  settings: SectionSettings,
  flag: 'extra-jwt-issuers' | 'bearer-token-login-fallback',
): void {
  settings.warning(flag, 'this has no effect without --skip-jwt-bearer-tokens')
}
