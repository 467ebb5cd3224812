import { describe, expect, it } from 'vitest'
import { startGate, type TestGate } from '../support/gate.ts'
import type { Visitor } from '../support/visitor.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const SESSION = '__Host-_oauth2_proxy'

async function signedIn(gate: TestGate): Promise<Visitor> {
  const visitor = gate.visitor()
  const seen = await visitor.browse('/oauth2/start?rd=%2F')
  if (seen.status !== 200) throw new Error(`Sign-in ended with ${seen.status}: ${seen.text}`)
  return visitor
}

function jarOf(visitor: Visitor): readonly (readonly [string, string])[] {
  return [...visitor.jar]
}

function refreshes(gate: TestGate): number {
  return gate.provider.tokenRequests.filter(({ form }) => form.get('grant_type') === 'refresh_token').length
}

describe('refresh', () => {
  it('a refresh asks once when fifty requests come at the moment of expiry, and signs no one out', async () => {
    const gate = await startGate({ args: ['--cookie-refresh=10m', '--pass-access-token'] })
    const alice = await signedIn(gate)
    gate.platform.pass(11 * MINUTE)
    const before = jarOf(alice)
    const cookie = before.map(([name, value]) => `${name}=${value}`).join('; ')
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        gate.ask('/x', { headers: ['Host', 'app.example.com', 'Cookie', cookie] }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
    expect(refreshes(gate)).toBe(1)
    const families = new Set(answers.map((answer) => answer.headers.getSetCookie().join()))
    expect(families.size).toBe(1)
    expect([...families][0]).toContain(SESSION)
    // A straggler that still carries the old cookie gets the same successor.
    gate.platform.pass(30_000)
    const late = await gate.ask('/x', { headers: ['Host', 'app.example.com', 'Cookie', cookie] })
    expect(late.status).toBe(200)
    const pairOf = (line = '') => line.split(';')[0]
    expect(pairOf(late.headers.getSetCookie()[0])).toBe(pairOf([...families][0]))
    expect(refreshes(gate)).toBe(1)
  })

  it('a refresh never mixes two people who are due at the same instant', async () => {
    const gate = await startGate({ args: ['--cookie-refresh=10m'] })
    const alice = await signedIn(gate)
    gate.provider.user = { sub: 'bob', email: 'bob@example.com', groups: [] }
    const bob = await signedIn(gate)
    gate.platform.pass(11 * MINUTE)
    await Promise.all([alice, bob, alice, bob].map((visitor) => visitor.fetch('/x')))
    const who = async (visitor: Visitor) => JSON.parse((await visitor.fetch('/oauth2/userinfo')).text).user
    expect([await who(alice), await who(bob)]).toEqual(['alice', 'bob'])
  })

  it('a refresh keeps the session when the provider times out or fails, and ends it when the grant is gone', async () => {
    const gate = await startGate({ args: ['--cookie-refresh=10m', '--cookie-expire=2h'] })
    gate.provider.behaviour.accessTokenSeconds = 3600
    const alice = await signedIn(gate)
    gate.platform.pass(11 * MINUTE)
    gate.provider.scripts.token = () => new Response('oops', { status: 500 })
    expect((await alice.fetch('/x')).status).toBe(200)
    gate.provider.scripts.token = () =>
      Response.json({ error: 'temporarily_unavailable', error_description: 'invalid_grant' }, { status: 400 })
    gate.platform.pass(MINUTE)
    expect((await alice.fetch('/x')).status).toBe(200)
    gate.provider.scripts.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 })
    gate.platform.pass(HOUR)
    const ended = await alice.fetch('/x')
    expect(ended.status).toBe(401)
    // It may have lost a race against another process: what the browser has by now must stay.
    expect(ended.setCookies).toEqual([])
  })

  it('a refresh sees that a group was taken away', async () => {
    const gate = await startGate({ args: ['--cookie-refresh=10m', '--allowed-group=admins'] })
    const alice = await signedIn(gate)
    gate.provider.user = { sub: 'alice', email: 'alice@example.com', groups: ['staff'] }
    gate.provider.idToken.claims = (claims) => ({ ...claims, groups: ['staff'] })
    gate.platform.pass(11 * MINUTE)
    expect((await alice.fetch('/x')).status).toBe(403)
  })

  it('a refresh ends the session when the provider suddenly speaks of another person', async () => {
    const gate = await startGate({ args: ['--cookie-refresh=10m'] })
    const alice = await signedIn(gate)
    gate.provider.idToken.claims = (claims) => ({ ...claims, sub: 'mallory' })
    gate.platform.pass(11 * MINUTE)
    expect((await alice.fetch('/x')).status).toBe(401)
  })
})

