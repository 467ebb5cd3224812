import { expect, test } from 'vitest'
import { createStaleCache } from '../../../src/lib/stale-cache.ts'
import { problem } from '../../../src/problems.ts'
import { failed, ok, type Result } from '../../../src/result.ts'

function remembered(runtime: 'node' | 'workers' = 'node') {
  const world = { now: 1_000_000, loads: 0, down: false }
  const value = createStaleCache<number>({
    async load(): Promise<Result<number>> {
      world.loads += 1
      const mine = world.loads
      await Promise.resolve()
      return world.down ? failed(problem('provider_unreachable')) : ok(mine)
    },
    platform: { now: () => world.now, runtime },
    freshMs: 10_000,
    staleMs: 20_000,
    firstPauseMs: 1_000,
    longestPauseMs: 30_000,
  })
  return { world, value }
}

test('a stale cache loads when first asked, once for all who ask at the same time', async () => {
  const { world, value } = remembered()
  expect(await Promise.all([value.get(), value.get(), value.get()])).toEqual([ok(1), ok(1), ok(1)])
  world.now += 10_000
  expect(await value.get()).toEqual(ok(1))
  expect(world.loads).toBe(1)
  world.now += 1
  expect(await value.get()).toEqual(ok(2))
})

test('a stale cache on Workers lets no request wait for the promise of another', async () => {
  const { world, value } = remembered('workers')
  await Promise.all([value.get(), value.get()])
  expect(world.loads).toBe(2)
  expect((await value.get()).ok).toBe(true)
  expect(world.loads).toBe(2)
})

test('a stale cache asks a provider that is down after 1, 2, 4, … 30 seconds and not before', async () => {
  const { world, value } = remembered()
  world.down = true
  const askedAt: number[] = []
  for (let second = 0; second < 120; second += 1) {
    const before = world.loads
    await Promise.all([value.get(), value.get(), value.get()])
    if (world.loads > before) askedAt.push(second)
    world.now += 1_000
  }
  expect(askedAt).toEqual([0, 1, 3, 7, 15, 31, 61, 91])
  world.down = false
  world.now += 30_000
  expect((await value.get()).ok).toBe(true)
})

test('a stale cache gives an old value while loading fails, for a limited time', async () => {
  const { world, value } = remembered()
  await value.get()
  world.down = true
  world.now += 25_000
  expect(await value.get()).toEqual(ok(1))
  world.now += 5_001
  expect((await value.get()).ok).toBe(false)
})

test('a stale cache loads on renew() although the value is fresh, and says when that failed', async () => {
  const { world, value } = remembered()
  await value.get()
  expect(await value.renew()).toEqual(ok(2))
  world.down = true
  expect((await value.renew()).ok).toBe(false)
  expect(await value.get()).toEqual(ok(2))
})

test('a stale cache asks again after the clock was set back, in place of waiting for as long', async () => {
  const { world, value } = remembered()
  world.down = true
  expect((await value.get()).ok).toBe(false)
  world.now -= 360_000
  world.down = false
  expect(await value.get()).toEqual(ok(2))
  world.now -= 360_000
  expect(await value.get()).toEqual(ok(3))
  world.down = true
  world.now -= 360_000
  expect(await value.get()).toEqual(ok(3))
})
