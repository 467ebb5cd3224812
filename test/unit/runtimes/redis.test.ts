import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { connectRedis, type RedisDeps, type RedisParts } from '../../../runtimes/node/redis/redis.ts'
import type { RedisServers } from '../../../src/config/sections/session/redis.ts'
import type { SharedEntries } from '../../../src/platform.ts'
import { createDenylist } from '../../../src/session/denylist.ts'
import { ensureRedis, serversAt, startRedis, type TestRedis } from '../../support/redis.ts'
import { makeCertificates, startCluster, startSentinel } from '../../support/redis-groups.ts'
import { aSession } from '../../support/session.ts'
import { kindOf, sessionOf } from '../session/refresh-fixture.ts'
import { aServerProcess } from '../session/server/server-fixture.ts'
import { createClock } from '../session/session-fixture.ts'
import { describeSessionStore } from '../session/store-suite.ts'

const HOUR_MS = 3_600_000
const open: RedisParts[] = []
let lines: string[] = []
beforeAll(() => ensureRedis(), 120_000)
afterEach(() => {
  for (const parts of open.splice(0)) parts.close()
  // What is closed may still fail, and is no concern of the next test.
  lines = []
})

/** A client of the test's own. */
function anAdmin(url: string): Redis {
  const admin = new Redis(url)
  onTestFinished(() => admin.disconnect())
  return admin
}

/** One process's connections. */
async function connect(servers: RedisServers, more: Partial<RedisDeps> = {}): Promise<RedisParts> {
  const mine = lines
  const log = {
    line: (level: string, msg: string, fields?: object) =>
      mine.push(`${level}: ${msg} ${JSON.stringify(fields ?? {})}`),
  }
  const parts = await connectRedis({ servers, keepsSessions: true, now: Date.now, log, ...more })
  open.push(parts)
  return parts
}

const bytes = (...values: number[]) => new Uint8Array(values)
const entry = (...values: number[]) => ({ value: bytes(...values), ttlMs: 5000 })

async function readEntry(entries: SharedEntries, key: string): Promise<readonly number[] | string> {
  const found = await entries.get(key)
  return found.ok ? [...(found.value ?? [])] : found.problem.reason
}

/** Puts an entry into each of many slots, and reads and replaces them from another process. */
async function exerciseEntries(servers: RedisServers, more: Partial<RedisDeps> = {}): Promise<void> {
  const [one, two] = [await connect(servers, more), await connect(servers, more)]
  const keys = Array.from({ length: 24 }, (_, at) => `session:${crypto.randomUUID()}:${at}`)
  await Promise.all(keys.map((key, at) => one.entries.create(key, entry(1, at, 255))))
  expect(await Promise.all(keys.map((key) => readEntry(two.entries, key)))).toEqual(
    keys.map((_, at) => [1, at, 255]),
  )
  const replaced = await Promise.all(
    keys.map((key) => two.entries.replace(key, { ...entry(9), beginning: bytes(1, 3) })),
  )
  expect(replaced).toEqual(keys.map((_, at) => ({ ok: true, value: at === 3 })))
  await Promise.all(keys.map((key) => one.entries.delete(key)))
  expect(await Promise.all(keys.map((key) => readEntry(two.entries, key)))).toEqual(keys.map(() => []))
  expect(await two.entries.replace(keys[0] ?? '', { ...entry(9), beginning: bytes(1) })).toEqual({
    ok: true,
    value: false,
  })
  expect(lines).toEqual([])
}

/** Claims and denials from one process to another. */
async function exerciseSharedState(servers: RedisServers, more: Partial<RedisDeps> = {}): Promise<void> {
  const [one, two] = [await connect(servers, more), await connect(servers, more)]
  const key = crypto.randomUUID()
  expect([await one.shared.claim(key, 5000), await two.shared.claim(key, 5000)]).toEqual([true, false])
  await two.shared.release(key)
  expect(await two.shared.claim(key, 5000)).toBe(false)
  await one.shared.release(key)
  expect(await two.shared.claim(key, 5000)).toBe(true)
  const config = { expireMs: HOUR_MS, maxLifetimeMs: 0 }
  const list = ({ shared }: RedisParts) =>
    createDenylist({ log: { line() {} }, now: Date.now, config, shared })
  const [here, there] = [list(one), list(two)]
  // A process that has only just begun to listen reads what it missed.
  const alice = aSession({ id: crypto.randomUUID(), signedInAtMs: Date.now() })
  await here.deny({ kind: 'session', id: alice.id })
  await expect.poll(() => there.denies(alice), { timeout: 3_000 }).toBe(true)
}

