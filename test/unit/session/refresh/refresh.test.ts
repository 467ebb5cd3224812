import { describe, expect, it } from 'vitest'
import type { SessionConfig } from '../../../../src/config/sections/session.ts'
import type { Cookie } from '../../../../src/http/exchange.ts'
import { problem } from '../../../../src/problems.ts'
import { failed, ok } from '../../../../src/result.ts'
import type { Current } from '../../../../src/session/refresh/current.ts'
import { aSession, NOW_MS } from '../../../support/session.ts'
import { cookiesOf, NAME, OTHER_SECRET, SECRET, sessionOf, someGroups } from '../refresh-fixture.ts'
import { aWorld, createClock, jarAfter, RotatingProvider, TOKENS_ONLY } from '../session-fixture.ts'

const MINUTE_MS = 60_000
const LOCAL = { kind: 'local', record: 'record' } as const
const HOUR_MS = 60 * MINUTE_MS

describe('a session that is not due', () => {
  it('a session that is not due passes at once and unchanged', async () => {
    const { refresher, gate, signIn, provider } = await aWorld()
    const cookies = await signIn()
    const loaded = await sessionOf(gate, cookies)
    const request = { waitUntil: () => {} }
    const current = refresher.refreshIfDue({ loaded, exchange: { cookies, requestId: 'r', request } })
    expect(current).toEqual({ session: loaded.session, changes: [] })
    expect(provider.asked).toBe(0)
  })

  it('a session that is not due has left-over chunks of an older session ended', async () => {
    const { gate, refresher } = await aWorld()
    const [cookie] = (await cookiesOf(gate, aSession())) as [Cookie]
    const left = { name: `${NAME}_2`, value: '3.abcdefgh.left' }
    const loaded = await sessionOf(gate, [cookie, left])
    const exchange = { cookies: [cookie, left], requestId: 'r', request: { waitUntil: () => {} } }
    const { changes } = await refresher.refreshIfDue({ loaded, exchange })
    expect(changes).toEqual([{ name: `${NAME}_2`, value: '', maxAgeSeconds: 0, purpose: 'session' }])
  })

  it('a session of a local user is never due', async () => {
    const { clock, visit, gate } = await aWorld({
      session: { refreshMs: MINUTE_MS, revalidateMs: MINUTE_MS },
    })
    const cookies = await cookiesOf(gate, aSession({ source: LOCAL, issuer: '' }))
    clock.ms += HOUR_MS
    expect((await visit(cookies)).session?.source).toEqual(LOCAL)
  })
})

// Against a provider that revokes the whole family when a refresh token comes back (SL-13, SL-20).
describe('50 requests at the moment of expiry', () => {
  it.each(['node', 'workers'] as const)(
    '50 requests at the moment of expiry make one token request on %s, and no one is signed out',
    async (runtime) => {
      const { clock, provider, visit, signIn, gate, events } = await aWorld({ runtime })
      const cookies = await signIn()
      clock.ms += HOUR_MS + 1
      const answers = await Promise.all(Array.from({ length: 50 }, () => visit(cookies)))
      expect(provider.asked).toBe(1)
      const jars = new Set(answers.map((answer) => JSON.stringify(jarAfter(cookies, answer))))
      expect(jars.size).toBe(1)
      for (const { session } of answers) expect(session?.tokens.access).toBe('AT-of-RT-alice-1-1')
      const jar = jarAfter(cookies, answers[0] as Current)
      expect((await sessionOf(gate, jar)).session.tokens.refresh).toBe('RT-alice-1-1')
      expect(events).toEqual([
        expect.objectContaining({ event: 'session_refreshed', level: 'info', request_id: 'r1' }),
      ])
      expect(JSON.stringify(events)).not.toMatch(/RT-|AT-/u)
    },
  )

  it('50 requests at the moment of expiry and late ones, with the old cookie, get the same successor for a minute', async () => {
    const { clock, provider, visit, signIn } = await aWorld()
    const cookies = await signIn()
    clock.ms += HOUR_MS
    const first = await visit(cookies)
    clock.ms += 59_000
    expect(jarAfter(cookies, await visit(cookies))).toEqual(jarAfter(cookies, first))
    expect(provider.asked).toBe(1)
  })

  it('50 requests at the moment of expiry start the next refresh from the new cookie', async () => {
    const { clock, provider, visit, signIn } = await aWorld()
    let jar = await signIn()
    for (let round = 1; round <= 5; round += 1) {
      clock.ms += HOUR_MS
      const answer = await visit(jar)
      expect(answer.session?.tokens.refresh).toBe(`RT-alice-1-${round}`)
      jar = jarAfter(jar, answer)
    }
    expect(provider.asked).toBe(5)
  })
})

