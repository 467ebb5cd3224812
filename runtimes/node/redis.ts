import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Log } from '../../src/observe/log.ts'
import type { SharedState } from '../../src/platform.ts'

/** What processes share through Redis. */
export interface RedisState extends SharedState {
  /** Lets go of the connections. */
  close(): void
}

/** What it takes to reach Redis. */
export interface RedisParts {
  /** `redis://`, `rediss://` or `unix://`. */
  readonly url: string
  readonly now: () => number
  readonly log: Pick<Log, 'line'>
  /** Longest time that one command may take, in ms. */
  readonly timeoutMs?: number
}

const PREFIX = 'sidegate:'
const CHANNEL = `${PREFIX}denied`

/** Most lines that wait for Redis to come back, and most that are kept there. */
const MAX_UNSENT = 1000
const MAX_LINES = 50_000

/** At start, how long we wait for the first connection before we go on without. */
const FIRST_CONNECTION_MS = 1000

/** Only whoever holds a claim may give it back: it may have run out and be somebody else's by now. */
const RELEASE = 'if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0'

/**
 * Connects to Redis, with a library that is loaded only here. No call throws or waits longer than `timeoutMs`: when Redis is down
 * this process goes on alone, says so once, tells what it has to tell later, and reads what it missed.
 */
export async function createRedisState(parts: RedisParts): Promise<RedisState> {
  const { now, log } = parts
  const client = await createClient(parts)
  // A connection that listens cannot do anything else.
  const subscriber = client.duplicate()
  const me = randomUUID()
  const listeners: ((line: string, untilMs: number) => void)[] = []
  const unsent = new Map<string, number>()
  let isDown = false

  function noteDown(error: unknown): void {
    if (isDown) return
    isDown = true
    const why = error instanceof Error ? error.message : 'unknown'
    log.line('warn', 'Redis does not answer: refreshes and sign-outs are not shared until it is back', {
      why,
    })
  }

  function noteUp(): void {
    if (isDown) log.line('info', 'Redis answers again')
    isDown = false
  }

  async function attempt<Value>(command: () => Promise<Value>, otherwise: Value): Promise<Value> {
    try {
      return await command()
    } catch (error) {
      noteDown(error)
      return otherwise
    }
  }

  const tell = (line: string, untilMs: number) => {
    for (const listener of listeners) listener(line, untilMs)
  }

  async function replay(): Promise<void> {
    const found = await attempt(() => client.zrangebyscore(CHANNEL, now(), '+inf', 'WITHSCORES'), [])
    for (let at = 0; at + 1 < found.length; at += 2) tell(found[at] ?? '', Number(found[at + 1]))
  }

  async function send(line: string, untilMs: number): Promise<boolean> {
    return attempt(async () => {
      await client.zremrangebyscore(CHANNEL, '-inf', now())
      await client.zremrangebyrank(CHANNEL, 0, -MAX_LINES - 1)
      await client.zadd(CHANNEL, untilMs, line)
      await client.publish(CHANNEL, JSON.stringify([line, untilMs]))
      return true
    }, false)
  }

  async function catchUp(): Promise<void> {
    noteUp()
    for (const [line, untilMs] of unsent) if (await send(line, untilMs)) unsent.delete(line)
    await replay()
  }

  client.on('error', noteDown)
  client.on('ready', () => void catchUp())
  subscriber.on('error', noteDown)
  subscriber.on('ready', () => void attempt(() => subscriber.subscribe(CHANNEL), undefined).then(replay))
  subscriber.on('message', (_, message) => {
    const parsed = parseMessage(message)
    if (parsed !== undefined) tell(...parsed)
  })
  await connect([client, subscriber])

  return {
    get: async (key) => (await attempt(() => client.get(PREFIX + key), null)) ?? undefined,
    async set(key, value, ttlMs) {
      await attempt(() => client.set(PREFIX + key, value, 'PX', ttlMs), null)
    },
    // Without Redis everybody may: two token requests are better than none.
    claim: (key, ttlMs) =>
      attempt(async () => (await client.set(PREFIX + key, me, 'PX', ttlMs, 'NX')) === 'OK', true),
    async release(key) {
      await attempt(() => client.eval(RELEASE, 1, PREFIX + key, me), null)
    },
    async announce(line, untilMs) {
      if ((await send(line, untilMs)) || unsent.size >= MAX_UNSENT) return
      unsent.set(line, untilMs)
    },
    follow(listener) {
      listeners.push(listener)
      void replay()
    },
    close() {
      client.disconnect()
      subscriber.disconnect()
    },
  }
}

async function createClient({ url, timeoutMs = 250 }: RedisParts): Promise<Redis> {
  const { Redis } = await import('ioredis')
  const options = {
    lazyConnect: true,
    connectTimeout: 2000,
    commandTimeout: timeoutMs,
    // A command that waits for a connection would hold a request up; a repeated one could act twice.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    retryStrategy: (attempt: number) => Math.min(attempt * 100, 2000),
  }
  return url.startsWith('unix:')
    ? new Redis({ ...options, path: new URL(url).pathname })
    : new Redis(url, options)
}

async function connect(clients: readonly Redis[]): Promise<void> {
  // A failure comes out of the `error` event too, and the client tries again by itself.
  const connected = Promise.all(clients.map((client) => client.connect().catch(() => undefined)))
  const timeout = Promise.withResolvers<void>()
  const timer = setTimeout(timeout.resolve, FIRST_CONNECTION_MS)
  await Promise.race([connected, timeout.promise])
  clearTimeout(timer)
}

function parseMessage(message: string): [line: string, untilMs: number] | undefined {
  try {
    const [line, untilMs]: unknown[] = JSON.parse(message)
    return typeof line === 'string' && typeof untilMs === 'number' ? [line, untilMs] : undefined
  } catch {
    return undefined
  }
}
