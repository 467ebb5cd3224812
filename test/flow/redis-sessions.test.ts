import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cookieOf, type Deployment, deploy, type Gate, signIn } from '../support/deployment.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import type { Visitor } from '../support/visitor.ts'

const COOKIE = '__Host-_oauth2_proxy'

let redis: TestRedis
let admin: Redis
let deployment: Deployment
let here: Gate
let there: Gate
/** The same deployment before its sessions were in Redis. */
let inCookies: Gate
beforeAll(async () => {
  redis = await startRedis()
  admin = new Redis(redis.url, { retryStrategy: () => 100 })
  admin.on('error', () => undefined)
  // Starting programs is what takes time, so these two serve all tests.
  const inRedis = ['--session-store-type=redis', `--redis-connection-url=${redis.url}`]
  deployment = await deploy({
    gates: [inRedis, inRedis, []],
    args: ['--cookie-expire=1h', '--skip-auth-route=^/public'],
  })
  const [first, second, third] = deployment.gates
  if (first === undefined || second === undefined || third === undefined) throw new TypeError('no gates')
  inCookies = third
  here = first
  there = second
}, 120_000)
afterAll(async () => {
  admin.disconnect()
  await deployment.close()
  await redis.stop()
})
beforeEach(() => admin.flushall())

let people = 0
/** Alice, another person in each test, signed in at the first process. */
async function aSignedIn(accessTokenSeconds = 300, at = here): Promise<Visitor> {
  people += 1
  deployment.provider.behaviour.accessTokenSeconds = accessTokenSeconds
  deployment.provider.user = { ...deployment.provider.user, sub: `alice-${people}`, sid: `sid-${people}` }
  return signIn(at)
}

async function statusAt(gate: Gate, person: Visitor, target = '/'): Promise<number> {
  return (await gate.askAs(person, { target })).status
}

const POST = { method: 'POST', headers: ['Origin', 'https://app.example.com'], body: '' }

describe('sessions in Redis', () => {
  it('a sign-in leaves a ticket in the browser, and in Redis one entry that holds nothing readable for as long as the cookie', async () => {
    const alice = await aSignedIn()
    expect(alice.jar.get(COOKIE)?.length).toBeLessThan(300)
    const keys = await admin.keys('*')
    expect(keys).toEqual([expect.stringMatching(/^sidegate:session:[\w-]{22}$/u)])
    const entry = await admin.getBuffer(keys[0] ?? '')
    expect(entry?.toString('latin1')).not.toMatch(/alice|example/u)
    const ttl = await admin.ttl(keys[0] ?? '')
    expect(ttl).toBeGreaterThan(3600)
    expect(ttl).toBeLessThanOrEqual(3660)
    expect(await statusAt(there, alice)).toBe(200)
  })

  it('a second sign-in of a browser gets another ticket, and the first one is over', async () => {
    const alice = await aSignedIn()
    const first = cookieOf(alice)
    await alice.browse('/oauth2/start?rd=%2F&account=other')
    expect(cookieOf(alice)).not.toEqual(first)
    expect((await there.askAs(there.visitor(), { headers: first })).status).toBe(401)
    expect(await statusAt(here, alice)).toBe(200)
    expect(await admin.keys('sidegate:session:*')).toHaveLength(1)
  })

  it('a session of the cookie store goes on, is in Redis from its next request on, and both forms of it end with the sign-out', async () => {
    const alice = await aSignedIn(300, inCookies)
    const before = cookieOf(alice)
    const answer = await here.askAs(alice)
    const [set = ''] = answer.all('set-cookie').map((line) => line.split(';')[0])
    expect([answer.status, (await admin.keys('sidegate:session:*')).length]).toEqual([200, 1])
    const after = ['Cookie', set] as const
    const askWith = async (headers: readonly [string, string]) =>
      (await there.askAs(there.visitor(), { headers })).status
    expect([await askWith(after), await askWith(before)]).toEqual([200, 200])
    await here.askAs(here.visitor(), {
      ...POST,
      target: '/oauth2/sign_out',
      headers: [...after, ...POST.headers],
    })
    await expect.poll(() => askWith(before), { timeout: 2_000 }).toBe(401)
    expect(await askWith(after)).toBe(401)
  })

  it('fifty requests to two processes at the moment of expiry make one token request, and the ticket stays', async () => {
    const alice = await aSignedIn(2)
    const before = deployment.refreshes()
    const ticket = alice.jar.get(COOKIE)
    await sleep(2_100)
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? here : there).askAs(alice)),
    )
    expect([...new Set(answers.map(({ status }) => status))]).toEqual([200])
    expect(deployment.refreshes() - before).toBe(1)
    const lines = new Set(
      answers.flatMap((answer) => answer.all('set-cookie').map((line) => line.split(';')[0])),
    )
    expect([...lines]).toEqual([`${COOKIE}=${ticket}`])
    await sleep(2_100)
    expect([await statusAt(there, alice), deployment.refreshes() - before]).toEqual([200, 2])
  })

  it('a sign-out at one process deletes the session, and ends it at the other one at once, copies of the cookie too', async () => {
    const alice = await aSignedIn()
    const copy = cookieOf(alice)
    expect((await there.askAs(there.visitor(), { headers: copy })).status).toBe(200)
    await alice.visit('/oauth2/sign_out', POST)
    for (const gate of [there, here])
      expect((await gate.askAs(gate.visitor(), { headers: copy })).status).toBe(401)
    expect(await admin.keys('sidegate:session:*')).toEqual([])
  })

  it('a refresh that ends after a sign-out at the other process brings no session back', async () => {
    const alice = await aSignedIn(2)
    const copy = cookieOf(alice)
    await sleep(2_100)
    deployment.provider.scripts.token = async (next) => {
      const answer = await next()
      await sleep(600)
      return answer
    }
    const slow = there.askAs(there.visitor(), { headers: copy })
    await sleep(200)
    await alice.visit('/oauth2/sign_out', POST)
    expect((await slow).status).toBe(401)
    delete deployment.provider.scripts.token
    expect(await admin.keys('sidegate:session:*')).toEqual([])
    expect((await there.askAs(there.visitor(), { headers: copy })).status).toBe(401)
  })

  it.each([
    ['a session of the provider', () => ({ sid: `sid-${people}`, sub: undefined })],
    ['a person', () => ({ sub: `alice-${people}` })],
  ])('a back-channel logout of %s at one process ends the session at all', async (_, claimsOf) => {
    const alice = await aSignedIn()
    await sleep(1_100)
    const token = await deployment.provider.logoutToken(claimsOf())
    const answer = await here.askAs(here.visitor(), {
      method: 'POST',
      target: '/oauth2/backchannel_logout',
      headers: ['Content-Type', 'application/x-www-form-urlencoded'],
      body: new URLSearchParams({ logout_token: token }).toString(),
    })
    expect(answer.status).toBe(200)
    await expect.poll(() => statusAt(there, alice), { timeout: 2_000 }).toBe(401)
    expect(await admin.keys('sidegate:session:*')).toEqual([])
  })
})

