import { describe, expect, it } from 'vitest'
import type { HeaderLines, Peer } from '../../src/platform.ts'
import { startGate, type TestGate } from '../support/gate.ts'

const GATEWAY: Peer = { kind: 'ip', address: '10.0.0.5' }
const TRUSTING = [
  '--reverse-proxy',
  '--trusted-proxy-ip=10.0.0.5',
  '--set-xauthrequest',
  '--skip-auth-route=GET=^/public/',
]

async function cookieOf(gate: TestGate): Promise<string> {
  const visitor = gate.visitor()
  await visitor.browse('/oauth2/start?rd=%2F')
  return [...visitor.jar].map(([name, value]) => `${name}=${value}`).join('; ')
}

function auth(gate: TestGate, more: HeaderLines, peer: Peer = GATEWAY, query = '') {
  return gate.ask(`/oauth2/auth${query}`, { headers: ['Host', 'app.example.com', ...more], peer })
}

describe('/oauth2/auth', () => {
  it('/oauth2/auth answers 202 with identity, 401 without a session, 403 to a person who may not use the app', async () => {
    const gate = await startGate({ args: TRUSTING })
    const cookie = await cookieOf(gate)
    const answer = await auth(gate, ['Cookie', cookie])
    expect(answer.status).toBe(202)
    expect(answer.headers.get('x-auth-request-email')).toBe('alice@example.com')
    expect(answer.headers.get('x-auth-request-groups')).toBe('staff,admins')
    expect((await auth(gate, [])).status).toBe(401)
    const strict = await gate.sibling([...TRUSTING, '--allowed-group=board'])
    expect((await auth(strict, ['Cookie', cookie])).status).toBe(403)
  })

  it.each([
    ['?allowed_groups=admins', 202],
    ['?allowed_groups=board,staff', 202],
    ['?allowed_groups=board', 403],
    ['?allowed_groups=', 202],
    ['?allowed_groups=,', 202],
    ['?allowed_emails=alice@example.com', 202],
    ['?allowed_emails=bob@example.com', 403],
    ['?allowed_email_domains=example.com', 202],
    ['?allowed_email_domains=evil.com', 403],
    ['?allowed_email_domains=*', 403],
    ['?allowed_email_domains=*.example.com', 202],
    ['?allowed_email_domains=.example.com', 202],
    ['?allowed_email_domains=.com', 202],
    ['?allowed_email_domains=*.ample.com', 403],
    ['?allowed_email_domains=*.*', 403],
    ['?allowed_email_domains=.', 403],
    ['?allowed_groups=admins&allowed_emails=bob@example.com', 403],
  ])('/oauth2/auth narrows by %s: %i', async (query, status) => {
    const gate = await startGate({ args: TRUSTING })
    expect((await auth(gate, ['Cookie', await cookieOf(gate)], GATEWAY, query)).status).toBe(status)
  })

  it.each([
    ['GET', '/public/x', GATEWAY, 202],
    ['POST', '/public/x', GATEWAY, 401],
    ['GET', '/public/../admin', GATEWAY, 401],
    ['GET', '//evil/public/x', GATEWAY, 401],
    ['GET', 'http://x/public/y', GATEWAY, 401],
    ['GET', '/public%23/%2e%2e/admin', GATEWAY, 401],
    ['GET', '/public/x', { kind: 'ip', address: '203.0.113.7' }, 401],
  ] as const)('/oauth2/auth judges %s %s named by %j: %i', async (method, uri, peer, status) => {
    const gate = await startGate({ args: TRUSTING })
    expect((await auth(gate, ['X-Forwarded-Method', method, 'X-Forwarded-Uri', uri], peer)).status).toBe(
      status,
    )
  })

  it('/oauth2/auth judges what ingress-nginx names by its annotations, whatever else the browser sends [HD-42]', async () => {
    const gate = await startGate({ args: TRUSTING })
    const ingress = (path: string, method: string) => [
      ...['X-Original-URL', `https://app.example.com${path}`, 'X-Original-Method', method],
      ...['X-Auth-Request-Redirect', path, 'X-Sent-From', 'nginx-ingress-controller'],
    ]
    const forged = ['X-Forwarded-Uri', '/public/x', 'X-Forwarded-Method', 'GET']
    const chosen = await gate.sibling([...TRUSTING, '--forward-auth-uri-header=X-Original-URL'])
    for (const each of [gate, chosen]) {
      expect((await auth(each, ingress('/public/x', 'GET'))).status).toBe(202)
      expect((await auth(each, ingress('/public/x', 'POST'))).status).toBe(401)
      expect((await auth(each, [...ingress('/admin', 'GET'), ...forged])).status).toBe(401)
      expect((await auth(each, [...ingress('/admin', 'GET'), 'X-Original-URI', '/public/x'])).status).toBe(
        401,
      )
    }
    // With the setting nothing that a client adds takes away what the gateway said.
    expect((await auth(chosen, [...ingress('/public/x', 'GET'), 'X-Forwarded-Uri', '/admin'])).status).toBe(
      202,
    )
    expect((await auth(chosen, forged)).status).toBe(401)
  })

  it('/oauth2/auth lets no client make a preflight of a request that the gateway named no method for [HD-42]', async () => {
    const gate = await startGate({ args: [...TRUSTING, '--skip-auth-preflight'] })
    const origin = ['Origin', 'https://evil.example']
    const preflight = ['X-Forwarded-Method', 'OPTIONS', 'X-Forwarded-Uri', '/admin']
    expect((await auth(gate, [...origin, ...preflight])).status).toBe(202)
    expect((await auth(gate, [...origin, 'X-Forwarded-Method', 'OPTIONS'])).status).toBe(401)
    const forged = ['X-Original-URI', '/admin', 'X-Forwarded-Method', 'OPTIONS']
    expect((await auth(gate, [...origin, ...forged])).status).toBe(401)
  })

  it('/oauth2/auth lets no rule on methods match when no trusted peer named the method', async () => {
    const gate = await startGate({ args: TRUSTING })
    expect((await auth(gate, ['X-Forwarded-Uri', '/public/x'])).status).toBe(401)
    const negated = await gate.sibling([...TRUSTING, '--skip-auth-route=!=^/api/'])
    expect((await auth(negated, [])).status).toBe(401)
  })

  it('/oauth2/auth takes nothing that a client says about the real request when the gate itself forwards', async () => {
    const gate = await startGate({ args: TRUSTING })
    const headers = ['Host', 'app.example.com', 'X-Forwarded-Uri', '/public/x', 'X-Forwarded-Method', 'GET']
    expect((await gate.ask('/secret', { headers, peer: GATEWAY })).status).toBe(401)
    expect(gate.platform.plans).toEqual([])
  })
})