describe('two people at the same instant (SL-14)', () => {
  it('two people at the same instant each get their own tokens [SL-14]', async () => {
    const { clock, provider, visit, signIn } = await aWorld()
    const alice = await signIn()
    const bob = await signIn({
      id: 'session-of-bob',
      subject: 'bob-1',
      user: 'bob-1',
      email: 'bob@example.com',
    })
    clock.ms += HOUR_MS
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, at) => visit(at % 2 === 0 ? alice : bob)),
    )
    expect(provider.asked).toBe(2)
    answers.forEach(({ session }, at) => {
      expect(session?.subject).toBe(at % 2 === 0 ? 'alice-1' : 'bob-1')
      expect(session?.tokens.access).toMatch(at % 2 === 0 ? /alice/u : /bob/u)
    })
  })
})

describe('without cookie-refresh and session-revalidate', () => {
  const QUIET = { revalidateMs: 0, refreshMs: 0 }

  it('a session lives for cookie-expire without cookie-refresh, as in oauth2-proxy: the provider is not asked', async () => {
    const { clock, provider, visit, gate } = await aWorld({ session: QUIET })
    // Nothing of it is passed on.
    const tokens = { ...aSession().tokens, access: undefined, id: undefined, refresh: 'RT-alice-1-0' }
    const cookies = await cookiesOf(gate, aSession({ tokens }))
    clock.ms += 7 * 24 * HOUR_MS - 1
    expect((await visit(cookies)).session).toBeDefined()
    expect(provider.asked).toBe(0)
  })

  it.each(['refresh_refused', 'provider_unreachable'] as const)(
    'a token that is passed on is kept fresh without cookie-refresh, and an answer of %s ends nothing',
    async (reason) => {
      const { clock, provider, visit, signIn } = await aWorld({ session: QUIET })
      const cookies = await signIn()
      clock.ms += 0.75 * HOUR_MS
      const answer = await visit(cookies)
      expect(answer.session).toMatchObject({ refreshedAtMs: clock.ms })
      const jar = jarAfter(cookies, answer)
      provider.problem = problem(reason)
      clock.ms += 5 * 24 * HOUR_MS
      expect(await visit(jar)).toMatchObject({ session: { subject: 'alice-1' }, changes: [] })
      expect(provider.asked).toBe(2)
    },
  )
})

