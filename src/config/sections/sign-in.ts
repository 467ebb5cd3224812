import { quote } from '../../lib/text.ts'
import { ok, type Result } from '../../result.ts'
import { type OptionRows, SERVERS } from '../option.ts'
import type { SettingsOf } from '../settings.ts'
import { type Files, readTextFile } from '../sources/files.ts'
import { isAddress, parseWhitelistDomain } from '../values/domains.ts'
import { readHtpasswd } from '../values/htpasswd.ts'
import { readEach } from '../values/lists.ts'
import { checkUrl } from '../values/url.ts'
import type { COOKIE_OPTIONS } from './cookie.ts'
import type { PathsConfig } from './paths.ts'
import {
  buildRedirectUrl,
  type REDIRECT_URL_OPTIONS,
  type RedirectUrlConfig,
} from './sign-in/redirect-url.ts'
import { buildSignOut, type SIGN_OUT_OPTIONS, type SignOutConfig } from './sign-in/sign-out.ts'

/** Options of signing in and out. */
export const SIGN_IN_OPTIONS = {
  'htpasswd-file': {
    group: 'Who may sign in',
    kind: 'file',
    default: '',
    runtimes: SERVERS,
    about:
      'Local users, `user:hash` lines with bcrypt (cost 4 to 14) or {SHA}: HTTP Basic and a form on the sign-in page. Watched. A line of another form is named at start and after each change, and only its user is left out; the last line of a name counts. A session ends when its line goes or changes. Wrong passwords are limited, see SECURITY.md.',
  },
  'htpasswd-user-group': {
    group: 'Who may sign in',
    kind: 'list',
    default: [],
    key: 'htpasswd_user_groups',
    about: 'Groups that every local user has.',
  },
  'skip-provider-button': {
    group: 'Sign-in',
    kind: 'boolean',
    default: false,
    about: 'Go straight to the provider instead of showing the sign-in page.',
  },
  'remember-provider': {
    group: 'Sign-in',
    kind: 'boolean',
    default: true,
    about:
      'With several providers, keep the id of the one that was used last, and nothing about the person, in a cookie of the browser (`<cookie-name>_provider`), for a year: it is offered first, and skip-provider-button goes to it.',
  },
  'sign-in-status': {
    group: 'Sign-in',
    kind: 'enum',
    values: ['200', '403'],
    default: '200',
    about: 'Status of the sign-in page for a visit without a session. oauth2-proxy answers 403.',
  },
  'whitelist-domain': {
    group: 'Sign-in',
    kind: 'list',
    default: [],
    key: 'whitelist_domains',
    about:
      'Other hosts that may be return targets after sign-in and sign-out: `host`, or `.host` and `*.host` for the host and its sub-domains, each with `:port` or `:*`. A whole top-level domain is refused.',
  },
  'encode-state': {
    group: 'Sign-in',
    kind: 'boolean',
    default: false,
    inert: true,
    about: 'Accepted, and nothing to change: the `state` parameter is base64url in any case.',
  },
  'force-json-errors': {
    group: 'Sign-in',
    kind: 'boolean',
    default: false,
    about: 'Answer every request without a session with 401 and JSON, never with a page or a redirect.',
  },
  'display-htpasswd-form': {
    group: 'Sign-in',
    kind: 'boolean',
    default: true,
    about: 'Show the form for local users on the sign-in page when htpasswd-file is set.',
  },
  'backend-logout-url': {
    group: 'Sign-in',
    kind: 'string',
    structured: 'providers[].backendLogoutURL',
    default: '',
    placeholders: 'meant',
    about: 'Called with GET at each sign-out; `{id_token}` is replaced.',
  },
  'form-replay-limit': {
    group: 'Sign-in',
    kind: 'integer',
    default: 16_384,
    max: 262_144,
    about:
      'Longest form (bytes of `application/x-www-form-urlencoded`) that is kept when a page of the same site posts it without a session: the answer is a page that holds the fields, offers a sign-in in a new tab, and sends the form again at the press of a button. Longer forms, uploads and forms of other sites are answered with a page that says that nothing was sent; 0 does so for all.',
  },
} as const satisfies OptionRows