describe('a static upstream', () => {
  it('a static upstream never answers 2xx without a session: gateways take that for a yes', async () => {
    const gate = await startGate()
    const asked = await startGate({ upstreams: ['static://202'] })
    expect((await gate.visitor().visit('/')).status).toBe(200)
    const page = await asked.visitor().visit('/')
    expect(page.status).toBe(401)
    expect(page.text).toContain('Sign in')
    const alice = asked.visitor()
    await alice.browse('/oauth2/start?rd=%2F')
    expect((await alice.visit('/')).status).toBe(202)
  })
})

describe('identity headers', () => {
  it('identity headers of a client never reach the app, in any spelling, signed in or not', async () => {
    const gate = await startGate({ args: ['--skip-auth-route=^/public/'] })
    const spoofed = [
      'X-Auth-Request-User',
      'admin',
      'X_Auth_Request_User',
      'admin',
      'x-auth.request.user',
      'admin',
      'X-FORWARDED_GROUPS',
      'admins',
      'x-forwarded-access-token',
      'admin-token',
      'GAP-Auth',
      'admin',
      'Connection',
      'close, X-Forwarded-User, Cookie',
    ]
    const cookie = await cookieOf(gate)
    await gate.ask('/public/x', { headers: ['Host', 'app.example.com', ...spoofed] })
    await gate.ask('/x', { headers: ['Host', 'app.example.com', ...spoofed, 'Cookie', cookie] })
    const [open, signed] = gate.platform.plans.slice(-2).map(({ headers }) => headers.join('\n'))
    expect(gate.platform.plans.map(({ target }) => target)).toContain('/public/x')
    expect(open).not.toMatch(/admin/u)
    // Alice herself is in a group named admins.
    expect(signed?.replace('staff,admins', '')?.replace('staff,admins', '')).not.toMatch(/admin/u)
    expect(signed).toMatch(/^X-Forwarded-User\nalice$/mu)
  })

  it("identity headers do not reach the app, and neither do Sidegate's cookies", async () => {
    const gate = await startGate()
    const cookie = await cookieOf(gate)
    await gate.ask('/x', { headers: ['Host', 'app.example.com', 'Cookie', `a=1; ${cookie}; b=2`] })
    const headers: HeaderLines = gate.platform.plans.at(-1)?.headers ?? []
    expect(headers[headers.indexOf('Cookie') + 1]).toBe('a=1; b=2')
  })
})

