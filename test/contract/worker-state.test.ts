import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ask } from '../support/wire.ts'
import { type RunningWorker, startWorker } from '../support/workerd.ts'

/** Calls one method of the Durable Object; the path names the object, so that tests do not meet. */
const DRIVER = `
export { SidegateState } from './worker.js'
export default {
  async fetch(request, env) {
    const { method, args } = await request.json()
    const object = env.SIDEGATE_STATE.get(env.SIDEGATE_STATE.idFromName(new URL(request.url).pathname))
    return Response.json([await object[method](...args)])
  },
}`

let worker: RunningWorker
let object = 0

beforeAll(async () => {
  worker = await startWorker({ variables: {}, relay: true, driver: DRIVER })
})
afterAll(() => worker.stop())
beforeEach(() => {
  object += 1
})

async function call(method: string, ...args: readonly unknown[]): Promise<unknown> {
  const body = JSON.stringify({ method, args })
  const answer = await ask(worker.urls[0] ?? '', { method: 'POST', target: `/${object}`, body })
  return JSON.parse(answer.text)[0]
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

describe('the Durable Object that isolates share', () => {
  it('the Durable Object gives a value back until it is over', async () => {
    await call('write', 'k', 'first', 60_000)
    await call('write', 'k', 'second', 200)
    expect(await call('read', 'k')).toBe('second')
    await sleep(250)
    expect(await call('read', 'k')).toBeNull()
  })

  it('the Durable Object lets one of many take a key, and another one when it is given up or over', async () => {
    const claims = await Promise.all(Array.from({ length: 10 }, () => call('claim', 'k', 60_000)))
    expect(claims.filter(Boolean)).toEqual([true])
    await call('release', 'k')
    expect(await call('claim', 'k', 200)).toBe(true)
    expect(await call('claim', 'k', 200)).toBe(false)
    await sleep(250)
    expect(await call('claim', 'k', 200)).toBe(true)
  })

  it('the Durable Object repeats announcements in their order to those who have not heard them', async () => {
    const untilMs = Date.now() + 60_000
    for (const line of ['a', 'b', 'c']) await call('announce', line, untilMs)
    await call('announce', 'over', Date.now() - 1)
    expect(await call('since', 0)).toEqual([
      { id: 1, line: 'a', untilMs },
      { id: 2, line: 'b', untilMs },
      { id: 3, line: 'c', untilMs },
    ])
    expect(await call('since', 2)).toEqual([{ id: 3, line: 'c', untilMs }])
  })

  it('the Durable Object forgets what is over and nothing else', async () => {
    await call('write', 'short', 'x', 100)
    await call('write', 'long', 'x', 60_000)
    await call('announce', 'over', Date.now() - 1)
    await call('announce', 'standing', Date.now() + 60_000)
    await sleep(150)
    expect(await call('sweep')).toBe(2)
    expect([await call('read', 'long'), await call('since', 0)]).toMatchObject(['x', [{ line: 'standing' }]])
  })
})
