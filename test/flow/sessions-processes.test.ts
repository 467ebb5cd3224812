import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { cookieOf, type Deployment, deploy, type Gate, signIn } from '../support/deployment.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import type { Visitor } from '../support/visitor.ts'
import type { Answered } from '../support/wire.ts'

let redis: TestRedis
let running: Deployment | undefined
beforeAll(async () => {
  redis = await startRedis()
}, 120_000)
afterAll(() => redis.stop())
afterEach(async () => {
  await running?.close()
  running = undefined
})

interface Pair {
  readonly deployment: Deployment
  readonly here: Gate
  readonly there: Gate
  readonly alice: Visitor
}

/** Two real processes, and Alice signed in at the first one with an access token of so many seconds. */
async function aPair(args: readonly string[], accessTokenSeconds = 300): Promise<Pair> {
  const deployment = await deploy({ gates: [[], []], args: ['--session-revalidate=5m', ...args] })
  running = deployment
  deployment.provider.behaviour.accessTokenSeconds = accessTokenSeconds
  deployment.provider.user = { ...deployment.provider.user, sub: 'alice', sid: 'sid-1' }
  const [here, there] = deployment.gates
  if (here === undefined || there === undefined) throw new TypeError('no gates')
  return { deployment, here, there, alice: await signIn(here) }
}

/** Twenty-five requests to each of two processes at once. */
function fifty({ here, there, alice }: Pick<Pair, 'here' | 'there' | 'alice'>): Promise<readonly Answered[]> {
  return Promise.all(Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? here : there).askAs(alice)))
}

function familyOf(answer: Answered): string {
  return answer
    .all('set-cookie')
    .map((line) => line.split(';')[0])
    .join()
}

describe('two processes that see the same expired session at the same instant', () => {
  it('two processes that refresh one session at once make one token request over Redis, and every answer sets the same session', async () => {
    const pair = await aPair([`--redis-connection-url=${redis.url}`], 2)
    await sleep(2_100)
    const answers = await fifty(pair)
    expect([...new Set(answers.map(({ status }) => status))]).toEqual([200])
    expect(pair.deployment.refreshes()).toBe(1)
    expect(new Set(answers.map(familyOf)).size).toBe(1)
  })

  it('two processes that are asked at once for a session that has ended reuse a rotated token without Redis, and the provider revokes both', async () => {
    const pair = await aPair([], 2)
    await sleep(2_100)
    const answers = await fifty(pair)
    expect(pair.deployment.refreshes()).toBe(2)
    expect([...new Set(answers.map(({ status }) => status))].sort()).toEqual([200, 401])
  })

  it('two processes keep a session without Redis when both are asked before it ends, and once more with the tokens of that refresh', async () => {
    const { deployment, here, there } = await aPair([], 8)
    // Sessions count whole seconds: six of eight are three quarters.
    await sleep(1_000 - (Date.now() % 1_000))
    const startMs = Date.now()
    const alice = await signIn(here)
    for (const [turn, sinceStartMs] of [6_100, 12_100].entries()) {
      await sleep(startMs + sinceStartMs - Date.now())
      const answers = await fifty({ here, there, alice })
      expect([...new Set(answers.map(({ status }) => status))]).toEqual([200])
      expect(deployment.refreshes()).toBe(turn + 1)
      const [renewed = ''] = answers.map(familyOf).filter(Boolean)
      const nameEnds = renewed.indexOf('=')
      alice.jar.set(renewed.slice(0, nameEnds), renewed.slice(nameEnds + 1))
    }
  })
})

describe('a session that is ended at one process', () => {
  async function untilRefused(gate: Gate, carried: readonly [string, string]): Promise<void> {
    const ask = async () => (await gate.askAs(gate.visitor(), { headers: carried })).status
    await expect.poll(ask, { timeout: 5_000 }).toBe(401)
  }

  it('a sign-out at one process ends the session at the other one too, also for who copied the cookie', async () => {
    const { here, there, alice } = await aPair([`--redis-connection-url=${redis.url}`])
    const copy = cookieOf(alice)
    expect((await there.askAs(there.visitor(), { headers: copy })).status).toBe(200)
    const headers = ['Origin', 'https://app.example.com']
    await alice.visit('/oauth2/sign_out', { method: 'POST', headers, body: '' })
    await untilRefused(there, copy)
    expect((await here.askAs(here.visitor(), { headers: copy })).status).toBe(401)
  })

  // [what the token names, its claims]
  it.each([
    ['a session of the provider', { sid: 'sid-1', sub: undefined }],
    ['a person', { sub: 'alice' }],
  ])('a back-channel logout of %s at one process ends the session at all', async (_, claims) => {
    const { deployment, here, there, alice } = await aPair([`--redis-connection-url=${redis.url}`])
    await sleep(1_100)
    const token = await deployment.provider.logoutToken(claims)
    const answer = await here.askAs(here.visitor(), {
      method: 'POST',
      target: '/oauth2/backchannel_logout',
      headers: ['Content-Type', 'application/x-www-form-urlencoded'],
      body: new URLSearchParams({ logout_token: token }).toString(),
    })
    expect(answer.status).toBe(200)
    await untilRefused(there, cookieOf(alice))
    // Whoever signs in afterwards is welcome at both.
    await sleep(1_000)
    deployment.provider.user = { ...deployment.provider.user, sub: 'alice', sid: 'sid-2' }
    const again = await signIn(here)
    expect((await there.askAs(again)).status).toBe(200)
  })
})
