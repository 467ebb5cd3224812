import { type OptionRows, SERVERS } from '../../option.ts'
import type { SettingsOf } from '../../settings.ts'
import type { Files } from '../../sources/files.ts'
import { parseRedisUrl, type RedisAddress, type RedisUrl } from '../../values/redis-url.ts'
import { buildRedisTls, type REDIS_TLS_OPTIONS, type RedisTls } from './redis-tls.ts'

/** Options of the session store, and of the Redis that processes share. */
export const REDIS_OPTIONS = {
  'session-store-type': {
    group: 'Sessions',
    kind: 'enum',
    values: ['cookie', 'redis'],
    default: 'cookie',
    runtimes: SERVERS,
    about:
      'Where sessions are: `cookie` keeps each whole in the browser, sealed; `redis` keeps them, sealed too, in Redis, with all their tokens, and a ticket in the browser. Cookie sessions go on counting after a change to `redis`.',
  },
  'redis-connection-url': {
    group: 'Sessions',
    kind: 'string',
    default: '',
    secret: true,
    runtimes: SERVERS,
    about:
      '`redis://`, `rediss://` or `unix://` address of one Redis, with user, password and database if need be. With cookie sessions it holds only what processes share: the short-lived refresh relay and the sign-out denylist.',
  },
  'redis-username': {
    group: 'Sessions',
    kind: 'string',
    default: '',
    runtimes: SERVERS,
    about: 'User at Redis; wins over the one in the address.',
  },
  'redis-password': {
    group: 'Sessions',
    kind: 'string',
    default: '',
    secret: true,
    runtimes: SERVERS,
    about: 'Password at Redis; wins over the one in the address.',
  },
  'redis-use-sentinel': {
    group: 'Sessions',
    kind: 'boolean',
    default: false,
    runtimes: SERVERS,
    about:
      'Ask sentinels which Redis is the master. Needs redis-sentinel-connection-urls and redis-sentinel-master-name.',
  },
  'redis-sentinel-password': {
    group: 'Sessions',
    kind: 'string',
    default: '',
    secret: true,
    runtimes: SERVERS,
    about: 'Password at the sentinels; that of the Redis servers is redis-password.',
  },
  'redis-sentinel-master-name': {
    group: 'Sessions',
    kind: 'string',
    default: '',
    runtimes: SERVERS,
    about: 'Name that the sentinels have for the master.',
  },
  'redis-sentinel-connection-urls': {
    group: 'Sessions',
    kind: 'list',
    default: [],
    secret: true,
    runtimes: SERVERS,
    about:
      'Addresses of sentinels. Everything else, such as user, password and TLS of the Redis servers, is that of the last one; the database is 0.',
  },
  'redis-use-cluster': {
    group: 'Sessions',
    kind: 'boolean',
    default: false,
    runtimes: SERVERS,
    about: 'Redis is a cluster. Needs redis-cluster-connection-urls.',
  },
  'redis-cluster-connection-urls': {
    group: 'Sessions',
    kind: 'list',
    default: [],
    secret: true,
    runtimes: SERVERS,
    about:
      'Addresses of some nodes of the cluster, which name the others. Everything else, such as user, password and TLS, is that of the last one.',
  },
  'redis-connection-idle-timeout': {
    group: 'Sessions',
    kind: 'integer',
    default: 0,
    min: 0,
    runtimes: SERVERS,
    about:
      'Seconds after which Redis, or what is on the way, may close an idle connection: it is used at least twice in this time. 0 is every ten seconds.',
  },
} as const satisfies OptionRows

/** Addresses of a Redis, the way to it, and the login there; empty texts are not given. */
export interface RedisServers
  extends Pick<RedisUrl, 'username' | 'password' | 'clientName' | 'protocol' | 'idleTimeoutMs'>,
    Pick<RedisUrl, 'connectTimeoutMs' | 'readTimeoutMs' | 'database'> {
  readonly kind: 'standalone' | 'sentinel' | 'cluster'
  /** The one server, sentinels, or nodes of the cluster. */
  readonly addresses: readonly RedisAddress[]
  readonly sentinel: { readonly masterName: string; readonly password: string }
  readonly tls: RedisTls | undefined
}

/** The session store, and the Redis of the processes. */
export interface RedisConfig {
  readonly store: 'cookie' | 'redis'
  /** Redis that processes share; undefined keeps relay and denylist in memory. Always there with the store of Redis. */
  readonly redis: RedisServers | undefined
}

type SectionSettings = SettingsOf<typeof REDIS_OPTIONS & typeof REDIS_TLS_OPTIONS>
type Flag = keyof typeof REDIS_OPTIONS | keyof typeof REDIS_TLS_OPTIONS

