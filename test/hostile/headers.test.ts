import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { rawRequest } from './client.ts'
import { type Gate, type Rig, SESSION, startRig } from './gate-fixture.ts'
import { createMint } from './token-fixture.ts'

/** One without settings, and one that believes 127.0.0.2 and asks nobody at 198.51.100.7 to sign in. */
let rig: Rig
let gate: Gate
let behind: Gate
let cookie: string
const BEHIND = [
  '--reverse-proxy',
  '--trusted-proxy-ip=127.0.0.2/32',
  '--real-client-ip-header=X-Forwarded-For',
]

beforeAll(async () => {
  rig = await startRig()
  ;[gate, behind] = await Promise.all([
    rig.gate('--skip-auth-route=GET=^/public/', '--skip-auth-preflight', '--pass-access-token'),
    rig.gate(...BEHIND, '--trusted-ip=198.51.100.7', '--set-xauthrequest'),
  ])
  cookie = await gate.signIn()
  rig.app.take()
})
afterAll(() => rig.close())
afterEach(() => {
  rig.app.take()
})

const FAMILY = [
  ...['User', 'Email', 'Groups', 'Preferred-Username', 'Access-Token'].flatMap((name) => [
    `X-Auth-Request-${name}`,
    `X-Forwarded-${name}`,
  ]),
  'GAP-Auth',
  'GAP-Signature',
]

/** Ways to write a name that a gateway interface reads as the same one. */
const SPELLINGS: Record<string, (name: string) => string> = {
  'as it is (HD-01)': (name) => name,
  'with underscores (HD-05)': (name) => name.replaceAll('-', '_'),
  'with one underscore (HD-05)': (name) => name.replace('-', '_'),
  'with dots (HD-06)': (name) => name.replaceAll('-', '.'),
  'with tildes (HD-06)': (name) => name.replaceAll('-', '~'),
  'with two dashes (HD-06)': (name) => name.replace('-', '--'),
  'with a dash behind (HD-06)': (name) => `${name}-`,
  'run together (HD-06)': (name) => name.replaceAll('-', ''),
  'in lower case (HD-07)': (name) => name.toLowerCase(),
  'in mixed case (HD-07)': (name) =>
    [...name].map((letter, at) => (at % 2 ? letter.toUpperCase() : letter.toLowerCase())).join(''),
}

describe.each(Object.entries(SPELLINGS))('identity that a client claims, %s', (_, spell) => {
  const spoofed = FAMILY.map((name) => `${spell(name)}: mallory`)

  it('identity that a client claims does not reach the app, signed in or not [HD-02, HD-03, HD-04]', async () => {
    const asAlice = { lines: [...spoofed, `Cookie: ${cookie}`] }
    expect((await gate.tell(rawRequest('/x', asAlice)))?.status).toBe(200)
    expect((await gate.tell(rawRequest('/public/x', { lines: spoofed })))?.status).toBe(200)
    const preflight = [...spoofed, 'Origin: https://a.example', 'Access-Control-Request-Method: PUT']
    expect((await gate.tell(rawRequest('/x', { method: 'OPTIONS', lines: preflight })))?.status).toBe(200)
    const received = rig.app.take()
    expect(received).toHaveLength(3)
    expect(received.map(({ raw }) => raw).join()).not.toContain('mallory')
    expect(received[0]?.all('x-forwarded-user')).toEqual(['alice'])
  })

  it('identity that a client claims does not come back from /oauth2/auth', async () => {
    const answer = await behind.tell(rawRequest('/oauth2/auth', { lines: [...spoofed, `Cookie: ${cookie}`] }))
    expect(answer?.status).toBe(202)
    expect(answer?.lines.join()).not.toContain('mallory')
    expect(answer?.all('x-auth-request-user')).toEqual(['alice'])
  })
})

