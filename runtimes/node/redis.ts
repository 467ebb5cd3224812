import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { within } from '../../src/lib/single-flight.ts'
import type { Log } from '../../src/observe/log.ts'
import type { SharedState } from '../../src/platform.ts'
import { foldDenials } from '../../src/session/denial.ts'

/** State that processes share through Redis. */
export interface RedisState extends SharedState {
  /** Closes the connections. */
  close(): void
}

export interface RedisDeps {
  /** `redis://`, `rediss://` or `unix://`. */
  readonly url: string
  /** Wins over what stands in the address; empty texts are not given. */
  readonly login?: { readonly username: string; readonly password: string }
  readonly now: () => number
  readonly log: Pick<Log, 'line'>
  /** Longest time that one command may take, in ms. */
  readonly timeoutMs?: number
  readonly limits?: RedisLimits
}

/** Limits on the denials that Redis keeps, and on those that wait for it to come back. */
export interface RedisLimits {
  readonly lines: number
  readonly unsent: number
}

const PREFIX = 'sidegate:'
const CHANNEL = `${PREFIX}denied`

const LIMITS: RedisLimits = { lines: 50_000, unsent: 1000 }

/** Longest wait for the first connection at start, after which the program goes on without. */
const FIRST_CONNECTION_MS = 1000

/** Releases a claim of its holder only: it may have run out and belong to another process by now. */
const RELEASE = 'if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0'

/**
 * Connects to Redis, with a library that is loaded only here. No call throws or waits longer than
 * `timeoutMs`: when Redis is down this process goes on alone, says so once, tells what it has to tell later,
 * and reads what it missed.
 */
export async function createRedisState(deps: RedisDeps): Promise<RedisState> {
  const client = await createClient(deps)
  // A connection that listens cannot do anything else.
  const subscriber = client.duplicate()
  const health = createHealth(deps.log)
  const { attempt } = health
  const news = createNews({ client, attempt, now: deps.now, limits: deps.limits ?? LIMITS })
  const me = randomUUID()

  client.on('error', health.noteDown)
  client.on('ready', () => {
    health.noteUp()
    void news.catchUp()
  })
  subscriber.on('error', health.noteDown)
  subscriber.on('ready', () => void attempt(() => subscriber.subscribe(CHANNEL), undefined).then(news.replay))
  subscriber.on('message', (_, message) => news.hear(message))
  await connect([client, subscriber])

  return {
    get: async (key) => (await attempt(() => client.get(PREFIX + key), null)) ?? undefined,
    async set(key, value, ttlMs) {
      await attempt(() => client.set(PREFIX + key, value, 'PX', ttlMs), null)
    },
    // Without Redis every process may: two token requests are better than none.
    claim: (key, ttlMs) =>
      attempt(async () => (await client.set(PREFIX + key, me, 'PX', ttlMs, 'NX')) === 'OK', true),
    async release(key) {
      await attempt(() => client.eval(RELEASE, 1, PREFIX + key, me), null)
    },
    announce: news.announce,
    follow: news.follow,
    close() {
      client.disconnect()
      subscriber.disconnect()
    },
  }
}

/** Runs a command; `otherwise` is the result when Redis does not answer. */
type Attempt = <Value>(command: () => Promise<Value>, otherwise: Value) => Promise<Value>

interface Health {
  readonly attempt: Attempt
  noteDown(error: unknown): void
  noteUp(): void
}

/** Logs once that Redis is gone, and once that it is back. */
function createHealth(log: RedisDeps['log']): Health {
  let isDown = false
  function noteDown(error: unknown): void {
    if (isDown) return
    isDown = true
    const why = error instanceof Error ? error.message : 'unknown'
    log.line('warn', 'Redis does not answer: refreshes and sign-outs are not shared until it is back', {
      why,
    })
  }
  return {
    noteDown,
    noteUp() {
      if (isDown) log.line('info', 'Redis answers again')
      isDown = false
    },
    async attempt(command, otherwise) {
      try {
        return await command()
      } catch (error) {
        noteDown(error)
        return otherwise
      }
    },
  }
}