describe('when a refresh is due', () => {
  it.each<[string, Partial<SessionConfig>, number]>([
    ['three quarters into the life of the access token', TOKENS_ONLY, 0.75 * HOUR_MS],
    ['at the age of cookie-refresh', { revalidateMs: 0, refreshMs: 10 * MINUTE_MS }, 10 * MINUTE_MS],
    ['three quarters into session-revalidate', { revalidateMs: 8 * MINUTE_MS, refreshMs: 0 }, 6 * MINUTE_MS],
    ['at the first of them', { revalidateMs: 4 * MINUTE_MS, refreshMs: 10 * MINUTE_MS }, 3 * MINUTE_MS],
  ])('a refresh is due %s', async (_, session, dueMs) => {
    const { clock, provider, visit, signIn } = await aWorld({ session })
    const cookies = await signIn()
    clock.ms += dueMs - 1
    await visit(cookies)
    expect(provider.asked).toBe(0)
    clock.ms += 1
    expect((await visit(cookies)).session?.refreshedAtMs).toBe(clock.ms)
    expect(provider.asked).toBe(1)
  })

  it('a refresh works every time with a provider that gives one refresh token for ever', async () => {
    const { clock, provider, visit, signIn } = await aWorld({ session: { refreshMs: 10_000 } })
    provider.rotates = false
    let jar = await signIn()
    for (let round = 1; round <= 3; round += 1) {
      clock.ms += 10_000
      jar = jarAfter(jar, await visit(jar))
      expect(provider.asked).toBe(round)
    }
  })

  it('a refresh keeps the old refresh token when the answer has none (RFC 6749 §6)', async () => {
    const { clock, provider, visit, signIn } = await aWorld()
    provider.change = (grant) => ({ ...grant, tokens: { ...grant.tokens, refresh: undefined } })
    const cookies = await signIn()
    clock.ms += HOUR_MS
    expect((await visit(cookies)).session?.tokens.refresh).toBe('RT-alice-1-0')
  })

  it('a refresh slides the end of the cookie, and never beyond the absolute lifetime [SL-03]', async () => {
    const { clock, visit, signIn } = await aWorld({
      session: { expireMs: 2 * HOUR_MS, maxLifetimeMs: 4 * HOUR_MS },
    })
    let jar = await signIn({ expiresAtMs: NOW_MS + 2 * HOUR_MS })
    const ends: number[] = []
    for (let hours = 1; hours <= 3; hours += 1) {
      clock.ms = NOW_MS + hours * HOUR_MS
      const answer = await visit(jar)
      ends.push(((answer.session?.expiresAtMs ?? 0) - NOW_MS) / HOUR_MS)
      jar = jarAfter(jar, answer)
    }
    expect(ends).toEqual([3, 4, 4])
  })

  it('a refresh brings the groups of today [SL-11]', async () => {
    const { clock, provider, visit, signIn, gate } = await aWorld()
    provider.change = (grant) => ({ ...grant, identity: { ...grant.identity, groups: [] } })
    const cookies = await signIn({ groups: ['admins'] })
    clock.ms += HOUR_MS
    const answer = await visit(cookies)
    expect(answer.session?.groups).toEqual([])
    expect((await sessionOf(gate, jarAfter(cookies, answer))).session.groups).toEqual([])
  })
})

describe('a provider that does not answer (SL-06)', () => {
  it.each(['provider_unreachable', 'provider_misbehaved'] as const)(
    'a provider with %s keeps the session until the access token has ended, and the cookie even then [SL-06]',
    async (reason) => {
      const { clock, provider, visit, signIn } = await aWorld()
      const cookies = await signIn()
      provider.problem = problem(reason)
      clock.ms += 0.8 * HOUR_MS
      expect(await visit(cookies)).toMatchObject({ session: { subject: 'alice-1' }, changes: [] })
      clock.ms = NOW_MS + HOUR_MS
      expect(await visit(cookies)).toEqual({ session: undefined, changes: [], problem: { reason } })
      provider.problem = undefined
      clock.ms += 6000
      expect((await visit(cookies)).session?.subject).toBe('alice-1')
    },
  )

  it('a provider that does not answer is asked again only after five seconds, however many requests come [SL-06]', async () => {
    const { clock, provider, visit, signIn } = await aWorld()
    const cookies = await signIn()
    provider.problem = problem('provider_unreachable')
    clock.ms += 0.8 * HOUR_MS
    for (let second = 0; second < 10; second += 1) {
      await Promise.all([visit(cookies), visit(cookies)])
      clock.ms += 1000
    }
    expect(provider.asked).toBe(2)
  })

  it('a provider that does not answer keeps a session without a known end of its access token for an hour [SL-06]', async () => {
    const { clock, provider, visit, gate } = await aWorld({ session: { refreshMs: 10 * MINUTE_MS } })
    const session = provider.signIn()
    const tokens = { ...session.tokens, accessExpiresAtMs: undefined }
    const cookies = await cookiesOf(gate, { ...session, tokens })
    provider.problem = problem('provider_unreachable')
    clock.ms += HOUR_MS - 1
    expect((await visit(cookies)).session).toBeDefined()
    clock.ms += 6000
    expect((await visit(cookies)).session).toBeUndefined()
  })

  it('a provider that does not answer does not hold a request for longer than its patience, and its answer serves the next one [SL-06]', async () => {
    const { clock, provider, visit, signIn, deferred } = await aWorld({ patienceMs: 20 })
    provider.delayMs = 150
    const cookies = await signIn()
    clock.ms += 0.8 * HOUR_MS
    const started = performance.now()
    expect(await visit(cookies)).toMatchObject({ session: { refreshedAtMs: NOW_MS }, changes: [] })
    expect(performance.now() - started).toBeLessThan(120)
    await Promise.all(deferred)
    expect((await visit(cookies)).session?.refreshedAtMs).toBe(clock.ms)
    expect(provider.asked).toBe(1)
  })

  it('a provider that does not answer is waited for when the session is over without it [SL-06]', async () => {
    const { clock, provider, visit, signIn } = await aWorld({ patienceMs: 1 })
    provider.delayMs = 60
    const cookies = await signIn()
    clock.ms += HOUR_MS
    expect((await visit(cookies)).session?.refreshedAtMs).toBe(clock.ms)
  })

  it('a provider that does not answer does not keep the last request from being written down, for the idle limit [SL-06]', async () => {
    const { clock, provider, visit, signIn, gate } = await aWorld({ session: { idleTimeoutMs: HOUR_MS } })
    const cookies = await signIn()
    provider.problem = problem('provider_unreachable')
    clock.ms += 0.8 * HOUR_MS
    const jar = jarAfter(cookies, await visit(cookies))
    expect((await sessionOf(gate, jar)).session).toMatchObject({ seenAtMs: clock.ms, refreshedAtMs: NOW_MS })
  })
})

