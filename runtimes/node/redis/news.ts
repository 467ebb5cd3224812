import type { SharedState } from '../../../src/platform.ts'
import { foldDenials } from '../../../src/session/denial.ts'
import type { RedisClient } from './client.ts'
import type { RedisLink } from './link.ts'

/** Limits on the denials that Redis keeps, and on those that wait for it to come back. */
export interface RedisLimits {
  readonly lines: number
  readonly unsent: number
}

/** Lines that processes tell each other, and keep for those that start later. */
export interface RedisNews extends Pick<SharedState, 'announce' | 'follow'> {
  /** Reads a message of another process. */
  hear(message: string): void
  /** Sends the followers everything that still counts. */
  replay(): Promise<void>
  /** Catches up after a pause: sends what could not be sent or may have been lost, and reads what was missed. */
  catchUp(): Promise<void>
}

export interface RedisNewsDeps {
  readonly link: RedisLink
  /** Name of the channel, and of the sorted set with the lines. */
  readonly channel: string
  readonly timeoutMs: number
  readonly now: () => number
  readonly limits: RedisLimits
}

/** Time for which a line that was sent is sent again after a pause: the master that took it may be lost with it. */
const RECENT_MS = 60_000

/** Creates the news: lines in a sorted set, by the time until which they count, and published as they come. */
export function createRedisNews({ link, channel, timeoutMs, now, limits }: RedisNewsDeps): RedisNews {
  const listeners: ((line: string, untilMs: number) => void)[] = []
  const unsent = new Map<string, number>()
  const recent = new Map<string, { readonly untilMs: number; readonly sentAtMs: number }>()

  const tell = (line: string, untilMs: number): void => {
    for (const listener of listeners) listener(line, untilMs)
  }

  const run = <Value>(command: (client: RedisClient) => Promise<Value>) =>
    link.run(command, { timeoutMs, repeatable: true })

  async function put(line: string, untilMs: number): Promise<boolean> {
    const kept = await run((client) => client.zadd(channel, untilMs, line))
    if (!kept.ok) return false
    return (await run((client) => client.publish(channel, JSON.stringify([line, untilMs])))).ok
  }

  async function send(line: string, untilMs: number): Promise<boolean> {
    await run((client) => client.zremrangebyscore(channel, '-inf', now()))
    // What has to make room is denied by one line that means more, which is there before it goes.
    const oldest = await run((client) => client.zrange(channel, 0, String(-limits.lines - 1)))
    if (!oldest.ok) return false
    if (oldest.value.length > 0) {
      if (!(await put(foldDenials(oldest.value, now()), untilMs))) return false
      await run((client) => client.zrem(channel, ...oldest.value))
    }
    if (!(await put(line, untilMs))) return false
    noteSent(line, untilMs)
    return true
  }

  function noteSent(line: string, untilMs: number): void {
    recent.delete(line)
    recent.set(line, { untilMs, sentAtMs: now() })
    for (const [oldest, { sentAtMs }] of recent) {
      if (recent.size <= limits.unsent && now() - sentAtMs < RECENT_MS) break
      recent.delete(oldest)
    }
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
    const found = await run((client) => client.zrangebyscore(channel, now(), '+inf', 'WITHSCORES'))
    const lines = found.ok ? found.value : []
    for (let at = 0; at + 1 < lines.length; at += 2) tell(lines[at] ?? '', Number(lines[at + 1]))
  }

  return {
    replay,
    hear(message) {
      const parsed = parseMessage(message)
      if (parsed !== undefined) tell(...parsed)
    },
    async catchUp() {
      for (const [line, { untilMs }] of [...recent]) if (untilMs > now()) await put(line, untilMs)
      for (const [line, untilMs] of [...unsent]) if (await send(line, untilMs)) unsent.delete(line)
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

function parseMessage(message: string): [line: string, untilMs: number] | undefined {
  try {
    const [line, untilMs]: unknown[] = JSON.parse(message)
    return typeof line === 'string' && typeof untilMs === 'number' ? [line, untilMs] : undefined
  } catch {
    return undefined
  }
}
