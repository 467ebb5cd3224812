import { quote } from '../../lib/text.ts'
import type { UpstreamAddress } from '../../platform.ts'
import { failed, ok, type Result } from '../../result.ts'
import { type OptionRows, type RuntimeName, SERVERS } from '../option.ts'
import type { RawValue } from '../raw.ts'
import type { Report } from '../report.ts'
import type { SettingsOf } from '../settings.ts'
import { parseUpstreamUrl, splitUpstreamUrl, type UpstreamUrl } from '../values/upstream-url.ts'
import { checkRoute } from '../values/url.ts'
import { defaultOf } from '../values/values.ts'

/** Options of the upstreams. */
export const UPSTREAM_OPTIONS = {
  upstream: {
    group: 'Upstreams',
    kind: 'list',
    structured: 'upstreamConfig.upstreams',
    default: [],
    key: 'upstreams',
    about:
      'Where requests go: `http://host[:port][/path]`, `https://…`, `unix:///path`, `file:///directory/#/path/`, `static://status`, or `binding:NAME[/path]` on Workers. The path is only the match: `/x/` takes everything below, `/x` only itself. Without any, everything is 404.',
  },
  'pass-host-header': {
    group: 'Upstreams',
    kind: 'boolean',
    structured: 'upstreamConfig.upstreams[].passHostHeader',
    default: true,
    about:
      "Send the client's Host upstream; false sends the upstream's own. On Workers this is so for bindings only: an upstream URL always gets its own Host, and the client's in X-Forwarded-Host.",
  },
  'upstream-get-body': {
    group: 'Upstreams',
    kind: 'list',
    structured: 'upstreamConfig.upstreams[].getBody',
    default: [],
    runtimes: SERVERS,
    about:
      'Paths of the upstreams that take a GET or HEAD with a body (search queries, say), each written as the path of its upstream. For the others such a request is 400, unless its body is empty: an app that does not expect one may read it as the next request. Not in oauth2-proxy, which passes all of them on.',
  },
  'proxy-websockets': {
    group: 'Upstreams',
    kind: 'boolean',
    structured: 'upstreamConfig.upstreams[].proxyWebSockets',
    default: true,
    about:
      'Carry WebSocket connections. With a session cookie their Origin header must name this site (redirect-url), or a sibling that cookie-domain or whitelist-domain names; programs send it too, or a bearer token.',
  },
  'upstream-timeout': {
    group: 'Upstreams',
    kind: 'duration',
    structured: 'upstreamConfig.upstreams[].timeout',
    default: '30s',
    max: '576h',
    negative: true,
    about:
      'Longest wait for the response headers of an upstream, and longest time in which a body does not come or a client does not read; 0 waits for ever. Running out answers 504, where oauth2-proxy answers 502, or 408 for a body; an answer that has begun is cut.',
  },
  'ssl-upstream-insecure-skip-verify': {
    group: 'Upstreams',
    kind: 'boolean',
    structured: 'upstreamConfig.upstreams[].insecureSkipTLSVerify',
    default: false,
    runtimes: SERVERS,
    about: 'Do not verify TLS certificates of upstreams.',
  },
  'disable-keep-alives': {
    group: 'Upstreams',
    kind: 'boolean',
    structured: 'upstreamConfig.upstreams[].disableKeepAlives',
    default: false,
    runtimes: SERVERS,
    about: 'Use a new connection for each request to an upstream.',
  },
  'flush-interval': {
    group: 'Upstreams',
    kind: 'duration',
    structured: 'upstreamConfig.upstreams[].flushInterval',
    default: '1s',
    negative: true,
    inert: true,
    about: 'Accepted, and nothing to change: every byte of an upstream is sent on at once.',
  },
} as const satisfies OptionRows

type SectionSettings = SettingsOf<typeof UPSTREAM_OPTIONS>

/** One upstream as a source gave it, by the names of oauth2-proxy's structured configuration. */
export interface RawUpstream {
  /** Its name in the log; the path unless it is given. */
  readonly id: RawValue<string>
  /** `/x/` takes everything below, `/x` only itself. */
  readonly path: RawValue<string>
  /** `http://host:port`, `https://…`, `unix:///path`, `file:///directory`, `static://status` or `binding:NAME`. */
  readonly uri: RawValue<string>
  /** Path that the app is asked for, made of the match of `path`, which is a pattern then; only structured files have it. */
  readonly rewriteTarget?: RawValue<string>
  readonly passHostHeader: RawValue<boolean>
  readonly proxyWebSockets: RawValue<boolean>
  /** Takes a GET or HEAD with a body; not in oauth2-proxy. */
  readonly getBody: RawValue<boolean>
  /** Milliseconds until response headers; 0 waits for ever. */
  readonly timeout: RawValue<number>
  readonly insecureSkipTLSVerify: RawValue<boolean>
  readonly disableKeepAlives: RawValue<boolean>
}

/** One upstream and the paths that go to it. */
export interface UpstreamConfig {
  readonly id: string
  /** `/x/` takes everything below, `/x` only itself; beside rewriteTarget a pattern in RE2 syntax, checked. */
  readonly path: string
  /** Path that the upstream is asked for, in the replacement syntax of Go's regexp package; undefined leaves it as it is. */
  readonly rewriteTarget: string | undefined
  readonly target:
    | UpstreamAddress
    | { readonly kind: 'file'; readonly directory: string }
    | { readonly kind: 'static'; readonly status: number }
  readonly passHostHeader: boolean
  readonly websockets: boolean
  /** A GET or HEAD with a body is passed on. */
  readonly getBody: boolean
  /** Until response headers; 0 waits for ever. */
  readonly timeoutMs: number
}