describe('WebSockets', () => {
  const upgrade = [
    'Connection',
    'Upgrade',
    'Upgrade',
    'websocket',
    'Sec-WebSocket-Version',
    '13',
    'Sec-WebSocket-Key',
    'dGhlIHNhbXBsZSBub25jZQ==',
  ]

  it.each([
    ['https://app.example.com', 200],
    ['https://evil.example', 403],
    ['https://app.example.com.evil', 403],
    ['https://app.example.com:8443', 403],
    ['null', 403],
    [undefined, 403],
  ])('WebSockets from origin %s: %i', async (origin, status) => {
    const gate = await startGate()
    const more = origin === undefined ? [] : ['Origin', origin]
    const headers = ['Host', 'app.example.com', ...upgrade, ...more, 'Cookie', await cookieOf(gate)]
    const answer = await gate.ask('/ws', { headers })
    expect(answer.status).toBe(status)
    expect(gate.platform.plans.at(-1)?.websocket ?? false).toBe(status === 200)
  })

  it('WebSockets of a page behind a gateway that rewrites Host open where redirect-url names its origin', async () => {
    const redirect = '--redirect-url=https://app.example.com/oauth2/callback'
    const gate = await startGate({ args: [redirect] })
    const headers = ['Host', 'inner:4180', ...upgrade, 'Cookie', await cookieOf(gate)]
    const from = (origin: string) => gate.ask('/ws', { headers: [...headers, 'Origin', origin] })
    expect((await from('https://app.example.com')).status).toBe(200)
    expect((await from('https://evil.example')).status).toBe(403)
    const sibling = await gate.sibling([redirect, '--whitelist-domain=.example.com'])
    const portal = [...headers, 'Origin', 'https://portal.example.com', 'Sec-Fetch-Site']
    expect((await sibling.ask('/ws', { headers: [...portal, 'same-site'] })).status).toBe(200)
    expect((await sibling.ask('/ws', { headers: [...portal, 'cross-site'] })).status).toBe(403)
  })
})

describe('the health checks of Google Cloud', () => {
  const probe = ['Host', 'app.example.com', 'User-Agent', 'GoogleHC/1.0']

  it('the health checks of Google Cloud are answered at their two paths, when that is switched on, and at no others', async () => {
    const gate = await startGate({ args: ['--gcp-healthchecks'] })
    for (const path of ['/liveness_check', '/readiness_check']) {
      expect((await gate.ask(path, { headers: probe })).status).toBe(200)
      expect((await gate.ask(path)).status).toBe(401)
    }
    expect((await gate.ask('/', { headers: probe })).status).toBe(401)
    expect((await gate.ask('/ping')).status).toBe(200)
    const plain = await startGate()
    expect((await plain.ask('/liveness_check', { headers: probe })).status).toBe(401)
  })
})

describe('a gateway that asks at the root, where a static upstream answers', () => {
  const upstreams = ['static://202', 'http://127.0.0.1:8080/app/']
  const args = [...TRUSTING, '--skip-auth-route=^/open$', '--api-route=^/api/']
  const ask = (gate: TestGate, more: HeaderLines, peer: Peer = GATEWAY) =>
    gate.ask('/', { headers: ['Host', 'app.example.com', 'Accept', 'text/html', ...more], peer })

  it.each([
    ['/open', 'GET', 202],
    ['/public/x', 'GET', 202],
    ['/public/x', 'POST', 401],
    ['/public/../admin', 'GET', 401],
    ['/admin', 'GET', 401],
  ])('a gateway that asks at the root passes what is public: %s %s: %i', async (uri, method, status) => {
    const gate = await startGate({ args, upstreams })
    const lines = ['X-Forwarded-Uri', uri, 'X-Forwarded-Method', method]
    expect((await ask(gate, lines)).status).toBe(status)
    expect((await ask(gate, lines, { kind: 'ip', address: '203.0.113.7' })).status).toBe(401)
  })

  it('a gateway that asks at the root gets the answer for an API, which names no other upstream', async () => {
    const gate = await startGate({ args, upstreams })
    const answer = await ask(gate, ['X-Forwarded-Uri', '/api/x'])
    expect(answer.headers.get('content-type')).toBe('application/json')
    const proxied = await gate.ask('/app/x', {
      headers: ['Host', 'app.example.com', 'X-Forwarded-Uri', '/open', 'X-Forwarded-Method', 'GET'],
      peer: GATEWAY,
    })
    expect(proxied.status).toBe(401)
  })

  it('a static upstream judges no request by its own path when the gateway names two', async () => {
    const gate = await startGate({ args: [...args, '--skip-auth-route=^/$'], upstreams })
    expect((await ask(gate, ['X-Forwarded-Uri', '/admin', 'X-Original-URI', '/open'])).status).toBe(401)
  })
})

