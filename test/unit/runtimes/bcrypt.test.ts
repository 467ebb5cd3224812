import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { defineBcryptThread } from '../../../deploy/build/bcrypt-thread.ts'
import { createBcrypt } from '../../../runtimes/node/bcrypt.ts'

const RIGHT = hashSync('correct horse', 4)
const OTHER = hashSync('other', 4)
/** About two seconds of work. */
const SLOW = RIGHT.replace('$04$', '$14$')

/** Niceness of each thread of this process, by its id (proc(5), field 19 of stat). */
function niceness(): ReadonlyMap<string, number> {
  const entries = readdirSync('/proc/self/task').map((thread): [string, number] => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
    return [thread, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])]
  })
  return new Map(entries)
}

describe('the text of the bcrypt thread in a bundle', () => {
  it('the thread that is built into the program needs nothing but the runtime', async () => {
    const { SIDEGATE_BCRYPT_THREAD } = await defineBcryptThread()
    const worker = new Worker(JSON.parse(SIDEGATE_BCRYPT_THREAD ?? ''), { eval: true })
    worker.postMessage({ password: 'correct horse', hashes: [RIGHT, OTHER] })
    expect(await once(worker, 'message')).toEqual([[true, false]])
    await worker.terminate()
  })
})

describe('bcrypt on threads', () => {
  it('bcrypt answers for each hash in order', async () => {
    const bcrypt = createBcrypt()
    expect(await bcrypt('correct horse', [RIGHT, OTHER, RIGHT])).toEqual([true, false, true])
    expect(await bcrypt('other', [RIGHT, OTHER])).toEqual([false, true])
    expect(await bcrypt('x', [])).toEqual([])
  })

  it('bcrypt gives each of many callers their own answer', async () => {
    const bcrypt = createBcrypt()
    const asked = Array.from({ length: 20 }, (_, at) => bcrypt(at % 3 === 0 ? 'correct horse' : 'x', [RIGHT]))
    expect(await Promise.all(asked)).toEqual(asked.map((_, at) => [at % 3 === 0]))
  })

  it('bcrypt leaves the serving thread free while it works', async () => {
    const bcrypt = createBcrypt()
    await bcrypt('x', [RIGHT])
    const events: string[] = []
    const working = bcrypt('x', [SLOW]).then(() => events.push('compared'))
    for (let turn = 0; turn < 20; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      events.push('served')
    }
    await working
    expect(events).toEqual([...Array(20).fill('served'), 'compared'])
  })

  it('a bcrypt thread takes what serving leaves of a processor, and does not slow the process itself down', async () => {
    const before = niceness()
    await createBcrypt()('x', [RIGHT])
    const after = niceness()
    const started = [...after].filter(([thread]) => !before.has(thread)).map(([, nice]) => nice)
    expect(started).toContain(10)
    expect(after.get(String(process.pid))).toBe(before.get(String(process.pid)))
  })

  it('bcrypt fails the comparisons of a hash that it cannot read, and works on', async () => {
    const bcrypt = createBcrypt()
    await expect(bcrypt('x', [RIGHT.replace('$04$', '$99$')])).rejects.toThrow(/rounds/u)
    expect(await bcrypt('correct horse', [RIGHT])).toEqual([true])
  })
})
