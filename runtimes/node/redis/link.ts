import { failed, ok, type Result } from '../../../src/result.ts'
import type { RedisClient } from './client.ts'
import type { RedisHealth } from './health.ts'

/** Limits of one command. */
export interface RedisCommandLimits {
  readonly timeoutMs: number
  /** True for a command that may be done twice, so that one whose answer was lost with its connection is sent again. */
  readonly repeatable?: boolean
}

/** Runs commands at Redis: none takes longer than its time, none throws, and no more than so many wait. */
export interface RedisLink {
  /** The value of a command; the failure is an error without any value in it. */
  run<Value>(
    command: (client: RedisClient) => Promise<Value>,
    limits: RedisCommandLimits,
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

  async function attempt<Value>(
    command: (client: RedisClient) => Promise<Value>,
    timeoutMs: number,
  ): Promise<Result<Value, Error>> {
    if (client.status !== 'ready' && !(await connected(timeoutMs))) return failed(new Error(NO_CONNECTION))
    if (pending >= maxPending) return failed(new Error('too many commands wait for Redis'))
    pending += 1
    const answer = command(client)
    const done = (): void => {
      pending -= 1
    }
    // Counted until Redis has answered or the connection is gone, since so long the library keeps it.
    answer.then(done, done)
    try {
      return ok(await withDeadline(answer, timeoutMs))
    } catch (error) {
      return failed(error instanceof Error ? error : new Error(String(error)))
    }
  }

  return {
    async run(command, { timeoutMs, repeatable = false }) {
      const first = await attempt(command, timeoutMs)
      const isLost = !first.ok && isAboutLostConnection(first.problem, repeatable) && !health.isDown()
      // The server closed the connection, and the library has not noticed yet or is about to make another one.
      const answer = isLost && (await becomesReady(timeoutMs)) ? await attempt(command, timeoutMs) : first
      if (answer.ok) health.noteAnswer()
      else if (answer.problem.message !== NO_CONNECTION) health.noteFailure(answer.problem)
      return answer
    },
  }
}

const NO_CONNECTION = 'there is no connection to Redis'

/** True for a command that was not sent, or may have been: the library's messages are the only way to tell. */
function isAboutLostConnection({ message, name }: Error, repeatable: boolean): boolean {
  if (message.startsWith("Stream isn't writeable")) return true
  return repeatable && (name === 'MaxRetriesPerRequestError' || message.startsWith('Connection is closed'))
}

function withDeadline<Value>(promise: Promise<Value>, timeoutMs: number): Promise<Value> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`no answer within ${timeoutMs} ms`))
    // After a pause of this process the answer may be here already, behind the timer.
    const timer = setTimeout(() => setImmediate(late), timeoutMs)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
