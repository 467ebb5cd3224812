import type { SessionConfig } from '../../src/config/sections/session.ts'
import type { Log } from '../../src/observe/log.ts'
import type { Platform } from '../../src/platform.ts'

/**
 * Adds the state in Redis to the platform where a URL is configured; Redis is not even loaded for the many that have
 * none.
 */
export async function withSharedState(
  platform: Platform,
  { redisUrl: url, redisLogin: login }: Pick<SessionConfig, 'redisUrl' | 'redisLogin'>,
  log: Log,
): Promise<Platform> {
  if (url === undefined) return platform
  const { createRedisState } = await import('./redis.ts')
  return { ...platform, shared: await createRedisState({ url, login, now: platform.now, log }) }
}