describe('the end of a session', () => {
  it('the end of a session comes with cookie-expire, however busy the person is', async () => {
    const gate = await startGate({ args: ['--cookie-expire=2h', '--session-revalidate=0'] })
    const alice = await signedIn(gate)
    gate.platform.pass(HOUR)
    expect((await alice.fetch('/x')).status).toBe(200)
    gate.platform.pass(HOUR + 1)
    const late = await alice.visit('/x')
    expect(late.status).toBe(200)
    expect(late.text).toContain('Sign in')
  })

  it('the end of a session comes with the absolute lifetime in spite of refreshes', async () => {
    const gate = await startGate({ args: ['--cookie-refresh=10m', '--session-max-lifetime=1h'] })
    const alice = await signedIn(gate)
    for (let at = 0; at < 5; at += 1) {
      gate.platform.pass(11 * MINUTE)
      expect((await alice.fetch('/x')).status).toBe(200)
    }
    gate.platform.pass(6 * MINUTE)
    expect((await alice.fetch('/x')).status).toBe(401)
  })

  it('the end of a session comes after a pause, and a busy person does not notice', async () => {
    const gate = await startGate({ args: ['--session-idle-timeout=30m', '--session-revalidate=0'] })
    const alice = await signedIn(gate)
    for (let at = 0; at < 6; at += 1) {
      gate.platform.pass(20 * MINUTE)
      expect((await alice.fetch('/x')).status).toBe(200)
    }
    gate.platform.pass(31 * MINUTE)
    expect((await alice.fetch('/x')).status).toBe(401)
  })

  it('the end of a session comes for everyone with min-issued-at', async () => {
    const gate = await startGate()
    const alice = await signedIn(gate)
    gate.platform.pass(HOUR)
    const later = await gate.sibling([`--min-issued-at=${new Date(gate.platform.now()).toISOString()}`])
    const cookie = jarOf(alice)
      .map(([name, value]) => `${name}=${value}`)
      .join('; ')
    expect((await later.ask('/x', { headers: ['Host', 'app.example.com', 'Cookie', cookie] })).status).toBe(
      401,
    )
  })

  it('the end of a session comes when the provider says so by back-channel logout', async () => {
    const gate = await startGate()
    gate.provider.user = { sub: 'alice', email: 'alice@example.com', groups: [], sid: 'sid-1' }
    const alice = await signedIn(gate)
    gate.platform.pass(1_000)
    const token = await gate.provider.logoutToken()
    const answer = await gate.ask('/oauth2/backchannel_logout', {
      method: 'POST',
      headers: ['Host', 'app.example.com', 'Content-Type', 'application/x-www-form-urlencoded'],
      body: new URLSearchParams({ logout_token: token }).toString(),
    })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toContain('no-store')
    expect((await alice.fetch('/x')).status).toBe(401)
  })
})

