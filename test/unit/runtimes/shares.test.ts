import { afterEach, describe, expect, it } from 'vitest'
import { createPool, POOL_LIMITS, type Pool } from '../../../runtimes/node/upstream/pool/pool.ts'
import { createShares, sharesOf } from '../../../runtimes/node/upstream/pool/shares.ts'
import { createTunnels, tunnelsIn } from '../../../runtimes/node/upstream/tunnel/websocket.ts'
import type { Share } from '../../../src/platform.ts'
import { type RawUpstream, startRawUpstream } from '../../support/raw-upstream.ts'

const person = (name: string): Share => ({ holder: `https://op.test ${name}`, anonymous: false })
const stranger = (address: string): Share => ({ holder: address, anonymous: true })
const TRUSTED: Share = { holder: undefined, anonymous: false }
const UNKNOWN: Share = { holder: undefined, anonymous: true }

type Taken = Parameters<Parameters<Pool['acquire']>[0]['onConnection']>[0]

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const part of open.splice(0).reverse()) await part.close()
})

describe('shares of 64', () => {
  const LIMITS = sharesOf(64)

  it('shares of a person are still counted after thousands of others have come and gone', () => {
    const shares = createShares(LIMITS)
    const alice = person('alice')
    for (let at = 0; at < 8; at += 1) shares.take(alice)
    for (let at = 0; at < 5000; at += 1) {
      shares.take(person(`guest-${at}`))
      shares.give(person(`guest-${at}`))
    }
    expect(shares.admits(alice)).toBe(false)
    shares.give(alice)
    expect(shares.admits(alice)).toBe(true)
  })

  it.each<[string, readonly Share[], number]>([
    ['a person holds an eighth', [person('alice')], 8],
    ['a network holds a quarter', [stranger('192.0.2.1')], 16],
    ['all strangers hold a half', [1, 2, 3, 4, 5].map((n) => stranger(`192.0.2.${n}`)), 32],
    ['clients without an address hold a half', [UNKNOWN], 32],
    ['addresses that the operator trusts are not bounded', [TRUSTED], 1000],
  ])('%s', (_, holders, most) => {
    const shares = createShares(LIMITS)
    let taken = 0
    for (let at = 0; at < 1000; at += 1) {
      const share = holders[at % holders.length] ?? TRUSTED
      if (!shares.admits(share)) continue
      shares.take(share)
      taken += 1
    }
    expect(taken).toBe(most)
  })

  it('shares of 64 count again what was given back', () => {
    const shares = createShares(LIMITS)
    for (let at = 0; at < 8; at += 1) shares.take(person('alice'))
    expect([shares.admits(person('alice')), shares.admits(person('bob'))]).toEqual([false, true])
    shares.give(person('alice'))
    expect(shares.admits(person('alice'))).toBe(true)
  })

  it.each([1, 2, 3])('shares of 64 leave everyone at least one of %i', (total) => {
    const shares = createShares(sharesOf(total))
    expect([person('alice'), stranger('192.0.2.1'), TRUSTED].map(shares.admits)).toEqual([true, true, true])
  })
})

