import { type OptionRows, SERVERS } from '../../option.ts'
import type { SettingsOf } from '../../settings.ts'

/** Options of the Redis that replicas share. */
export const REDIS_OPTIONS = {
  'session-store-type': {
    group: 'Sessions',
    kind: 'enum',
    values: ['cookie', 'redis'],
    default: 'cookie',
    runtimes: SERVERS,
    about:
      'Sessions always stay in cookies. `redis` needs redis-connection-url; Redis holds only the short-lived refresh relay and the sign-out denylist.',
  },
  'redis-connection-url': {
    group: 'Sessions',
    kind: 'string',
    default: '',
    secret: true,
    runtimes: SERVERS,
    about:
      '`redis://`, `rediss://` or `unix://` address of a Redis that replicas share. Sessions always stay in cookies; Redis holds only the short-lived refresh relay and the sign-out denylist.',
  },
  'redis-username': {
    group: 'Sessions',
    kind: 'string',
    default: '',
    runtimes: SERVERS,
    about: 'User at Redis; wins over the one in redis-connection-url.',
  },
  'redis-password': {
    group: 'Sessions',
    kind: 'string',
    default: '',
    secret: true,
    runtimes: SERVERS,
    about: 'Password at Redis; wins over the one in redis-connection-url.',
  },
  'redis-use-sentinel': {
    group: 'Sessions',
    kind: 'boolean',
    default: false,
    supported: false,
    instead: 'sessions need no Redis here: leave it out, or give one address in redis-connection-url',
    about: 'Find Redis through sentinels.',
  },
  'redis-sentinel-password': {
    group: 'Sessions',
    kind: 'string',
    default: '',
    secret: true,
    supported: false,
    about: 'Password at the sentinels.',
  },
  'redis-sentinel-master-name': {
    group: 'Sessions',
    kind: 'string',
    default: '',
    supported: false,
    about: 'Name of the master at the sentinels.',
  },
  'redis-sentinel-connection-urls': {
    group: 'Sessions',
    kind: 'list',
    default: [],
    secret: true,
    supported: false,
    instead: 'sessions need no Redis here: leave it out, or give one address in redis-connection-url',
    about: 'Addresses of the sentinels.',
  },
  'redis-use-cluster': {
    group: 'Sessions',
    kind: 'boolean',
    default: false,
    supported: false,
    instead: 'sessions need no Redis here: leave it out, or give one address in redis-connection-url',
    about: 'Redis is a cluster.',
  },
  'redis-cluster-connection-urls': {
    group: 'Sessions',
    kind: 'list',
    default: [],
    secret: true,
    supported: false,
    instead: 'sessions need no Redis here: leave it out, or give one address in redis-connection-url',
    about: 'Addresses of cluster nodes.',
  },
  'redis-ca-path': {
    group: 'Sessions',
    kind: 'file',
    default: '',
    supported: false,
    about: 'Certificate authority of Redis.',
  },
  'redis-insecure-skip-tls-verify': {
    group: 'Sessions',
    kind: 'boolean',
    default: false,
    supported: false,
    about: 'Do not verify the certificate of Redis.',
  },
  'redis-connection-idle-timeout': {
    group: 'Sessions',
    kind: 'integer',
    default: 0,
    inert: true,
    about: 'Accepted, and nothing to change: one connection is kept, and opened again when Redis closes it.',
  },
} as const satisfies OptionRows

/** The Redis that replicas share. */
export interface RedisConfig {
  /** `redis://` URL of the successor relay and denylist; undefined keeps them in memory. */
  readonly redisUrl: string | undefined
  /** Wins over what stands in `redisUrl`; empty texts are not given. */
  readonly redisLogin: { readonly username: string; readonly password: string }
}

type SectionSettings = SettingsOf<typeof REDIS_OPTIONS>

/** Reads the address of Redis and the login there. */
export function buildRedis(settings: SectionSettings): RedisConfig {
  return {
    redisUrl: readRedisUrl(settings),
    redisLogin: { username: settings.value('redis-username'), password: settings.value('redis-password') },
  }
}

function readRedisUrl(settings: SectionSettings): string | undefined {
  const url = settings.value('redis-connection-url')
  const wanted = settings.value('session-store-type') === 'redis'
  if (url === '') {
    for (const flag of ['redis-username', 'redis-password'] as const) {
      if (settings.value(flag) !== '')
        settings.warning(flag, 'this has no effect without redis-connection-url')
    }
    if (wanted) {
      settings.problem('redis-connection-url', 'give the address of Redis, or leave session-store-type out')
    }
    return undefined
  }
  if (!/^(?:rediss?:\/\/|unix:\/\/?\/)\S+$/u.test(url) || (!url.startsWith('unix:') && !URL.canParse(url))) {
    settings.problem('redis-connection-url', 'give redis://host:port, rediss://host:port or unix:///path')
  }
  if (wanted) {
    settings.warning(
      'session-store-type',
      'sessions stay in cookies; Redis holds only the refresh relay and the sign-out denylist',
    )
  }
  return url
}