describe('a client that leaves while its session is refreshed', () => {
  it('a client that leaves while its session is refreshed cannot take the rotated token with it: the work is deferred and its result kept', async () => {
    const { clock, provider, gate, refresher, signIn, visit } = await aWorld()
    const cookies = await signIn()
    clock.ms += HOUR_MS
    const deferred: Promise<unknown>[] = []
    const exchange = {
      cookies,
      requestId: 'r',
      request: { waitUntil: (work: Promise<unknown>) => deferred.push(work) },
    }
    void refresher.refreshIfDue({ loaded: await sessionOf(gate, cookies), exchange })
    await expect.poll(() => deferred.length).toBe(1)
    await Promise.all(deferred)
    expect((await visit(cookies)).session?.tokens.refresh).toBe('RT-alice-1-1')
    expect(provider.asked).toBe(1)
  })
})

describe('a refused refresh token', () => {
  it('a refused refresh token keeps the session while the access token lives: another process may have been quicker', async () => {
    const { clock, provider, visit, signIn } = await aWorld()
    const cookies = await signIn()
    provider.problem = problem('refresh_refused')
    clock.ms += 0.8 * HOUR_MS
    expect(await visit(cookies)).toMatchObject({ session: { subject: 'alice-1' }, changes: [] })
    clock.ms = NOW_MS + HOUR_MS - 1
    expect((await visit(cookies)).session).toBeDefined()
  })

  it('a refused refresh token ends the session after its real expiry, without a clearing cookie [SL-04]', async () => {
    const { clock, provider, visit, signIn, events } = await aWorld()
    const cookies = await signIn()
    provider.problem = problem('refresh_refused')
    clock.ms += HOUR_MS
    const gone = { session: undefined, changes: [], problem: { reason: 'refresh_refused' } }
    expect(await visit(cookies)).toEqual(gone)
    clock.ms += 30_000
    expect(await visit(cookies)).toEqual(gone)
    expect(provider.asked).toBe(1)
    expect(events).toEqual([
      expect.objectContaining({ event: 'session_refresh_refused', code: 'refresh_refused' }),
    ])
  })

  it.each<[string, Partial<SessionConfig>, number]>([
    ['session-revalidate', { revalidateMs: 4 * MINUTE_MS }, 4 * MINUTE_MS],
    ['cookie-refresh and the moment of a race', { refreshMs: 4 * MINUTE_MS }, 5 * MINUTE_MS],
  ])('a refused refresh token counts after %s', async (_, session, countsMs) => {
    const { clock, provider, visit, signIn } = await aWorld({ session })
    const cookies = await signIn()
    provider.problem = problem('refresh_refused')
    clock.ms += countsMs - 1000
    expect((await visit(cookies)).session).toBeDefined()
    clock.ms += 1000
    expect((await visit(cookies)).session).toBeUndefined()
  })

  it('a refused refresh token in a race between processes without an exchange signs no one out: the loser goes on', async () => {
    const clock = createClock()
    const provider = new RotatingProvider(clock.now)
    const [one, two] = await Promise.all([aWorld({ clock, provider }), aWorld({ clock, provider })])
    const cookies = await one.signIn()
    clock.ms += 0.8 * HOUR_MS
    const answers = await Promise.all([one.visit(cookies), two.visit(cookies)])
    expect(provider.asked).toBe(2)
    for (const { session } of answers) expect(session?.subject).toBe('alice-1')
    expect(answers.filter(({ changes }) => changes.length > 0)).toHaveLength(1)
    expect(answers.flatMap(({ changes }) => changes).some(({ maxAgeSeconds }) => maxAgeSeconds === 0)).toBe(
      false,
    )
  })
})