interface News extends Pick<SharedState, 'announce' | 'follow'> {
  /** Reads a message of another process. */
  hear(message: string): void
  /** Sends the followers everything that still counts. */
  replay(): Promise<void>
  /** Catches up after a pause: sends what could not be sent, and reads what was missed. */
  catchUp(): Promise<void>
}

interface AnnouncementDeps {
  readonly client: Redis
  readonly attempt: Attempt
  readonly now: () => number
  readonly limits: RedisLimits
}

/** Lines in a sorted set, by the time until which they count, and published as they come. */
function createNews({ client, attempt, now, limits }: AnnouncementDeps): News {
  const listeners: ((line: string, untilMs: number) => void)[] = []
  const unsent = new Map<string, number>()

  const tell = (line: string, untilMs: number): void => {
    for (const listener of listeners) listener(line, untilMs)
  }

  const put = async (line: string, untilMs: number): Promise<void> => {
    await client.zadd(CHANNEL, untilMs, line)
    await client.publish(CHANNEL, JSON.stringify([line, untilMs]))
  }

  function send(line: string, untilMs: number): Promise<boolean> {
    return attempt(async () => {
      await client.zremrangebyscore(CHANNEL, '-inf', now())
      // What has to make room is denied by one line that means more, which is there before it goes.
      const oldest = await client.zrange(CHANNEL, 0, String(-limits.lines - 1))
      if (oldest.length > 0) {
        await put(foldDenials(oldest, now()), untilMs)
        await client.zrem(CHANNEL, ...oldest)
      }
      await put(line, untilMs)
      return true
    }, false)
  }

  /** Keeps a line until Redis is back; what has to make room for it becomes part of one that means more. */
  function keepUnsent(line: string, untilMs: number): void {
    unsent.set(line, untilMs)
    if (unsent.size <= limits.unsent) return
    // Many at once, or each further one would be folded with the line before.
    const oldest = [...unsent.keys()].slice(0, Math.ceil(limits.unsent / 10))
    for (const one of oldest) unsent.delete(one)
    unsent.set(foldDenials(oldest, now()), untilMs)
  }

  async function replay(): Promise<void> {
    const found = await attempt(() => client.zrangebyscore(CHANNEL, now(), '+inf', 'WITHSCORES'), [])
    for (let at = 0; at + 1 < found.length; at += 2) tell(found[at] ?? '', Number(found[at + 1]))
  }

  return {
    replay,
    hear(message) {
      const parsed = parseMessage(message)
      if (parsed !== undefined) tell(...parsed)
    },
    async catchUp() {
      for (const [line, untilMs] of unsent) if (await send(line, untilMs)) unsent.delete(line)
      await replay()
    },
    async announce(line, untilMs) {
      if (!(await send(line, untilMs))) keepUnsent(line, untilMs)
    },
    follow(listener) {
      listeners.push(listener)
      void replay()
    },
  }
}

async function createClient({ url, login, timeoutMs = 250 }: RedisDeps): Promise<Redis> {
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
  const { username, password } = login ?? { username: '', password: '' }
  const address = new URL(url)
  if (address.protocol === 'unix:') {
    const given = { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) }
    return new Redis({ ...options, ...given, path: address.pathname })
  }
  // The library lets the address win over options, and decodes what stands in it.
  if (username !== '') address.username = encodeURIComponent(username)
  if (password !== '') address.password = encodeURIComponent(password)
  return new Redis(address.href, options)
}

async function connect(clients: readonly Redis[]): Promise<void> {
  // A failure comes out of the `error` event too, and the client tries again by itself.
  const connecting = clients.map((client) => client.connect().catch(() => undefined))
  await within(Promise.all(connecting), FIRST_CONNECTION_MS)
}

function parseMessage(message: string): [line: string, untilMs: number] | undefined {
  try {
    const [line, untilMs]: unknown[] = JSON.parse(message)
    return typeof line === 'string' && typeof untilMs === 'number' ? [line, untilMs] : undefined
  } catch {
    return undefined
  }
}
