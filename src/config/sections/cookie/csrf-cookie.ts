import type { OptionRows } from '../../option.ts'
import type { SettingsOf } from '../../settings.ts'
import { checkUrl, isSameSite } from '../../values/url.ts'
import { defaultOf } from '../../values/values.ts'
import type { COOKIE_OPTIONS } from '../cookie.ts'
import type { ENDPOINT_OPTIONS } from '../provider/endpoints.ts'
import type { LOGIN_PARAMETER_OPTIONS } from '../provider/login-parameters.ts'
import type { OIDC_OPTIONS } from '../provider/oidc.ts'
import type { PROVIDER_OPTIONS } from '../provider.ts'
import type { REDIRECT_URL_OPTIONS } from '../sign-in/redirect-url.ts'

/** Options of the cookie that ties a sign-in to the browser it began in. */
export const CSRF_COOKIE_OPTIONS = {
  'cookie-csrf-per-request': {
    group: 'Cookies',
    kind: 'boolean',
    default: false,
    about:
      'Give each sign-in a cookie of its own. Not needed for parallel sign-ins here: all tabs share one small cookie.',
  },
  'cookie-csrf-per-request-limit': {
    group: 'Cookies',
    kind: 'integer',
    default: 0,
    max: 100,
    negativeIsZero: true,
    about:
      'How many of those cookies may exist at once before the oldest is deleted. 0, which is no limit in oauth2-proxy, is 20 here: abandoned sign-ins must not fill the headers of every request.',
  },
  'cookie-csrf-expire': {
    group: 'Cookies',
    kind: 'duration',
    default: '15m',
    about:
      'How long a sign-in may take. 0, which has no limit in oauth2-proxy, is the default here, with a warning.',
  },
  'cookie-csrf-samesite': {
    group: 'Cookies',
    kind: 'enum',
    values: ['', 'lax', 'strict', 'none'],
    default: '',
    about:
      'SameSite attribute of the sign-in cookie; empty is that of the session cookie, lax where that is strict, because a strict cookie does not come back from the provider, and none where the provider answers by form_post.',
  },
} as const satisfies OptionRows

/** Values of the SameSite attribute (RFC 6265bis §5.7). */
export type SameSite = 'lax' | 'strict' | 'none'

/** Attributes of the cookie that ties a sign-in to the browser it began in. */
export interface CsrfCookieConfig {
  readonly sameSite: SameSite | undefined
  readonly expireMs: number
  readonly perRequest: boolean
  /** At least one. */
  readonly perRequestLimit: number
}

/** Its own options, and those of cookies and redirects that decide whether a browser brings it back. */
export type CsrfCookieSettings = SettingsOf<
  typeof CSRF_COOKIE_OPTIONS & typeof COOKIE_OPTIONS & typeof REDIRECT_URL_OPTIONS
>

/** A provider as the sign-in cookie sees it: from where it answers, and how. */
export interface AnsweringProvider {
  readonly settings: SettingsOf<
    typeof ENDPOINT_OPTIONS & typeof LOGIN_PARAMETER_OPTIONS & typeof OIDC_OPTIONS & typeof PROVIDER_OPTIONS
  >
  /** The `response_mode` that it is sent, by a setting or by its kind. */
  readonly responseMode: string | undefined
}

/** Sign-ins that one browser may have under way at once, where each has a cookie of its own. */
const USUAL_CSRF_COOKIES = 20

/** Reads the attributes, and makes them fit the response modes of the providers. */
export function buildCsrfCookie(
  settings: CsrfCookieSettings,
  providers: readonly AnsweringProvider[],
): CsrfCookieConfig {
  const givenMs = settings.value('cookie-csrf-expire')
  if (givenMs === 0) {
    const { default: usual } = CSRF_COOKIE_OPTIONS['cookie-csrf-expire']
    settings.warning(
      'cookie-csrf-expire',
      `give a duration, a sign-in has to end; ${usual} counts in place of 0`,
    )
  } else if (givenMs < 1_000) {
    settings.problem('cookie-csrf-expire', 'give at least 1s, a sign-in takes some time')
  }
  const expireMs = givenMs || Number(defaultOf(CSRF_COOKIE_OPTIONS['cookie-csrf-expire']))
  return {
    sameSite: readCsrfSameSite(settings, providers),
    expireMs,
    perRequest: settings.value('cookie-csrf-per-request'),
    // Without any limit abandoned sign-ins would fill the headers of every request until a server refuses them.
    perRequestLimit: settings.value('cookie-csrf-per-request-limit') || USUAL_CSRF_COOKIES,
  }
}

/** Reads a SameSite attribute; browsers refuse `none` without Secure (RFC 6265bis §5.7). */
export function readSameSite(
  settings: CsrfCookieSettings,
  flag: 'cookie-samesite' | 'cookie-csrf-samesite',
): SameSite | undefined {
  const value = settings.value(flag)
  if (value === 'none' && !settings.value('cookie-secure')) {
    settings.problem(
      flag,
      'set --cookie-secure=true, browsers drop a SameSite=None cookie that is not Secure',
    )
  }
  return value === '' ? undefined : value
}

function readCsrfSameSite(
  settings: CsrfCookieSettings,
  providers: readonly AnsweringProvider[],
): SameSite | undefined {
  const own = readSameSite(settings, 'cookie-csrf-samesite')
  const inherited = settings.value('cookie-samesite') || undefined
  const usual = own ?? (inherited === 'strict' ? 'lax' : inherited)
  const posting = providers.filter(({ responseMode }) => responseMode === 'form_post')
  if (posting.length > 0) {
    if (own === 'none' || (own === undefined && settings.value('cookie-secure'))) return 'none'
    for (const provider of posting) checkFormPost(settings, provider.settings)
  } else if (own === 'strict') {
    settings.warning(
      'cookie-csrf-samesite',
      'a strict cookie does not come back from a provider on another site, so signing in fails there',
    )
  }
  return usual
}

/**
 * With form_post (OAuth 2.0 Form Post Response Mode §2) a page of the provider sends the answer: a POST from another site,
 * which brings back cookies of SameSite=None only (RFC 6265bis §5.6.7.1), and those must be Secure.
 */
function checkFormPost(settings: CsrfCookieSettings, provider: AnsweringProvider['settings']): void {
  const relation = relationToProvider(settings, provider)
  if (relation === 'same site') return
  const complain = relation === 'cross site' ? 'problem' : 'warning'
  const why =
    'with form_post the answer is a POST from the site of the provider, which brings only a Secure SameSite=None cookie back'
  if (settings.value('cookie-secure')) {
    settings[complain]('cookie-csrf-samesite', `leave this out or set none: ${why}`)
  } else if (provider.value('auth-request-response-mode') === '') {
    settings[complain]('cookie-secure', `set this to true, the provider asks for form_post: ${why}`)
  } else {
    provider[complain]('auth-request-response-mode', `remove this or set --cookie-secure=true: ${why}`)
  }
}

/**
 * Same-site relation (RFC 6265bis §5.2) of the provider to the redirect URI; unknown while the request decides on the
 * latter.
 */
function relationToProvider(
  settings: CsrfCookieSettings,
  provider: AnsweringProvider['settings'],
): 'same site' | 'cross site' | 'unknown' {
  const redirectUrl = settings.value('redirect-url')
  if (!checkUrl(redirectUrl).ok) return 'unknown'
  const url = provider.value('login-url') || provider.value('oidc-issuer-url')
  // Providers without an issuer setting live on sites of their own.
  if (url.startsWith('/')) return 'same site'
  return url !== '' && isSameSite(url, redirectUrl) ? 'same site' : 'cross site'
}