describe('a line that two programs would read differently', () => {
  it.each([
    ['HD-09', 'X-Auth-Request-User : mallory'],
    ['HD-09', ' X-Auth-Request-User: mallory'],
    ['HD-09', '\tX-Auth-Request-User: mallory'],
    ['HD-10', 'X-A: 1\r\n X-Auth-Request-User: mallory'],
    ['HD-10', 'X-A: 1\r\n\tX-Auth-Request-User: mallory'],
    ['HD-11', 'X-A\0B: 1'],
    ['HD-11', 'X-A: \0'],
    ['HD-11', 'X-A: 1\rX-Auth-Request-User: mallory'],
    ['HD-12', 'X-Auth-Request-User\xad: mallory'],
    ['HD-12', '\xc5\xbfX-User: mallory'],
    ['SM-12', 'X-A: 1\nX-Auth-Request-User: mallory'],
    ['HD-11', 'X-A: \x01'],
    ['HD-11', ': mallory'],
    ['HD-11', 'X-Auth-Request-User mallory'],
    ['HD-11', 'X Auth: mallory'],
    ['HD-11', 'X-(User): mallory'],
  ])('%s: a line that two programs would read differently ends the request: %j', async (_, line) => {
    const answer = await gate.tell(rawRequest('/public/x', { lines: [line] }))
    expect(answer?.status).toBe(400)
    expect(answer?.body).not.toContain('mallory')
    expect(rig.app.take()).toEqual([])
  })

  it('an identity header that stands twice reaches the app once [HD-08, HD-19]', async () => {
    const lines = [
      'X-Forwarded-User: a',
      'X-Forwarded-User: b',
      'x_forwarded_user: c, alice',
      `Cookie: ${cookie}`,
    ]
    await gate.tell(rawRequest('/x', { lines }))
    expect(rig.app.take()[0]?.all('x-forwarded-user')).toEqual(['alice'])
  })

  it.each([
    ['HD-27, SM-37, DS-06', 3_000],
    ['HD-27', 201],
  ])('an identity header is not hidden behind $1 others [$0]', async (_, count) => {
    const lines = [...Array(count).fill('a:'), 'X-Auth-Request-User: mallory', `Cookie: ${cookie}`]
    expect((await gate.tell(rawRequest('/x', { lines })))?.status).toBe(431)
    expect(rig.app.take()).toEqual([])
  })
})

