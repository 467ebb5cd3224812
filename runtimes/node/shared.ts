import type { SessionConfig } from '../../src/config/sections/session.ts'
import type { Log } from '../../src/observe/log.ts'
import type { Platform } from '../../src/platform.ts'

/**
 * Adds what processes share in Redis to the platform where one is configured, with entries for sessions if they are kept
 * there; Redis is not even loaded for the many that have none.
 */
export async function withSharedState(
  platform: Platform,
  { redis: servers, store }: Pick<SessionConfig, 'redis' | 'store'>,
  log: Log,
): Promise<Platform> {
  if (servers === undefined) return platform
  const { connectRedis } = await import('./redis/redis.ts')
  const caFile = servers.tls?.caFile
  const { shared, entries } = await connectRedis({
    servers,
    ca: caFile === undefined ? undefined : platform.readFile?.(caFile),
    keepsSessions: store === 'redis',
    now: platform.now,
    log,
  })
  return store === 'redis' ? { ...platform, shared, entries } : { ...platform, shared }
}
