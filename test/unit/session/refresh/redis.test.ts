import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { connectRedis, type RedisParts } from '../../../../runtimes/node/redis/redis.ts'
import type { SharedState } from '../../../../src/platform.ts'
import { createDenylist } from '../../../../src/session/denylist.ts'
import { serversAt, startRedis, type TestRedis } from '../../../support/redis.ts'
import { aSession } from '../../../support/session.ts'
import { aWorld, createClock, jarAfter, RotatingProvider } from '../session-fixture.ts'

const HOUR_MS = 3_600_000

let redis: TestRedis
const open: RedisParts[] = []
const lines: string[] = []

beforeAll(async () => {
  redis = await startRedis()
}, 120_000)
afterAll(() => redis.stop())
afterEach(() => {
  for (const state of open.splice(0)) state.close()
  lines.length = 0
})

/** One process's connection. */
async function aState(url = redis.url): Promise<SharedState> {
  const log = { line: (level: string, msg: string) => lines.push(`${level}: ${msg}`) }
  const parts = await connectRedis({ servers: serversAt(url), now: Date.now, log })
  open.push(parts)
  return parts.shared
}

describe('shared state in Redis', () => {
  it('shared state in Redis is the same for two processes, for its time', async () => {
    const [one, two] = [await aState(), await aState()]
    await one.set('a', 'value', 100)
    expect(await two.get('a')).toBe('value')
    expect(await two.get('b')).toBeUndefined()
    await expect.poll(() => two.get('a'), { timeout: 2000 }).toBeUndefined()
  })

  it('shared state in Redis gives a claim to one of many, and back only from its holder', async () => {
    const [one, two] = [await aState(), await aState()]
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, at) => (at % 2 ? one : two).claim('c', 5000)),
    )
    expect(claims.filter(Boolean)).toHaveLength(1)
    const [holder, other] = claims.findIndex(Boolean) % 2 ? [one, two] : [two, one]
    await other.release('c')
    expect(await other.claim('c', 5000)).toBe(false)
    await holder.release('c')
    expect(await other.claim('c', 5000)).toBe(true)
  })

  it('shared state in Redis tells denials to processes that run and to those that start later', async () => {
    const config = { expireMs: HOUR_MS, maxLifetimeMs: 0 }
    const denylist = async () =>
      createDenylist({ log: { line() {} }, now: Date.now, config, shared: await aState() })
    const [here, there] = [await denylist(), await denylist()]
    const alice = aSession({ sid: `sid-${crypto.randomUUID()}`, signedInAtMs: Date.now() })
    await here.deny({ kind: 'sid', issuer: alice.issuer, sid: alice.sid ?? '' })
    await expect.poll(() => there.denies(alice)).toBe(true)
    const late = await denylist()
    await expect.poll(() => late.denies(alice)).toBe(true)
  })

  it('shared state in Redis makes one token request for two processes', async () => {
    const clock = createClock()
    const provider = new RotatingProvider(clock.now)
    provider.delayMs = 100
    const [one, two] = await Promise.all([
      aWorld({ clock, provider, shared: await aState() }),
      aWorld({ clock, provider, shared: await aState() }),
    ])
    const cookies = await one.signIn({ subject: crypto.randomUUID() })
    clock.ms += HOUR_MS
    const visits = Array.from({ length: 20 }, (_, at) => (at % 2 ? one : two).visit(cookies))
    const answers = await Promise.all(visits)
    expect(provider.asked).toBe(1)
    expect(new Set(answers.map((answer) => JSON.stringify(jarAfter(cookies, answer)))).size).toBe(1)
  })
})

describe('a Redis that is not there', () => {
  it('a Redis that is not there at start holds nothing up for long, is mentioned once, and every process is on its own', async () => {
    const started = performance.now()
    const state = await aState('redis://127.0.0.1:1')
    expect(await state.get('a')).toBeUndefined()
    await state.set('a', 'b', 1000)
    expect(await state.claim('a', 1000)).toBe(true)
    expect(await state.claim('a', 1000)).toBe(true)
    await state.release('a')
    expect(performance.now() - started).toBeLessThan(2500)
    expect(lines).toEqual([expect.stringMatching(/^warn: Redis does not answer/u)])
  })

  it('a Redis that comes back is told what happened meanwhile, and tells it on', async () => {
    const own = await startRedis()
    const [one, two] = [await aState(own.url), await aState(own.url)]
    const heard: string[] = []
    two.follow((line) => heard.push(line))
    await own.stop()
    await one.announce('while it was away', Date.now() + HOUR_MS)
    expect(heard).toEqual([])
    await own.start()
    try {
      await expect.poll(() => heard, { timeout: 8000 }).toContain('while it was away')
      await expect.poll(() => lines, { timeout: 8000 }).toContain('info: Redis answers again')
    } finally {
      await own.stop()
    }
  }, 20_000)

  it('a Redis that answers too late is not waited for', async () => {
    const state = await aState()
    const { createServer } = await import('node:net')
    // Takes connections and never says a word.
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : 0
    const started = performance.now()
    const mute = await aState(`redis://127.0.0.1:${port}`)
    expect(await mute.get('a')).toBeUndefined()
    expect(performance.now() - started).toBeLessThan(3000)
    silent.close()
    expect(await state.get('nothing')).toBeUndefined()
  })
})

it('Redis takes a name and a password from settings of their own', async () => {
  const guarded = await startRedis()
  const admin = new Redis(guarded.url)
  onTestFinished(async () => {
    admin.disconnect()
    await guarded.stop()
  })
  await admin.call('ACL', 'SETUSER', 'gate', 'on', '>p@ss:/%', '~*', '&*', '+@all')
  await admin.call('ACL', 'SETUSER', 'default', 'resetpass', '>other')
  const seen: string[] = []
  const log = { line: (level: string, msg: string) => seen.push(`${level}: ${msg}`) }
  const servers = serversAt(guarded.url, { username: 'gate', password: 'p@ss:/%' })
  const parts = await connectRedis({ servers, now: Date.now, log })
  open.push(parts)
  await parts.shared.set('login', 'value', 5000)
  expect([await parts.shared.get('login'), seen]).toEqual(['value', []])
})
