import { describe, expect, it } from 'vitest'
import type { SharedState } from '../../../../src/platform.ts'
import { createRefreshExchange } from '../../../../src/session/refresh/exchange.ts'
import { createFakeSharedState } from '../../../support/shared-state.ts'
import { DEPLOYMENT } from '../refresh-fixture.ts'
import { aWorld, createClock, jarAfter, RotatingProvider } from '../session-fixture.ts'

const HOUR_MS = 3_600_000

describe('several processes with a relay', () => {
  async function twoProcesses() {
    const clock = createClock()
    const provider = new RotatingProvider(clock.now)
    const shared = createFakeSharedState(clock.now)
    const [one, two] = await Promise.all([
      aWorld({ clock, provider, shared }),
      aWorld({ clock, provider, shared }),
    ])
    return { clock, provider, shared, one, two }
  }

  it('several processes with an exchange make one token request between them and set the same cookie', async () => {
    const { clock, provider, one, two } = await twoProcesses()
    const cookies = await one.signIn()
    clock.ms += HOUR_MS
    const visits = Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? one : two).visit(cookies))
    const answers = await Promise.all(visits)
    expect(provider.asked).toBe(1)
    expect(new Set(answers.map((answer) => JSON.stringify(jarAfter(cookies, answer)))).size).toBe(1)
    expect(answers[0]?.session?.tokens.refresh).toBe('RT-alice-1-1')
  })

  it('several processes with an exchange leave nothing there that could be read without the old refresh token, or after a minute', async () => {
    const { clock, shared, one, two, provider } = await twoProcesses()
    const cookies = await one.signIn()
    clock.ms += HOUR_MS
    const answer = await one.visit(cookies)
    const cookie = jarAfter(cookies, answer)[0]?.value ?? ''
    expect(shared.dump()).toContain('next:')
    for (const secret of ['RT-', 'AT-', 'alice', cookie.split('.')[3] ?? ''])
      expect(shared.dump()).not.toContain(secret)
    clock.ms += 61_000
    await two.visit(cookies)
    expect(provider.asked).toBe(2)
  })

  it('several processes with an exchange look once more after the claim, for what arrived just before it', async () => {
    const { clock, provider, shared, one, two } = await twoProcesses()
    const cookies = await one.signIn()
    clock.ms += HOUR_MS
    await two.visit(cookies)
    const { get } = shared
    let looks = 0
    shared.get = async (key) => {
      looks += 1
      return looks === 1 ? undefined : get(key)
    }
    expect((await one.visit(cookies)).session?.tokens.refresh).toBe('RT-alice-1-1')
    expect(provider.asked).toBe(1)
  })

  it('several processes with an exchange do not wait for ever for one that died with the claim', async () => {
    const { clock, provider, shared, one } = await twoProcesses()
    const cookies = await one.signIn()
    clock.ms += HOUR_MS
    const dead: SharedState['claim'] = shared.claim
    const keys: string[] = []
    shared.claim = async (key, ttlMs) => {
      if (keys.push(key) === 1) await dead(key, ttlMs)
      return dead(key, ttlMs)
    }
    const visiting = one.visit(cookies)
    await expect.poll(() => keys.length).toBeGreaterThan(1)
    expect(provider.asked).toBe(0)
    clock.ms += 16_000
    expect((await visiting).session?.tokens.refresh).toBe('RT-alice-1-1')
  })

  it('several processes with an exchange do not take the session of another person from it', async () => {
    const { clock, provider, shared, one, two } = await twoProcesses()
    const cookies = await one.signIn()
    const bobs = await two.signIn({ id: 'session-of-bob', subject: 'bob-1' })
    // Whoever can write to the store, and even knows Alice's refresh token, gets nobody in.
    shared.get = async (key) => {
      let planted = ''
      const set: SharedState['set'] = async (_, value) => {
        planted = value
      }
      const store = { ...shared, set }
      const refreshKey = { key: key.slice('next:'.length), refreshToken: 'RT-alice-1-0' }
      await createRefreshExchange(store, DEPLOYMENT).put(refreshKey, bobs[0]?.value ?? '')
      return planted
    }
    clock.ms += HOUR_MS
    expect((await one.visit(cookies)).session?.subject).toBe('alice-1')
    expect(provider.asked).toBe(1)
  })
})