describe('keys', () => {
  const OLD = 'q1vN0eSgGm3oWcC7xkT9ZbY4uJ5hPfLd2aRiE8sMzXk'
  const NEW = 'AnotherSecretOfThirtyTwoBytes-x0'

  it('keys are replaced while people work: no one is signed out, cookies are sealed again', async () => {
    const files = { '/secret': OLD }
    const gate = await startGate({ files, args: ['--cookie-secret-file=/secret'] })
    const alice = await signedIn(gate)
    const before = alice.jar.get(SESSION)
    gate.platform.change('/secret', `${NEW},${OLD}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await alice.fetch('/x')).status).toBe(200)
    expect(alice.jar.get(SESSION)).not.toBe(before)
    gate.platform.change('/secret', NEW)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await alice.fetch('/x')).status).toBe(200)
  })

  it('keys of another deployment with the same secret open nothing', async () => {
    const gate = await startGate()
    const alice = await signedIn(gate)
    const other = await gate.sibling(['--client-id=somebody-else'])
    const cookie = jarOf(alice)
      .map(([name, value]) => `${name}=${value}`)
      .join('; ')
    const answer = await other.ask('/x', { headers: ['Host', 'app.example.com', 'Cookie', cookie] })
    expect(answer.status).toBe(401)
    expect(answer.headers.getSetCookie().join()).toContain(`${SESSION}=; Path=/; Max-Age=0`)
  })
})

describe('endpoints about the session', () => {
  it('endpoints about the session say who is signed in and until when, and never a token', async () => {
    const gate = await startGate({ args: ['--pass-access-token', '--session-idle-timeout=30m'] })
    const alice = await signedIn(gate)
    const userinfo = JSON.parse((await alice.fetch('/oauth2/userinfo')).text)
    expect(userinfo).toEqual({
      user: 'alice',
      email: 'alice@example.com',
      groups: ['staff', 'admins'],
      preferredUsername: 'alice',
    })
    const state = await alice.fetch('/oauth2/session')
    expect(JSON.parse(state.text)).toMatchObject({ user: 'alice', refreshable: true, provider: 'oidc' })
    expect(Object.keys(JSON.parse(state.text))).toContain('idle_expires_at')
    expect(state.text).not.toMatch(/token|ey[A-Za-z0-9]/u)
    expect(state.headers.get('cache-control')).toContain('no-store')
  })

  it('endpoints about the session answer 401 without a session', async () => {
    const gate = await startGate()
    for (const path of ['/oauth2/userinfo', '/oauth2/session', '/oauth2/auth']) {
      const response = await gate.ask(path)
      expect(response.status).toBe(401)
      expect(response.headers.getSetCookie()).toEqual([])
    }
  })

  it("endpoints about the session refresh on demand, for Sidegate's own pages only", async () => {
    const gate = await startGate({ args: ['--cookie-refresh=10m'] })
    const alice = await signedIn(gate)
    gate.platform.pass(1_000)
    const seen = await alice.fetch('/oauth2/session/refresh', { method: 'POST' })
    expect(seen.status).toBe(200)
    expect(refreshes(gate)).toBe(1)
    expect(seen.setCookies.join()).toContain(SESSION)
    expect((await alice.fetch('/oauth2/session/refresh')).status).toBe(405)
    const cookie = jarOf(alice)
      .map(([name, value]) => `${name}=${value}`)
      .join('; ')
    const foreign = await gate.ask('/oauth2/session/refresh', {
      method: 'POST',
      headers: ['Host', 'app.example.com', 'Cookie', cookie, 'Origin', 'https://evil.example'],
    })
    expect(foreign.status).toBe(403)
    expect(refreshes(gate)).toBe(1)
  })
})

describe('a clock that steps back', () => {
  it('a clock that steps back refuses sessions that are not valid yet, and deletes none of their cookies [SL-28]', async () => {
    const gate = await startGate()
    const alice = await signedIn(gate)
    const before = jarOf(alice)
    gate.platform.pass(-6 * MINUTE)
    for (const target of ['/x', '/oauth2/userinfo', '/oauth2/auth']) {
      const seen = await alice.fetch(target)
      expect([target, seen.status, seen.setCookies]).toEqual([target, 401, []])
    }
    const page = await alice.visit('/x')
    expect(page.setCookies.filter((line) => line.startsWith(`${SESSION}=`))).toEqual([])
    gate.platform.pass(2 * MINUTE)
    expect((await alice.fetch('/x')).status).toBe(200)
    expect(jarOf(alice).filter(([name]) => name === SESSION)).toEqual(
      before.filter(([name]) => name === SESSION),
    )
  })

  it('a clock that steps back does not keep a sign-out from ending the session for good [SL-28]', async () => {
    const gate = await startGate()
    const alice = await signedIn(gate)
    const cookie = jarOf(alice)
      .map(([name, value]) => `${name}=${value}`)
      .join('; ')
    gate.platform.pass(-6 * MINUTE)
    await alice.visit('/oauth2/sign_out', { method: 'POST', headers: ['Origin', 'https://app.example.com'] })
    await gate.platform.settled()
    expect(gate.provider.revoked).toHaveLength(1)
    gate.platform.pass(6 * MINUTE)
    const copied = await gate.ask('/x', { headers: ['Host', 'app.example.com', 'Cookie', cookie] })
    expect(copied.status).toBe(401)
  })
})
