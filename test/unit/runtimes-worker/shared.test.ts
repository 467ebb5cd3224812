import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createIsolateState } from '../../../runtimes/worker/shared.ts'
import { type Announcement, PAGE, type SharedMethods } from '../../../runtimes/worker/shared-methods.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

const silent = () => new Promise<never>(() => {})

/** A Durable Object in memory, with a count of how often it was listened to. */
function anObject(overrides: Partial<SharedMethods> = {}) {
  const announcements: Announcement[] = []
  const heard: number[] = []
  const object: SharedMethods = {
    read: async () => 'value',
    write: async () => {},
    claim: async () => false,
    release: async () => {},
    announce: async (line, untilMs) =>
      void announcements.push({ id: announcements.length + 1, line, untilMs }),
    since: async (id) => {
      heard.push(id)
      return announcements.filter((one) => one.id > id).slice(0, PAGE)
    },
    ...overrides,
  }
  const failures: unknown[] = []
  const state = createIsolateState({
    object: () => object,
    now: Date.now,
    onFailure: (error) => failures.push(error),
  })
  const lines: string[] = []
  state.follow((line) => lines.push(line))
  return { state, object, heard, failures, lines }
}

describe('state that isolates share', () => {
  it('state that isolates share answers as if this isolate were alone when the object stays silent, within its patience', async () => {
    const { state, failures } = anObject({
      read: silent,
      claim: silent,
      write: silent,
      release: silent,
      announce: silent,
    })
    const answers = Promise.all([
      state.get('k'),
      state.claim('k', 1_000),
      state.set('k', 'v', 1_000),
      state.release('k'),
      state.announce('line', Date.now()),
    ])
    await vi.advanceTimersByTimeAsync(1_500)
    expect(await answers).toEqual([undefined, true, undefined, undefined, undefined])
    expect(failures).toHaveLength(1)
  })

  it('state that isolates share does not throw when the object cannot even be reached, and says so once a minute', async () => {
    const failures: unknown[] = []
    const state = createIsolateState({
      object: () => {
        throw new Error('gone')
      },
      now: Date.now,
      onFailure: (error) => failures.push(error),
    })
    expect(await state.get('k')).toBeUndefined()
    await state.catchUp(() => {})
    expect(failures).toHaveLength(1)
    vi.advanceTimersByTime(61_000)
    await state.get('k')
    expect(failures).toHaveLength(2)
  })
})

describe('announcements of other isolates', () => {
  it('announcements of other isolates are all heard before the first request, page by page and each once', async () => {
    const { state, object, lines, heard } = anObject()
    for (let number = 0; number < PAGE + 1; number += 1)
      await object.announce(`${number}`, Date.now() + 1_000)
    await state.catchUp(() => {})
    expect(lines).toHaveLength(PAGE + 1)
    expect(heard).toEqual([0, PAGE])
  })

  it('announcements of other isolates are heard by every request that finds them missing, also while another one is asking', async () => {
    const answers: (() => void)[] = []
    const since = (): Promise<readonly Announcement[]> =>
      new Promise((resolve) => answers.push(() => resolve([])))
    const { state } = anObject({ since })
    let early = false
    void state.catchUp(() => {})
    void state
      .catchUp(() => {})
      .then(() => {
        early = true
      })
    await vi.advanceTimersByTimeAsync(0)
    expect(early).toBe(false)
    expect(answers).toHaveLength(2)
  })

  it('announcements of other isolates are fetched behind the answer once five seconds have passed, before it after fifteen', async () => {
    const { state, object, heard, lines } = anObject()
    const deferred: Promise<unknown>[] = []
    const waitUntil = (work: Promise<unknown>) => void deferred.push(work)
    await state.catchUp(waitUntil)
    await state.catchUp(waitUntil)
    expect([heard.length, deferred.length]).toEqual([1, 0])
    await object.announce('news', Date.now() + 60_000)
    vi.advanceTimersByTime(6_000)
    await Promise.all([state.catchUp(waitUntil), state.catchUp(waitUntil)])
    expect([heard.length, deferred.length]).toEqual([2, 1])
    await Promise.all(deferred)
    expect(lines).toEqual(['news'])
    await object.announce('more', Date.now() + 60_000)
    vi.advanceTimersByTime(16_000)
    await state.catchUp(waitUntil)
    expect([lines, deferred.length]).toEqual([['news', 'more'], 1])
  })

  it('announcements of other isolates are not waited for by every request while the object is away', async () => {
    const { state } = anObject({ since: silent })
    const first = state.catchUp(() => {})
    await vi.advanceTimersByTimeAsync(1_500)
    await first
    let done = false
    await state
      .catchUp(() => {})
      .then(() => {
        done = true
      })
    expect(done).toBe(true)
  })
})
