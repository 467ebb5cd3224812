import { failed, ok } from '../../result.ts'
import type { PathsConfig, SignInConfig } from '../config.ts'
import { quote } from '../report.ts'
import type { Settings } from '../settings.ts'
import { type Files, readTextFile } from '../sources/files.ts'
import { parseWhitelistDomain } from '../values/domains.ts'
import { readEach } from '../values/lists.ts'
import { checkUrl, isLoopbackUrl } from '../values/url.ts'

/** How people sign in and out. */
export function buildSignIn(
  settings: Settings,
  { files, paths }: { files: Files; paths: PathsConfig },
): SignInConfig {
  return {
    redirectUrl: readRedirectUrl(settings, paths.callback),
    skipProviderButton: settings.value('skip-provider-button'),
    signInStatus: settings.value('sign-in-status') === '403' ? 403 : 200,
    forceJsonErrors: settings.value('force-json-errors'),
    whitelistDomains: readEach(settings, 'whitelist-domain', parseWhitelistDomain),
    ...readLocalUsers(settings, files),
    backendLogoutUrl: readBackendLogoutUrl(settings),
    formReplayLimitBytes: settings.value('form-replay-limit'),
  }
}

function readLocalUsers(
  settings: Settings,
  files: Files,
): Pick<SignInConfig, 'htpasswdFile' | 'htpasswdGroups' | 'displayHtpasswdForm'> {
  const path = settings.value('htpasswd-file')
  const htpasswdGroups = settings.value('htpasswd-user-group')
  const text = path === '' ? ok('') : readTextFile(files, path)
  if (!text.ok) settings.problem('htpasswd-file', text.problem)
  if (path === '' && htpasswdGroups.length > 0) {
    settings.warning('htpasswd-user-group', 'this has no effect without htpasswd-file')
  }
  return {
    htpasswdFile: path === '' ? undefined : path,
    htpasswdGroups,
    displayHtpasswdForm: settings.value('display-htpasswd-form'),
  }
}

/** The URI goes to the provider as it was written, so only an empty path is ever filled in. */
function readRedirectUrl(settings: Settings, callback: string): string | undefined {
  const text = settings.value('redirect-url')
  if (text === '' || text === callback) return undefined
  const checked = text.startsWith('/')
    ? failed('give an absolute URL, relative ones are not supported yet')
    : checkUrl(text)
  if (!checked.ok) {
    settings.problem('redirect-url', `${checked.problem}, not ${quote(text)}`)
    return undefined
  }
  const redirectUrl = /^https?:\/\/[^/?]+\/?$/u.test(text) ? `${text.replace(/\/$/u, '')}${callback}` : text
  warnOfRedirect(settings, new URL(redirectUrl), callback)
  return redirectUrl
}

function warnOfRedirect(settings: Settings, url: URL, callback: string): void {
  if (url.pathname !== callback) {
    settings.warning(
      'redirect-url',
      `answers are read at ${quote(callback)} only; something in front has to rewrite this path`,
    )
  }
  if (url.protocol === 'http:' && settings.value('cookie-secure') && !isLoopbackUrl(url.href)) {
    settings.warning(
      'redirect-url',
      'use https, browsers do not keep Secure cookies from plain http and signing in fails',
    )
  }
}

function readBackendLogoutUrl(settings: Settings): string | undefined {
  const text = settings.value('backend-logout-url')
  if (text === '') return undefined
  const checked = checkUrl(text.replaceAll('{id_token}', 'token'))
  if (!checked.ok) settings.problem('backend-logout-url', `${checked.problem}, not ${quote(text)}`)
  return text
}
