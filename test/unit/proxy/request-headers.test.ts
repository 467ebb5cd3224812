import { describe, expect, it } from 'vitest'
import { headersOf } from '../../support/headers.ts'
import { aSession } from '../../support/session.ts'
import { requestLines, UPSTREAM, values } from './forwarder-fixture.ts'

const FAMILY = [
  'X-Forwarded-User',
  'X-Forwarded-Email',
  'X-Forwarded-Groups',
  'X-Forwarded-Preferred-Username',
  'X-Forwarded-Access-Token',
  'X-Auth-Request-User',
  'X-Auth-Request-Email',
  'X-Auth-Request-Groups',
  'X-Auth-Request-Preferred-Username',
  'X-Auth-Request-Access-Token',
  'GAP-Auth',
  'GAP-Signature',
]

describe('what the client sent', () => {
  it("the client's headers go on byte for byte: case, order, repetition, latin1", async () => {
    const lines = ['X-B', '1', 'x-a', '2', 'X-B', '3', 'X-Latin', '\xe9\xff', 'Range', 'bytes=0-1, 5-']
    const sent = await requestLines({ lines })
    expect(sent.slice(0, 2 + lines.length)).toEqual(['Host', 'app.example.com', ...lines])
  })

  it("the client's headers lose what belongs to one hop [HD-15, HD-35, SS-15]", async () => {
    const hop = [
      'TE',
      'Trailer',
      'Keep-Alive',
      'Upgrade',
      'Proxy-Authorization',
      'Proxy-Connection',
      'Expect',
      'Proxy',
    ]
    const more = ['Proxy-Authenticate', 'HTTP2-Settings', 'Transfer-Encoding', 'Content-Length', 'Connection']
    const sent = await requestLines({
      method: 'POST',
      lines: [...hop, ...more].flatMap((name) => [name, 'x']),
    })
    for (const name of [...hop, ...more]) expect(values(sent, name), name).toEqual([])
  })

  it("the client's headers lose what Connection names, but neither Sidegate's headers nor Host and Cookie [HD-13, HD-14]", async () => {
    const sent = await requestLines({
      session: aSession(),
      lines: [
        ...['Connection', 'close, X-Auth-Request-User, X-Forwarded-For, Cookie, Host, X-Gone, authorization'],
        ...['X-Gone', '1', 'Cookie', 'app=1', 'Authorization', 'Basic x'],
      ],
    })
    expect(values(sent, 'x-gone')).toEqual([])
    expect(values(sent, 'connection')).toEqual([])
    expect(values(sent, 'host')).toEqual(['app.example.com'])
    expect(values(sent, 'cookie')).toEqual(['app=1'])
    expect(values(sent, 'authorization')).toEqual(['Basic x'])
    expect(values(sent, 'x-auth-request-user')).toEqual(['alice-1'])
    expect(values(sent, 'x-forwarded-for')).toEqual(['203.0.113.7'])
  })
})

