import { quote } from '../lib/text.ts'
import type { Config } from './config.ts'
import type { OPTIONS } from './options.ts'
import type { Report } from './report.ts'
import type { RawServer } from './sections/listen.ts'
import type { RawUpstream, UpstreamConfig } from './sections/upstreams.ts'
import type { SettingsOf } from './settings.ts'
import type { ListenAddress } from './values/listen-address.ts'

type Settings = SettingsOf<typeof OPTIONS>

interface CheckTogetherDeps {
  readonly upstreams: readonly RawUpstream[]
  readonly metricsServer: RawServer
  readonly settings: Settings
  readonly report: Report
}

/** Reports settings that are valid alone and do not work together, under the name of the one to change. */
export function checkTogether(
  config: Config,
  { upstreams, metricsServer, settings, report }: CheckTogetherDeps,
): void {
  checkCookieScope(settings, config)
  checkForwardedScheme(settings, config)
  checkNamedRequests(settings, config)
  checkListeners(metricsServer, config, report)
  if (upstreams.length === 0 && !config.trust.reverseProxy) {
    settings.warning(
      'upstream',
      'give the address of the app; without it all paths but those of this program are 404, which is right only where a gateway asks /oauth2/auth',
    )
  }
  const labels = new Map(upstreams.map(({ path, uri }) => [path.value, uri.label]))
  for (const { path, target } of config.upstreams) {
    checkTarget(target, { config, report, label: labels.get(path) ?? path })
  }
}

/** Browsers drop a cookie for another domain, and do not send one to another path (RFC 6265bis §5.1.3, §5.1.4). */
function checkCookieScope(settings: Settings, { cookie, signIn }: Config): void {
  const url = signIn.redirectUrl === undefined ? undefined : new URL(signIn.redirectUrl)
  if (
    url !== undefined &&
    cookie.domains.length > 0 &&
    !cookie.domains.some((domain) => isBelow(url.hostname, domain))
  ) {
    settings.problem(
      'cookie-domain',
      `leave this out or give a domain that ${quote(url.hostname)} of redirect-url belongs to; browsers drop its cookies, and signing in fails`,
    )
  }
  const path = url?.pathname ?? signIn.redirectPath
  if (!isPathBelow(path, cookie.path)) {
    settings.problem(
      'cookie-path',
      `leave this out or give a path that ${quote(path)} of the redirect URI lies below; the sign-in cookie does not get there, and signing in fails`,
    )
  }
}

function isBelow(hostname: string, domain: string): boolean {
  const name = domain.replace(/^\./u, '')
  return hostname === name || hostname.endsWith(`.${name}`)
}

function isPathBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}

/** An app that is told http while its visitors are on https redirects to https, which comes back to it as http. */
function checkForwardedScheme(settings: Settings, { listen, signIn, trust, upstreams }: Config): void {
  // On Workers the platform ends TLS and says so itself.
  if (settings.runtime === 'workers' || listen.https !== undefined || trust.reverseProxy) return
  if (signIn.redirectUrl?.startsWith('https:') !== true) return
  if (upstreams.every(({ target }) => target.kind === 'static')) return
  settings.warning(
    'reverse-proxy',
    'set this, and trusted-proxy-ip, if a proxy in front ends TLS, as redirect-url says: without it X-Forwarded-Proto is not believed, and the app is told http',
  )
}

/**
 * A gateway that only asks names the request in a header, and relays those that the client sent. Nothing is forwarded
 * then: there is no upstream, or a static one.
 */
function checkNamedRequests(settings: Settings, { trust, policy, upstreams }: Config): void {
  const isGateway = trust.reverseProxy && upstreams.every(({ target }) => NOWHERE.has(target.kind))
  const hasRules = policy.skipAuthRoutes.length > 0 || policy.skipAuthPreflight
  if (!isGateway || !hasRules || trust.forwardAuthUriHeader !== undefined) return
  settings.warning(
    'forward-auth-uri-header',
    'name the header in which the gateway writes the address of each request (X-Forwarded-Uri, or X-Original-URL for ingress-nginx); where it writes none, clients choose by themselves which rule they are judged by',
  )
}

/** One port has one listener; the start would fail with less of an explanation. */
function checkListeners({ bindAddress, secureBindAddress }: RawServer, config: Config, report: Report): void {
  const { listen, metrics } = config
  const taken = [listen.http, listen.https?.address]
  for (const [address, { label }] of [
    [metrics.http, bindAddress],
    [metrics.https?.address, secureBindAddress],
  ] as const) {
    if (taken.some((other) => overlap(address, other)))
      report.problem(label, 'give another port, another listener of this program has this one')
    taken.push(address)
  }
}

type Place = ListenAddress | undefined

function overlap(one: Place, other: Place): boolean {
  if (one?.kind === 'unix' && other?.kind === 'unix') return one.path === other.path
  if (one?.kind === 'fd' && other?.kind === 'fd') return one.fd === other.fd
  if (one?.kind !== 'tcp' || other?.kind !== 'tcp' || one.port !== other.port || one.port === 0) return false
  if (isEvery(one.host) || isEvery(other.host)) return true
  const names = toNames(other.host)
  return toNames(one.host).some((name) => names.includes(name))
}

const NOWHERE: ReadonlySet<string> = new Set(['static', 'file'])

interface CheckTargetDeps {
  readonly config: Config
  readonly report: Report
  readonly label: string
}

/** An upstream that leads back here is a circle. */
function checkTarget(target: Target, { config, report, label }: CheckTargetDeps): void {
  const { listen, signIn } = config
  const own = [listen.http, listen.https?.address].filter((address) => address !== undefined)
  if (own.some((address) => reaches(target, address))) {
    report.problem(
      label,
      `give the address of the app, ${quote(nameOf(target))} is where this program itself listens`,
    )
  } else if (signIn.redirectUrl !== undefined && isOriginOf(target, new URL(signIn.redirectUrl))) {
    report.warning(
      label,
      `give the address of the app behind this program; ${quote(nameOf(target))} is that of redirect-url, and requests may go in a circle`,
    )
  }
}

type Target = UpstreamConfig['target']

function reaches(target: Target, address: ListenAddress): boolean {
  if (target.kind === 'unix') return address.kind === 'unix' && address.path === target.path
  if (target.kind !== 'tcp' || address.kind !== 'tcp' || address.port !== target.port) return false
  return toNames(address.host).includes(target.host)
}

/** True for a listener on every interface. */
function isEvery(host: string): boolean {
  return /^(?:|0\.0\.0\.0|::)$/u.test(host)
}

/** Host names under which a listener can be reached on this machine. */
function toNames(host: string): readonly string[] {
  if (isEvery(host)) return ['localhost', '127.0.0.1', '::1', '0.0.0.0', '::']
  const name = host.toLowerCase()
  if (name === 'localhost') return ['localhost', '127.0.0.1', '::1']
  return name === '127.0.0.1' || name === '::1' ? ['localhost', name] : [name]
}

function isOriginOf(target: Target, url: URL): boolean {
  if (target.kind !== 'tcp' || ![target.host, `[${target.host}]`].includes(url.hostname)) return false
  return target.port === Number(url.port || (url.protocol === 'https:' ? 443 : 80))
}

function nameOf(target: Target): string {
  if (target.kind === 'unix') return `unix://${target.path}`
  return target.kind === 'tcp' ? `${target.host}:${target.port}` : target.kind
}