/** Reads which session store is used, and how Redis is reached. */
export function buildRedis(settings: SectionSettings, files: Files): RedisConfig {
  return { store: settings.value('session-store-type'), redis: readServers(settings, files) }
}

const ADDRESSES = {
  standalone: 'redis-connection-url',
  sentinel: 'redis-sentinel-connection-urls',
  cluster: 'redis-cluster-connection-urls',
} as const

function readServers(settings: SectionSettings, files: Files): RedisServers | undefined {
  const usesSentinel = settings.value('redis-use-sentinel')
  const usesCluster = settings.value('redis-use-cluster')
  if (usesSentinel && usesCluster) {
    settings.problem('redis-use-cluster', 'remove this or redis-use-sentinel, a Redis is one or the other')
    return undefined
  }
  const kind = usesSentinel ? 'sentinel' : usesCluster ? 'cluster' : 'standalone'
  const given = settings.value(ADDRESSES[kind])
  const urls = (typeof given === 'string' ? [given] : given).filter((url) => url !== '')
  warnOfOthers(settings, kind, urls.length > 0 || kind !== 'standalone')
  if (urls.length === 0) {
    const keepsSessions = settings.value('session-store-type') === 'redis'
    if (kind !== 'standalone') {
      if (keepsSessions) settings.problem(ADDRESSES[kind], 'give the addresses, redis://host:port')
      else settings.warning(`redis-use-${kind}`, 'this has no effect without session-store-type=redis')
    } else if (keepsSessions)
      settings.problem(ADDRESSES[kind], 'give the address of Redis, or leave session-store-type out')
    return undefined
  }
  const parsed = urls.map((url) => readUrl(settings, ADDRESSES[kind], url))
  const last = parsed.at(-1)
  const masterName = settings.value('redis-sentinel-master-name')
  if (kind === 'sentinel' && masterName === '')
    settings.problem('redis-sentinel-master-name', 'give the name that the sentinels have for the master')
  if (last === undefined || parsed.includes(undefined)) return undefined
  return {
    ...last,
    kind,
    addresses: parsed.flatMap((url) => url?.address ?? []),
    username: settings.value('redis-username') || last.username,
    password: settings.value('redis-password') || last.password,
    // A cluster has one database, and oauth2-proxy takes the first one behind sentinels.
    database: kind === 'standalone' ? last.database : 0,
    idleTimeoutMs: settings.value('redis-connection-idle-timeout') * 1000 || last.idleTimeoutMs,
    sentinel: { masterName, password: settings.value('redis-sentinel-password') },
    tls: buildRedisTls(settings, files, last),
  }
}

function readUrl(
  settings: SectionSettings,
  flag: (typeof ADDRESSES)[keyof typeof ADDRESSES],
  text: string,
): RedisUrl | undefined {
  const url = parseRedisUrl(text)
  if (!url.ok) {
    settings.problem(flag, url.problem)
    return undefined
  }
  if (flag !== ADDRESSES.standalone && url.value.address.kind === 'unix') {
    settings.problem(flag, 'give redis://host:port or rediss://host:port')
    return undefined
  }
  if (url.value.hasPoolSettings)
    settings.warning(
      flag,
      'the parameters of a pool have no effect, one connection of each process carries everything',
    )
  return url.value
}

/** Options that belong to one way of reaching Redis. */
const OF_KIND: Readonly<Record<keyof typeof ADDRESSES, readonly Flag[]>> = {
  standalone: ['redis-connection-url'],
  sentinel: ['redis-sentinel-connection-urls', 'redis-sentinel-master-name', 'redis-sentinel-password'],
  cluster: ['redis-cluster-connection-urls'],
}
const OF_ALL: readonly Flag[] = [
  'redis-username',
  'redis-password',
  'redis-ca-path',
  'redis-insecure-skip-tls-verify',
  'redis-connection-idle-timeout',
]

/** Warns of options that change nothing because Redis is reached in another way, or not at all. */
function warnOfOthers(settings: SectionSettings, used: keyof typeof ADDRESSES, isReached: boolean): void {
  const warn = (flags: readonly Flag[], sentence: string): void => {
    for (const flag of flags) {
      const value = settings.value(flag)
      if (Array.isArray(value) ? value.length > 0 : value) settings.warning(flag, sentence)
    }
  }
  if (used !== 'standalone') warn(OF_KIND.standalone, `this has no effect with redis-use-${used}`)
  if (used !== 'sentinel') warn(OF_KIND.sentinel, 'this has no effect without redis-use-sentinel')
  if (used !== 'cluster') warn(OF_KIND.cluster, 'this has no effect without redis-use-cluster')
  if (!isReached) warn(OF_ALL, 'this has no effect without redis-connection-url')
}
