import type { CookieConfig } from '../config.ts'
import type { Settings } from '../settings.ts'
import { checkUrl, isSameSite } from '../values/url.ts'

type SameSite = CookieConfig['sameSite']

/** Sign-ins that one browser may have under way at once, where each has a cookie of its own. */
const USUAL_CSRF_COOKIES = 20

/** The cookie that ties a sign-in to the browser it began in. */
export function buildCsrf(settings: Settings): CookieConfig['csrf'] {
  const expireMs = settings.value('cookie-csrf-expire')
  if (expireMs < 1_000) {
    settings.problem('cookie-csrf-expire', 'give at least 1s, a sign-in takes some time and has to end')
  }
  return {
    sameSite: readCsrfSameSite(settings),
    expireMs,
    perRequest: settings.value('cookie-csrf-per-request'),
    // Without any limit abandoned sign-ins would fill the headers of every request until a server refuses them.
    perRequestLimit: settings.value('cookie-csrf-per-request-limit') || USUAL_CSRF_COOKIES,
  }
}

/** Reads a SameSite attribute; browsers refuse `none` without Secure (RFC 6265bis §5.7). */
export function readSameSite(settings: Settings, flag: 'cookie-samesite' | 'cookie-csrf-samesite'): SameSite {
  const value = settings.value(flag)
  if (value === 'none' && !settings.value('cookie-secure')) {
    settings.problem(
      flag,
      'set --cookie-secure=true, browsers drop a SameSite=None cookie that is not Secure',
    )
  }
  return value === '' ? undefined : value
}

function readCsrfSameSite(settings: Settings): SameSite {
  const own = readSameSite(settings, 'cookie-csrf-samesite')
  const inherited = settings.value('cookie-samesite') || undefined
  const usual = own ?? (inherited === 'strict' ? 'lax' : inherited)
  if (settings.value('auth-request-response-mode') === 'form_post')
    return forFormPost(settings, { own, usual })
  if (own === 'strict') {
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
function forFormPost(
  settings: Settings,
  { own, usual }: { readonly own: SameSite; readonly usual: SameSite },
): SameSite {
  const secure = settings.value('cookie-secure')
  if (own === 'none' || (own === undefined && secure)) return 'none'
  const relation = relationToProvider(settings)
  if (relation === 'same site') return usual
  const flag = secure ? 'cookie-csrf-samesite' : 'auth-request-response-mode'
  const advice = secure ? 'leave this out or set none' : 'remove this or set --cookie-secure=true'
  const sentence = `${advice}: with form_post the answer is a POST from the site of the provider, which brings only a Secure SameSite=None cookie back`
  if (relation === 'cross site') settings.problem(flag, sentence)
  else settings.warning(flag, sentence)
  return usual
}

/** Whether browsers take the provider and the redirect URI for one site; unknown while the request decides on the latter. */
function relationToProvider(settings: Settings): 'same site' | 'cross site' | 'unknown' {
  const redirectUrl = settings.value('redirect-url')
  if (!checkUrl(redirectUrl).ok) return 'unknown'
  const provider = settings.value('login-url') || settings.value('oidc-issuer-url')
  // Providers without an issuer setting live on sites of their own.
  return provider !== '' && isSameSite(provider, redirectUrl) ? 'same site' : 'cross site'
}
