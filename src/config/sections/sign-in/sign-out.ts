import type { OptionRows } from '../../option.ts'
import type { SettingsOf } from '../../settings.ts'

/** Options of signing out. */
export const SIGN_OUT_OPTIONS = {
  'sign-out-at-provider': {
    group: 'Sign-in',
    after: 'backend-logout-url',
    kind: 'boolean',
    default: false,
    about:
      'Leave a sign-out through the end-session endpoint of the provider (OpenID Connect RP-Initiated Logout), so that the session there ends too. First register `<proxy-prefix>/signed_out` there as a post-logout redirect URI: a provider that does not know it shows an error page. Off as in oauth2-proxy, on with `strict`; an `rd` on an allowed host goes there either way.',
  },
  'sign-in-page-signs-out': {
    group: 'Sign-in',
    kind: 'boolean',
    default: true,
    about:
      'A visit to `<proxy-prefix>/sign_in` without `rd` signs out and shows the page, as in oauth2-proxy, which documents it as a second sign-out page. Not where another site sent the person, with skip-provider-button, or with `rd`: those go on to their target. Off with `strict`.',
  },
} as const satisfies OptionRows

/** Effects of signing out beside the end of the session here. */
export interface SignOutConfig {
  readonly signOutAtProvider: boolean
  /** A visit to the sign-in page without a return target ends the session. */
  readonly signInPageSignsOut: boolean
}

/** Reads what signing out does. */
export function buildSignOut(settings: SettingsOf<typeof SIGN_OUT_OPTIONS>): SignOutConfig {
  return {
    signOutAtProvider: settings.value('sign-out-at-provider'),
    signInPageSignsOut: settings.value('sign-in-page-signs-out'),
  }
}