describe('an answer about another person', () => {
  it.each<[string, (provider: RotatingProvider) => void]>([
    [
      'another subject',
      (provider) => {
        provider.change = (grant) => ({ ...grant, identity: { ...grant.identity, subject: 'mallory' } })
      },
    ],
    [
      'another issuer',
      (provider) => {
        provider.change = (grant) => ({ ...grant, identity: { ...grant.identity, issuer: 'https://evil' } })
      },
    ],
    [
      'an ID token that is not for us',
      (provider) => {
        provider.problem = problem('id_token_invalid', { claim: 'azp' })
      },
    ],
  ])('an answer about another person, with %s, ends the session [SL-08, SL-09]', async (_, spoil) => {
    const { clock, provider, visit, signIn, events } = await aWorld()
    const cookies = await signIn()
    spoil(provider)
    clock.ms += 0.8 * HOUR_MS
    const answer = await visit(cookies)
    expect(answer.session).toBeUndefined()
    expect(answer.problem?.reason).toBe('id_token_invalid')
    expect(jarAfter(cookies, answer)).toEqual([])
    expect(events).toEqual([expect.objectContaining({ event: 'session_refresh_ended', level: 'error' })])
  })

  it.each(['email_unverified', 'not_permitted', 'identity_incomplete'] as const)(
    'an answer about another person that says %s ends the session [SL-18]',
    async (reason) => {
      const { clock, provider, visit, signIn } = await aWorld()
      const cookies = await signIn()
      provider.problem = problem(reason)
      clock.ms += 0.8 * HOUR_MS
      const answer = await visit(cookies)
      expect(answer).toMatchObject({ session: undefined, problem: { reason } })
      expect(jarAfter(cookies, answer)).toEqual([])
    },
  )
})

describe('a session that came out of a refresh', () => {
  it('a refreshed session that no longer fits ends with a word about it', async () => {
    const { clock, provider, visit, signIn } = await aWorld()
    provider.change = (grant) => ({ ...grant, tokens: { ...grant.tokens, refresh: 'x'.repeat(70_000) } })
    const cookies = await signIn()
    clock.ms += HOUR_MS
    expect(await visit(cookies)).toMatchObject({
      session: undefined,
      problem: { reason: 'session_too_large' },
    })
  })

  it('a refreshed session that was denied meanwhile ends', async () => {
    const { clock, provider, visit, signIn, gate } = await aWorld()
    provider.delayMs = 100
    const cookies = await signIn()
    clock.ms += HOUR_MS
    const visiting = visit(cookies)
    await expect.poll(() => provider.asked).toBe(1)
    await gate.denylist.deny({ kind: 'session', id: aSession().id })
    const answer = await visiting
    expect(answer.session).toBeUndefined()
    expect(jarAfter(cookies, answer)).toEqual([])
  })

  it('a refreshed session of many groups is split and ends what it does not use', async () => {
    const { clock, provider, visit, signIn } = await aWorld()
    const cookies = await signIn({ groups: someGroups(200) })
    expect(cookies.map(({ name }) => name)).toEqual([`${NAME}_0`, `${NAME}_1`])
    provider.change = (grant) => ({ ...grant, identity: { ...grant.identity, groups: ['users'] } })
    clock.ms += HOUR_MS
    expect(jarAfter(cookies, await visit(cookies)).map(({ name }) => name)).toEqual([NAME])
  })
})

