import { describe, expect, it, vi } from 'vitest'
import { createComparisonQueue, type Turn } from '../../../../src/signin/local/comparison-queue.ts'

/** A queue whose comparisons the test ends one by one; `started` names them in the order in which they ran. */
function aQueue() {
  let nowMs = 0
  const queue = createComparisonQueue(() => nowMs)
  const started: string[] = []
  const endings = new Map<string, { resolve(value: string): void; reject(error: Error): void }>()
  return {
    queue,
    started,
    add(name: string, turn: Partial<Turn> & Pick<Turn, 'client'>): Promise<string> | undefined {
      return queue.run({ known: false, slow: false, ...turn }, () => {
        started.push(name)
        return new Promise<string>((resolve, reject) => endings.set(name, { resolve, reject }))
      })
    },
    async end(name: string, tookMs = 0) {
      nowMs += tookMs
      endings.get(name)?.resolve(name)
      await flush()
    },
    async fail(name: string) {
      endings.get(name)?.reject(new Error(name))
      await flush()
    },
  }
}

async function flush(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
}

describe('the queue of comparisons', () => {
  it('two comparisons run at a time, in the order in which they came', async () => {
    const { add, end, started } = aQueue()
    const answers = ['a', 'b', 'c', 'd'].map((client) => add(client, { client }))
    expect(started).toEqual(['a', 'b'])
    await end('b')
    expect(started).toEqual(['a', 'b', 'c'])
    await end('a')
    await end('c')
    await end('d')
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('a client with nothing under way goes before one that has, so that others get their turn', async () => {
    const { add, end, started } = aQueue()
    for (const name of ['x1', 'x2', 'x3', 'x4']) void add(name, { client: 'x' })
    void add('y', { client: 'y' })
    expect(started).toEqual(['x1', 'x2'])
    await end('x1')
    expect(started).toEqual(['x1', 'x2', 'y'])
    await end('x2')
    expect(started).toEqual(['x1', 'x2', 'y', 'x3'])
    await end('y')
    expect(started).toEqual(['x1', 'x2', 'y', 'x3', 'x4'])
  })

  it('known clients go first', async () => {
    const { add, end, started } = aQueue()
    for (const client of ['a', 'b', 'c']) void add(client, { client })
    void add('known', { client: 'a', known: true })
    await end('b')
    expect(started).toEqual(['a', 'b', 'known'])
  })

  it('the queue has room for twelve of one stranger, for twenty-four strangers, and for some more who are known [DS-64]', async () => {
    const { add } = aQueue()
    const admitted = (count: number, turn: (at: number) => Partial<Turn> & Pick<Turn, 'client'>): number =>
      Array.from({ length: count }, (_, at) => add('w', turn(at))).filter((answer) => answer !== undefined)
        .length
    expect(admitted(40, () => ({ client: 'x' }))).toBe(2 + 12)
    expect(admitted(40, (at) => ({ client: `y${at}` }))).toBe(12)
    expect(admitted(40, () => ({ client: 'x', known: true }))).toBe(8)
  })

  it('the queue goes on after a comparison that failed, and passes the failure on', async () => {
    const { add, fail, started } = aQueue()
    const first = add('a', { client: 'a' })
    const failure = expect(first).rejects.toThrow('a')
    void add('b', { client: 'b' })
    void add('c', { client: 'c' })
    await fail('a')
    await failure
    expect(started).toEqual(['a', 'b', 'c'])
  })

  it('a slow client runs one comparison at a time and rests after each, others do not', async () => {
    vi.useFakeTimers()
    const { add, end, started } = aQueue()
    for (const name of ['x1', 'x2', 'x3']) void add(name, { client: 'x', slow: true })
    expect(started).toEqual(['x1'])
    void add('y', { client: 'y' })
    expect(started).toEqual(['x1', 'y'])
    await end('x1', 250)
    await end('y')
    void add('known', { client: 'x', known: true })
    expect(started).toEqual(['x1', 'y', 'known'])
    await end('known')
    await vi.advanceTimersByTimeAsync(999)
    expect(started).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(1)
    expect(started).toEqual(['x1', 'y', 'known', 'x2'])
    await end('x2')
    await vi.advanceTimersByTimeAsync(100)
    expect(started).toEqual(['x1', 'y', 'known', 'x2', 'x3'])
    vi.useRealTimers()
  })

  it('the queue says when another try makes sense, from how long one takes and how many there are', async () => {
    const { add, end, queue } = aQueue()
    expect(queue.retryAfterMs()).toBe(1_000)
    for (let at = 0; at < 9; at += 1) void add(`${at}`, { client: `${at}` })
    await end('0', 2_000)
    expect(queue.retryAfterMs()).toBe(8_000)
  })
})
