import { randomUUID } from 'node:crypto'
import type { RedisServers } from '../../../src/config/sections/session/redis.ts'
import { within } from '../../../src/lib/single-flight.ts'
import type { Log } from '../../../src/observe/log.ts'
import type { SharedEntries, SharedState } from '../../../src/platform.ts'
import { loadRedisClients, type RedisClient } from './client.ts'
import { createRedisEntries } from './entries.ts'
import { createRedisHealth } from './health.ts'
import { createRedisLink, type RedisLink } from './link.ts'
import { listenTo } from './listening.ts'
import { createRedisNews, type RedisLimits } from './news.ts'

/** State and entries that processes share through Redis. */
export interface RedisParts {
  readonly shared: SharedState
  readonly entries: SharedEntries
  /** Closes the connections. */
  close(): void
}

export interface RedisDeps {
  readonly servers: RedisServers
  /** Text of `redis-ca-path`. */
  readonly ca?: string | undefined
  /** True when sessions are kept in Redis, and not only what processes tell each other. */
  readonly keepsSessions?: boolean
  readonly now: () => number
  readonly log: Pick<Log, 'line'>
  /** Longest time that one command about what processes tell each other may take, in ms. */
  readonly timeoutMs?: number
  readonly limits?: RedisLimits
}

const PREFIX = 'sidegate:'
const CHANNEL = `${PREFIX}denied`

const LIMITS: RedisLimits = { lines: 50_000, unsent: 1000 }

/** Longest wait for the first connection at start, after which the program goes on without. */
const FIRST_CONNECTION_MS = 1000

/** Longest time that a connection is not used, unless `redis-connection-idle-timeout` is shorter than twice as much. */
const USED_EVERY_MS = 10_000

/** Releases a claim of its holder only: it may have run out and belong to another process by now. */
const RELEASE = 'if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0'

/**
 * Connects to Redis, with a library that is loaded only here. No call throws or waits long: when Redis is down, this process
 * says so once, tells what it has to tell later, and reads what it missed.
 */
export async function connectRedis(deps: RedisDeps): Promise<RedisParts> {
  const { servers, now, log, keepsSessions = false, timeoutMs = 250, limits = LIMITS } = deps
  const clients = await loadRedisClients(servers, deps.ca)
  const client = clients.createMain()
  const health = createRedisHealth({ log, now, keepsSessions })
  const link = createRedisLink({ client, health })
  const news = createRedisNews({ link, channel: CHANNEL, timeoutMs, now, limits })

  let isConnected = false
  client.on('error', (error) => {
    // The end of a connection is no news as long as the next one is made.
    if (!isConnected) health.noteFailure(error)
    isConnected = false
  })
  client.on('ready', () => {
    isConnected = true
    health.noteReady()
    void news.catchUp()
  })
  // A failure comes out of the `error` event too, and the client tries again by itself.
  await within(
    client.connect().catch(() => undefined),
    FIRST_CONNECTION_MS,
  )
  const listening = listenTo({
    channel: CHANNEL,
    create: () => clients.createListening(client),
    onMessage: news.hear,
    onListening: () => void news.replay(),
    onError: health.noteFailure,
  })
  const timer = setInterval(() => use(client, listening.ping), usedEveryMs(servers)).unref()

  return {
    shared: { ...createClaims(link, timeoutMs), announce: news.announce, follow: news.follow },
    entries: createRedisEntries(link, PREFIX, servers.readTimeoutMs),
    close() {
      clearInterval(timer)
      client.disconnect()
      listening.close()
    },
  }
}

/** Values and claims, without which a process goes on as if it were alone. */
function createClaims(
  link: RedisLink,
  timeoutMs: number,
): Pick<SharedState, 'get' | 'set' | 'claim' | 'release'> {
  const me = randomUUID()
  return {
    async get(key) {
      const found = await link.run((client) => client.get(PREFIX + key), { timeoutMs, repeatable: true })
      return found.ok ? (found.value ?? undefined) : undefined
    },
    async set(key, value, ttlMs) {
      await link.run((client) => client.set(PREFIX + key, value, 'PX', ttlMs), { timeoutMs })
    },
    async claim(key, ttlMs) {
      const claimed = await link.run((client) => client.set(PREFIX + key, me, 'PX', ttlMs, 'NX'), {
        timeoutMs,
      })
      // Without Redis every process may: two token requests are better than none.
      return !claimed.ok || claimed.value === 'OK'
    },
    async release(key) {
      await link.run((client) => client.eval(RELEASE, 1, PREFIX + key, me), { timeoutMs })
    },
  }
}

function usedEveryMs({ idleTimeoutMs }: RedisServers): number {
  return idleTimeoutMs === 0 ? USED_EVERY_MS : Math.max(500, Math.min(idleTimeoutMs / 2, USED_EVERY_MS))
}

/** Uses the connections, so that none is closed for being idle, and one that leads nowhere is noticed before a request is. */
function use(client: RedisClient, pingListening: () => void): void {
  if (client.status === 'ready') {
    const nodes = 'nodes' in client ? client.nodes('master') : [client]
    for (const node of nodes) node.ping().catch(() => undefined)
  }
  pingListening()
}
