import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectRedis } from '../../runtimes/node/redis/redis.ts'
import { createAdmission } from '../../runtimes/node/server/admission.ts'
import { createShares, sharesOf } from '../../runtimes/node/upstream/pool/shares.ts'
import { createWaitingLine } from '../../runtimes/node/upstream/pool/waiting-line.ts'
import { createTunnels } from '../../runtimes/node/upstream/tunnel/websocket.ts'
import { createReadFacts } from '../../src/http/facts.ts'
import { readHead } from '../../src/http/head.ts'
import { createReplayGuard } from '../../src/lib/replay-guard.ts'
import { compileHeaderRules, IDENTITY_FAMILY } from '../../src/proxy/header-rules.ts'
import { createDenylist } from '../../src/session/denylist.ts'
import type { Session } from '../../src/session/session.ts'
import { createTokenCache } from '../../src/session/token-cache.ts'
import { startGate } from '../support/gate.ts'
import { anIncomingRequest } from '../support/incoming-request.ts'
import { serversAt, startRedis, type TestRedis } from '../support/redis.ts'
import { aSession, NOW_MS } from '../support/session.ts'
import { aWorld } from './session/session-fixture.ts'

/**
 * Every table of the program that is bounded. Each is filled; then its first entry still counts, or what it guarded is
 * refused: forgetting must never mean permission.
 */

const DAY_MS = 86_400_000
const config = { expireMs: 7 * DAY_MS, maxLifetimeMs: 0 }
const log = { line() {} }

function denial({ id, issuer, subject, signedInAtMs }: Session) {
  return { kind: 'session', id, of: { issuer, subject, signedInBeforeMs: signedInAtMs } } as const
}

describe('signing out', () => {
  it.each<[string, (at: number) => Partial<Session>]>([
    ['fifty thousand times by one person', (at) => ({ id: `session ${at}` })],
    ['by fifty thousand people', (at) => ({ id: `session ${at}`, subject: `person ${at}` })],
  ])('%s leaves the first signed out [LO-19]', async (_, of) => {
    const list = createDenylist({ now: () => NOW_MS, config, log })
    const session = (at: number) => aSession({ ...of(at), signedInAtMs: NOW_MS - DAY_MS + at })
    for (let at = 0; at < 50_010; at += 1) await list.deny(denial(session(at)))
    expect([0, 1, 9, 10, 50_009].map((at) => list.denies(session(at)))).toEqual(Array(5).fill(true))
  })

  describe('of more people than Redis keeps', () => {
    let redis: TestRedis
    beforeAll(async () => {
      redis = await startRedis()
    }, 120_000)
    afterAll(() => redis.stop())

    it('signing out of more people than Redis keeps leaves the first signed out for a process that starts later [LO-19]', async () => {
      const servers = serversAt(redis.url)
      const limits = { lines: 20, unsent: 10 }
      const aList = async () => {
        const { shared, close } = await connectRedis({ servers, now: () => NOW_MS, log, limits })
        return { close, list: createDenylist({ now: () => NOW_MS, config, log, shared }) }
      }
      const here = await aList()
      const session = (at: number) => aSession({ id: `s${at}`, subject: `p${at}`, signedInAtMs: NOW_MS + at })
      for (let at = 0; at < 50; at += 1) await here.list.deny(denial(session(at)))
      const kept = new Redis(redis.url)
      expect(await kept.zcard('sidegate:denied')).toBeLessThan(30)
      kept.disconnect()
      const late = await aList()
      await expect.poll(() => late.list.denies(session(49))).toBe(true)
      expect([0, 1, 25].map((at) => late.list.denies(session(at)))).toEqual([true, true, true])
      expect(late.list.denies(aSession({ id: 'new', subject: 'new', signedInAtMs: NOW_MS + 60 }))).toBe(false)
      here.close()
      late.close()
    })

    it('while it is away leaves all of them signed out when it is back [LO-19]', async () => {
      const servers = serversAt(redis.url)
      const limits = { lines: 1000, unsent: 10 }
      const one = await connectRedis({ servers, now: () => NOW_MS, log, limits })
      const here = createDenylist({ now: () => NOW_MS, config, log, shared: one.shared })
      await redis.stop()
      const session = (at: number) => aSession({ id: `d${at}`, subject: `d${at}`, signedInAtMs: NOW_MS + at })
      for (let at = 0; at < 40; at += 1) await here.deny(denial(session(at)))
      await redis.start()
      const other = await connectRedis({ servers, now: () => NOW_MS, log })
      const there = createDenylist({ now: () => NOW_MS, config, log, shared: other.shared })
      const denied = () => Array.from({ length: 40 }, (_, at) => there.denies(session(at)))
      await expect.poll(denied, { timeout: 10_000 }).toEqual(Array(40).fill(true))
      one.close()
      other.close()
    }, 20_000)
  })
})