describe('the identity', () => {
  const spellings = (name: string): string[] => [
    name,
    name.toUpperCase(),
    name.replaceAll('-', '_'),
    name.replace('-', '_'),
    name.replaceAll('-', '.'),
    name.replaceAll('-', '~'),
    name.replaceAll('-', ''),
    name.replace('-', '--'),
    `${name}-`,
    `_${name}`,
  ]

  it.each(FAMILY)(
    'the identity is never what a client says through %s, in any spelling [HD-01 to HD-08]',
    async (name) => {
      const lines = spellings(name).flatMap((spelling) => [spelling, 'admin'])
      for (const session of [undefined, aSession(), aSession({ groups: [] })]) {
        const sent = await requestLines({ lines, session })
        expect(sent).not.toContain('admin')
      }
    },
  )

  it('the identity stands in the headers once, in both families', async () => {
    const sent = await requestLines({
      session: aSession({ groups: ['users', 'admins'] }),
      lines: ['X-Auth-Request-User', 'a', 'x-auth-request-user', 'b'],
    })
    for (const family of ['X-Forwarded', 'X-Auth-Request']) {
      expect(values(sent, `${family}-User`)).toEqual(['alice-1'])
      expect(values(sent, `${family}-Email`)).toEqual(['alice@example.com'])
      expect(values(sent, `${family}-Groups`)).toEqual(['users,admins'])
      expect(values(sent, `${family}-Preferred-Username`)).toEqual(['alice'])
      expect(values(sent, `${family}-Access-Token`)).toEqual([])
    }
  })

  it('the identity is not sent without a session, or where it is switched off', async () => {
    const off = headersOf('--pass-basic-auth=false', '--pass-user-headers=false')
    for (const sent of [await requestLines({}), await requestLines({ config: off, session: aSession() })]) {
      for (const name of FAMILY) expect(values(sent, name)).toEqual([])
    }
  })

  it('the identity leaves out empty claims', async () => {
    const sent = await requestLines({
      session: aSession({ email: undefined, preferredUsername: '', groups: [] }),
    })
    expect(values(sent, 'x-forwarded-email')).toEqual([])
    expect(values(sent, 'x-forwarded-preferred-username')).toEqual([])
    expect(values(sent, 'x-forwarded-groups')).toEqual([])
  })

  it('the identity prefers the e-mail where that is configured, and then sends no second one', async () => {
    const sent = await requestLines({ session: aSession(), config: headersOf('--prefer-email-to-user') })
    expect(values(sent, 'x-forwarded-user')).toEqual(['alice@example.com'])
    expect(values(sent, 'x-forwarded-email')).toEqual([])
    expect(values(sent, 'x-auth-request-user')).toEqual(['alice-1'])
  })

  it('the identity is added to what clients say when stripping is off', async () => {
    const sent = await requestLines({
      session: aSession(),
      config: headersOf('--skip-auth-strip-headers=false'),
      lines: ['X-Forwarded-User', 'client'],
    })
    expect(values(sent, 'x-forwarded-user')).toEqual(['client', 'alice-1'])
  })
})

describe('claims that do not fit into a header', () => {
  it('claims that do not fit into a header become UTF-8 bytes [HD-29]', async () => {
    const sent = await requestLines({ session: aSession({ preferredUsername: 'Zoë 漢 😀' }) })
    const [value = ''] = values(sent, 'x-forwarded-preferred-username')
    expect(Buffer.from(value, 'latin1').toString('utf8')).toBe('Zoë 漢 😀')
    expect(value).toMatch(/^[\x20-\xff]*$/u)
  })

  it.each(['a\r\nX-Evil: 1', 'a\u0000', 'a\nb', '\u0007', 'a\u007f'])(
    'claims that do not fit into a header are dropped with controls: %j [HD-28]',
    async (user) => {
      const sent = await requestLines({ session: aSession({ user, groups: [user, 'users'] }) })
      expect(values(sent, 'x-forwarded-user')).toEqual([])
      expect(values(sent, 'x-forwarded-groups')).toEqual(['users'])
      expect(sent.join('')).not.toMatch(/[\r\n\0]/u)
    },
  )

  it('claims that do not fit into a header cannot make two groups out of one [HD-30]', async () => {
    const sent = await requestLines({ session: aSession({ groups: ['users,admins', 'x'] }) })
    expect(values(sent, 'x-forwarded-groups')).toEqual(['x'])
  })
})

