import { describe, expect, it } from 'vitest'
import type { HeaderLines, Peer } from '../../src/platform.ts'
import type { Rules } from '../../src/policy/rules.ts'
import { problem } from '../../src/problems.ts'
import { failed, ok } from '../../src/result.ts'
import { type AGate, startGate, type TestGate } from '../support/gate.ts'

const GATEWAY: Peer = { kind: 'ip', address: '10.0.0.5' }
const TRUSTING = ['--reverse-proxy', '--trusted-proxy-ip=10.0.0.5', '--set-xauthrequest']
const PAGE = ['Accept', 'text/html', 'Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Dest', 'document']

/** Everything below /admin, and everything on admin.example.com, is for bob alone; alice may do all else. */
const bobsOwn: Rules['permits'] = ({ target, facts }, { email }) =>
  email === 'bob@example.com' || (!target.path.startsWith('/admin') && facts.host !== 'admin.example.com')
    ? ok(undefined)
    : failed(problem('not_permitted', { rule: 'route' }))

interface AliceInput {
  readonly host?: string
  readonly method?: string
  readonly more?: HeaderLines
}

/** A gate with that rule, and alice, who is signed in. */
async function aliceAt(given: AGate = {}) {
  const gate = await startGate({ permits: bobsOwn, ...given, args: [...TRUSTING, ...(given.args ?? [])] })
  const cookie = await cookieOf(gate)
  const ask = (target: string, { host = 'app.example.com', method = 'GET', more = [] }: AliceInput = {}) =>
    gate.ask(target, { method, peer: GATEWAY, headers: ['Host', host, 'Cookie', cookie, ...more] })
  return { gate, ask }
}

async function cookieOf(gate: TestGate): Promise<string> {
  const visitor = gate.visitor()
  await visitor.browse('/oauth2/start?rd=%2F')
  return [...visitor.jar].map(([name, value]) => `${name}=${value}`).join('; ')
}

describe('a rule that sees the request', () => {
  it('a rule that sees the request is asked about the request that is forwarded, WebSockets included', async () => {
    const { gate, ask } = await aliceAt()
    const upgrade = [
      ...['Connection', 'Upgrade', 'Upgrade', 'websocket', 'Origin', 'https://app.example.com'],
      ...['Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ]
    expect((await ask('/home')).status).toBe(200)
    expect((await ask('/home/ws', { more: upgrade })).status).toBe(200)
    expect((await ask('/admin/users')).status).toBe(403)
    expect((await ask('/admin/ws', { more: upgrade })).status).toBe(403)
    expect((await ask('/home', { host: 'admin.example.com' })).status).toBe(403)
    // The first page load is that of the sign-in.
    expect(gate.platform.plans.map(({ target }) => target)).toEqual(['/', '/home', '/home/ws'])
  })

  it('a rule that sees the request is asked about the request that a gateway names, at /oauth2/auth and before a static upstream', async () => {
    const named = (uri: string) => ({ more: ['X-Forwarded-Uri', uri, 'X-Forwarded-Method', 'GET'] })
    const { ask } = await aliceAt()
    expect((await ask('/oauth2/auth', named('/home'))).status).toBe(202)
    expect((await ask('/oauth2/auth', named('/admin/users'))).status).toBe(403)
    expect((await ask('/oauth2/auth', { ...named('/home'), host: 'admin.example.com' })).status).toBe(403)
    const root = await aliceAt({ upstreams: ['static://202'] })
    expect((await root.ask('/', named('/home'))).status).toBe(202)
    expect((await root.ask('/', named('/admin/users'))).status).toBe(403)
  })

  it('a rule that sees the request is asked before the sign-in page sends a person who is signed in back', async () => {
    const { ask } = await aliceAt({ args: ['--whitelist-domain=.example.com'] })
    const visit = async (rd: string) => {
      const { status, headers } = await ask(`/oauth2/sign_in?rd=${encodeURIComponent(rd)}`, { more: PAGE })
      return status === 302 ? headers.get('location') : status
    }
    expect(await visit('/home?x=1#y')).toBe('/home?x=1#y')
    expect(await visit('/admin/users#top')).toBe(403)
    expect(await visit('https://app.example.com/admin')).toBe(403)
    expect(await visit('https://admin.example.com')).toBe(403)
    expect(await visit('https://other.example.com/home')).toBe('https://other.example.com/home')
  })

  it('a rule that sees the request is asked where an app learns who is signed in', async () => {
    const { ask } = await aliceAt()
    const refresh = { method: 'POST', more: ['Origin', 'https://admin.example.com'] }
    for (const path of ['/oauth2/userinfo', '/oauth2/session']) {
      expect((await ask(path)).status).toBe(200)
      const answer = await ask(path, { host: 'admin.example.com' })
      expect(await answer.json()).toMatchObject({ error: 'not_permitted' })
    }
    expect((await ask('/oauth2/session/refresh', { ...refresh, host: 'admin.example.com' })).status).toBe(403)
  })

  it('a rule that sees the request takes the identity from a request that needs no sign-in', async () => {
    const { gate, ask } = await aliceAt({ args: ['--skip-auth-route=^/(admin|home)/open$'] })
    await ask('/home/open')
    await ask('/admin/open')
    const plans = gate.platform.plans.filter(({ target }) => target.endsWith('/open'))
    expect(plans.map(({ headers }) => headers.includes('X-Forwarded-Email'))).toEqual([true, false])
  })

  it('a rule that sees the request has no say in whether a person may sign in', async () => {
    const { gate } = await aliceAt()
    const seen = await gate.visitor().browse('/oauth2/start?rd=%2Fadmin')
    expect(seen).toMatchObject({ status: 403 })
    expect(gate.platform.lines.filter(({ event }) => event === 'sign_in_succeeded')).toHaveLength(2)
  })
})

describe('the Authorization header on a route that needs no sign-in', () => {
  it.each([
    ['a token of somebody who may not enter', ['--allowed-group=nobody']],
    ['a token of somebody who may', []],
  ])('%s reaches the app, which may read it itself', async (_, args) => {
    const gate = await startGate({ args: ['--skip-jwt-bearer-tokens', '--skip-auth-route=^/open', ...args] })
    const bearer = `Bearer ${await gate.provider.mint()}`
    await gate.ask('/open', { headers: ['Host', 'app.example.com', 'Authorization', bearer] })
    const lines = gate.platform.plans.at(-1)?.headers ?? []
    expect(lines[lines.findIndex((line) => line.toLowerCase() === 'authorization') + 1]).toBe(bearer)
  })
})