describe('one Redis', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sidegate-socket-'))
  let redis: TestRedis
  beforeAll(async () => {
    redis = await startRedis({ directives: { unixsocket: `${folder}/redis.sock` } })
  }, 120_000)
  afterAll(async () => {
    await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  describeSessionStore('tickets and Redis', () => {
    const parts: { entries?: SharedEntries } = {}
    return async ({ now, ...given }) => {
      parts.entries ??= (await connect(serversAt(redis.url))).entries
      return aServerProcess({ now, entries: parts.entries, ...given })
    }
  })

  it.each([
    ['its address', () => serversAt(redis.url)],
    ['a database of its own', () => serversAt(`${redis.url}/3`)],
    ['a unix socket', () => serversAt(`unix://${folder}/redis.sock`)],
    ['version 2 of the protocol', () => serversAt(`${redis.url}?protocol=2`)],
  ])('one Redis is reached by %s', async (_, servers) => {
    await exerciseEntries(servers())
    await exerciseSharedState(servers())
  })

  it('one Redis keeps databases apart', async () => {
    const [zero, three] = [await connect(serversAt(redis.url)), await connect(serversAt(`${redis.url}/3`))]
    await three.entries.create('apart', entry(7))
    expect([await readEntry(zero.entries, 'apart'), await readEntry(three.entries, 'apart')]).toEqual([
      [],
      [7],
    ])
  })

  it('one Redis that closes a connection is connected to again, and no command fails for it', async () => {
    const { entries, shared } = await connect(serversAt(redis.url))
    await entries.create('kept', entry(1))
    const admin = anAdmin(redis.url)
    const heard: string[] = []
    shared.follow((line) => heard.push(line))
    await admin.call('CLIENT', 'KILL', 'SKIPME', 'yes')
    expect(await readEntry(entries, 'kept')).toEqual([1])
    const { shared: other } = await connect(serversAt(redis.url))
    const line = crypto.randomUUID()
    await other.announce(line, Date.now() + HOUR_MS)
    await expect.poll(() => heard, { timeout: 3_000 }).toContain(line)
    expect(lines).toEqual([])
  })

  it('one Redis never closes a connection for being idle where the timeout is told', async () => {
    const admin = anAdmin(redis.url)
    await admin.config('SET', 'timeout', '2')
    const idOf = async () => String(await admin.call('CLIENT', 'LIST')).match(/id=\d+(?=[^\n]*name=gate)/gu)
    await connect(serversAt(`${redis.url}?client_name=gate`, { idleTimeoutMs: 2000 }))
    await expect.poll(async () => (await idOf())?.length, { timeout: 3_000 }).toBe(2)
    const before = await idOf()
    await new Promise((resolve) => setTimeout(resolve, 3_500))
    expect(await idOf()).toEqual(before)
    await admin.config('SET', 'timeout', '0')
  })

  it('one Redis without memory for another session is told with what to do, and still reads', async () => {
    const small = await startRedis({ directives: { maxmemory: '1', 'maxmemory-policy': 'noeviction' } })
    onTestFinished(small.stop)
    const { entries } = await connect(serversAt(small.url))
    const refused = await entries.create('one', entry(1))
    expect(refused.ok || refused.problem.reason).toBe('session_store_unavailable')
    await entries.create('two', entry(2))
    expect(await readEntry(entries, 'one')).toEqual([])
    expect(lines).toEqual([
      expect.stringMatching(/^error: Redis refuses a command .*"advice":"give Redis more memory/u),
    ])
  })

  it('a user with the documented permissions may do everything that is done [CF-40]', async () => {
    const admin = anAdmin(redis.url)
    const commands =
      '+get +set +del +eval +getrange +zadd +zrem +zrange +zrangebyscore +zremrangebyscore +publish +subscribe +ping +info +select'
    await admin.call(
      'ACL',
      'SETUSER',
      'gate',
      'on',
      '>secret',
      '~sidegate:*',
      '&sidegate:*',
      ...commands.split(' '),
    )
    const servers = serversAt(redis.url, { username: 'gate', password: 'secret' })
    await exerciseEntries(servers)
    await exerciseSharedState(servers)
    expect(lines).toEqual([])
  })
})

describe('a frozen Redis', () => {
  it('a frozen Redis holds no more commands than there are places, and all of them end', async () => {
    const redis = await startRedis()
    onTestFinished(redis.stop)
    const { entries } = await connect(serversAt(redis.url))
    await entries.create('kept', entry(1))
    redis.freeze()
    try {
      const answers = await Promise.all(Array.from({ length: 5000 }, () => entries.get('kept')))
      const whys = answers.map((answer) => (answer.ok ? 'ok' : answer.problem.detail?.['why']))
      const of = (why: string) => whys.filter((one) => one === why).length
      expect(of('too many commands wait for Redis')).toBe(5000 - 2048)
      expect(of('no answer within 1000 ms')).toBe(2048)
      const started = performance.now()
      await expect
        .poll(async () => (await entries.get('kept')).ok || performance.now() - started, { timeout: 5_000 })
        .toBeLessThan(5_000)
    } finally {
      redis.goOn()
    }
    await expect.poll(() => readEntry(entries, 'kept'), { timeout: 8_000 }).toEqual([1])
  }, 20_000)
})

describe('Redis behind sentinels', () => {
  it('Redis behind sentinels is used at its master, and goes on at the next one when that is lost', async () => {
    const group = await startSentinel()
    const servers = serversAt(group.url, {
      kind: 'sentinel',
      password: group.password,
      sentinel: { masterName: group.masterName, password: group.sentinelPassword },
    })
    try {
      await exerciseEntries(servers)
      await exerciseSharedState(servers)
      const clock = createClock()
      clock.ms = Date.now()
      const { entries, shared } = await connect(servers)
      const { store } = await aServerProcess({ now: clock.now, entries })
      const saved = await store.save({
        session: aSession({
          signedInAtMs: clock.ms,
          refreshedAtMs: clock.ms,
          seenAtMs: clock.ms,
          expiresAtMs: Number.MAX_SAFE_INTEGER,
        }),
        carried: [],
      })
      if (!saved.ok) throw new Error(saved.problem.reason)
      const jar = [store.cookieOf(saved.value.reference)]
      const { session } = await sessionOf({ store }, jar)
      // The replica has it before the master dies.
      await group.replicated('sidegate:session:*')
      await group.failOver()
      await expect.poll(() => kindOf({ store }, jar), { timeout: 10_000 }).toBe('active')
      expect((await sessionOf({ store }, jar)).session).toEqual(session)
      const late = await connect(servers)
      const heard: string[] = []
      late.shared.follow((line) => heard.push(line))
      await shared.announce('after the failover', Date.now() + HOUR_MS)
      await expect.poll(() => heard, { timeout: 5_000 }).toContain('after the failover')
    } finally {
      for (const parts of open.splice(0)) parts.close()
      await group.stop()
    }
  }, 60_000)
})

describe('Redis as a cluster', () => {
  it('Redis as a cluster is used at all its nodes, from any of them, and what one node loses is lost alone', async () => {
    const cluster = await startCluster()
    const seeds = cluster.nodes
      .slice(1)
      .map(({ port }) => ({ kind: 'tcp', host: '127.0.0.1', port }) as const)
    const servers = serversAt(cluster.nodes[0]?.url ?? '', { kind: 'cluster', addresses: seeds })
    try {
      await exerciseEntries(servers)
      await exerciseSharedState(servers)
      const { entries } = await connect(servers)
      const keys = Array.from({ length: 12 }, (_, at) => `session:${at}`)
      await Promise.all(keys.map((key) => entries.create(key, entry(1))))
      await cluster.nodes[2]?.stop()
      const left = await Promise.all(keys.map((key) => readEntry(entries, key)))
      expect(new Set(left.map(String))).toEqual(new Set(['1', 'session_store_unavailable']))
    } finally {
      for (const parts of open.splice(0)) parts.close()
      await cluster.stop()
    }
  }, 60_000)
})

describe('Redis over TLS', () => {
  it('Redis over TLS is verified by the CA of its own, for its name', async () => {
    const own = makeCertificates()
    const other = makeCertificates()
    const redis = await startRedis({
      directives: {
        'tls-cert-file': own.certFile,
        'tls-key-file': own.keyFile,
        'tls-auth-clients': 'no',
      },
      tls: true,
    })
    const at = (verify: boolean, serverName?: string) =>
      serversAt(redis.url, { tls: { caFile: undefined, verify, serverName } })
    try {
      await exerciseEntries(at(true), { ca: own.ca })
      await exerciseEntries(at(true, 'localhost'), { ca: own.ca })
      await exerciseEntries(at(false))
      for (const [servers, ca] of [
        [at(true), undefined],
        [at(true), other.ca],
        [at(true, 'redis.example'), own.ca],
      ] as const) {
        const { entries } = await connect(servers, { ca })
        expect(await readEntry(entries, 'x')).toBe('session_store_unavailable')
        expect(lines.splice(0)).toEqual([expect.stringMatching(/certificate|altnames/u)])
      }
    } finally {
      for (const parts of open.splice(0)) parts.close()
      await redis.stop()
    }
  }, 30_000)
})
