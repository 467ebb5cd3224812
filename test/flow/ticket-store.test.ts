import { expect, it } from 'vitest'
import { createDenylist } from '../../src/session/denylist.ts'
import { createSessionJudge } from '../../src/session/judge.ts'
import { createRefresher } from '../../src/session/refresh/refresh.ts'
import type { SessionStore } from '../../src/session/store.ts'
import { createAuthenticate } from '../../src/signin/authenticate.ts'
import { SESSION_CONFIG } from '../unit/session/refresh-fixture.ts'
import { createTicketStore, type TicketMemory } from '../unit/session/ticket-store.ts'
import { aJar, anExchange, aSignInBench, type Jar } from '../unit/signin/signin-fixture.ts'

const MINUTE = 60_000
const COOKIE = '__Host-s'

/** Signing in, refresh and signing out over a session store that keeps tickets in cookies and sessions elsewhere. */
async function aGateWithTickets() {
  const memory: TicketMemory = new Map()
  let store: SessionStore | undefined
  const bench = await aSignInBench({
    sessions({ platform, clients }) {
      const denylist = createDenylist({ log: { line() {} }, now: platform.now, config: SESSION_CONFIG })
      const judge = createSessionJudge({
        config: SESSION_CONFIG,
        clients,
        hasAccount: () => true,
        denylist,
        now: platform.now,
      })
      store = createTicketStore({ cookieName: COOKIE, memory, judge, now: platform.now })
      return { sessions: store, denylist }
    },
  })
  if (store === undefined) throw new TypeError('no store')
  const { platform, context } = bench
  const refresher = createRefresher({
    config: SESSION_CONFIG,
    providers: context.providers,
    store,
    platform,
    log: context.log,
  })
  const authenticate = createAuthenticate({ sessions: store, refresher, authorization: [], log: context.log })
  const visit = async (jar: Jar) => authenticate(anExchange('/x', { cookies: jar.header() }))
  const signOut = async (jar: Jar) => {
    const headers = ['Sec-Fetch-Site', 'same-origin']
    const exchange = anExchange('/oauth2/sign_out', { method: 'POST', headers, cookies: jar.header() })
    return jar.take(await bench.signIn.signOut(exchange))
  }
  const signedIn = async () => {
    const jar = aJar()
    await bench.callback(jar, await bench.start(jar))
    return jar
  }
  return { ...bench, memory, visit, signOut, signedIn }
}

it('a sign-in over another session store leaves a ticket in the browser and nothing of the person', async () => {
  const { memory, signedIn, visit } = await aGateWithTickets()
  const jar = await signedIn()
  expect(jar.cookies.get(COOKIE)).toMatch(/^[\w-]{16}\.[\w-]{22}$/u)
  expect(memory.size).toBe(1)
  expect((await visit(jar)).session).toMatchObject({
    subject: 'alice',
    source: { kind: 'provider', id: 'oidc' },
  })
})

it('a second sign-in gets another ticket, and the first one counts for nothing', async () => {
  const { callback, memory, signedIn, start, visit } = await aGateWithTickets()
  const jar = await signedIn()
  const first = aJar()
  first.cookies.set(COOKIE, jar.cookies.get(COOKIE) ?? '')
  await callback(jar, await start(jar))
  expect(jar.cookies.get(COOKIE)).not.toBe(first.cookies.get(COOKIE))
  expect((await visit(first)).session).toBeUndefined()
  expect((await visit(jar)).session?.subject).toBe('alice')
  expect(memory.size).toBe(1)
})

it('a refresh over another session store happens once, in place, for every request with the ticket', async () => {
  const { op, platform, signedIn, visit } = await aGateWithTickets()
  const jar = await signedIn()
  const ticket = jar.cookies.get(COOKIE)
  const before = (await visit(jar)).session?.tokens.refresh
  platform.pass(4 * MINUTE)
  op.user = { sub: 'alice', email: 'alice@example.com', groups: ['new'] }
  const callers = await Promise.all(Array.from({ length: 20 }, () => visit(jar)))
  expect(op.hits.token).toBe(2)
  for (const { session, changes } of callers) {
    expect(session?.groups).toEqual(['new'])
    expect(changes).toMatchObject([{ name: COOKIE, value: ticket }])
  }
  const after = (await visit(jar)).session?.tokens.refresh
  expect([after === undefined, after === before]).toEqual([false, false])
})

it('a sign-out over another session store ends copies of the cookie at once', async () => {
  const { memory, op, platform, signedIn, signOut, visit } = await aGateWithTickets()
  const jar = await signedIn()
  const copy = aJar()
  copy.cookies.set(COOKIE, jar.cookies.get(COOKIE) ?? '')
  const refreshToken = (await visit(jar)).session?.tokens.refresh
  await signOut(jar)
  await platform.settled()
  expect([jar.cookies.has(COOKIE), memory.size]).toEqual([false, 0])
  expect((await visit(copy)).session).toBeUndefined()
  expect(op.hits.revoke).toBe(1)
  expect(refreshToken).toBeDefined()
})

it('a refresh that ends after the sign-out brings no session back', async () => {
  const { memory, op, platform, signedIn, signOut, visit } = await aGateWithTickets()
  const jar = await signedIn()
  const copy = aJar()
  copy.cookies.set(COOKIE, jar.cookies.get(COOKIE) ?? '')
  platform.pass(4 * MINUTE)
  let answer = () => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  op.scripts.token = async (next) => {
    const response = await next()
    await answered
    return response
  }
  const slow = visit(copy)
  await expect.poll(() => op.hits.token).toBe(2)
  await signOut(jar)
  answer()
  expect((await slow).session).toBeUndefined()
  expect(memory.size).toBe(0)
  expect((await visit(copy)).session).toBeUndefined()
})