describe('a session without a refresh token', () => {
  const TOKENS = { access: 'AT', id: undefined, refresh: undefined, accessExpiresAtMs: NOW_MS + 2 * HOUR_MS }
  const hourly = { session: { refreshMs: HOUR_MS } }

  it('a session without a refresh token is left alone unless cookie-refresh is set', async () => {
    const { clock, provider, visit, gate } = await aWorld({ session: { revalidateMs: MINUTE_MS } })
    const cookies = await cookiesOf(gate, aSession({ tokens: TOKENS }))
    clock.ms += 24 * HOUR_MS
    expect((await visit(cookies)).session).toBeDefined()
    expect(provider.asked + provider.validated).toBe(0)
  })

  it('a session without a refresh token is validated, once, and lives no longer for it', async () => {
    const { clock, provider, visit, gate } = await aWorld(hourly)
    const cookies = await cookiesOf(gate, aSession({ tokens: TOKENS }))
    clock.ms += HOUR_MS
    const [answer] = (await Promise.all(Array.from({ length: 20 }, () => visit(cookies)))) as [Current]
    expect(answer.session).toMatchObject({ refreshedAtMs: clock.ms, expiresAtMs: aSession().expiresAtMs })
    await visit(jarAfter(cookies, answer))
    expect(provider.validated).toBe(1)
  })

  it('a session without a refresh token ends when the provider says no', async () => {
    const { clock, provider, visit, gate } = await aWorld(hourly)
    const cookies = await cookiesOf(gate, aSession({ tokens: TOKENS }))
    provider.stands = ok(false)
    clock.ms += HOUR_MS
    const answer = await visit(cookies)
    expect(answer).toMatchObject({ session: undefined, problem: { reason: 'refresh_refused' } })
    expect(jarAfter(cookies, answer)).toEqual([])
  })

  it('a session without a refresh token stays while the provider cannot be asked, until the access token ends', async () => {
    const { clock, provider, visit, gate } = await aWorld(hourly)
    const cookies = await cookiesOf(gate, aSession({ tokens: TOKENS }))
    provider.stands = failed(problem('provider_unreachable'))
    clock.ms += HOUR_MS
    expect((await visit(cookies)).session).toBeDefined()
    clock.ms += HOUR_MS
    const answer = await visit(cookies)
    expect(answer).toMatchObject({ session: undefined, problem: { reason: 'refresh_unsupported' } })
  })

  it('a session without a refresh token is also validated when the provider has no refresh at all', async () => {
    const { clock, provider, visit, signIn } = await aWorld()
    provider.problem = problem('refresh_unsupported')
    const cookies = await signIn()
    clock.ms += 0.8 * HOUR_MS
    expect((await visit(cookies)).session?.refreshedAtMs).toBe(clock.ms)
    expect(provider.validated).toBe(1)
  })

  it('a session without a refresh token of a provider that was removed from the configuration ends when it is due', async () => {
    const { clock, refresher, signIn, gate } = await aWorld()
    const cookies = await signIn()
    const loaded = await sessionOf(gate, cookies)
    // The store refuses such a session; the refresher would not ask another provider about it either.
    const session = { ...loaded.session, source: { kind: 'provider', id: 'gone' } as const }
    const exchange = { cookies, requestId: 'r', request: { waitUntil: () => {} } }
    clock.ms += HOUR_MS
    expect(await refresher.refreshIfDue({ loaded: { ...loaded, session }, exchange })).toMatchObject({
      session: undefined,
      problem: { reason: 'refresh_unsupported' },
    })
  })
})

describe('refreshNow()', () => {
  it('refreshNow() asks before it is due, and once a minute at most with the same cookie', async () => {
    const { clock, provider, visit, signIn } = await aWorld()
    const cookies = await signIn()
    clock.ms += MINUTE_MS
    const answers = [await visit(cookies, 'refreshNow'), await visit(cookies, 'refreshNow')]
    for (const { session } of answers) expect(session?.refreshedAtMs).toBe(clock.ms)
    expect(provider.asked).toBe(1)
  })

  it('refreshNow() leaves a session as it is when nothing comes of it', async () => {
    const { provider, visit, signIn } = await aWorld()
    const cookies = await signIn()
    provider.problem = problem('refresh_refused')
    expect(await visit(cookies, 'refreshNow')).toMatchObject({ session: { subject: 'alice-1' }, changes: [] })
  })

  it('refreshNow() ends no session that has nothing to refresh with', async () => {
    const { clock, provider, visit, gate } = await aWorld()
    const expired = { access: 'AT', id: undefined, refresh: undefined, accessExpiresAtMs: NOW_MS + 1000 }
    const plain = await cookiesOf(gate, aSession({ tokens: expired }))
    const local = await cookiesOf(gate, aSession({ source: LOCAL }))
    clock.ms += HOUR_MS
    expect((await visit(plain, 'refreshNow')).session).toBeDefined()
    expect((await visit(local, 'refreshNow')).session).toBeDefined()
    expect(provider.asked + provider.validated).toBe(0)
  })
})