describe('credentials', () => {
  const tokens = { access: 'access-1', id: 'id-1', refresh: 'refresh-1', accessExpiresAtMs: undefined }

  it('credentials of the client pass when they were not for Sidegate and it sends none [HD-33]', async () => {
    const lines = ['Authorization', 'Basic dTpw']
    expect(values(await requestLines({ lines, session: aSession() }), 'authorization')).toEqual([
      'Basic dTpw',
    ])
    const used = await requestLines({ lines, session: aSession(), dropAuthorization: true })
    expect(values(used, 'authorization')).toEqual([])
  })

  it('credentials of the client never pass as those of Sidegate, signed in or not', async () => {
    const config = headersOf('--basic-auth-password=pw')
    const lines = ['Authorization', `Basic ${btoa('admin:pw')}`]
    expect(values(await requestLines({ config, lines }), 'authorization')).toEqual([])
    expect(values(await requestLines({ config, lines, session: aSession() }), 'authorization')).toEqual([
      `Basic ${btoa('alice-1:pw')}`,
    ])
  })

  it('credentials made by Sidegate name a local user, who has no e-mail, where the e-mail is preferred', async () => {
    const config = headersOf('--basic-auth-password=pw', '--prefer-email-to-user')
    const sent = await requestLines({ config, session: aSession({ user: 'carol', email: undefined }) })
    expect(values(sent, 'x-forwarded-user')).toEqual(['carol'])
    expect(values(sent, 'authorization')).toEqual([`Basic ${btoa('carol:pw')}`])
  })

  it('credentials made by Sidegate hold the e-mail where that is preferred', async () => {
    const config = headersOf('--basic-auth-password=pw', '--prefer-email-to-user')
    const sent = await requestLines({ config, session: aSession() })
    expect(values(sent, 'authorization')).toEqual([`Basic ${btoa('alice@example.com:pw')}`])
  })

  it('credentials are not made for a name that the colon would shorten', async () => {
    const sent = await requestLines({
      config: headersOf('--basic-auth-password=pw'),
      session: aSession({ user: 'admin:x' }),
    })
    expect(values(sent, 'authorization')).toEqual([])
  })

  it('credentials are tokens only where that is configured [IL-12]', async () => {
    const session = aSession({ tokens })
    expect((await requestLines({ session })).join(' ')).not.toMatch(/access-1|id-1|refresh-1/u)
    const config = headersOf('--pass-access-token', '--pass-authorization-header')
    const sent = await requestLines({ session, config })
    expect(values(sent, 'x-forwarded-access-token')).toEqual(['access-1'])
    expect(values(sent, 'authorization')).toEqual(['Bearer id-1'])
    expect(sent.join(' ')).not.toContain('refresh-1')
  })
})

describe('cookies', () => {
  it.each([
    ['app=1; theme=dark', ['app=1; theme=dark']],
    ['app=1;theme="a;b"', ['app=1;theme="a;b"']],
    ['__Host-s=x', []],
    ['__Host-s.0=x; __Host-s.1=y; __Host-l.z=1', []],
    ['__Host-s=x; app=1', ['app=1']],
    ['app=1; __Host-s=x;  b=2', ['app=1;  b=2']],
    [' __Host-s =x; app=1', ['app=1']],
    ['app=__Host-s; __host-s=1', ['app=__Host-s; __host-s=1']],
    ['__Host-s; app', ['app']],
    // Several Cookie lines, as Workers hands them over.
    ['a=1, __Host-s=x, b=2; c=3', ['a=1, b=2; c=3']],
    ['__Host-s=x, b=2', ['b=2']],
    ['a=1, 2,3; b=4', ['a=1, 2,3; b=4']],
  ])('the Cookie header %j goes on as %j [HD-34]', async (line, expected) => {
    expect(values(await requestLines({ lines: ['Cookie', line] }), 'cookie')).toEqual(expected)
  })
})