describe('Connection', () => {
  it('Connection removes nothing that Sidegate says [HD-13, HD-14]', async () => {
    const listed = [
      'close',
      ...FAMILY,
      'X-Forwarded-For',
      'X-Forwarded-Proto',
      'Cookie',
      'Host',
      'x-request-id',
      'X-Own',
    ]
    const lines = [`Connection: ${listed.join(', ')}`, 'X-Own: 1', `Cookie: ${cookie}; app=1`]
    expect((await gate.tell(rawRequest('/x', { lines })))?.status).toBe(200)
    const [request] = rig.app.take()
    expect(request?.all('x-forwarded-user')).toEqual(['alice'])
    expect(request?.all('x-auth-request-groups')).toEqual(['staff,admins'])
    expect(request?.all('x-forwarded-for')).toEqual(['127.0.0.1'])
    expect(request?.all('host')).toEqual(['app.example.com'])
    expect(request?.all('cookie')).toEqual(['app=1'])
    expect(request?.all('x-own')).toEqual([])
    expect(request?.all('connection').join()).not.toMatch(/forwarded|cookie|close/iu)
  })

  it.each([
    ['HD-15', 'TE: trailers'],
    ['HD-15', 'Trailer: X-Auth-Request-User'],
    ['HD-15', 'Keep-Alive: timeout=5'],
    ['HD-15', 'Proxy-Authorization: Basic eDp4'],
    ['HD-15', 'Proxy-Connection: keep-alive'],
    ['HD-15', 'Proxy-Authenticate: Basic'],
    ['HD-15, SM-28', 'HTTP2-Settings: AAMAAABkAAQAAP__'],
    ['HD-15', 'Transfer_Encoding: chunked'],
    ['SS-15', 'Proxy: http://127.0.0.1:9200/'],
    ['HD-13', 'Connection: Content-Length'],
    ['HD-20', 'X-Original-URL: /public/'],
    ['HD-20', 'X-Rewrite-URL: /public/'],
    ['HD-17', 'X-Real-IP: 127.0.0.1'],
    ['HD-17', 'CF-Connecting-IP: 127.0.0.1'],
    ['HD-17', 'True-Client-IP: 127.0.0.1'],
    ['HD-17', 'Forwarded: for=127.0.0.1'],
  ])("a header of one hop, or of the client's making, does not travel on: $1 [$0]", async (_, line) => {
    expect((await gate.tell(rawRequest('/public/x', { lines: [line, 'Keep: me'] })))?.status).toBe(200)
    const [request] = rig.app.take()
    expect(request?.all(line.slice(0, line.indexOf(':')))).toEqual([])
    expect(request?.all('keep')).toEqual(['me'])
  })

  it('a trailer brings no identity behind a body [HD-16]', async () => {
    const head = rawRequest('/up', {
      method: 'POST',
      lines: [`Cookie: ${cookie}`, 'Trailer: X-Auth-Request-User', 'Transfer-Encoding: chunked'],
    })
    expect((await gate.tell(`${head}4\r\nbody\r\n0\r\nX-Auth-Request-User: mallory\r\n\r\n`))?.status).toBe(
      200,
    )
    const [request] = rig.app.take()
    expect([request?.body, request?.raw.includes('mallory'), request?.all('trailer')]).toEqual([
      'body',
      false,
      [],
    ])
  })

  it('an Expect header does not reach the app [HD-35, SM-21]', async () => {
    const expecting = (value: string) => gate.tell(rawRequest('/public/x', { lines: [`Expect: ${value}`] }))
    expect((await expecting('200-ok'))?.status).toBe(417)
    expect(rig.app.take()).toEqual([])
    for (const value of ['100-continue', 'y 100-continue']) {
      expect((await expecting(value))?.status).toBe(200)
      expect(rig.app.take()[0]?.all('expect')).toEqual([])
    }
  })
})

