import { afterEach, describe, expect, it } from 'vitest'
import { ask, open } from '../support/wire.ts'
import { cookieLine, signIn, startWorkerWorld, type WorkerWorld } from '../support/worker-fixture.ts'

let world: WorkerWorld

afterEach(() => world.close())

const asPage = ['Host', 'app.example.com', 'Accept', 'text/html']

function get(cookie: string, { isolate = 0, target = '/' } = {}) {
  return ask(world.worker.urls[isolate] ?? '', {
    target,
    headers: ['Host', 'app.example.com', 'Cookie', cookie],
  })
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

describe('a Worker', () => {
  it('a Worker signs a person in and out', async () => {
    world = await startWorkerWorld()
    const visitor = world.visitor()
    const page = await visitor.visit('/deep?a=//b')
    expect([page.status, page.text.includes('Sign in')]).toEqual([200, true])
    const landed = await visitor.browse('/oauth2/start?rd=%2Fdeep%3Fa%3D%2F%2Fb')
    expect([landed.url, landed.text]).toEqual(['https://app.example.com/deep?a=//b', 'hello from the app'])
    expect([...visitor.jar.keys()].some((name) => name.startsWith('__Host-_oauth2_proxy'))).toBe(true)
    await visitor.browse('/oauth2/sign_out')
    expect((await visitor.fetch('/deep')).status).toBe(401)
  })

  it('a Worker answers many first visitors at once, also when the very first leaves', async () => {
    world = await startWorkerWorld()
    const origin = world.worker.urls[0] ?? ''
    void open(origin, { headers: asPage }).then(
      (answer) => answer.destroy(),
      () => undefined,
    )
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(origin, { headers: asPage })))
    expect(answers.map(({ status }) => status)).toEqual(Array(30).fill(200))
  })

  it('a Worker signs in thirty people at once and does not mix them up', async () => {
    world = await startWorkerWorld()
    const cookies = await Promise.all(
      Array.from({ length: 30 }, async (_, number) => {
        const visitor = world.visitor()
        const start = await visitor.visit('/oauth2/start?rd=%2F')
        world.provider.user = { sub: `p${number}`, email: `p${number}@example.com`, email_verified: true }
        const callback = await world.provider.visit(start.location ?? '')
        await visitor.visit(callback.pathname + callback.search)
        return cookieLine(visitor)
      }),
    )
    const emails = await Promise.all(
      cookies.map(
        async (cookie) => JSON.parse((await get(cookie, { target: '/oauth2/userinfo' })).text).email,
      ),
    )
    expect(new Set(emails).size).toBe(30)
  })

  it('a Worker cuts an endless answer when the session ends', async () => {
    world = await startWorkerWorld({ variables: { OAUTH2_PROXY_SESSION_MAX_LIFETIME: '3s' } })
    const cookie = await signIn(world)
    const answer = await open(world.worker.urls[0] ?? '', {
      target: '/clock',
      headers: ['Host', 'app.example.com', 'Cookie', cookie],
    })
    const started = Date.now()
    await expect(answer.toArray()).rejects.toThrow()
    expect(Date.now() - started).toBeLessThan(4_000)
    await expect.poll(() => world.app.abandoned).toContain('/clock')
    expect((await get(cookie)).status).toBe(401)
  })
})

describe('twenty requests at the moment of expiry, against a provider that punishes reuse', () => {
  it.each([
    ['one isolate alone', { isolates: 1, relay: false }],
    ['two isolates that share a Durable Object', { isolates: 2, relay: true }],
  ])('twenty requests at expiry leave the person signed in: %s', async (_, { isolates, relay }) => {
    world = await startWorkerWorld({ isolates, relay, variables: { OAUTH2_PROXY_COOKIE_REFRESH: '1s' } })
    const cookie = await signIn(world)
    await sleep(1_200)
    const asked = world.provider.hits.token
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, number) => get(cookie, { isolate: number % isolates })),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(world.provider.hits.token - asked).toBe(1)
    const renewed = answers
      .flatMap((answer) => answer.all('set-cookie'))
      .filter((line) => !/Max-Age=0/u.test(line))
    expect(renewed.length).toBeGreaterThan(0)
    const next = renewed[0]?.split(';')[0] ?? ''
    expect((await get(next)).status).toBe(200)
  })
})

describe('a refresh whose request has left', () => {
  it.each([false, true])(
    'a refresh whose request has left still counts (Durable Object: %s)',
    async (relay) => {
      world = await startWorkerWorld({ relay, variables: { OAUTH2_PROXY_COOKIE_REFRESH: '1s' } })
      const cookie = await signIn(world)
      await sleep(1_200)
      const asked = world.provider.hits.token
      world.provider.scripts.token = async (next) => {
        await sleep(400)
        return next()
      }
      const leaving = open(world.worker.urls[0] ?? '', {
        headers: ['Host', 'app.example.com', 'Cookie', cookie],
        signal: AbortSignal.timeout(150),
      })
      await expect(leaving).rejects.toThrow()
      expect(world.provider.hits.token - asked).toBe(1)
      const next = await Promise.all([get(cookie), get(cookie)])
      expect(next.map(({ status }) => status)).toEqual([200, 200])
      await sleep(600)
      expect((await get(cookie)).status).toBe(200)
      expect(world.provider.hits.token - asked).toBe(1)
    },
  )
})

describe('a sign-out at the provider', () => {
  const backchannel = async (isolate: number) =>
    ask(world.worker.urls[isolate] ?? '', {
      method: 'POST',
      target: '/oauth2/backchannel_logout',
      headers: ['Host', 'app.example.com', 'Content-Type', 'application/x-www-form-urlencoded'],
      body: new URLSearchParams({ logout_token: await world.provider.logoutToken() }).toString(),
    })

  it('a sign-out at the provider counts at once in an isolate that starts later, and within seconds in one that runs', async () => {
    world = await startWorkerWorld({ isolates: 3, relay: true })
    const cookie = await signIn(world, 0)
    expect((await get(cookie, { isolate: 1 })).status).toBe(200)
    await sleep(1_100)
    expect((await backchannel(0)).status).toBe(200)
    expect((await get(cookie, { isolate: 0 })).status).toBe(401)
    expect((await get(cookie, { isolate: 2 })).status).toBe(401)
    await expect
      .poll(async () => (await get(cookie, { isolate: 1 })).status, { timeout: 16_000, interval: 500 })
      .toBe(401)
  })
})
