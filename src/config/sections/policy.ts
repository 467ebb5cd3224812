import { quote } from '../../lib/text.ts'
import { compilePattern } from '../../re2/compile.ts'
import { ok, type Result } from '../../result.ts'
import { type OptionRows, SERVERS } from '../option.ts'
import type { SettingsOf } from '../settings.ts'
import { type Files, readTextFile } from '../sources/files.ts'
import { isVeryWide } from '../values/cidr.ts'
import { parseEmailDomain } from '../values/domains.ts'
import { readAllowed, readCidrs, readEach } from '../values/lists.ts'
import { findNoMethod, type ParsedRoute, parseRoute, type RouteRule } from '../values/route.ts'
import type { ProviderRules } from './provider/provider-rules.ts'
import type { SIGN_IN_OPTIONS } from './sign-in.ts'

/** Options that say who may pass. */
export const POLICY_OPTIONS = {
  'email-domain': {
    group: 'Who may sign in',
    kind: 'list',
    default: [],
    key: 'email_domains',
    about:
      'E-mail domains that may sign in: `example.com` exactly, `.example.com` or `*.example.com` its sub-domains, `*` alone everyone that the provider knows. One of this, authenticated-emails-file and htpasswd-file is required.',
  },
  'authenticated-emails-file': {
    group: 'Who may sign in',
    kind: 'file',
    default: '',
    runtimes: SERVERS,
    about:
      'File with allowed e-mail addresses, one a line (the first CSV column), `#` starts a comment. Watched. An address in it is allowed whatever email-domain says.',
  },
  'allowed-group': {
    group: 'Who may sign in',
    kind: 'list',
    structured: 'providers[].allowedGroups',
    default: [],
    key: 'allowed_groups',
    restricts: true,
    about:
      'Groups of which one is needed, checked on every request. Always enforced, whatever the provider. An explicitly empty flag is refused.',
  },
  'empty-constraints': {
    group: 'Who may sign in',
    kind: 'enum',
    values: ['ignore', 'deny'],
    default: 'ignore',
    about:
      'Meaning of an empty `allowed_groups`, `allowed_emails` or `allowed_email_domains` in the query of `/oauth2/auth`: `ignore` restricts nothing, as in oauth2-proxy, `deny` refuses everyone. `strict` denies.',
  },
  'skip-auth-route': {
    group: 'Requests without a sign-in',
    kind: 'list',
    default: [],
    exact: true,
    key: 'skip_auth_routes',
    about:
      'Requests that need no sign-in: `METHOD=regex`, `METHOD!=regex` (all others), `=regex` or `regex`. A rule must fit the path as it arrived and as it reads decoded. A path that programs may read differently never matches: dot segments, `//`, `;`, encoded slashes, blanks or dots at the end of a segment, characters that are invisible or not in normal form (NFKC). `METHOD!=regex` ignores case, unless the pattern begins with `(?-i)`. Patterns are RE2 as in oauth2-proxy: all that Go takes, up to 100,000 characters with counted repeats unfolded, and each is matched in time linear in the path. `(?!…)` and back-references do not exist; patterns that do not start with `^` are warned about.',
  },
  'skip-auth-regex': {
    group: 'Requests without a sign-in',
    kind: 'list',
    default: [],
    exact: true,
    key: 'skip_auth_regex',
    about:
      'Patterns of paths that need no sign-in, for all methods; otherwise as skip-auth-route, which is to be used instead (this one is deprecated in oauth2-proxy).',
  },
  'skip-auth-preflight': {
    group: 'Requests without a sign-in',
    kind: 'boolean',
    default: false,
    about:
      'CORS preflights need no sign-in: OPTIONS with Origin and Access-Control-Request-Method. oauth2-proxy lets every OPTIONS request pass.',
  },
  'api-route': {
    group: 'Requests without a sign-in',
    kind: 'list',
    default: [],
    exact: true,
    key: 'api_routes',
    about:
      'Patterns (RE2, as for skip-auth-route) of request targets, query included, that are answered with 401 JSON instead of a page or a redirect. They match anywhere in the target unless they start with `^`. These requests still need a sign-in.',
  },
  'trusted-ip': {
    group: 'Requests without a sign-in',
    kind: 'list',
    default: [],
    key: 'trusted_ips',
    about:
      'Addresses and CIDR ranges of clients that need no sign-in. With reverse-proxy only an address that a trusted proxy vouches for counts.',
  },
} as const satisfies OptionRows

type SectionSettings = SettingsOf<typeof POLICY_OPTIONS>

/** Authorization rules; clients in `trustedIps` (CIDRs) need no sign-in. */
export interface PolicyConfig {
  readonly emailDomains: readonly string[]
  readonly authenticatedEmailsFile: string | undefined
  /** Groups of which people of no provider need one: local users, and tokens of extra-jwt-issuers. */
  readonly allowedGroups: readonly string[]
  /** Rules about the people of each provider, by its id; absent where the rules above hold for all. */
  readonly perProvider?: ReadonlyMap<string, ProviderRules> | undefined
  /** Meaning of a constraint in the query of an auth request that names no value. */
  readonly emptyConstraints: 'ignore' | 'deny'
  readonly skipAuthRoutes: readonly RouteRule[]
  readonly skipAuthPreflight: boolean
  /** Patterns in RE2 syntax, checked. */
  readonly apiRoutes: readonly string[]
  readonly trustedIps: readonly string[]
}

