import { hasControls, quote } from '../../lib/text.ts'
import { ok, type Result } from '../../result.ts'
import type { OptionRows } from '../option.ts'
import type { SettingsOf } from '../settings.ts'
import { isAddress, parseHost } from '../values/domains.ts'
import { readEach } from '../values/lists.ts'
import { checkUrl, isLoopbackUrl } from '../values/url.ts'
import {
  type AnsweringProvider,
  buildCsrfCookie,
  type CsrfCookieConfig,
  type CsrfCookieSettings,
  readSameSite,
  type SameSite,
} from './cookie/csrf-cookie.ts'

/** Options of the cookies. */
export const COOKIE_OPTIONS = {
  'cookie-name': {
    group: 'Cookies',
    kind: 'string',
    default: '_oauth2_proxy',
    about:
      'Name of the session cookie. When it is not given and cookie-secure, path `/` and no cookie-domain allow it, the name is `__Host-_oauth2_proxy`.',
  },
  'cookie-domain': {
    group: 'Cookies',
    kind: 'list',
    default: [],
    key: 'cookie_domains',
    about:
      'Domain attribute; of several the longest that fits the host, where `.example.com` fits what is below it only, as in oauth2-proxy. Empty keeps cookies to the host that set them; so does an entry with a port or `*`, with a warning. Refused where it does not cover the host of redirect-url.',
  },
  'cookie-path': {
    group: 'Cookies',
    kind: 'string',
    default: '/',
    about: 'Path attribute of our cookies. The redirect URI must lie below it.',
  },
  'cookie-secure': {
    group: 'Cookies',
    kind: 'boolean',
    default: true,
    about: 'Secure attribute of our cookies.',
  },
  'cookie-httponly': {
    group: 'Cookies',
    kind: 'boolean',
    default: true,
    about: 'HttpOnly attribute of our cookies.',
  },
  'cookie-samesite': {
    group: 'Cookies',
    kind: 'enum',
    values: ['', 'lax', 'strict', 'none'],
    default: '',
    about:
      'SameSite attribute of the session cookie; empty is lax, as browsers would read it without the attribute.',
  },
} as const satisfies OptionRows

type SectionSettings = SettingsOf<typeof COOKIE_OPTIONS>

/** Name and attributes of our cookies. */
export interface CookieConfig {
  /** Name of the session cookie, `__Host-` prefix included where it applies. */
  readonly name: string
  /** Longest first; with a leading dot a domain is for hosts below it. */
  readonly domains: readonly string[]
  readonly path: string
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly sameSite: SameSite | undefined
  readonly csrf: CsrfCookieConfig
}

const LONGEST_NAME = 256

/** Name and attributes of our cookies (RFC 6265bis §4.1), checked so that no browser drops them. */
export function buildCookie(
  settings: CsrfCookieSettings,
  providers: readonly AnsweringProvider[],
): CookieConfig {
  const domains = readDomains(settings)
  const path = readPath(settings)
  const secure = settings.value('cookie-secure')
  const httpOnly = settings.value('cookie-httponly')
  // On this machine alone nothing is on the way.
  if (!secure && !isHttpOnLoopback(settings.value('redirect-url'))) {
    settings.warning(
      'cookie-secure',
      'cookies travel over plain http too, and others on the way can take them',
    )
  }
  if (!httpOnly) settings.warning('cookie-httponly', 'scripts of the app can read the session cookie')
  return {
    name: readName(settings, { domains, path, secure }),
    domains,
    path,
    secure,
    httpOnly,
    sameSite: readSameSite(settings, 'cookie-samesite'),
    csrf: buildCsrfCookie(settings, providers),
  }
}

function isHttpOnLoopback(url: string): boolean {
  return url.startsWith('http:') && checkUrl(url).ok && isLoopbackUrl(url)
}

function readDomains(settings: SectionSettings): readonly string[] {
  const domains = readEach(settings, 'cookie-domain', (text): Result<string | undefined, string> => {
    const [, name = ''] = /^(?:\*?\.)?(.*?)(?::\d+)?$/su.exec(text) ?? []
    if (isAddress(text)) {
      settings.warning(
        'cookie-domain',
        `write the host alone in place of ${quote(text)}; the entry counts for nothing`,
      )
      return ok(undefined)
    }
    const host = parseHost(name)
    if (!host.ok) return host
    const written = text.toLowerCase()
    if (written === host.value || written === `.${host.value}`) return ok(written)
    settings.warning(
      'cookie-domain',
      `write ${quote(host.value)} in place of ${quote(text)}, a cookie has neither port nor *; the entry counts for nothing`,
    )
    return ok(undefined)
  })
  return [...new Set(domains)].toSorted((left, right) => right.length - left.length)
}

function readPath(settings: SectionSettings): string {
  const given = settings.value('cookie-path')
  if (given === '') settings.warning('cookie-path', 'this is empty, so the default counts: "/"')
  const path = given || '/'
  if (/^\/[\x20-\x3a\x3c-\x7e]*$/u.test(path)) return path
  settings.problem(
    'cookie-path',
    `give a path that starts with a slash, without semicolon and line breaks, not ${quote(path)}`,
  )
  return '/'
}

/** The `__Host-` prefix makes browsers refuse the cookie from anybody but this host (RFC 6265bis §4.1.3.2). */
function readName(
  settings: SectionSettings,
  { domains, path, secure }: Pick<CookieConfig, 'domains' | 'path' | 'secure'>,
): string {
  const name = settings.value('cookie-name')
  const fitsHost = secure && path === '/' && domains.length === 0
  if (!settings.given('cookie-name')) return fitsHost ? `__Host-${name}` : name
  if (!/^[\w!#$%&'*+.^`|~-]+$/u.test(name) || hasControls(name)) {
    settings.problem('cookie-name', `use letters, digits and !#$%&'*+-.^_\`|~ only, not ${quote(name)}`)
  }
  if (name.length > LONGEST_NAME) settings.problem('cookie-name', `give at most ${LONGEST_NAME} characters`)
  if (/^__host-/iu.test(name) && !fitsHost) {
    settings.problem(
      'cookie-name',
      'choose another name, or keep --cookie-secure and --cookie-path=/ and leave cookie-domain out; browsers drop a __Host- cookie otherwise',
    )
  }
  if (/^__secure-/iu.test(name) && !secure) {
    settings.problem(
      'cookie-name',
      'choose another name, or set --cookie-secure=true; browsers drop a __Secure- cookie otherwise',
    )
  }
  return name
}
