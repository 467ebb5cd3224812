import { describe, expect, it } from 'vitest'
import { startGate, type TestGate } from '../support/gate.ts'
import type { Asking, Visitor } from '../support/visitor.ts'

const MINUTE = 60_000
const POST: Asking = { method: 'POST' }

async function signedIn(gate: TestGate): Promise<Visitor> {
  const visitor = gate.visitor()
  const seen = await visitor.browse('/oauth2/start?rd=%2F')
  if (seen.status !== 200) throw new Error(`Sign-in ended with ${seen.status}: ${seen.text}`)
  return visitor
}

async function stateOf(visitor: Visitor): Promise<Record<string, unknown>> {
  const { status, text } = await visitor.fetch('/oauth2/session')
  return status === 200 ? JSON.parse(text) : { status }
}

describe('GET /oauth2/session', () => {
  it('GET /oauth2/session may be asked every minute by a page that warns of the end, without putting the end off', async () => {
    const gate = await startGate({ args: ['--session-idle-timeout=30m'] })
    const alice = await signedIn(gate)
    const { idle_expires_at: end } = await stateOf(alice)
    for (let minute = 0; minute < 29; minute += 1) {
      gate.platform.pass(MINUTE)
      expect((await stateOf(alice))['idle_expires_at']).toBe(end)
    }
    expect(gate.provider.hits.token).toBe(1)
    gate.platform.pass(MINUTE)
    expect(await stateOf(alice)).toEqual({ status: 401 })
    expect((await alice.fetch('/x')).status).toBe(401)
  })

  it('GET /oauth2/session names the end that comes first', async () => {
    const gate = await startGate({ args: ['--cookie-expire=2h', '--session-max-lifetime=1h'] })
    const alice = await signedIn(gate)
    const state = await stateOf(alice)
    expect(state['expires_at']).toBe(new Date(gate.platform.now() + 60 * MINUTE).toISOString())
    expect(state).not.toHaveProperty('idle_expires_at')
  })

  it('GET /oauth2/session judges by the rules as they are, as every request does', async () => {
    const gate = await startGate()
    const alice = await signedIn(gate)
    const stricter = await gate.sibling(['--allowed-group=board'])
    const cookie = [...alice.jar].map((pair) => pair.join('=')).join('; ')
    const answer = await stricter.ask('/oauth2/session', {
      headers: ['Host', 'app.example.com', 'Cookie', cookie],
    })
    expect(answer.status).toBe(403)
  })
})

describe('POST /oauth2/session/refresh', () => {
  it('POST /oauth2/session/refresh is what "stay signed in" does: the pause starts again', async () => {
    const gate = await startGate({ args: ['--session-idle-timeout=30m'] })
    const alice = await signedIn(gate)
    gate.platform.pass(29 * MINUTE)
    const kept = await alice.fetch('/oauth2/session/refresh', POST)
    expect(kept.status).toBe(200)
    expect(JSON.parse(kept.text).idle_expires_at).toBe(
      new Date(gate.platform.now() + 30 * MINUTE).toISOString(),
    )
    expect(kept.text).not.toMatch(/rt\.|at\.|eyJ/u)
    gate.platform.pass(29 * MINUTE)
    expect((await alice.fetch('/x')).status).toBe(200)
  })

  it('POST /oauth2/session/refresh starts the pause again without a refresh token too', async () => {
    const gate = await startGate({ args: ['--session-idle-timeout=30m'] })
    gate.provider.behaviour.refreshTokens = false
    const alice = await signedIn(gate)
    gate.platform.pass(29 * MINUTE)
    expect((await alice.fetch('/oauth2/session/refresh', POST)).status).toBe(200)
    gate.platform.pass(29 * MINUTE)
    expect((await alice.fetch('/x')).status).toBe(200)
  })

  // [who sends it, headers]
  it.each([
    ['a form on another site', ['Sec-Fetch-Site', 'cross-site', 'Origin', 'https://evil.example']],
    ['a sibling host', ['Sec-Fetch-Site', 'same-site', 'Origin', 'https://other.example.com']],
    ['an old browser on another site', ['Origin', 'https://evil.example']],
    ['a sandboxed page', ['Origin', 'null']],
    ['nobody knows who', []],
  ])('POST /oauth2/session/refresh is refused to %s, and the provider hears nothing', async (_, headers) => {
    const gate = await startGate()
    const alice = await signedIn(gate)
    const cookie = [...alice.jar].map((pair) => pair.join('=')).join('; ')
    const answer = await gate.ask('/oauth2/session/refresh', {
      method: 'POST',
      headers: ['Host', 'app.example.com', 'Cookie', cookie, ...headers],
    })
    expect(answer.status).toBe(403)
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(gate.provider.hits.token).toBe(1)
  })
})
