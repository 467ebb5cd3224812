import { failed, ok, type Result } from '../../../src/result.ts'
import type { RedisClient } from './client.ts'
import type { RedisHealth } from './health.ts'

/** Runs commands at Redis: none takes longer than its time, none throws, and no more than so many wait. */
export interface RedisLink {
  /** The value of a command; the failure is an error without any value in it. */
  run<Value>(
    command: (client: RedisClient) => Promise<Value>,
    timeoutMs: number,
  ): Promise<Result<Value, Error>>
}

export interface RedisLinkDeps {
  readonly client: RedisClient
  readonly health: RedisHealth
  /** Most commands that are under way; those over it fail at once. */
  readonly maxPending?: number
}

/** Commands under way, each with an answer to come: what a silent Redis can cost is bounded by it. */
const MAX_PENDING = 2048

/** Creates the link. While Redis is known to be down, commands fail at once; while it is connecting, they wait for it. */
export function createRedisLink({ client, health, maxPending = MAX_PENDING }: RedisLinkDeps): RedisLink {
  let pending = 0
  const waiting = new Set<() => void>()
  client.on('ready', () => {
    for (const goOn of waiting) goOn()
    waiting.clear()
  })

  /** True once there is a connection, false when there is none within so many milliseconds. */
  function becomesReady(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const goOn = (): void => {
        clearTimeout(timer)
        resolve(true)
      }
      const timer = setTimeout(() => {
        waiting.delete(goOn)
        resolve(false)
      }, timeoutMs)
      waiting.add(goOn)
    })
  }

  async function connected(timeoutMs: number): Promise<boolean> {
    if (client.status === 'ready') return true
    if (health.isDown() || waiting.size >= maxPending) return false
    if (await becomesReady(timeoutMs)) return true
    health.noteFailure(new Error(`no connection within ${timeoutMs} ms`))
    return false
  }

  return {
    async run(command, timeoutMs) {
      if (client.status !== 'ready' && !(await connected(timeoutMs)))
        return failed(new Error('there is no connection to Redis'))
      if (pending >= maxPending) return failed(new Error('too many commands wait for Redis'))
      pending += 1
      const answer = command(client)
      const done = (): void => {
        pending -= 1
      }
      // Counted until Redis has answered or the connection is gone, since so long the library keeps it.
      answer.then(done, done)
      try {
        const value = await withDeadline(answer, timeoutMs)
        health.noteAnswer()
        return ok(value)
      } catch (error) {
        health.noteFailure(error)
        return failed(error instanceof Error ? error : new Error(String(error)))
      }
    },
  }
}

function withDeadline<Value>(promise: Promise<Value>, timeoutMs: number): Promise<Value> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`no answer within ${timeoutMs} ms`))
    // After a pause of this process the answer may be here already, behind the timer.
    const timer = setTimeout(() => setImmediate(late), timeoutMs)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
