import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROTECTED } from './bypasses.ts'
import { rawRequest } from './client.ts'
import { type Gate, type Rig, startRig } from './gate-fixture.ts'

/** Two programs: what is public by name, and everything but the API. */
let rig: Rig
let gate: Gate
let negated: Gate
let cookie: string

beforeAll(async () => {
  rig = await startRig()
  const rules = ['--skip-auth-route=GET=^/public/', '--skip-auth-route=^/healthz$', '--skip-auth-preflight']
  ;[gate, negated] = await Promise.all([rig.gate(...rules), rig.gate('--skip-auth-route=!=^/api/')])
  cookie = await gate.signIn()
  rig.app.take()
})
afterAll(() => rig.close())

describe('a target that is not public', () => {
  it.each(PROTECTED)('%s: a protected target stays behind the sign-in: %j', async (_, target, status) => {
    const answer = await gate.tell(rawRequest(target))
    expect(answer?.status).toBe(status)
    expect(answer?.all('set-cookie')).toEqual([])
    expect(rig.app.take()).toEqual([])
  })

  const carried = PROTECTED.filter(([, , status]) => status === 401)
  it.each(carried)('%s: a protected target arrives byte for byte with a session: %j', async (_, target) => {
    const answer = await gate.tell(rawRequest(target, { lines: [`Cookie: ${cookie}`] }))
    expect(answer?.status).toBe(200)
    expect(rig.app.take().map((request) => request.target)).toEqual([target])
  })
})

describe('a public target', () => {
  it.each([
    ['RT-01', '/public/x'],
    ['RT-01', '/public/'],
    ['RT-12', '/healthz'],
    ['RT-12', '/healthz?x=/../y'],
    ['RT-37', '/public/a%20b'],
    ['RT-37', '/public/caf%C3%A9/%E6%97%A5'],
    ['SS-08', '/public/a?x=1;y=2&x=%26&%00'],
    ['SS-08', '/public/a?'],
    ['SS-08', '/public/a??'],
    ['SS-08', "/public/q?x='%22<>|{}`^&&=%zz"],
    ['SS-07', '/public/a?b=%0d%0aX-Inj:%201'],
  ])('a public target is judged and carried as the same bytes: $1 [$0]', async (_, target) => {
    expect((await gate.tell(rawRequest(target)))?.status).toBe(200)
    const [request, ...more] = rig.app.take()
    expect([request?.target, more]).toEqual([target, []])
    // Nobody signed in, so the app is told of nobody.
    expect(request?.raw).not.toMatch(/x-auth-request|x-forwarded-(?:user|email|groups|pref)|gap-/iu)
  })

  it('a public target is the same when it is named in absolute form [RT-33]', async () => {
    expect((await gate.tell(rawRequest('http://app.example.com/public/x?y')))?.status).toBe(200)
    expect(rig.app.take().map(({ target }) => target)).toEqual(['/public/x?y'])
    for (const target of [
      'http://app.example.com/public/../admin',
      'http://app.example.com/admin#/public/',
    ]) {
      expect([400, 401]).toContain((await gate.tell(rawRequest(target)))?.status)
    }
    expect(rig.app.take()).toEqual([])
  })
})

describe('an endpoint of Sidegate', () => {
  it("an endpoint is also Sidegate's when it is named in absolute form [RT-19]", async () => {
    const lines = [`Cookie: ${cookie}`]
    const answer = await gate.tell(rawRequest('http://app.example.com/oauth2/userinfo?x', { lines }))
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ user: 'alice' })
    expect((await negated.tell(rawRequest('http://app.example.com/oauth2/auth')))?.status).toBe(401)
    expect((await negated.tell(rawRequest('http://app.example.com')))?.status).toBe(200)
    expect(rig.app.take().map(({ target }) => target)).toEqual(['/'])
  })
})