describe('a cookie that should be written again', () => {
  it('a cookie that should be written again because time has passed is written once for all who carry it', async () => {
    const { clock, visit, signIn, gate, provider } = await aWorld({ session: { idleTimeoutMs: HOUR_MS } })
    const cookies = await signIn()
    clock.ms += 5 * MINUTE_MS
    const answers = await Promise.all(Array.from({ length: 20 }, () => visit(cookies)))
    const jars = new Set(answers.map((answer) => JSON.stringify(jarAfter(cookies, answer))))
    expect(jars.size).toBe(1)
    const { session } = await sessionOf(gate, jarAfter(cookies, answers[0] as Current))
    expect(session).toMatchObject({
      seenAtMs: clock.ms,
      refreshedAtMs: NOW_MS,
      expiresAtMs: aSession().expiresAtMs,
    })
    expect(provider.asked).toBe(0)
  })

  it('a cookie that should be written again because an old key sealed it lasts no longer for it [CK-51]', async () => {
    const { clock, visit, signIn, gate } = await aWorld()
    const cookies = await signIn()
    await gate.ring.replace([OTHER_SECRET, SECRET])
    clock.ms += MINUTE_MS
    const answer = await visit(cookies)
    expect(answer.changes[0]?.maxAgeSeconds).toBe(7 * 86_400 - 60)
    const jar = jarAfter(cookies, answer)
    await gate.ring.replace([OTHER_SECRET])
    expect((await sessionOf(gate, jar)).session.subject).toBe('alice-1')
  })
})

it('a bug in a provider is thrown, and the next request starts again', async () => {
  const { clock, provider, visit, signIn } = await aWorld()
  const cookies = await signIn()
  clock.ms += HOUR_MS
  provider.rotates = false
  provider.change = () => {
    throw new TypeError('a bug')
  }
  await expect(visit(cookies)).rejects.toThrow('a bug')
  provider.change = (grant) => grant
  expect((await visit(cookies)).session?.subject).toBe('alice-1')
})

describe('a process that ends', () => {
  it('a process that ends waits for a refresh that is under way, so that its cookie leaves with the request [SL-27]', async () => {
    const ending = new AbortController()
    const given = { patienceMs: 500, ending: ending.signal }
    const { clock, provider, visit, signIn } = await aWorld(given)
    const cookies = await signIn()
    clock.ms += 50 * MINUTE_MS
    provider.delayMs = 900
    const answer = visit(cookies)
    await expect.poll(() => provider.asked, { interval: 5 }).toBe(1)
    ending.abort()
    expect((await answer).session?.refreshedAtMs).toBe(clock.ms)
    expect((await answer).changes).not.toEqual([])
  })

  it('a process that ends starts no refresh for a session that is valid, and joins one that is under way [SL-27]', async () => {
    const ending = new AbortController()
    const { clock, provider, visit, signIn } = await aWorld({ patienceMs: 500, ending: ending.signal })
    const [alice, bob] = [await signIn(), await signIn({ id: 'of bob', subject: 'bob' })]
    clock.ms += 50 * MINUTE_MS
    provider.delayMs = 900
    const first = visit(alice)
    await expect.poll(() => provider.asked, { interval: 5 }).toBe(1)
    ending.abort()
    expect((await visit(bob)).session?.refreshedAtMs).toBe(NOW_MS)
    expect((await visit(alice)).session?.refreshedAtMs).toBe(clock.ms)
    await first
    expect(provider.asked).toBe(1)
  })

  it('a process that ends asks for a session that is over without it', async () => {
    const { clock, provider, visit, signIn } = await aWorld({ ending: AbortSignal.abort() })
    const cookies = await signIn()
    clock.ms += HOUR_MS
    expect((await visit(cookies)).session?.refreshedAtMs).toBe(clock.ms)
    expect(provider.asked).toBe(1)
  })
})