describe('where a request came from', () => {
  const SPOOFED = [
    ...['X-Forwarded-For', '127.0.0.1', 'X_Forwarded_For', '127.0.0.2', 'X-Real-IP', '127.0.0.1'],
    ...['CF-Connecting-IP', '127.0.0.1', 'True-Client-IP', '127.0.0.1', 'Forwarded', 'for=127.0.0.1'],
    ...['X-Forwarded-Proto', 'javascript', 'X-Forwarded-Host', 'evil.example', 'X-Forwarded-Uri', '/public'],
    ...['X-Original-URL', '/public', 'X-Rewrite-URL', '/public', 'X-Forwarded-Prefix', '/p'],
  ]

  it('the forwarded headers say what Sidegate saw, when no trusted proxy says anything else [HD-17, HD-20 to HD-23]', async () => {
    const sent = await requestLines({ lines: SPOOFED, target: '/admin?x=1' })
    expect(sent.join(' ')).not.toMatch(/127\.0\.0|evil|public|javascript/u)
    expect(values(sent, 'x-forwarded-for')).toEqual(['203.0.113.7'])
    expect(values(sent, 'x-forwarded-proto')).toEqual(['https'])
    expect(values(sent, 'x-forwarded-host')).toEqual(['app.example.com'])
    expect(values(sent, 'x-forwarded-uri')).toEqual(['/admin?x=1'])
  })

  it('the forwarded headers say https for the app when the browser is there, whatever the last hop speaks', async () => {
    const behind = await requestLines({ facts: { scheme: 'http', origin: 'https://app.example.com' } })
    expect(values(behind, 'x-forwarded-proto')).toEqual(['https'])
    const plain = await requestLines({ facts: { scheme: 'http', origin: 'http://app.example.com' } })
    expect(values(plain, 'x-forwarded-proto')).toEqual(['http'])
  })

  it('the forwarded headers are continued from a trusted proxy [HD-19]', async () => {
    const sent = await requestLines({
      facts: { trusted: true },
      lines: ['X-Forwarded-For', '198.51.100.1', 'X-Forwarded-For', '10.0.0.1', 'X-Real-IP', '198.51.100.1'],
    })
    expect(values(sent, 'x-forwarded-for')).toEqual(['198.51.100.1, 10.0.0.1, 203.0.113.7'])
    expect(values(sent, 'x-real-ip')).toEqual(['198.51.100.1'])
  })

  it('the forwarded headers are believed from a trusted proxy under the usual name only, which it overwrites [HD-05, HD-17]', async () => {
    const sent = await requestLines({
      facts: { trusted: true },
      lines: [
        ...[
          'x-forwarded-for',
          '198.51.100.1',
          'X_Forwarded_For',
          '127.0.0.1',
          'X.Forwarded-For',
          '127.0.0.1',
        ],
        ...['x-real-ip', '198.51.100.1', 'X_Real_IP', '127.0.0.1', 'X-RealIP', '127.0.0.1'],
        ...['X_Original_URL', '/public', 'X-Forwarded_Prefix', '/public'],
      ],
    })
    expect(sent.join(' ')).not.toMatch(/127\.0\.0|public/u)
    expect(values(sent, 'x-forwarded-for')).toEqual(['198.51.100.1, 203.0.113.7'])
    expect(values(sent, 'x-real-ip')).toEqual(['198.51.100.1'])
  })

  it('the forwarded headers have no address on a unix socket', async () => {
    const peer = { kind: 'unix' } as const
    expect(values(await requestLines({ peer }), 'x-forwarded-for')).toEqual([])
    const behind = await requestLines({
      peer,
      facts: { trusted: true },
      lines: ['X-Forwarded-For', '1.2.3.4'],
    })
    expect(values(behind, 'x-forwarded-for')).toEqual(['1.2.3.4'])
  })

  it("the forwarded headers carry Sidegate's request id and no other", async () => {
    const sent = await requestLines({ lines: ['X-Request-Id', '"><script>', 'X_Request_Id', 'b'] })
    expect(values(sent, 'x-request-id')).toEqual(['request-1'])
    expect(sent.join()).not.toContain('script')
  })
})

describe('Host', () => {
  it.each([
    [{ kind: 'tcp', protocol: 'http:', host: 'app', port: 80 } as const, 'app'],
    [{ kind: 'tcp', protocol: 'http:', host: 'app', port: 443 } as const, 'app:443'],
    [{ kind: 'tcp', protocol: 'https:', host: 'app', port: 443 } as const, 'app'],
    [{ kind: 'tcp', protocol: 'http:', host: '::1', port: 8080 } as const, '[::1]:8080'],
    [{ kind: 'unix', path: '/run/app.sock' } as const, 'localhost'],
  ])('Host is the upstream’s own where the client’s is not passed: %j', async (address, expected) => {
    const target = { verifyTls: true, keepAlive: true, ...address }
    const sent = await requestLines({ upstreams: [{ ...UPSTREAM, target, passHostHeader: false }] })
    expect(values(sent, 'host')).toEqual([expected])
  })

  it('Host is there for the client of HTTP/1.0 that sent none', async () => {
    const sent = await requestLines({ headers: [], httpVersion: '1.0', facts: { host: '' } })
    expect(values(sent, 'host')).toEqual(['127.0.0.1:8080'])
  })
})