describe('everything but the API', () => {
  it.each([
    ['RT-26', '/%61pi/x', 401],
    ['RT-26', '//api/x', 401],
    ['RT-26', '/./api/x', 401],
    ['RT-26', '/api;/x', 401],
    ['RT-26', '/API/x', 401],
    ['RT-26', '/api%2fx', 401],
    ['RT-26', '/%2561pi/x', 401],
    ['RT-26', '/x/../api/y', 401],
    ['RT-26', '/api/x', 401],
    ['RT-44', '/api%20/x', 401],
    ['RT-44', '/api./x', 401],
    ['RT-16', '/%EF%BC%8Fapi/x', 401],
    ['RT-45', '/a%C2%ADpi/x', 401],
    ['RT-26', '/\\api/x', 400],
    ['RT-26', '/api#x', 400],
    ['RT-26', 'http://app.example.com/api/x', 401],
  ])('a negated rule leaves the API closed: $1 [$0]', async (_, target, status) => {
    expect((await negated.tell(rawRequest(target)))?.status).toBe(status)
    expect(rig.app.take()).toEqual([])
  })

  it('a negated rule leaves all else public [RT-26]', async () => {
    expect((await negated.tell(rawRequest('/page')))?.status).toBe(200)
    expect(rig.app.take()).toHaveLength(1)
  })
})

describe('a method', () => {
  const ORIGIN = 'Origin: https://evil.example'
  const ASKS = 'Access-Control-Request-Method: PUT'
  it.each<[string, string, string, string[], number]>([
    ['RT-20', 'POST', '/public/x', ['X-HTTP-Method-Override: GET'], 401],
    ['RT-20', 'POST', '/public/x?_method=GET', ['X-Method-Override: GET', 'X-HTTP-Method: GET'], 401],
    ['RT-27', 'POST', '/public/x', [], 401],
    ['RT-27', 'PUT', '/public/x', [], 401],
    ['RT-22', 'HEAD', '/public/x', [], 401],
    ['RT-22', 'HEAD', '/admin', [], 401],
    ['RT-23', 'OPTIONS', '/admin', [], 401],
    ['RT-23', 'OPTIONS', '/admin', [ORIGIN], 401],
    ['RT-23', 'OPTIONS', '/admin', [ASKS], 401],
    ['RT-23', 'OPTIONS', '*', [ORIGIN, ASKS], 400],
    ['RT-23', 'GET', '/admin', [ORIGIN, ASKS], 401],
    ['RT-24', 'TRACE', '/public/x', [], 405],
    ['RT-24', 'TRACE', '/public/x', ['Cookie: a=1'], 405],
    ['RT-24', 'PROPFIND', '/public/x', [], 401],
    ['RT-24', 'PURGE', '/public/x', [], 401],
    ['RT-24', 'QUERY', '/public/x', [], 401],
  ])('%s: a method decides over a public route: %s %s %j: %i', async (_, method, target, lines, status) => {
    expect((await gate.tell(rawRequest(target, { method, lines })))?.status).toBe(status)
    expect(rig.app.take()).toEqual([])
  })

  // Node's parser knows no such methods, or not in this case, and takes PRI for HTTP/2.
  it.each([
    ['TRACK', 501],
    ['PRI', 400],
    ['FOO', 501],
    ['DEBUG', 501],
    ['get', 501],
    ['gEt', 501],
    ['post', 501],
    ['CONNECT', 405],
  ])('a method that does not exist is refused: %s, %i [RT-21, RT-24]', async (method, status) => {
    const target = method === 'CONNECT' ? '127.0.0.1:80' : '/public/x'
    const answer = await gate.tell(rawRequest(target, { method }))
    expect(answer?.status).toBe(status)
    expect(rig.app.take()).toEqual([])
  })

  it("a true preflight passes, without an identity and without Sidegate's cookies [RT-23]", async () => {
    const lines = [ORIGIN, ASKS, 'X-Auth-Request-User: admin', 'Cookie: a=1']
    expect((await gate.tell(rawRequest('/admin', { method: 'OPTIONS', lines })))?.status).toBe(200)
    const [request] = rig.app.take()
    expect(request?.method).toBe('OPTIONS')
    expect(request?.raw).not.toMatch(/x-auth-request|x-forwarded-user|admin.*admin/iu)
  })
})