describe('a Redis with sessions that does not answer', () => {
  const PAGE = ['Accept', 'text/html', 'Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Dest', 'document'] as const

  async function checkOutage(alice: Visitor): Promise<void> {
    const page = await here.askAs(alice, { headers: PAGE })
    expect([page.status, page.all('set-cookie'), page.all('retry-after')]).toEqual([503, [], ['5']])
    expect(page.text).toContain('there is no need to sign in again')
    expect(page.text).not.toContain('/oauth2/start')
    const program = await here.askAs(alice)
    expect([program.status, JSON.parse(program.text).error]).toEqual([503, 'session_store_unavailable'])
    for (const target of ['/oauth2/auth', '/oauth2/userinfo', '/oauth2/sign_in', '/oauth2/start'])
      expect([
        target,
        await here.askAs(alice, { target, headers: PAGE }).then(({ status }) => status),
      ]).toEqual([target, 503])
    const out = await here.askAs(alice, { ...POST, target: '/oauth2/sign_out' })
    expect([out.status, out.all('set-cookie')]).toEqual([503, []])
    expect(await statusAt(here, alice, '/public')).toBe(200)
    const stranger = here.visitor()
    expect([await statusAt(here, stranger), (await stranger.visit('/')).status]).toEqual([401, 200])
    expect([await statusAt(here, stranger, '/ready'), await statusAt(here, stranger, '/ping')]).toEqual([
      503, 200,
    ])
  }

  const said = () =>
    here
      .lines()
      .map(({ level, msg }) => `${level}: ${msg}`)
      .filter((line) => line.includes('Redis'))

  it('a Redis that is gone makes 503 of requests with a session and of nothing else, clears no cookie, and is missed no more when it is back', async () => {
    const alice = await aSignedIn()
    const before = said().length
    expect(await statusAt(here, alice, '/ready')).toBe(200)
    await redis.stop()
    await checkOutage(alice)
    await redis.start()
    // It came back empty, which the next sign-in mends; the process was never started again.
    await expect.poll(() => statusAt(here, here.visitor(), '/ready'), { timeout: 8_000 }).toBe(200)
    expect(await statusAt(here, await signIn(here))).toBe(200)
    await expect
      .poll(() => said().slice(before), { timeout: 3_000 })
      .toEqual([
        'error: Redis does not answer: no session can be read until it is back',
        'info: Redis answers again',
      ])
  })

  it('a Redis that is frozen makes requests with a session wait a second at most and then 503, and they go on when it does', async () => {
    const alice = await aSignedIn()
    const before = said().length
    redis.freeze()
    try {
      const answers = await Promise.all(Array.from({ length: 40 }, () => statusAt(here, alice)))
      expect([...new Set(answers)]).toEqual([503])
      await checkOutage(alice)
    } finally {
      redis.goOn()
    }
    await expect.poll(() => statusAt(here, alice), { timeout: 8_000 }).toBe(200)
    await expect
      .poll(() => said().slice(before), { timeout: 3_000 })
      .toEqual([
        'error: Redis does not answer: no session can be read until it is back',
        'info: Redis answers again',
      ])
  })
})

it('a Redis that refuses the password is told with the setting, and let in without a restart once it takes it', async () => {
  const guarded = await startRedis({ directives: { requirepass: 'right' } })
  const owner = new Redis(guarded.url, { password: 'right' })
  const own = await deploy({
    args: ['--session-store-type=redis', `--redis-connection-url=${guarded.url}`, '--redis-password=hunter2'],
  })
  try {
    const [gate] = own.gates
    if (gate === undefined) throw new TypeError('no gate')
    expect(await statusAt(gate, gate.visitor(), '/ready')).toBe(503)
    const line = gate.lines().find(({ msg }) => String(msg).startsWith('Redis does not answer'))
    expect(line).toMatchObject({ advice: 'check redis-username and redis-password' })
    expect(JSON.stringify(gate.lines().slice(1))).not.toContain('hunter2')
    await owner.config('SET', 'requirepass', 'hunter2')
    await expect.poll(() => statusAt(gate, gate.visitor(), '/ready'), { timeout: 8_000 }).toBe(200)
    expect(await statusAt(gate, await signIn(gate))).toBe(200)
  } finally {
    owner.disconnect()
    await own.close()
    await guarded.stop()
  }
})
