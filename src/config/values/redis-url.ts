import { failed, ok, type Result } from '../../result.ts'
import { parseDuration } from './duration.ts'

/** Address of a Redis server. IPv6 addresses stand without brackets. */
export type RedisAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/** A Redis URL with its parameters, as the Go client of oauth2-proxy reads them. Empty texts are not given. */
export interface RedisUrl {
  readonly address: RedisAddress
  /** `rediss:` asks for TLS. */
  readonly encrypted: boolean
  readonly username: string
  readonly password: string
  readonly database: number
  /** Parameter `skip_verify`, which counts with TLS only. */
  readonly skipVerify: boolean
  readonly clientName: string
  /** Version of the protocol (RESP). */
  readonly protocol: 2 | 3 | undefined
  /** Longest wait for a connection, in ms. */
  readonly connectTimeoutMs: number | undefined
  /** Longest wait for an answer, in ms. */
  readonly readTimeoutMs: number | undefined
  /** Longest time that a connection may be idle, in ms; 0 is not given. */
  readonly idleTimeoutMs: number
  /** True when there are parameters of a pool of connections, which change nothing: one connection carries everything. */
  readonly hasPoolSettings: boolean
}

const FORM = 'give redis://host:port, rediss://host:port or unix:///path'

/** Parameters of go-redis that say how its pool of connections works and how often it tries again. */
const POOL_SETTINGS: ReadonlySet<string> = new Set([
  'conn_max_lifetime',
  'conn_max_lifetime_jitter',
  'max_active_conns',
  'max_concurrent_dials',
  'max_conn_age',
  'max_idle_conns',
  'max_retries',
  'max_retry_backoff',
  'min_idle_conns',
  'min_retry_backoff',
  'pool_fifo',
  'pool_size',
  'pool_timeout',
  'write_timeout',
])

/** Parameters that count here. */
const PARAMETERS: ReadonlySet<string> = new Set([
  'client_name',
  'conn_max_idle_time',
  'db',
  'dial_timeout',
  'idle_timeout',
  'protocol',
  'read_timeout',
  'skip_verify',
])

/**
 * Parses `redis://`, `rediss://` or `unix://` with user, password, database and parameters. The failure is a sentence
 * that repeats nothing of the URL: a password may stand anywhere in one that does not parse.
 */
export function parseRedisUrl(text: string): Result<RedisUrl, string> {
  // A login without a host is no URL to the URL Standard, and is one to Go.
  const whole = text.replace(/^unix:(?:\/\/([^/@]*@)?)?(?=\/)/u, 'unix://$1localhost')
  if (!/^(?:rediss?|unix):\/\/\S*$/u.test(whole) || !URL.canParse(whole)) return failed(FORM)
  const url = new URL(whole)
  const address = readAddress(url)
  const login = readLogin(url)
  if (address === undefined || login === undefined) return failed(FORM)
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.has(name) && !POOL_SETTINGS.has(name))
      return failed('remove the parameter behind the question mark that is none of a Redis address')
  }
  const database = readDatabase(url)
  if (database === undefined) return failed('give the number of a database behind the slash, such as /0')
  const parameters = readParameters(url.searchParams)
  if (!parameters.ok) return parameters
  return ok({ address, encrypted: url.protocol === 'rediss:', ...login, database, ...parameters.value })
}

function readAddress({ hostname, pathname, port, protocol }: URL): RedisAddress | undefined {
  if (protocol === 'unix:') {
    const path = hostname === 'localhost' ? decode(pathname) : undefined
    return path === undefined || !/^\/[^/]/u.test(path) ? undefined : { kind: 'unix', path }
  }
  const host = decode(hostname.replace(/^\[(.*)\]$/u, '$1')) || 'localhost'
  return { kind: 'tcp', host, port: port === '' ? 6379 : Number(port) }
}

function readLogin(url: URL): Pick<RedisUrl, 'username' | 'password'> | undefined {
  const username = decode(url.username)
  const password = decode(url.password)
  return username === undefined || password === undefined ? undefined : { username, password }
}

/** Number behind the slash, or the parameter `db`, which wins. */
function readDatabase({ pathname, protocol, searchParams }: URL): number | undefined {
  const named = protocol === 'unix:' ? '' : pathname.replaceAll('/', '')
  const text = lastOf(searchParams, 'db') || named
  return /^\d{0,5}$/u.test(text) ? Number(text) : undefined
}

type Parameters = Omit<RedisUrl, 'address' | 'encrypted' | 'username' | 'password' | 'database'>

function readParameters(given: URLSearchParams): Result<Parameters, string> {
  const connect = readTimeout(given, 'dial_timeout')
  const read = readTimeout(given, 'read_timeout')
  const idle = readTimeout(given, given.has('conn_max_idle_time') ? 'conn_max_idle_time' : 'idle_timeout')
  const protocol = lastOf(given, 'protocol')
  const skip = lastOf(given, 'skip_verify')
  if (connect === 'wrong' || read === 'wrong' || idle === 'wrong')
    return failed('give timeouts in the address as seconds or as durations such as 500ms')
  if (!['', '2', '3'].includes(protocol)) return failed('give protocol=2 or protocol=3 in the address')
  if (!['', '0', '1', 'true', 'false'].includes(skip))
    return failed('give skip_verify=true or skip_verify=false in the address')
  return ok({
    skipVerify: skip === '1' || skip === 'true',
    clientName: lastOf(given, 'client_name'),
    protocol: protocol === '' ? undefined : protocol === '2' ? 2 : 3,
    connectTimeoutMs: connect,
    readTimeoutMs: read,
    idleTimeoutMs: idle ?? 0,
    hasPoolSettings: [...given.keys()].some((name) => POOL_SETTINGS.has(name)),
  })
}

/** Milliseconds of a timeout; undefined without one, and for 0 and less, which would wait for ever. */
function readTimeout(given: URLSearchParams, name: string): number | undefined | 'wrong' {
  const text = lastOf(given, name)
  if (text === '') return undefined
  const milliseconds = /^-?\d{1,9}$/u.test(text) ? Number(text) * 1000 : parseDuration(text)
  if (milliseconds === undefined) return 'wrong'
  return milliseconds > 0 ? milliseconds : undefined
}

/** The last value of a parameter counts. */
function lastOf(given: URLSearchParams, name: string): string {
  return given.getAll(name).at(-1) ?? ''
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