describe('where a client says that it is', () => {
  const NAMES = ['X-Forwarded-For', 'X-Real-IP', 'CF-Connecting-IP', 'True-Client-IP', 'X-Client-IP']
  it.each(NAMES)('a client address from a stranger counts for nothing: %s [HD-17, RT-30]', async (name) => {
    for (const address of ['198.51.100.7', '198.51.100.7, 127.0.0.2']) {
      const answer = await behind.tell(rawRequest('/x', { lines: [`${name}: ${address}`] }))
      expect(answer?.status).toBe(401)
    }
    expect(rig.app.take()).toEqual([])
  })

  // From 127.0.0.2, whom the gate believes; the exempted address is 198.51.100.7.
  it.each<[string, string, number]>([
    ['198.51.100.7', 'the client itself', 200],
    ['1.1.1.1, 198.51.100.7', 'the last hop wrote it', 200],
    ['198.51.100.7, 127.0.0.2', 'behind a hop that is trusted too', 200],
    ['198.51.100.7:4711', 'with a port', 200],
    ['::ffff:198.51.100.7', 'as IPv6', 200],
    ['198.51.100.7, 1.1.1.1', 'the client wrote it', 401],
    ['198.51.100.7, a', 'nonsense on the right', 401],
    ['198.51.100.7, ', 'nothing on the right', 401],
    ['a', 'nonsense', 401],
    ['', 'nothing', 401],
    ['0306.063.0144.07', 'octal', 401],
    ['198.51.100.07', 'a zero in front', 401],
    ['3325256711', 'an integer', 401],
    ['198.51.25607', 'short', 401],
    ['999.1.1.1', 'no address', 401],
    [`${'1.1.1.1, '.repeat(999)}198.51.100.7, 1.1.1.1`, 'a thousand hops', 401],
  ])('a client address is read from the right: %j, %s: %i [HD-18]', async (value, _, status) => {
    const answer = await behind.tell(rawRequest('/x', { lines: [`X-Forwarded-For: ${value}`] }), '127.0.0.2')
    expect(answer?.status).toBe(status)
    expect(rig.app.take()).toHaveLength(status === 200 ? 1 : 0)
  })

  it('a client address is continued line by line [HD-19]', async () => {
    const lines = ['X-Forwarded-For: 203.0.113.1', 'X-Forwarded-For: 198.51.100.7']
    expect((await behind.tell(rawRequest('/x', { lines }), '127.0.0.2'))?.status).toBe(200)
    expect(rig.app.take()[0]?.all('x-forwarded-for')).toEqual(['203.0.113.1, 198.51.100.7, 127.0.0.2'])
  })

  it.each(['http', 'https,http', 'HTTPS', 'javascript', ''])(
    'X-Forwarded-Proto %j of a stranger changes neither scheme nor cookies [HD-22]',
    async (proto) => {
      const lines = [`X-Forwarded-Proto: ${proto}`]
      const answer = await gate.tell(rawRequest('/oauth2/start', { lines }))
      const { searchParams } = new URL(answer?.header('location') ?? '')
      expect(searchParams.get('redirect_uri')).toBe('https://app.example.com/oauth2/callback')
      expect(answer?.header('set-cookie')).toContain('; Secure;')
      await gate.tell(rawRequest('/public/x', { lines }))
      expect(rig.app.take()[0]?.all('x-forwarded-proto')).toEqual(['https'])
    },
  )

  it.each(['evil.example', 'app.example.com, evil.example', 'app.example.com@evil.example'])(
    'X-Forwarded-Host %j of a stranger is no host [HD-23]',
    async (host) => {
      const lines = [`X-Forwarded-Host: ${host}`, `Forwarded: host="${host}"`]
      await gate.tell(rawRequest('/public/x', { lines }))
      expect(rig.app.take()[0]?.all('x-forwarded-host')).toEqual(['app.example.com'])
    },
  )

  it('X-Forwarded-Uri names the real request on /oauth2/auth only, and from trusted peers only [HD-21]', async () => {
    const open = await rig.gate(...BEHIND, '--skip-auth-route=GET=^/public/')
    const lines = ['X-Forwarded-Uri: /public/x', 'X-Forwarded-Method: GET']
    const statusOf = async (target: string, from: string) =>
      (await open.tell(rawRequest(target, { lines }), from))?.status
    expect(await statusOf('/oauth2/auth', '127.0.0.2')).toBe(202)
    expect(await statusOf('/oauth2/auth', '127.0.0.1')).toBe(401)
    expect(await statusOf('/admin', '127.0.0.2')).toBe(401)
    expect(rig.app.take()).toEqual([])
  })
})

describe('Host', () => {
  it.each([
    ...[
      '',
      'a, b',
      'a@b',
      'a/b',
      'a?b',
      'a#b',
      'a b',
      'a:evil',
      '[::1%25lo]',
      'a\\b',
      'a:80:80',
      ':80',
      '.',
      'é',
      'a"b',
    ],
    'app.example.com/public',
    'app.example.com\r\nHost: app.example.com',
    'app.example.com\r\nhost: evil.example',
  ])('Host is one name: not %j [HD-24, HD-25, SM-34]', async (host) => {
    const answer = await gate.tell(rawRequest('/public/x', { host }))
    expect(answer?.status).toBe(400)
    expect(rig.app.take()).toEqual([])
  })

  it('Host must be there [HD-24]', async () => {
    expect((await gate.tell('GET /public/x HTTP/1.1\r\n\r\n'))?.status).toBe(400)
  })

  it.each(['APP.EXAMPLE.COM', 'app.example.com.'])('Host is the same as %s [RT-32]', async (host) => {
    const answer = await gate.tell(rawRequest('/oauth2/start', { host }))
    const { searchParams } = new URL(answer?.header('location') ?? '')
    expect(searchParams.get('redirect_uri')).toBe('https://app.example.com/oauth2/callback')
  })
})