describe('credentials in a header', () => {
  it('credentials in a header are a session with a verified token, and lead to the sign-in with any other one', async () => {
    const gate = await startGate({ args: ['--skip-jwt-bearer-tokens'] })
    const ask = (value: string) =>
      gate.ask('/api', { headers: ['Host', 'app.example.com', 'Authorization', value] })
    const token = await gate.provider.mint({ email: 'alice@example.com', email_verified: true })
    expect((await ask(`Bearer ${token}`)).status).toBe(200)
    expect((await ask(`Bearer ${token.slice(0, -4)}AAAA`)).status).toBe(401)
    expect((await ask(`Bearer ${await gate.provider.mint({ aud: 'another-client' })}`)).status).toBe(401)
    expect((await ask('Bearer x')).status).toBe(401)
    expect((await ask(`Foo ${token}`)).status).toBe(401)
    const strict = await gate.sibling(['--skip-jwt-bearer-tokens', '--bearer-token-login-fallback=false'])
    const refused = await strict.ask('/api', {
      headers: ['Host', 'app.example.com', 'Authorization', 'Bearer x.y.z'],
    })
    expect(refused.status).toBe(403)
    const atAuth = await strict.ask('/oauth2/auth', {
      headers: ['Host', 'app.example.com', 'Authorization', 'Bearer x.y.z'],
    })
    expect(atAuth.status).toBe(403)
  })

  it('credentials in a header that were refused are explained in the log, unless a browser with a session may have sent them for the app', async () => {
    const gate = await startGate({ args: ['--skip-jwt-bearer-tokens'] })
    const refusals = () => gate.platform.lines.filter(({ event }) => event === 'bearer_refused')
    const authorization = `Bearer ${await gate.provider.mint({ aud: ['account', 'broker'] })}`
    const headers = ['Host', 'app.example.com', 'Authorization', authorization]
    await gate.ask('/api', { headers: [...headers, 'Cookie', 'theme=dark'] })
    expect(refusals()).toEqual([])
    await gate.ask('/api', { headers })
    expect(refusals()).toEqual([
      expect.objectContaining({
        level: 'info',
        code: 'bearer_invalid',
        check: 'aud',
        setting: 'oidc-extra-audience',
      }),
    ])
  })

  it('credentials in a header of local users open the app, and the form sets a session', async () => {
    const digest = Buffer.from(
      await crypto.subtle.digest('SHA-1', new TextEncoder().encode('demo')),
    ).toString('base64')
    const files = { '/users': `carol:{SHA}${digest}\n` }
    const gate = await startGate({ files, args: ['--htpasswd-file=/users', '--htpasswd-user-group=local'] })
    const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`
    const ask = (value: string) =>
      gate.ask('/x', { headers: ['Host', 'app.example.com', 'Authorization', value] })
    expect((await ask(basic('carol:demo'))).status).toBe(200)
    expect((await ask(basic('carol:wrong'))).status).toBe(401)
    const carol = gate.visitor()
    const form = await carol.visit('/oauth2/sign_in', {
      method: 'POST',
      headers: ['Origin', 'https://app.example.com', 'Content-Type', 'application/x-www-form-urlencoded'],
      body: 'username=carol&password=demo&rd=%2Fhome',
    })
    expect(form).toMatchObject({ status: 302, location: '/home' })
    expect(JSON.parse((await carol.fetch('/oauth2/userinfo')).text)).toMatchObject({
      user: 'carol',
      groups: ['local'],
    })
    const wrong = await gate.visitor().visit('/oauth2/sign_in', {
      method: 'POST',
      headers: ['Origin', 'https://app.example.com', 'Content-Type', 'application/x-www-form-urlencoded'],
      body: 'username=carol&password=nope&rd=%2F',
    })
    expect(wrong.status).toBe(401)
    expect(wrong.text).toContain('role="alert"')
  })
})

describe('/ready', () => {
  it('/ready is 503 until everything listens, and from when the process begins to end; /ping is 200 all the time', async () => {
    const gate = await startGate()
    const ending = new AbortController()
    let isListening = false
    Object.assign(gate.platform, { isListening: () => isListening, ending: ending.signal })
    const statuses = async () =>
      Promise.all(['/ready', '/ping'].map(async (target) => (await gate.ask(target)).status))
    expect(await statuses()).toEqual([503, 200])
    isListening = true
    expect(await statuses()).toEqual([200, 200])
    ending.abort()
    expect(await statuses()).toEqual([503, 200])
  })
})
