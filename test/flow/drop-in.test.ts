import { describe, expect, it } from 'vitest'
import { STRICT } from '../../src/config/strict.ts'
import { startGate, type TestGate } from '../support/gate.ts'

const HOST = ['Host', 'app.example.com']
const PAGE = [...HOST, 'Accept', 'text/html', 'Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Dest', 'document']

async function signedIn(args: readonly string[] = []) {
  const gate = await startGate({ args })
  const alice = gate.visitor()
  await alice.browse('/oauth2/start?rd=%2F')
  return { gate, alice }
}

function post(gate: TestGate, path: string, body: string) {
  const headers = [...PAGE, 'Content-Type', 'application/x-www-form-urlencoded']
  return gate.ask(path, { method: 'POST', headers, body })
}

describe('a visit to /oauth2/sign_in with a session', () => {
  it('the sign-in page signs out who comes to it without a target, as oauth2-proxy documents', async () => {
    const { gate, alice } = await signedIn()
    const seen = await alice.visit('/oauth2/sign_in')
    expect(seen.status).toBe(200)
    expect(seen.text).toContain('/oauth2/start')
    expect(alice.jar.size).toBe(0)
    expect(gate.provider.revoked).toHaveLength(1)
  })

  it('the sign-in page leads on who comes to it with a target: a gateway sent them', async () => {
    const { alice } = await signedIn()
    expect(await alice.visit('/oauth2/sign_in?rd=%2Fhome')).toMatchObject({ status: 302, location: '/home' })
    expect(await alice.visit('/oauth2/sign_in?rd=%2F')).toMatchObject({ status: 302, location: '/' })
  })

  it.each([
    ['that another site sent there', [], ['Sec-Fetch-Site', 'cross-site', 'Referer', 'https://evil.test/']],
    ['with skip-provider-button, as in oauth2-proxy', ['--skip-provider-button'], []],
    ['where sign-in-page-signs-out is off', ['--sign-in-page-signs-out=false'], []],
    ['with strict', ['--strict'], []],
  ])('the sign-in page signs out no one %s', async (_, args, headers) => {
    const { alice } = await signedIn(args)
    const seen = await alice.visit('/oauth2/sign_in', { headers })
    expect(seen).toMatchObject({ status: 302, location: '/' })
    expect((await alice.visit('/x')).text).toBe('hello from the app')
  })
})

describe('/oauth2/userinfo', () => {
  it('/oauth2/userinfo has the shape of oauth2-proxy: groups only where there are some, an e-mail address always', async () => {
    const gate = await startGate({
      args: ['--htpasswd-file=/users'],
      files: { '/users': 'carol:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n' },
    })
    const basic = `Basic ${btoa('carol:password')}`
    const answer = await gate.ask('/oauth2/userinfo', { headers: [...HOST, 'Authorization', basic] })
    expect(await answer.json()).toEqual({ user: 'carol', email: '' })
  })

  it('/oauth2/userinfo is the text 401 without a session, and {} where none is needed', async () => {
    const gate = await startGate({ args: ['--skip-auth-route=^/oauth2/userinfo$'] })
    const open = await gate.ask('/oauth2/userinfo')
    expect([open.status, await open.json()]).toEqual([200, {}])
    const closed = await (await startGate()).ask('/oauth2/userinfo')
    expect([closed.status, await closed.text()]).toEqual([401, 'Unauthorized\n'])
    expect(closed.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  })
})

describe('POST on the endpoints', () => {
  it('POST /oauth2/start begins a sign-in and takes rd from the form', async () => {
    const gate = await startGate()
    const answer = await post(gate, '/oauth2/start', 'rd=%2Fhome')
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toContain('/authorize?')
  })

  it('POST /oauth2/sign_in without local users shows the page', async () => {
    expect((await post(await startGate(), '/oauth2/sign_in', 'username=a&password=b')).status).toBe(200)
  })

  it('POST /oauth2/sign_out signs out whatever its body is', async () => {
    const { alice } = await signedIn()
    const headers = ['Origin', 'https://app.example.com', 'Content-Type', 'application/json']
    const seen = await alice.visit('/oauth2/sign_out?rd=%2Fbye', { method: 'POST', headers, body: '{}' })
    expect(seen).toMatchObject({ status: 302, location: '/bye' })
    expect(alice.jar.size).toBe(0)
  })
})

describe('an ID token for several programs', () => {
  it.each([
    [[], 200],
    [['--oidc-other-audiences=false'], 403],
    [['--strict'], 403],
    [['--strict', '--oidc-other-audiences'], 200],
  ])('an ID token for several programs that was issued to this client, with %j: %i', async (args, status) => {
    const gate = await startGate({ args })
    const { id } = gate.provider.client
    gate.provider.idToken.claims = (claims) => ({ ...claims, aud: [id, 'account'], azp: id })
    expect((await gate.visitor().browse('/oauth2/start?rd=%2F')).status).toBe(status)
  })
})

describe('an empty constraint of a gateway', () => {
  it.each([
    [[], 202],
    [['--empty-constraints=deny'], 403],
    [['--strict'], 403],
    [['--strict', '--empty-constraints=ignore'], 202],
  ])('an empty allowed_groups with %j: %i', async (args, status) => {
    const { alice } = await signedIn(args)
    expect((await alice.visit('/oauth2/auth?allowed_groups=')).status).toBe(status)
    expect((await alice.visit('/oauth2/auth?allowed_groups=board')).status).toBe(403)
  })
})

describe('without cookie-refresh', () => {
  it.each([
    [[], 'hello from the app'],
    [['--pass-access-token'], 'hello from the app'],
  ])('a session whose refresh token is refused lives for cookie-expire with %j', async (args, text) => {
    const { gate, alice } = await signedIn(args)
    gate.provider.scripts.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 })
    gate.platform.pass(6 * 24 * 3_600_000)
    expect((await alice.visit('/x')).text).toBe(text)
    gate.platform.pass(25 * 3_600_000)
    expect((await alice.visit('/x')).text).not.toBe(text)
  })
})

describe('strict', () => {
  it('strict is a source behind all others, and names itself where one of its settings cannot be', async () => {
    await expect(startGate({ args: ['--strict', '--sign-out-at-provider=maybe'] })).rejects.toThrow(
      /--sign-out-at-provider/u,
    )
    await expect(startGate({ args: ['--strict=perhaps'] })).rejects.toThrow(/--strict/u)
  })

  it('strict holds settings that are off otherwise, each once', () => {
    expect(new Set(STRICT.map(({ flag }) => flag)).size).toBe(STRICT.length)
  })

  it('strict leaves a sign-out through the provider, and asks it again every few minutes', async () => {
    const { gate, alice } = await signedIn(['--strict'])
    gate.platform.pass(4 * 60_000)
    await alice.visit('/x')
    expect(gate.provider.hits.token).toBe(2)
    const seen = await alice.visit('/oauth2/sign_out', {
      method: 'POST',
      headers: ['Origin', 'https://app.example.com'],
    })
    expect(seen.location).toContain('/logout?')
  })
})