describe('coming back from a sign-in', () => {
  it('more often than is remembered does not let the first come back twice [CB-31]', () => {
    const guard = createReplayGuard({ now: () => NOW_MS })
    const untilMs = (at: number) => NOW_MS + 900_000 + at
    for (let at = 0; at < 50_010; at += 1) expect(guard.claim(`login ${at}`, untilMs(at))).toBe('first')
    expect([0, 9, 10, 50_009].map((at) => guard.claim(`login ${at}`, untilMs(at)))).toEqual([
      'forgotten',
      'forgotten',
      'again',
      'again',
    ])
    expect(guard.claim('a younger one', untilMs(11))).toBe('first')
  })

  it('coming back from a sign-in with a state that may have been used starts over, and the log says why [CB-31]', () => {
    const told: number[] = []
    const guard = createReplayGuard({ now: () => NOW_MS, maxEntries: 2, onForget: () => told.push(1) })
    for (let at = 0; at < 10; at += 1) guard.claim(`login ${at}`, NOW_MS + 1000 + at)
    expect(told).toHaveLength(1)
  })

  it('coming back from a sign-in leaves room when what is remembered is over', () => {
    const clock = { ms: NOW_MS }
    const guard = createReplayGuard({ now: () => clock.ms, maxEntries: 2 })
    for (let at = 0; at < 2; at += 1) guard.claim(`login ${at}`, NOW_MS + 1000)
    clock.ms += 1000
    for (let at = 2; at < 4; at += 1) guard.claim(`login ${at}`, NOW_MS + 2000)
    expect(guard.claim('another', NOW_MS + 500)).toBe('first')
  })
})

describe('a logout token', () => {
  it('a logout token that comes again after many others ends nothing that began since [LO-20]', async () => {
    const gate = await startGate()
    const send = async (token: string) => {
      const body = `logout_token=${token}`
      const headers = ['Host', 'app.example.com', 'Content-Type', 'application/x-www-form-urlencoded']
      return (await gate.ask('/oauth2/backchannel_logout', { method: 'POST', headers, body })).status
    }
    const first = await gate.provider.logoutToken({ sub: 'alice' })
    expect(await send(first)).toBe(200)
    expect(await send(first)).toBe(400)
    gate.platform.pass(2000)
    const alice = gate.visitor()
    await alice.browse('/oauth2/start?rd=%2F')
    await send(first)
    expect((await alice.fetch('/x')).status).toBe(200)
  })
})

describe('refreshing', () => {
  it('more sessions than are remembered makes the first ask again, and the provider decides [SL-25]', async () => {
    const { clock, provider, signIn, visit } = await aWorld({ maxKept: 20 })
    const first = await signIn({ id: 'first', subject: 'first' })
    clock.ms += 3_000_000
    await visit(first)
    provider.delayMs = 0
    const asked = provider.asked
    for (let at = 0; at < 30; at += 1) {
      const cookies = await signIn({ id: `s${at}`, subject: `p${at}` })
      await visit(cookies, 'refreshNow')
    }
    clock.ms += 700_000
    // The old cookie of a session that was refreshed: its refresh token is used up.
    const again = await visit(first)
    expect(again.session).toBeUndefined()
    expect(provider.asked).toBeGreaterThan(asked + 30)
  })
})