describe('a pool of 16 connections', () => {
  async function aPool(): Promise<{ pool: Pool; upstream: RawUpstream; taken: Taken[] }> {
    const upstream = await startRawUpstream(() => {})
    open.push(upstream)
    const address = {
      kind: 'tcp',
      protocol: 'http:',
      host: '127.0.0.1',
      port: upstream.port,
      verifyTls: true,
      keepAlive: true,
    } as const
    const pool = createPool(address, { ...POOL_LIMITS, maxSockets: 16, maxQueued: 16 }, Date.now)
    const taken: Taken[] = []
    open.push({
      async close() {
        for (const connection of taken) connection.destroy()
      },
    })
    return { pool, upstream, taken }
  }

  const waiter = (share: Share, taken: Taken[]) => ({
    share,
    onConnection: (connection: Taken) => void taken.push(connection),
  })

  it('a pool of 16 connections gives each person two, lets two more wait, and refuses what is beyond', async () => {
    const { pool, taken } = await aPool()
    const asked = Array.from({ length: 5 }, () => pool.acquire(waiter(person('alice'), taken), -1))
    expect(asked).toEqual([true, true, true, true, false])
    expect(taken).toHaveLength(2)
    expect(pool.acquire(waiter(person('bob'), taken), -1)).toBe(true)
    expect(taken).toHaveLength(3)
  })

  it('a pool of 16 connections serves those in the queue that may have one before those that came earlier and may not', async () => {
    const { pool, taken } = await aPool()
    const held: Taken[] = []
    for (let at = 0; at < 8; at += 1) {
      for (let two = 0; two < 2; two += 1) pool.acquire(waiter(person(`person ${at}`), held), -1)
    }
    expect(held).toHaveLength(16)
    const [greedy, late]: Taken[][] = [[], []]
    for (let at = 0; at < 2; at += 1) pool.acquire(waiter(person('person 0'), greedy ?? []), -1)
    pool.acquire(waiter(person('bob'), late ?? []), -1)
    // Of person 7: the place of person 0 is still taken.
    held[15]?.destroy()
    await expect.poll(() => late?.length).toBe(1)
    expect(greedy).toEqual([])
    held[0]?.destroy()
    await expect.poll(() => greedy?.length).toBe(1)
    taken.push(...held, ...(greedy ?? []), ...(late ?? []))
  })

  it('a pool of 16 connections gives the next in line the connection that the one before has finished with', async () => {
    const { pool, taken } = await aPool()
    for (let at = 0; at < 3; at += 1) pool.acquire(waiter(person('alice'), taken), -1)
    const [first] = taken
    if (first !== undefined) pool.release(first)
    expect(taken).toHaveLength(3)
    expect(taken[2]).toBe(first)
  })

  it('a pool of 16 connections does not count a tunnel, and gives its place to requests that wait', async () => {
    const { pool, taken } = await aPool()
    for (let at = 0; at < 3; at += 1) pool.acquire(waiter(person('alice'), taken), -1)
    const [first] = taken
    if (first !== undefined) pool.detach(first)
    expect(taken).toHaveLength(3)
    first?.destroy()
    await expect.poll(() => first?.socket.closed).toBe(true)
    // Closing it gives nothing back a second time.
    pool.acquire(waiter(person('alice'), taken), -1)
    expect(taken).toHaveLength(3)
  })

  it('a pool of 16 connections forgets requests that left the queue', async () => {
    const { pool, taken } = await aPool()
    const leaving = waiter(person('alice'), [])
    for (let at = 0; at < 2; at += 1) pool.acquire(waiter(person('alice'), taken), -1)
    pool.acquire(leaving, -1)
    pool.acquire(leaving, -1)
    pool.forget(leaving)
    expect(pool.acquire(leaving, -1)).toBe(true)
    expect(pool.acquire(leaving, -1)).toBe(false)
  })
})

describe('the places for tunnels', () => {
  it.each([
    ['128 MiB hold 2,048', 128 * 2 ** 20, 2048],
    ['1 GiB holds 16,384', 2 ** 30, 16_384],
    ['more memory holds no more', 2 ** 33, 16_384],
    ['a process without a limit has as many', 2 ** 64, 16_384],
    ['a system without limits has as many', 0, 16_384],
    ['a runtime that does not tell has 4,096', undefined, 4096],
  ])('follow the memory limit: %s', (_, limit, most) => expect(tunnelsIn(limit)).toBe(most))
})

describe('places for 16 tunnels', () => {
  it('places for 16 tunnels are shared out, and a handshake that came to nothing gives its place back', () => {
    const tunnels = createTunnels(16)
    expect([1, 2, 3].map(() => tunnels.reserve(person('alice')))).toEqual([true, true, false])
    expect(tunnels.reserve(person('bob'))).toBe(true)
    tunnels.cancel(person('alice'))
    expect(tunnels.reserve(person('alice'))).toBe(true)
    expect(Array.from({ length: 20 }, () => tunnels.reserve(TRUSTED)).filter(Boolean)).toHaveLength(13)
  })
})
