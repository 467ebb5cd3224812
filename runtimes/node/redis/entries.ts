import type { SharedEntries } from '../../../src/platform.ts'
import { problem } from '../../../src/problems.ts'
import { failed, ok, type Result } from '../../../src/result.ts'
import type { RedisClient } from './client.ts'
import type { RedisLink } from './link.ts'

/** Longest time that one command about a session may take, unless `read_timeout` says otherwise. */
const TIMEOUT_MS = 1000

/** Replaces a value that still begins as it was read. One key, so that it runs in a cluster too. */
const REPLACE = `if redis.call("getrange", KEYS[1], 0, #ARGV[1] - 1) ~= ARGV[1] then return 0 end
redis.call("set", KEYS[1], ARGV[2], "PX", ARGV[3]) return 1`

/** Creates the entries that processes share in Redis, one key each. */
export function createRedisEntries(link: RedisLink, prefix: string, timeoutMs = TIMEOUT_MS): SharedEntries {
  async function run<Value, Kept>(
    command: (client: RedisClient) => Promise<Value>,
    keep: (value: Value) => Kept,
  ): Promise<Result<Kept>> {
    const answer = await link.run(command, { timeoutMs, repeatable: true })
    if (answer.ok) return ok(keep(answer.value))
    return failed(problem('session_store_unavailable', { why: answer.problem.message }))
  }
  const nothing = (): undefined => undefined

  return {
    get: (key) =>
      run(
        (client) => client.getBuffer(prefix + key),
        (value) => value ?? undefined,
      ),
    create: (key, { value, ttlMs }) =>
      run((client) => client.set(prefix + key, toBuffer(value), 'PX', Math.ceil(ttlMs)), nothing),
    replace: (key, { value, ttlMs, beginning }) =>
      run(
        (client) =>
          client.eval(REPLACE, 1, prefix + key, toBuffer(beginning), toBuffer(value), Math.ceil(ttlMs)),
        (replaced) => replaced === 1,
      ),
    delete: (key) => run((client) => client.del(prefix + key), nothing),
    check: () => run((client) => client.ping(), nothing),
  }
}

function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
