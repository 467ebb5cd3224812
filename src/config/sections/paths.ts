import { quote } from '../../lib/text.ts'
import { type OptionRows, SERVERS } from '../option.ts'
import { type OwnPaths, toOwnPaths } from '../own-paths.ts'
import type { SettingsOf } from '../settings.ts'
import { isVeryWide } from '../values/cidr.ts'
import { readCidrs } from '../values/lists.ts'
import { checkRoute } from '../values/url.ts'

/** Options of the paths that Sidegate answers itself. */
export const PATHS_OPTIONS = {
  'proxy-prefix': {
    group: 'Paths and forwarded headers',
    kind: 'string',
    default: '/oauth2',
    about: 'Path under which our own pages live. A slash at the end is dropped; `/` alone is refused.',
  },
  'ping-path': {
    group: 'Paths and forwarded headers',
    kind: 'string',
    default: '/ping',
    about: 'Exact path of the liveness answer; empty switches it off.',
  },
  'ping-user-agent': {
    group: 'Paths and forwarded headers',
    kind: 'string',
    default: '',
    about: 'When set, ping-path answers only to this User-Agent; it never answers on another path.',
  },
  'ready-path': {
    group: 'Paths and forwarded headers',
    kind: 'string',
    default: '/ready',
    about: 'Exact path of the readiness answer; empty switches it off.',
  },
  'ready-wait-for-provider': {
    group: 'Paths and forwarded headers',
    kind: 'boolean',
    default: false,
    runtimes: SERVERS,
    about:
      'Answer ready-path with 503 until every provider has answered once, so that no one is sent to a process that cannot sign people in. What happens to the provider later changes nothing: existing sessions go on.',
  },
  'gcp-healthchecks': {
    group: 'Paths and forwarded headers',
    kind: 'boolean',
    default: false,
    about:
      'Answer `/liveness_check` and `/readiness_check` as ping-path to the User-Agent `GoogleHC/1.0` (deprecated in oauth2-proxy). Unlike there, ping-path goes on to answer everybody.',
  },
  'allow-query-semicolons': {
    group: 'Paths and forwarded headers',
    kind: 'boolean',
    default: false,
    about:
      'Read `;` in the queries of our own addresses as `&`. The app gets the query as it came, in any case, as from oauth2-proxy.',
  },
} as const satisfies OptionRows

/** Options of forwarded headers. */
export const TRUST_OPTIONS = {
  'reverse-proxy': {
    group: 'Paths and forwarded headers',
    kind: 'boolean',
    default: false,
    about:
      'A proxy stands in front: believe X-Forwarded-*, X-Auth-Request-Redirect and the client address header, but only from trusted-proxy-ip.',
  },
  'trusted-proxy-ip': {
    group: 'Paths and forwarded headers',
    kind: 'list',
    default: [],
    key: 'trusted_proxy_ips',
    about:
      'Addresses and CIDR ranges of the proxies in front. Empty with reverse-proxy means loopback, private ranges and Unix sockets, with a warning; in oauth2-proxy it means everybody.',
  },
  'real-client-ip-header': {
    group: 'Paths and forwarded headers',
    kind: 'string',
    default: 'X-Real-IP',
    about:
      'Header with the client address: X-Forwarded-For, X-Real-IP, X-ProxyUser-IP, X-Envoy-External-Address or CF-Connecting-IP. Read from trusted proxies only; a list is walked from the right past trusted proxies, where oauth2-proxy takes the left end.',
  },
  'forward-auth-uri-header': {
    group: 'Paths and forwarded headers',
    kind: 'string',
    default: '',
    about:
      'Header in which the gateway names the address of the request that it asks about (auth_request, forward auth): X-Forwarded-Uri, X-Original-URL (ingress-nginx) or X-Original-URI. Rules that skip sign-in see that request, with the method of X-Forwarded-Method or X-Original-Method, whichever is of the same family. The gateway must write both over what clients send. Empty believes any of them, but only while all that are present agree. Not in oauth2-proxy.',
  },
} as const satisfies OptionRows

/** Paths that Sidegate answers itself; ping answers only to `pingUserAgent` when that is not empty. */
export interface PathsConfig extends OwnPaths {
  /** Exact path, or undefined when switched off. */
  readonly ping: string | undefined
  readonly ready: string | undefined
  readonly readyWaitsForProvider: boolean
  readonly pingUserAgent: string
  /** A semicolon separates parameters of the query, as `&` does. */
  readonly querySemicolons: boolean
  /** Also answer the paths that Google's load balancers ask for, to their User-Agent. */
  readonly googleHealth: boolean
}

const URI_HEADERS = ['x-forwarded-uri', 'x-original-url', 'x-original-uri'] as const

