/** Rule for a header line, whatever its spelling. */
export type HeaderRule =
  /** Goes through as it is. */
  | 'keep'
  /** Belongs to one hop, or must never travel. */
  | 'drop'
  /** Lists further names of this hop. */
  | 'connection'
  /** Says who is signed in, or is a header row's: only we may say that. */
  | 'identity'
  /** Tells the origin of a request, which only trusted peers may say. */
  | 'forwarding'
  /** Chain of client addresses, which Sidegate continues. */
  | 'forwarded-for'
  /** Set again by Sidegate on every request. */
  | 'ours'
  | 'host'
  | 'cookie'
  | 'authorization'
  | 'set-cookie'
  | 'cache-control'
  /** Tells caches between Sidegate and the client what to store, over the head of Cache-Control. */
  | 'shared-cache'
  /** Freshness of HTTP/1.0. */
  | 'expiry'

/** The identity family: deleted from requests and from upstream responses in every spelling. */
export const IDENTITY_FAMILY: readonly string[] = [
  'X-Forwarded-User',
  'X-Forwarded-Email',
  'X-Forwarded-Groups',
  'X-Forwarded-Preferred-Username',
  'X-Forwarded-Access-Token',
  'X-Auth-Request-User',
  'X-Auth-Request-Email',
  'X-Auth-Request-Groups',
  'X-Auth-Request-Preferred-Username',
  'X-Auth-Request-Access-Token',
  'X-Auth-Request-Provider',
  'GAP-Auth',
  'GAP-Signature',
]

/**
 * Names of RFC 9110 §7.6.1, its proxy relatives, `Proxy` (it becomes the variable HTTP_PROXY in CGI), and framing,
 * which is each hop's own.
 */
const DROP = [
  'Keep-Alive',
  'Proxy-Connection',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'TE',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
  'HTTP2-Settings',
  'Expect',
  'Content-Length',
  'Proxy',
]

const FORWARDING = [
  'Forwarded',
  'X-Forwarded',
  'X-Forwarded-By',
  'X-Forwarded-Method',
  'X-Forwarded-Path',
  'X-Forwarded-Port',
  'X-Forwarded-Prefix',
  'X-Forwarded-Protocol',
  'X-Forwarded-Scheme',
  'X-Forwarded-Server',
  'X-Forwarded-Ssl',
  'X-Original-Forwarded-For',
  'X-Original-Host',
  'X-Original-URI',
  'X-Original-URL',
  'X-Rewrite-URL',
  'X-Envoy-Original-Path',
  'X-Envoy-External-Address',
  'X-Real-IP',
  'X-Client-IP',
  'X-Cluster-Client-IP',
  'X-Scheme',
  'X-Url-Scheme',
  'Client-IP',
  'True-Client-IP',
  'CF-Connecting-IP',
  'CF-Connecting-IPv6',
  'Fastly-Client-IP',
  'Fly-Client-IP',
  'Front-End-Https',
]

const OURS = ['X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Forwarded-Uri']

/** Beside every name that ends in Cache-Control: RFC 9213 lets each vendor have one, and older ones do. */
const SHARED_CACHE = [
  'Surrogate-Control',
  'Surrogate-Key',
  'Edge-Control',
  'Edge-Cache-Tag',
  'Cache-Tag',
  'X-Accel-Expires',
  'X-LiteSpeed-Tag',
]

/** Limit that is enough for every name that real clients send; a flood of invented ones empties the cache. */
const CACHED_NAMES = 1024
const CACHED_NAME_LENGTH = 64

/** Names beside the fixed ones, in any spelling. */
export interface HeaderNames {
  /** The name that we set ourselves. */
  readonly requestIdHeader: string
  /** Names that only this gate may use: those of header rows, and the identity family. */
  readonly identity: readonly string[]
}

/**
 * Compiles the header policy of one direction into one cached look-up a name. CGI, WSGI and their heirs fold `-`, `_`, `.`
 * and case into one, so names are compared by their letters and digits alone.
 */
export function compileHeaderRules(names: HeaderNames): (name: string) => HeaderRule {
  const rules = ruleTable(names)
  const seen = new Map<string, HeaderRule>()
  return (name) => {
    const known = seen.get(name)
    if (known !== undefined) return known
    const letters = lettersAndDigits(name)
    const usual = letters.endsWith('cachecontrol') ? 'shared-cache' : 'keep'
    const rule = bySpelling(rules.get(letters) ?? usual, name)
    if (seen.size >= CACHED_NAMES) seen.clear()
    if (name.length <= CACHED_NAME_LENGTH) seen.set(name, rule)
    return rule
  }
}

/**
 * Rule by the exact spelling. A proxy in front replaces what the client says under the usual name, and lets other
 * spellings through; the app may read them as the same. So even a trusted peer is believed under the usual name only.
 */
function bySpelling(rule: HeaderRule, name: string): HeaderRule {
  if (rule !== 'forwarding' && rule !== 'forwarded-for') return rule
  return USUAL.has(name.toLowerCase()) ? rule : 'drop'
}
const USUAL: ReadonlySet<string> = new Set(
  ['X-Forwarded-For', ...FORWARDING].map((name) => name.toLowerCase()),
)

function ruleTable({ requestIdHeader, identity }: HeaderNames): Map<string, HeaderRule> {
  const table = new Map<string, HeaderRule>()
  const enter = (rule: HeaderRule, names: readonly string[]): void => {
    for (const name of names) table.set(lettersAndDigits(name), rule)
  }
  enter('ours', [requestIdHeader])
  enter('drop', DROP)
  enter('forwarding', FORWARDING)
  enter('ours', OURS)
  enter('shared-cache', SHARED_CACHE)
  enter('expiry', ['Expires', 'Pragma'])
  enter('connection', ['Connection'])
  enter('forwarded-for', ['X-Forwarded-For'])
  enter('host', ['Host'])
  enter('cookie', ['Cookie'])
  enter('authorization', ['Authorization'])
  enter('set-cookie', ['Set-Cookie'])
  enter('cache-control', ['Cache-Control'])
  for (const name of identity) {
    const rule = table.get(lettersAndDigits(name))
    // The configuration refuses these; a second Host or length would be smuggling.
    if (rule !== undefined && RESERVED.has(rule)) throw new TypeError(`A header row cannot be named ${name}`)
  }
  enter('identity', identity)
  return table
}

const RESERVED: ReadonlySet<HeaderRule> = new Set(['drop', 'connection', 'ours', 'host', 'forwarded-for'])

/** A header name as CGI and its heirs tell it from others. */
export function lettersAndDigits(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/gu, '')
}