const INSECURE = 'this is insecure: anybody on the way can pose as the app'

/** Reads the option `upstream` and the options that hold for every upstream. */
export function readUpstreams(settings: SectionSettings): readonly RawUpstream[] {
  const { label } = settings.raw('upstream')
  const texts = settings.value('upstream')
  const different = [...new Set<string>(texts)]
  if (different.length < texts.length) settings.problem('upstream', 'remove the entry that is there twice')
  const common = {
    passHostHeader: settings.raw('pass-host-header'),
    proxyWebSockets: settings.raw('proxy-websockets'),
    timeout: settings.raw('upstream-timeout'),
    insecureSkipTLSVerify: settings.raw('ssl-upstream-insecure-skip-verify'),
    disableKeepAlives: settings.raw('disable-keep-alives'),
  }
  if (common.insecureSkipTLSVerify.value) settings.warning('ssl-upstream-insecure-skip-verify', INSECURE)
  const getBody = settings.raw('upstream-get-body')
  const upstreams = different.map((written) => {
    const { id, path } = splitUpstreamUrl(written)
    const of = (value: string | undefined) => ({ value, label, written })
    const takesGetBody = { value: getBody.value?.includes(path), label: getBody.label }
    return { ...common, getBody: takesGetBody, id: of(id), path: of(path), uri: of(written) }
  })
  for (const path of getBody.value ?? []) {
    if (upstreams.some((upstream) => upstream.path.value === path)) continue
    settings.problem('upstream-get-body', `give the path of an upstream, there is none with ${quote(path)}`)
  }
  return upstreams
}

/** Checks upstreams of any source; those that cannot be used are reported and left out. */
export function checkUpstreams(
  upstreams: readonly RawUpstream[],
  { runtime, report }: { runtime: RuntimeName; report: Report },
): readonly UpstreamConfig[] {
  const ids = new Set<string>()
  const paths = new Set<string>()
  return upstreams.flatMap((raw) => {
    const upstream = toUpstream(raw, { runtime, report })
    if (upstream === undefined) return []
    const { id, path } = upstream
    if (paths.has(path)) {
      report.problem(raw.path.label, `give each upstream a path of its own, two take ${quote(path)}`)
    } else if (raw.id.value !== undefined && ids.has(id)) {
      report.problem(raw.id.label, `give each upstream an id of its own, two have ${quote(id)}`)
    }
    ids.add(raw.id.value ?? '')
    paths.add(path)
    return upstream
  })
}

function toUpstream(
  raw: RawUpstream,
  { runtime, report }: { runtime: RuntimeName; report: Report },
): UpstreamConfig | undefined {
  const url = parseUpstreamUrl(raw.uri.value ?? '', runtime)
  const rewriteTarget = raw.rewriteTarget?.value || undefined
  const path = checkPath(raw.path.value ?? '', rewriteTarget)
  if (!url.ok) report.problem(raw.uri.label, withWritten(url.problem, raw.uri))
  else if (!path.ok) report.problem(raw.path.label, withWritten(path.problem, raw.path))
  if (raw.insecureSkipTLSVerify.value) report.warning(raw.insecureSkipTLSVerify.label, INSECURE)
  if (!url.ok || !path.ok) return undefined
  if (url.value.kind === 'static' && !/\d/u.test(raw.uri.value ?? '')) {
    report.warning(raw.uri.label, withWritten('write static://200, which is what this answers', raw.uri))
  }
  return {
    id: raw.id.value ?? path.value,
    path: path.value,
    rewriteTarget,
    target: toTarget(url.value, raw),
    passHostHeader: raw.passHostHeader.value ?? UPSTREAM_OPTIONS['pass-host-header'].default,
    websockets: raw.proxyWebSockets.value ?? UPSTREAM_OPTIONS['proxy-websockets'].default,
    getBody: raw.getBody.value ?? false,
    // To Go a timeout below zero is none.
    timeoutMs: Math.max(0, raw.timeout.value ?? Number(defaultOf(UPSTREAM_OPTIONS['upstream-timeout']))),
  }
}

/** Beside a rewriteTarget it is a pattern, which the reader of the source has checked. */
function checkPath(path: string, rewriteTarget: string | undefined): Result<string, string> {
  if (rewriteTarget === undefined) return checkRoute(path)
  return path === '' ? failed('give the pattern of the paths to rewrite') : ok(path)
}

function toTarget(
  url: UpstreamUrl,
  { insecureSkipTLSVerify, disableKeepAlives }: RawUpstream,
): UpstreamConfig['target'] {
  const keepAlive = !disableKeepAlives.value
  if (url.kind === 'tcp') return { ...url, verifyTls: !insecureSkipTLSVerify.value, keepAlive }
  return url.kind === 'unix' ? { ...url, keepAlive } : url
}

function withWritten(sentence: string, { value, written = value }: RawValue<string>): string {
  return written === undefined ? sentence : `${sentence} (given ${quote(written)})`
}