describe('a person', () => {
  it.each([
    ['HD-29', 'Zoë 漢 😀', Buffer.from('Zoë 漢 😀').toString('latin1')],
    ['HD-29', 'é', '\xc3\xa9'],
    ['HD-28', 'a\r\nX-Evil: 1', undefined],
    ['HD-28', 'a\0', undefined],
    ['HD-28', 'a\u2028b', undefined],
    ['HD-28', 'a\nb', undefined],
  ])('%s: a name that fits into a header line is sent, another is left out: %j', async (_, name, sent) => {
    const mint = await createMint({ issuer: rig.provider.origin })
    const token = await mint.session({ preferredUsername: name })
    const answer = await gate.tell(rawRequest('/x', { lines: [`Cookie: ${SESSION}=${token}`] }))
    expect(answer?.status).toBe(200)
    const [request] = rig.app.take()
    // A line separator is three bytes of UTF-8 and no end of line to anybody.
    const expected = name === 'a\u2028b' ? Buffer.from(name).toString('latin1') : sent
    expect(request?.all('x-forwarded-preferred-username')).toEqual(expected === undefined ? [] : [expected])
    expect(request?.all('x-evil')).toEqual([])
  })

  it('a person is in the groups that they are in, whatever these are called [HD-30]', async () => {
    const mint = await createMint({ issuer: rig.provider.origin })
    const token = await mint.session({ groups: ['users,admins', 'x\r\nX-Evil: 1', 'plain'] })
    await gate.tell(rawRequest('/x', { lines: [`Cookie: ${SESSION}=${token}`] }))
    const [request] = rig.app.take()
    expect(request?.all('x-forwarded-groups')).toEqual(['plain'])
    expect(request?.all('x-evil')).toEqual([])
  })

  it('a person brings their own Authorization, and the app gets no token that was not asked for [HD-33, IL-12]', async () => {
    const lines = [`Cookie: ${cookie}`, 'Authorization: Basic YTpi']
    await behind.tell(rawRequest('/x', { lines }))
    const [request] = rig.app.take()
    expect(request?.all('authorization')).toEqual(['Basic YTpi'])
    expect(request?.raw).not.toMatch(/access-token|eyJ/iu)
  })
})

describe('an answer', () => {
  it('an answer of the app does not carry an identity [HD-32]', async () => {
    const spoofed = FAMILY.map((name) => `${name}: root`).join('\r\n')
    rig.app.answer(`HTTP/1.1 200 OK\r\n${spoofed}\r\nx_auth_request_user: root\r\nContent-Length: 0\r\n\r\n`)
    const answer = await gate.tell(rawRequest('/x', { lines: [`Cookie: ${cookie}`] }))
    expect(answer?.lines).not.toContain('root')
    expect(answer?.all('gap-auth')).toEqual(['alice@example.com'])
    rig.app.answer('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  })

  it.each(['"><script>', 'a'.repeat(10_000), 'a b', 'é', ''])(
    'an answer carries no request id like %j [HD-40]',
    async (id) => {
      const answer = await gate.tell(
        rawRequest('/x', { lines: [`X-Request-Id: ${id}`, 'Accept: text/html'] }),
      )
      expect(answer?.body).not.toContain('"><script>')
      await gate.tell(rawRequest('/public/x', { lines: [`X-Request-Id: ${id}`] }))
      expect(rig.app.take().at(-1)?.all('x-request-id')).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/u)])
    },
  )

  it.each(['auth', 'userinfo', 'session', 'sign_in', 'start', 'callback', 'sign_out', 'static/fragment.js'])(
    "an answer of /oauth2/%s is for Sidegate's own pages [HD-41]",
    async (name) => {
      const lines = ['Origin: https://evil.example', `Cookie: ${cookie}`]
      for (const method of ['GET', 'OPTIONS']) {
        const answer = await gate.tell(rawRequest(`/oauth2/${name}`, { method, lines }))
        expect(answer?.lines.join().toLowerCase()).not.toContain('access-control')
      }
    },
  )
})
