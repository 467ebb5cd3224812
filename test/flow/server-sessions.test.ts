import { describe, expect, it } from 'vitest'
import { type AGate, startGate } from '../support/gate.ts'
import { createFakeSharedEntries, type FakeSharedEntries } from '../support/shared-entries.ts'

const COOKIE = '__Host-_oauth2_proxy'
const REDIS = ['--session-store-type=redis', '--redis-connection-url=redis://fake']
const MINUTE = 60_000

/** The program over entries that only exist in memory. */
async function aGate({ args = [], ...given }: AGate = {}) {
  let entries: FakeSharedEntries | undefined
  const gate = await startGate({
    ...given,
    shares: true,
    args: [...REDIS, ...args],
    entries: (now) => {
      entries = createFakeSharedEntries(now)
      return entries
    },
  })
  if (entries === undefined) throw new TypeError('no entries')
  return { ...gate, entries }
}

describe('the app behind sessions in shared entries', () => {
  it('the app gets access token and ID token, however many groups there are', async () => {
    const { platform, provider, visitor } = await aGate({
      args: ['--pass-access-token', '--pass-authorization-header'],
    })
    const groups = Array.from({ length: 400 }, (_, at) => `group-${at}-${crypto.randomUUID()}`)
    provider.user = { sub: 'alice', email: 'alice@example.com', groups }
    const alice = visitor()
    await alice.browse('/oauth2/start?rd=%2F')
    const { headers = [] } = platform.plans.at(-1) ?? {}
    const headerOf = (name: string) => headers[headers.indexOf(name) + 1] ?? ''
    expect(headerOf('Authorization')).toMatch(/^Bearer ey/u)
    expect(headerOf('Authorization').length).toBeGreaterThan(12_000)
    expect(headerOf('X-Forwarded-Access-Token')).not.toBe('')
    expect(alice.jar.get(COOKIE)?.length).toBeLessThan(300)
    expect(platform.lines.filter(({ event }) => event === 'session_trimmed')).toEqual([])
  })
})

describe('a store of sessions that is silent for a while', () => {
  it('a refresh whose result cannot be stored at first is stored when the store answers, and no second token is used', async () => {
    const { entries, platform, provider, visitor } = await aGate()
    const alice = visitor()
    await alice.browse('/oauth2/start?rd=%2F')
    platform.pass(4 * MINUTE)
    provider.scripts.token = async (next) => {
      const answer = await next()
      entries.silent = true
      setTimeout(() => {
        entries.silent = false
      }, 150)
      return answer
    }
    expect((await alice.visit('/')).status).toBe(200)
    expect(provider.hits.token).toBe(2)
    delete provider.scripts.token
    expect((await alice.visit('/')).status).toBe(200)
    expect(provider.hits.token).toBe(2)
  })

  it('a refresh is not begun while the store is silent, so that no refresh token is lost', async () => {
    const { entries, platform, provider, visitor } = await aGate()
    const alice = visitor()
    await alice.browse('/oauth2/start?rd=%2F')
    platform.pass(4 * MINUTE)
    const { get } = entries
    let asked = 0
    // The session is found, and then the store falls silent.
    entries.get = (key) => {
      asked += 1
      entries.silent = asked > 1
      return get(key)
    }
    expect((await alice.visit('/')).status).toBe(200)
    expect(provider.hits.token).toBe(1)
    entries.get = get
    entries.silent = false
    platform.pass(6_000)
    expect((await alice.visit('/')).status).toBe(200)
    expect(provider.hits.token).toBe(2)
  })

  it('a callback cannot sign in while the store is silent, says so, and the same browser can a moment later', async () => {
    const { entries, visitor } = await aGate()
    const alice = visitor()
    entries.silent = true
    const landed = await alice.browse('/oauth2/start?rd=%2Fdeep')
    expect([landed.status, alice.jar.has(COOKIE)]).toEqual([503, false])
    expect(landed.text).toContain('Try again')
    entries.silent = false
    expect((await alice.browse('/oauth2/start?rd=%2Fdeep')).text).toBe('hello from the app')
  })

  it('/ready follows the store, and /ping does not', async () => {
    const { ask, entries } = await aGate()
    const statuses = async () => [(await ask('/ready')).status, (await ask('/ping')).status]
    expect(await statuses()).toEqual([200, 200])
    entries.silent = true
    expect(await statuses()).toEqual([503, 200])
    entries.silent = false
    expect(await statuses()).toEqual([200, 200])
  })
})