describe('caches', () => {
  it('caches of opened sessions forget, and what they forgot is opened and judged again [SL-26]', () => {
    const cache = createTokenCache(8)
    const session = aSession()
    for (let at = 0; at < 20; at += 1)
      cache.add(`token of twenty-two chars ${at}`, { session, current: true })
    expect(cache.find('token of twenty-two chars 0')).toBeUndefined()
  })

  it('caches of header spellings fill up, and identity is taken out of requests all the same [HD-36]', () => {
    const rule = compileHeaderRules({ requestIdHeader: 'x-request-id', identity: IDENTITY_FAMILY })
    expect(rule('X_Forwarded.User')).toBe('identity')
    for (let at = 0; at < 2000; at += 1) rule(`X-Invented-${at}`)
    expect([rule('X_Forwarded.User'), rule('x-Auth_Request-Email')]).toEqual(['identity', 'identity'])
  })

  it('caches of header names fill up, and each line that decides is read all the same [HD-36]', () => {
    const noise = Array.from({ length: 600 }, (_, at) => [`x-${at}`, '']).flat()
    readHead(noise)
    expect(readHead(['hOsT', 'a', 'HoSt', 'b']).hosts).toBe(2)
    expect(readHead(['aUtHoRiZaTiOn', 'Basic x']).get('authorization')).toBe('Basic x')
  })

  it('caches of Accept values fill up, and each is understood all the same [UI-19]', () => {
    const trust = {
      reverseProxy: false,
      trustedProxyIps: [],
      realClientIpHeader: 'x-forwarded-for',
      forwardAuthUriHeader: undefined,
    } as const
    const readFacts = createReadFacts(trust, true)
    const wantsHtml = (accept: string) => {
      const headers = ['Host', 'a', 'Accept', accept]
      const facts = readFacts(anIncomingRequest({ headers }), readHead(headers))
      return facts.ok && facts.value.wantsHtml
    }
    for (let at = 0; at < 1000; at += 1) wantsHtml(`text/x-${at}`)
    expect([wantsHtml('text/html'), wantsHtml('application/json'), wantsHtml('*/*')]).toEqual([
      true,
      false,
      false,
    ])
  })
})

describe('places', () => {
  const stranger = (at: number) => ({ holder: `192.0.2.${at}`, anonymous: true })

  it('places in the queue for connections are refused when there are none left [DS-28]', () => {
    const line = createWaitingLine(16, () => false)
    const pushed = Array.from({ length: 20 }, (_, at) =>
      line.push({ share: stranger(at), onConnection() {} }),
    )
    expect(pushed.filter(Boolean)).toHaveLength(8)
  })

  it('places for tunnels are refused when there are none left [DS-28]', () => {
    const tunnels = createTunnels(16)
    const kept = Array.from({ length: 20 }, (_, at) => tunnels.reserve(stranger(at)))
    expect(kept.filter(Boolean)).toHaveLength(8)
  })

  it('places of clients are forgotten when they hold nothing [DS-28]', () => {
    const shares = createShares(sharesOf(1024))
    for (let at = 0; at < 10_000; at += 1) {
      shares.take(stranger(at))
      shares.give(stranger(at))
    }
    expect(shares.admits(stranger(0))).toBe(true)
  })

  it('places in line for their turn are refused with 503 when there are none left [DS-26]', () => {
    const [admitted, refused]: string[][] = [[], []]
    const { listener: admission } = createAdmission({
      admit: (incoming) => void admitted?.push(incoming.url ?? ''),
      respondOverloaded: (incoming) => void refused?.push(incoming.url ?? ''),
      urgent: new Set(),
      limits: { perTurn: 1, perTurnAway: 1, maxWaiting: 2, maxWaitMs: 1000 },
    })
    // Nothing else of a request is looked at.
    for (let at = 0; at < 5; at += 1) admission({ url: `/${at}` } as never, { destroyed: false } as never)
    expect([admitted, refused]).toEqual([['/0'], ['/3', '/4']])
  })
})
