import { describe, expect, it } from 'vitest'
import { addIntrospection } from '../support/fake-introspection.ts'
import { startGate } from '../support/gate.ts'

const BEARER = '--skip-jwt-bearer-tokens'
const HTML = ['Accept', 'text/html', 'Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Dest', 'document']

/** The program with introspection, and ways to ask it with a token. */
async function aGate(...args: readonly string[]) {
  const gate = await startGate({ args: [BEARER, '--introspection-discovery', ...args] })
  const fake = addIntrospection(gate.provider)
  const ask = (token: string, path = '/api', more: readonly string[] = []) =>
    gate.ask(path, { headers: ['Host', 'app.example.com', 'Authorization', `Bearer ${token}`, ...more] })
  return { gate, fake, ask }
}

const challengeOf = (response: Response) => response.headers.get('www-authenticate')

describe('opaque bearer tokens', () => {
  it('opaque bearer tokens open the app while introspection says that they are active', async () => {
    const { gate, fake, ask } = await aGate()
    fake.tokens.set('opaque', { email: 'alice@example.com' })
    expect((await ask('opaque')).status).toBe(200)
    expect((await ask('opaque', '/oauth2/auth')).status).toBe(202)
    const info = await ask('opaque', '/oauth2/userinfo')
    expect(await info.json()).toMatchObject({ email: 'alice@example.com', preferredUsername: 'al' })
    expect(fake.questions).toHaveLength(1)
    fake.tokens.clear()
    gate.platform.pass(61_000)
    expect((await ask('opaque')).status).toBe(401)
  })

  it('opaque bearer tokens of machines, which have no address, need email-domain=*', async () => {
    for (const [args, status] of [
      [[], 403],
      [['--email-domain=*'], 200],
    ] as const) {
      const { fake, ask } = await aGate(...args)
      fake.tokens.set('machine', { sub: 'robot', username: undefined, aud: undefined, client_id: 'sidegate' })
      expect((await ask('machine')).status).toBe(status)
    }
  })

  it('opaque bearer tokens are held to the rules about people', async () => {
    const { fake, ask } = await aGate('--allowed-group=ops')
    fake.tokens.set('stranger', { email: 'mallory@evil.test', groups: ['ops'] })
    fake.tokens.set('other', { email: 'alice@example.com', groups: ['dev'] })
    fake.tokens.set('good', { email: 'alice@example.com', groups: ['ops'] })
    expect((await ask('stranger')).status).toBe(403)
    expect((await ask('other')).status).toBe(403)
    expect((await ask('good')).status).toBe(200)
  })

  it('opaque bearer tokens are 503 while introspection does not answer, and open nothing [ID-129]', async () => {
    const { gate, fake, ask } = await aGate()
    fake.tokens.set('opaque', { email: 'alice@example.com' })
    fake.script = () => new Response('', { status: 500 })
    const answer = await ask('opaque')
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('5')
    expect(challengeOf(answer)).toBeNull()
    expect((await ask('opaque', '/oauth2/auth')).status).toBe(503)
    expect((await ask('opaque', '/oauth2/userinfo')).status).toBe(503)
    expect((await ask('opaque', '/page', HTML)).status).toBe(503)
    expect(gate.platform.lines.find(({ event }) => event === 'bearer_refused')).toMatchObject({
      code: 'provider_unreachable',
      endpoint: 'introspection',
    })
    gate.platform.pass(2_000)
    fake.script = undefined
    expect((await ask('opaque')).status).toBe(200)
  })

  it('opaque bearer tokens stand in no line of the log [IL-120]', async () => {
    const { gate, fake, ask } = await aGate()
    fake.tokens.set('s3cret-opaque-1', { email: 'alice@example.com' })
    for (const token of ['s3cret-opaque-1', 's3cret-opaque-2']) await ask(token)
    fake.script = () => new Response('', { status: 500 })
    await ask('s3cret-opaque-3')
    expect(JSON.stringify(gate.platform.lines)).not.toContain('s3cret-opaque')
  })
})

describe('the challenge of RFC 6750', () => {
  it('the challenge names invalid_token for a request that showed a bearer token, and is never a redirect', async () => {
    const gate = await startGate({ args: [BEARER, '--skip-provider-button'] })
    const ask = (path: string, headers: readonly string[]) =>
      gate.ask(path, { headers: ['Host', 'app.example.com', ...headers] })
    const bad = ['Authorization', 'Bearer x.y.z']
    for (const [path, more] of [
      ['/api', []],
      ['/page', HTML],
      ['/oauth2/auth', []],
      ['/oauth2/userinfo', []],
    ] as const) {
      const answer = await ask(path, [...bad, ...more])
      expect([path, answer.status, challengeOf(answer)]).toEqual([path, 401, 'Bearer error="invalid_token"'])
    }
    expect((await ask('/page', HTML)).status).toBe(302)
    expect(challengeOf(await ask('/api', []))).toBeNull()
    expect(challengeOf(await ask('/api', ['Authorization', 'Basic YTpi']))).toBeNull()
  })

  it('the challenge is left out where bearer tokens are switched off', async () => {
    const gate = await startGate({ args: ['--skip-provider-button'] })
    const headers = ['Host', 'app.example.com', 'Authorization', 'Bearer x']
    expect(challengeOf(await gate.ask('/api', { headers }))).toBeNull()
    expect((await gate.ask('/page', { headers: [...headers, ...HTML] })).status).toBe(302)
  })

  it('the challenge names the scopes that a token lacks, with 403', async () => {
    const { gate, fake, ask } = await aGate('--bearer-required-scope=read', '--bearer-required-scope=write')
    fake.tokens.set('opaque', { email: 'alice@example.com', scope: 'read' })
    const jwt = await gate.provider.mint({ scope: 'read' })
    for (const token of ['opaque', jwt])
      for (const path of ['/api', '/oauth2/auth', '/oauth2/userinfo']) {
        const answer = await ask(token, path)
        expect([path, answer.status]).toEqual([path, 403])
        expect(challengeOf(answer)).toBe('Bearer error="insufficient_scope", scope="read write"')
      }
    expect((await ask(await gate.provider.mint({ scope: 'write read' }))).status).toBe(200)
  })

  it('the challenge is no matter for a browser with a session, whose header may be meant for the app', async () => {
    const { gate } = await aGate()
    const visitor = gate.visitor()
    await visitor.browse('/oauth2/start?rd=%2F')
    const answer = await visitor.fetch('/api', { headers: ['Authorization', 'Bearer of-the-app'] })
    expect(answer.status).toBe(200)
  })
})
