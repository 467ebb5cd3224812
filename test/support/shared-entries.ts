import type { SharedEntries } from '../../src/platform.ts'
import { problem } from '../../src/problems.ts'
import { failed, ok, type Result } from '../../src/result.ts'

/** What several processes of a test keep sessions in, in place of Redis, with a clock that the test moves. */
export interface FakeSharedEntries extends SharedEntries {
  /** Everything that lies there, by key. */
  readonly values: Map<string, { value: Uint8Array; untilMs: number }>
  /** Answers nothing while this is true. */
  silent: boolean
  /** Commands by name, in the order in which they came. */
  readonly commands: string[]
}

/** Creates entries that are forgotten on time, as in Redis. */
export function createFakeSharedEntries(now: () => number): FakeSharedEntries {
  const values: FakeSharedEntries['values'] = new Map()
  const find = (key: string): Uint8Array | undefined => {
    const found = values.get(key)
    return found !== undefined && found.untilMs > now() ? found.value : undefined
  }
  async function run<Value>(name: string, work: () => Value): Promise<Result<Value>> {
    entries.commands.push(name)
    return entries.silent ? failed(problem('session_store_unavailable')) : ok(work())
  }
  const put = (key: string, value: Uint8Array, ttlMs: number): void => {
    values.set(key, { value: Uint8Array.from(value), untilMs: now() + ttlMs })
  }
  const entries: FakeSharedEntries = {
    values,
    silent: false,
    commands: [],
    get: (key) => run('get', () => find(key)),
    create: (key, { value, ttlMs }) => run('create', () => put(key, value, ttlMs) as undefined),
    replace: (key, { value, ttlMs, beginning }) =>
      run('replace', () => {
        const found = find(key)
        const isSame = found !== undefined && beginning.every((byte, at) => found[at] === byte)
        if (isSame) put(key, value, ttlMs)
        return isSame
      }),
    delete: (key) => run('delete', () => void values.delete(key) as undefined),
    check: () => run('check', () => undefined),
  }
  return entries
}