interface PolicyDeps {
  readonly files: Files
  /** Rules about the people of each provider. Those of the first hold for people of none. */
  readonly rules: ReadonlyMap<string, ProviderRules>
}

/** Reads the authorization rules, and the requests that need no sign-in. */
export function buildPolicy(
  settings: SettingsOf<typeof POLICY_OPTIONS & typeof SIGN_IN_OPTIONS>,
  { files, rules }: PolicyDeps,
): PolicyConfig {
  const all = [...rules.values()]
  if (all.some(({ emailDomains }) => emailDomains === undefined)) checkSomebodyMayPass(settings)
  const trustedIps = readCidrs(settings, 'trusted-ip')
  if (trustedIps.some(isVeryWide)) {
    settings.warning('trusted-ip', 'a range this wide lets strangers in without a sign-in')
  }
  return {
    emailDomains: readEmailDomains(settings),
    authenticatedEmailsFile: readEmailsFile(settings, files),
    allowedGroups: all[0]?.allowedGroups ?? [],
    perProvider: all.length > 1 || all.some(isApart) ? rules : undefined,
    emptyConstraints: settings.value('empty-constraints'),
    skipAuthRoutes: [
      ...readRoutes(settings, 'skip-auth-route', parseRoute),
      ...readRoutes(settings, 'skip-auth-regex', parseAnyMethod),
    ],
    skipAuthPreflight: settings.value('skip-auth-preflight'),
    apiRoutes: readEach(settings, 'api-route', parsePattern),
    trustedIps,
  }
}

/** True for rules that differ from those of the options. */
function isApart({ domains, emailDomains }: ProviderRules): boolean {
  return domains.length > 0 || emailDomains !== undefined
}

/** Reads the option `allowed-group`, which can be given for each provider. */
export function readAllowedGroups(settings: SectionSettings): readonly string[] {
  return readAllowed(settings, { flag: 'allowed-group', what: 'group' })
}

function checkSomebodyMayPass(settings: SettingsOf<typeof POLICY_OPTIONS & typeof SIGN_IN_OPTIONS>): void {
  const some =
    settings.value('email-domain').length > 0 ||
    settings.value('authenticated-emails-file') !== '' ||
    settings.value('htpasswd-file') !== ''
  if (!some) {
    settings.problem(
      'email-domain',
      'say who may sign in: domains here, authenticated-emails-file or htpasswd-file; * is everyone that the provider knows',
    )
  }
}

function readEmailDomains(settings: SectionSettings): readonly string[] {
  const domains = [...new Set(readEach(settings, 'email-domain', parseEmailDomain))]
  if (domains.includes('*') && domains.length > 1) {
    settings.warning(
      'email-domain',
      'remove the * or all the others, * alone lets everyone in, as in oauth2-proxy',
    )
  }
  return domains
}

function readEmailsFile(settings: SectionSettings, files: Files): string | undefined {
  const path = settings.value('authenticated-emails-file')
  if (path === '') return undefined
  const text = readTextFile(files, path)
  if (!text.ok) settings.problem('authenticated-emails-file', text.problem)
  return path
}

function readRoutes(
  settings: SectionSettings,
  flag: 'skip-auth-route' | 'skip-auth-regex',
  parse: (text: string) => Result<ParsedRoute, string>,
): PolicyConfig['skipAuthRoutes'] {
  const routes = readEach(settings, flag, (text): Result<ParsedRoute | undefined, string> => {
    const method = flag === 'skip-auth-route' ? findNoMethod(text) : undefined
    if (method === undefined) return parse(text)
    settings.warning(
      flag,
      `write = in front of the pattern ${quote(text)}, ${quote(method)} is no HTTP method; the entry fits no request`,
    )
    return ok(undefined)
  })
  for (const { text, anchored, opensAll, rule } of routes) {
    if (opensAll) {
      const which = rule.method === undefined ? 'no request at all' : `no ${rule.method} request`
      settings.warning(flag, `name the paths that are public, with ${text} ${which} needs a sign-in`)
    } else if (!anchored && !rule.negate) {
      settings.warning(flag, `start the pattern ${text} with ^, it matches in the middle of a path too`)
    }
    if (!anchored && rule.negate) {
      settings.warning(
        flag,
        `start the pattern ${text} with ^, so that it is clear what still needs a sign-in`,
      )
    }
  }
  return routes.map(({ rule }) => rule)
}

function parseAnyMethod(text: string): Result<ParsedRoute, string> {
  return parseRoute(`=${text}`)
}

function parsePattern(text: string): Result<string, string> {
  const compiled = compilePattern(text)
  return compiled.ok ? ok(text) : compiled
}