describe('a request line', () => {
  const END = '\r\nHost: app.example.com\r\n\r\n'
  it.each([
    ['RT-34', `GET evil.example:80 HTTP/1.1${END}`],
    ['RT-34', `GET * HTTP/1.1${END}`],
    ['RT-34', `GET ?x HTTP/1.1${END}`],
    ['RT-34', `GET  HTTP/1.1${END}`],
    ['RT-34', `GET admin HTTP/1.1${END}`],
    ['RT-35', 'GET /admin\r\n\r\n'],
    ['RT-35', 'GET /public/x\r\n\r\n'],
    ['RT-35', 'GET /public/x HTTP/1.0\r\n\r\n'],
    ['SM-32', `GET\t/public/x\tHTTP/1.1${END}`],
    ['SM-32', `GET /public/x HTTP/1.2${END}`],
    ['SM-32', `GET /public/x HTTP/2.0${END}`],
    ['SM-32', `GET /public/x http/1.1${END}`],
    ['SM-32', `GET /public/x HTTP/1.1 ${END}`],
    ['SM-32', `GET /public/a b HTTP/1.1${END}`],
    ['SM-33', `GET http://user:pw@app.example.com/public/x HTTP/1.1${END}`],
    ['HD-26', `GET http://evil.example/public/x HTTP/1.1${END}`],
    ['HD-26', `GET ftp://app.example.com/public/x HTTP/1.1${END}`],
    ['HD-26', `GET http://app.example.com:81/public/x HTTP/1.1${END}`],
    ['HD-26', `GET HTTP://app.example.com@evil.example/public/x HTTP/1.1${END}`],
    ['DS-07', `GET /public/${'a'.repeat(70_000)} HTTP/1.1${END}`],
    ['DS-07', `GET /public/${'a'.repeat(17_000)} HTTP/1.1${END}`],
  ])('%s: a wrong request line is refused, and the connection with it: %j', async (_, request) => {
    const client = gate.dial()
    client.write(request)
    const answer = await client.response()
    expect([400, 414, 431, 505]).toContain(answer.status)
    expect(await client.closed()).toBe('')
    expect(rig.app.take()).toEqual([])
  })

  it('a request line with two spaces is read as with one by Node’s parser (RFC 9112 §3), and judged like any other [SM-32]', async () => {
    expect((await gate.tell(`GET  /admin HTTP/1.1${END}`))?.status).toBe(401)
    expect((await gate.tell(`GET  /public/x HTTP/1.1${END}`))?.status).toBe(200)
    expect(rig.app.take().map(({ raw }) => raw.split('\r\n')[0])).toEqual(['GET /public/x HTTP/1.1'])
  })
})

describe('what surrounds a request', () => {
  it.each([
    ['HD-20', 'X-Forwarded-Uri: /public/x'],
    ['HD-20', 'X-Original-URL: /public/x'],
    ['HD-20', 'X-Original-URI: /public/x'],
    ['HD-20', 'X-Rewrite-URL: /public/x'],
    ['HD-20', 'X-Forwarded-Prefix: /public'],
    ['HD-20', 'X-Forwarded-Path: /public/x'],
    ['HD-20', 'X-Envoy-Original-Path: /public/x'],
    ['HD-20', 'X-Accel-Redirect: /public/x'],
    ['HD-37', 'X-Internal-Auth: 1'],
    ['HD-37', 'X-Skip-Auth: true'],
    ['HD-37', 'x-middleware-subrequest: src/middleware:src/middleware'],
    ['HD-38', 'User-Agent: GoogleHC/1.0'],
    ['HD-38', 'User-Agent: kube-probe/1.30'],
    ['HD-39', 'X-Requested-With: XMLHttpRequest'],
    ['ID-39', 'Authorization: Bearer x'],
    ['ID-39', 'Authorization: Basic YWRtaW46YWRtaW4='],
    ['RT-30', 'X-Forwarded-For: 127.0.0.1'],
    ['RT-38', 'X-Auth-Request-Redirect: /public/'],
  ])('a header does not open a protected target: $1 [$0]', async (_, line) => {
    expect((await gate.tell(rawRequest('/admin', { lines: [line] })))?.status).toBe(401)
    expect(rig.app.take()).toEqual([])
  })

  it.each(['?allowed_groups=', '?access_token=x', '?allowed_email_domains=example.com', '?_method=GET'])(
    'a query does not open a protected target: %s [ID-39, RT-38]',
    async (query) => {
      expect((await gate.tell(rawRequest(`/admin${query}`)))?.status).toBe(401)
      expect(rig.app.take()).toEqual([])
    },
  )
})
