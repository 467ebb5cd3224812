import { hasControls, quote } from '../../../lib/text.ts'
import type { OptionRows } from '../../option.ts'
import type { SettingsOf } from '../../settings.ts'
import { checkUrl, isLoopbackUrl } from '../../values/url.ts'
import type { COOKIE_OPTIONS } from '../cookie.ts'

/** Options of the redirect URI (RFC 6749 §3.1.2). */
export const REDIRECT_URL_OPTIONS = {
  'redirect-url': {
    group: 'Sign-in',
    kind: 'string',
    default: '',
    about:
      'Redirect URI registered at the provider, sent byte for byte; an empty path becomes `<proxy-prefix>/callback`. Empty derives it from the request, and so does a path alone, which takes the place of the callback.',
  },
  'relative-redirect-url': {
    group: 'Sign-in',
    kind: 'boolean',
    default: false,
    about:
      'Send a redirect URI without a host as it is, `/oauth2/callback`. For a provider behind the same host, which resolves it (Kubeflow).',
  },
} as const satisfies OptionRows

/** The redirect URI of sign-ins. */
export interface RedirectUrlConfig {
  /** The registered redirect URI, absolute; undefined derives it from the request. */
  readonly redirectUrl: string | undefined
  /** Path of the redirect URI on the origin of the request, where that is derived. */
  readonly redirectPath: string
  /** Sends a redirect URI that is derived from the request without its origin. */
  readonly relativeRedirect: boolean
}

type RedirectSettings = SettingsOf<typeof REDIRECT_URL_OPTIONS & typeof COOKIE_OPTIONS>

/** Reads the redirect URI. It goes to the provider as it was written, so only an empty path is ever filled in. */
export function buildRedirectUrl(settings: RedirectSettings, callback: string): RedirectUrlConfig {
  const text = settings.value('redirect-url')
  const relativeRedirect = settings.value('relative-redirect-url')
  const derived = { redirectUrl: undefined, redirectPath: callback, relativeRedirect }
  if (text === '') return derived
  if (text.startsWith('/')) {
    const redirectPath = readPath(settings, text)
    warnOfPath(settings, redirectPath, callback)
    return { ...derived, redirectPath }
  }
  const checked = checkUrl(text)
  if (!checked.ok) {
    settings.problem('redirect-url', `${checked.problem}, not ${quote(text)}`)
    return derived
  }
  const redirectUrl = /^https?:\/\/[^/?]+\/?$/u.test(text) ? `${text.replace(/\/$/u, '')}${callback}` : text
  const url = new URL(redirectUrl)
  warnOfPath(settings, url.pathname, callback)
  if (url.protocol === 'http:' && settings.value('cookie-secure') && !isLoopbackUrl(url.href)) {
    settings.warning(
      'redirect-url',
      'use https, browsers do not keep Secure cookies from plain http and signing in fails',
    )
  }
  return { ...derived, redirectUrl }
}

function readPath(settings: RedirectSettings, text: string): string {
  if (!/^\/(?!\/)[^\s?#\\]*$/u.test(text) || hasControls(text))
    settings.problem('redirect-url', `give a URL, or a path such as /oauth2/callback, not ${quote(text)}`)
  return text
}

function warnOfPath(settings: RedirectSettings, path: string, callback: string): void {
  if (path === callback) return
  settings.warning(
    'redirect-url',
    `answers are read at ${quote(callback)} only; something in front has to rewrite this path`,
  )
}