type SectionSettings = SettingsOf<typeof SIGN_IN_OPTIONS>

/** Settings of signing in and out; `signInStatus` is that of the page for a visit without a session. */
export interface SignInConfig extends RedirectUrlConfig, SignOutConfig {
  readonly skipProviderButton: boolean
  /** Remembers in a cookie which of several providers was used last. */
  readonly rememberProvider: boolean
  readonly signInStatus: 200 | 403
  readonly forceJsonErrors: boolean
  /** Hosts that may be absolute return targets: `host`, `.host`, `*.host`, each with `:port` or `:*`. */
  readonly whitelistDomains: readonly string[]
  readonly htpasswdFile: string | undefined
  readonly htpasswdGroups: readonly string[]
  readonly displayHtpasswdForm: boolean
  /** Longest form that is kept for a person who has to sign in first; 0 keeps none. */
  readonly formReplayLimitBytes: number
}

/** Reads the settings of signing in and out. */
export function buildSignIn(
  settings: SettingsOf<
    typeof SIGN_IN_OPTIONS & typeof REDIRECT_URL_OPTIONS & typeof SIGN_OUT_OPTIONS & typeof COOKIE_OPTIONS
  >,
  { files, paths }: { files: Files; paths: PathsConfig },
): SignInConfig {
  return {
    ...buildRedirectUrl(settings, paths.callback),
    skipProviderButton: settings.value('skip-provider-button'),
    rememberProvider: settings.value('remember-provider'),
    signInStatus: settings.value('sign-in-status') === '403' ? 403 : 200,
    forceJsonErrors: settings.value('force-json-errors'),
    whitelistDomains: readWhitelistDomains(settings),
    ...readLocalUsers(settings, files),
    ...buildSignOut(settings),
    formReplayLimitBytes: settings.value('form-replay-limit'),
  }
}

function readWhitelistDomains(settings: SectionSettings): readonly string[] {
  return readEach(settings, 'whitelist-domain', (text): Result<string | undefined, string> => {
    const instead = isAddress(text)
      ? 'host and port alone'
      : /^\*[^.]*$/u.test(text)
        ? '*.your-domain'
        : undefined
    if (instead === undefined) return parseWhitelistDomain(text)
    settings.warning(
      'whitelist-domain',
      `write ${instead} in place of ${quote(text)}; the entry fits no return target`,
    )
    return ok(undefined)
  })
}

function readLocalUsers(
  settings: SectionSettings,
  files: Files,
): Pick<SignInConfig, 'htpasswdFile' | 'htpasswdGroups' | 'displayHtpasswdForm'> {
  const path = settings.value('htpasswd-file')
  const htpasswdGroups = settings.value('htpasswd-user-group')
  if (path !== '') checkUserFile(settings, files, path)
  if (path === '' && htpasswdGroups.length > 0) {
    settings.warning('htpasswd-user-group', 'this has no effect without htpasswd-file')
  }
  return {
    htpasswdFile: path === '' ? undefined : path,
    htpasswdGroups,
    displayHtpasswdForm: settings.value('display-htpasswd-form'),
  }
}

/** A line that cannot be used is a warning, and a file without any other is a problem, as it is to oauth2-proxy. */
function checkUserFile(settings: SectionSettings, files: Files, path: string): void {
  const text = readTextFile(files, path)
  if (!text.ok) {
    settings.problem('htpasswd-file', text.problem)
    return
  }
  const { users, problems } = readHtpasswd(text.value)
  const tell = users.size === 0 ? settings.problem : settings.warning
  for (const sentence of problems) tell('htpasswd-file', sentence)
  if (users.size > 0) return
  settings.problem(
    'htpasswd-file',
    `add a line user:hash to ${quote(path)}, there is no user who can sign in`,
  )
}

/** Reads the option `backend-logout-url`, which can be given for each provider. */
export function readBackendLogoutUrl(settings: SectionSettings): string | undefined {
  const text = settings.value('backend-logout-url')
  if (text === '') return undefined
  const checked = checkUrl(text.replaceAll('{id_token}', 'token'))
  if (!checked.ok) settings.problem('backend-logout-url', `${checked.problem}, not ${quote(text)}`)
  return text
}