/** Trusted proxies. Forwarded headers are ignored unless `reverseProxy` is set. */
export interface TrustConfig {
  readonly reverseProxy: boolean
  /** CIDRs of the direct peers that may speak for others. Never empty when reverseProxy is on. */
  readonly trustedProxyIps: readonly string[]
  /** Lower-case header that holds the client address. */
  readonly realClientIpHeader: string
  /** The only header that names the request in forward auth; undefined believes all that agree. */
  readonly forwardAuthUriHeader: (typeof URI_HEADERS)[number] | undefined
}

/** Reads the paths that Sidegate answers itself. */
export function buildPaths(settings: SettingsOf<typeof PATHS_OPTIONS>): PathsConfig {
  const ping = readRoute(settings, 'ping-path')
  const ready = readRoute(settings, 'ready-path')
  if (ping !== undefined && ping === ready) settings.problem('ready-path', 'give a path other than ping-path')
  return {
    ...toOwnPaths(readPrefix(settings)),
    ping,
    ready,
    readyWaitsForProvider: settings.value('ready-wait-for-provider'),
    pingUserAgent: settings.value('ping-user-agent'),
    querySemicolons: settings.value('allow-query-semicolons'),
    googleHealth: settings.value('gcp-healthchecks'),
  }
}

function readPrefix(settings: SettingsOf<typeof PATHS_OPTIONS>): string {
  const text = settings.value('proxy-prefix')
  const prefix = text.replace(/\/$/u, '')
  const checked = checkRoute(prefix)
  if (checked.ok) return prefix
  settings.problem(
    'proxy-prefix',
    `${prefix === '' ? 'give a path such as /oauth2' : checked.problem}, not ${quote(text)}`,
  )
  return '/oauth2'
}

function readRoute(
  settings: SettingsOf<typeof PATHS_OPTIONS>,
  flag: 'ping-path' | 'ready-path',
): string | undefined {
  const path = settings.value(flag)
  if (path === '') return undefined
  const checked = checkRoute(path)
  if (!checked.ok) settings.problem(flag, `${checked.problem}, not ${quote(path)}`)
  return path
}

/** Loopback and private ranges (RFC 1918, RFC 4193): what reverse-proxy trusts when nothing is named. */
const PRIVATE_RANGES = ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '::1/128', 'fc00::/7']

const CLIENT_IP_HEADERS = [
  'x-forwarded-for',
  'x-real-ip',
  'x-proxyuser-ip',
  'x-envoy-external-address',
  'cf-connecting-ip',
]

/** Reads which proxies are trusted to send forwarded headers. */
export function buildTrust(settings: SettingsOf<typeof TRUST_OPTIONS>): TrustConfig {
  const reverseProxy = settings.value('reverse-proxy')
  const named = readCidrs(settings, 'trusted-proxy-ip')
  const realClientIpHeader = readClientIpHeader(settings, reverseProxy)
  const forwardAuthUriHeader = readUriHeader(settings)
  if (!reverseProxy) {
    if (named.length > 0) settings.warning('trusted-proxy-ip', 'this has no effect without --reverse-proxy')
    if (forwardAuthUriHeader !== undefined) {
      settings.warning('forward-auth-uri-header', 'this has no effect without --reverse-proxy')
    }
    return { reverseProxy, trustedProxyIps: [], realClientIpHeader, forwardAuthUriHeader }
  }
  if (!settings.given('trusted-proxy-ip')) {
    settings.warning(
      'trusted-proxy-ip',
      'name the proxies in front; until then loopback, private ranges and Unix sockets are trusted',
    )
  }
  if (named.some(isVeryWide)) {
    settings.warning(
      'trusted-proxy-ip',
      'name the proxies in front; with a range this wide any client can claim any address, host and scheme',
    )
  }
  const trustedProxyIps = named.length > 0 ? named : PRIVATE_RANGES
  return { reverseProxy, trustedProxyIps, realClientIpHeader, forwardAuthUriHeader }
}

function readUriHeader(settings: SettingsOf<typeof TRUST_OPTIONS>): TrustConfig['forwardAuthUriHeader'] {
  const text = settings.value('forward-auth-uri-header')
  const header = URI_HEADERS.find((name) => name === text.toLowerCase())
  if (text !== '' && header === undefined) {
    settings.problem(
      'forward-auth-uri-header',
      `give X-Forwarded-Uri, X-Original-URL or X-Original-URI, not ${quote(text)}`,
    )
  }
  return header
}

/** Without a proxy in front no such header is read, so that any value will do. */
function readClientIpHeader(settings: SettingsOf<typeof TRUST_OPTIONS>, reverseProxy: boolean): string {
  const header = settings.value('real-client-ip-header').toLowerCase()
  if (CLIENT_IP_HEADERS.includes(header)) return header
  const sentence = `give one of ${CLIENT_IP_HEADERS.join(', ')}, not ${quote(header)}`
  if (reverseProxy) settings.problem('real-client-ip-header', sentence)
  else settings.warning('real-client-ip-header', `${sentence}; without --reverse-proxy it has no effect`)
  return header
}
