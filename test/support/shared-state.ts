import type { SharedState } from '../../src/platform.ts'

/** What several processes of a test share, in place of Redis, with a clock that the test moves. */
export interface FakeSharedState extends SharedState {
  /** Everything that lies there, for tests that look for what must not. */
  dump(): string
}

/** Builds shared state that forgets on time, as Redis does. */
export function createFakeSharedState(now: () => number): FakeSharedState {
  const values = new Map<string, { readonly value: string; readonly untilMs: number }>()
  const lines: { readonly line: string; readonly untilMs: number }[] = []
  const listeners: ((line: string, untilMs: number) => void)[] = []
  const read = (key: string): string | undefined => {
    const found = values.get(key)
    return found !== undefined && found.untilMs > now() ? found.value : undefined
  }
  return {
    get: async (key) => read(key),
    async set(key, value, ttlMs) {
      values.set(key, { value, untilMs: now() + ttlMs })
    },
    async claim(key, ttlMs) {
      if (read(key) !== undefined) return false
      values.set(key, { value: '1', untilMs: now() + ttlMs })
      return true
    },
    async release(key) {
      values.delete(key)
    },
    async announce(line, untilMs) {
      lines.push({ line, untilMs })
      for (const listener of listeners) listener(line, untilMs)
    },
    follow(listener) {
      listeners.push(listener)
      for (const { line, untilMs } of lines) listener(line, untilMs)
    },
    dump: () => JSON.stringify([...values]),
  }
}
