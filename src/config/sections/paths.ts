import type { PathsConfig, TrustConfig } from '../config.ts'
import { toOwnPaths } from '../own-paths.ts'
import { quote } from '../report.ts'
import type { Settings } from '../settings.ts'
import { isVeryWide } from '../values/cidr.ts'
import { readCidrs } from '../values/lists.ts'
import { checkRoute } from '../values/url.ts'

/** Paths of our own. */
export function buildPaths(settings: Settings): PathsConfig {
  const ping = readRoute(settings, 'ping-path')
  const ready = readRoute(settings, 'ready-path')
  if (ping !== undefined && ping === ready) settings.problem('ready-path', 'give a path other than ping-path')
  return {
    ...toOwnPaths(readPrefix(settings)),
    ping,
    ready,
    pingUserAgent: settings.value('ping-user-agent'),
    googleHealth: settings.value('gcp-healthchecks'),
  }
}

function readPrefix(settings: Settings): string {
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

function readRoute(settings: Settings, flag: 'ping-path' | 'ready-path'): string | undefined {
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

/** Whom to believe about the client. */
export function buildTrust(settings: Settings): TrustConfig {
  const reverseProxy = settings.value('reverse-proxy')
  const named = readCidrs(settings, 'trusted-proxy-ip')
  const realClientIpHeader = readClientIpHeader(settings, reverseProxy)
  if (!reverseProxy) {
    if (named.length > 0) settings.warning('trusted-proxy-ip', 'this has no effect without --reverse-proxy')
    return { reverseProxy, trustedProxyIps: [], realClientIpHeader }
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
  return { reverseProxy, trustedProxyIps: named.length > 0 ? named : PRIVATE_RANGES, realClientIpHeader }
}

/** Without a proxy in front no such header is read, so that any value will do. */
function readClientIpHeader(settings: Settings, reverseProxy: boolean): string {
  const header = settings.value('real-client-ip-header').toLowerCase()
  if (CLIENT_IP_HEADERS.includes(header)) return header
  const sentence = `give one of ${CLIENT_IP_HEADERS.join(', ')}, not ${quote(header)}`
  if (reverseProxy) settings.problem('real-client-ip-header', sentence)
  else settings.warning('real-client-ip-header', `${sentence}; without --reverse-proxy it has no effect`)
  return header
}
