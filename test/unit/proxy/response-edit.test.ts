import { describe, expect, it } from 'vitest'
import type { HeaderLines } from '../../../src/platform.ts'
import { headersOf } from '../../support/headers.ts'
import { aSession } from '../../support/session.ts'
import { forwarded, type Given, UPSTREAM, values } from './forwarder-fixture.ts'

/** What the client gets of these lines, then ours. */
async function edited(given: Given, lines: HeaderLines): Promise<string[]> {
  const { response } = (await forwarded(given)).plan
  const kept = lines.flatMap((name, at) => {
    const value = at % 2 === 0 ? response.rewrite(name, lines[at + 1] ?? '') : undefined
    return value === undefined ? [] : [name, value]
  })
  return [...kept, ...response.add]
}

const PUBLIC = ['Cache-Control', 'public, s-maxage=600, max-age=60', 'CDN-Cache-Control', 'max-age=600']

describe('a response of the upstream', () => {
  it('a response of the upstream goes on as it is', async () => {
    const lines = [
      'Content-Type',
      'text/html',
      'Set-Cookie',
      'a=1; Path=/',
      'set-cookie',
      'b=2',
      'X-Request-Id',
      'z',
    ]
    expect(await edited({}, [...lines, ...PUBLIC])).toEqual([...lines, ...PUBLIC])
  })

  it('a response of the upstream loses what belongs to one hop', async () => {
    const lines = [
      'Connection',
      'close',
      'Keep-Alive',
      'x',
      'Upgrade',
      'h2c',
      'Trailer',
      'X',
      'Proxy-Authenticate',
      'y',
    ]
    expect(await edited({}, lines)).toEqual([])
  })

  it('a response of the upstream does not carry an identity [HD-32]', async () => {
    const lines = ['X-Auth-Request-User', 'root', 'x_auth_request_groups', 'admins', 'GAP-Auth', 'root']
    expect(await edited({}, lines)).toEqual([])
    const personal = await edited({ session: aSession() }, lines)
    expect(personal).toEqual(['Cache-Control', 'private', 'GAP-Auth', 'alice@example.com'])
  })

  it.each([
    ['__Host-s=evil; Path=/; Secure', false],
    ['__Host-s.0=; Max-Age=0', false],
    ['__Host-l.x=1', false],
    [' __Host-s = x', false],
    ['=__Host-s=evil', false],
    ['__Host-s', false],
    ['app=1; Path=/; Domain=__Host-s', true],
    ['app=__Host-s=1', true],
  ])('a response of the upstream may set %j: %s [CK-53]', async (value, kept) => {
    expect(await edited({}, ['Set-Cookie', value])).toEqual(kept ? ['Set-Cookie', value] : [])
  })
})

describe('caches', () => {
  it('caches do not share what was made for one person, and browsers still keep it [IL-02]', async () => {
    const lines = await edited({ session: aSession() }, PUBLIC)
    expect(values(lines, 'cache-control')).toEqual(['private, max-age=60'])
    expect(values(lines, 'cdn-cache-control')).toEqual([])
  })

  it.each(['private', 'max-age=60, private', 'no-store, Private'])(
    'the Cache-Control %j of a private response reads as the upstream wrote it',
    async (value) => {
      expect(
        values(await edited({ session: aSession() }, ['Cache-Control', value]), 'cache-control'),
      ).toEqual([value])
    },
  )

  it.each([
    ['max-age=60', 'private, max-age=60'],
    ['immutable, max-age=31536000', 'private, immutable, max-age=31536000'],
    ['no-cache="x, public"', 'private, no-cache="x, public"'],
    ['private="x-name", max-age=60', 'private, private="x-name", max-age=60'],
    ['no-store', 'private, no-store'],
    ['no-store, public', 'private, no-store'],
  ])('the Cache-Control %j of a response that may be shared reads %j [IL-02]', async (value, expected) => {
    expect(values(await edited({ session: aSession() }, ['Cache-Control', value]), 'cache-control')).toEqual([
      expected,
    ])
    expect(values(await edited({}, ['Cache-Control', value]), 'cache-control')).toEqual([value])
  })

  it.each([
    ['freshness of HTTP/1.0 alone', ['Expires', 'Thu, 01 Jan 2099 00:00:00 GMT']],
    ['no freshness at all', ['Content-Type', 'text/css', 'Last-Modified', 'Mon, 01 Jan 2024 00:00:00 GMT']],
    ['nothing', []],
  ])('the Cache-Control of an answer for one person with %s is private [IL-02]', async (_, lines) => {
    const personal = await edited({ session: aSession() }, lines)
    expect(values(personal, 'cache-control')).toEqual(['private'])
    expect(personal.slice(0, lines.length)).toEqual(lines)
    expect(await edited({}, lines)).toEqual(lines)
  })

  it('the Cache-Control of an answer for one person is private once when the upstream sends several lines [IL-02]', async () => {
    const lines = ['Cache-Control', 'max-age=60', 'cache-control', 'private']
    expect(values(await edited({ session: aSession() }, lines), 'cache-control')).toEqual([
      'private, max-age=60',
      'private',
    ])
  })

  it.each([
    'X-Accel-Expires',
    'Surrogate-Control',
    'Surrogate-Key',
    'CDN-Cache-Control',
    'Cloudflare-CDN-Cache-Control',
    'Vercel-CDN-Cache-Control',
    'Netlify-CDN-Cache-Control',
    'Akamai-Cache-Control',
    'X-LiteSpeed-Cache-Control',
    'Some-New-Vendor-Cache-Control',
    'Edge-Control',
    'Edge-Cache-Tag',
    'Cache-Tag',
    'x_accel_expires',
  ])('caches in between hear nothing of %s in an answer for one person [IL-02]', async (name) => {
    const lines = [name, 'max-age=600']
    expect(await edited({ session: aSession() }, lines)).toEqual([
      ...['Cache-Control', 'private'],
      ...['GAP-Auth', 'alice@example.com'],
    ])
    expect(await edited({ session: aSession(), setCookies: ['__Host-s=1'] }, lines)).not.toContain(name)
    expect(await edited({}, lines)).toEqual(lines)
  })

  it.each([
    ['a redirect to the path with a slash', '/folder', [{ ...UPSTREAM, path: '/folder/' }]],
    [
      'the answer of a static upstream',
      '/',
      [{ ...UPSTREAM, target: { kind: 'static' as const, status: 200 } }],
    ],
  ])('caches read private in %s with a session [IL-02]', async (_, target, upstreams) => {
    const { result } = await forwarded({ target, upstreams, session: aSession() })
    expect(result.ok && result.value.headers.get('cache-control')).toBe('private')
    const { result: open } = await forwarded({ target, upstreams })
    expect(open.ok && open.value.headers.get('cache-control')).toBeNull()
  })

  it('caches do not store a cookie of Sidegate [IL-01]', async () => {
    const given = { session: aSession(), setCookies: ['__Host-s=1; Path=/', '__Host-s.1=2; Path=/'] }
    const lines = await edited(given, [
      ...PUBLIC,
      'Expires',
      'tomorrow',
      'Surrogate-Control',
      'max-age=9',
      'Age',
      '1',
    ])
    expect(values(lines, 'cache-control')).toEqual(['private, no-store'])
    expect(lines.join(' ')).not.toMatch(/max-age=6|s-maxage|Surrogate|Expires|CDN/u)
    expect(values(lines, 'set-cookie')).toEqual(given.setCookies)
    expect(values(lines, 'age')).toEqual(['1'])
  })
})

describe('what we add', () => {
  const tokens = { access: 'access-1', id: 'id-1', refresh: 'refresh-1', accessExpiresAtMs: undefined }

  it('headers added to a response are the X-Auth-Request family where configured', async () => {
    const session = aSession({ tokens, groups: ['a', 'b'] })
    const lines = await edited({ session, config: headersOf('--set-xauthrequest') }, [])
    expect(lines).toEqual([
      ...['Cache-Control', 'private'],
      ...['GAP-Auth', 'alice@example.com', 'X-Auth-Request-User', 'alice-1'],
      ...['X-Auth-Request-Email', 'alice@example.com', 'X-Auth-Request-Groups', 'a,b'],
      ...['X-Auth-Request-Preferred-Username', 'alice'],
    ])
  })

  it('headers added to a response hold a token where that is configured too', async () => {
    const session = aSession({ tokens })
    const config = headersOf('--set-xauthrequest', '--pass-access-token', '--set-authorization-header')
    const lines = await edited({ session, config }, ['Authorization', 'Bearer of the upstream'])
    expect(values(lines, 'x-auth-request-access-token')).toEqual(['access-1'])
    expect(values(lines, 'authorization')).toEqual(['Bearer id-1'])
    const basic = await edited(
      { session, config: headersOf('--set-basic-auth', '--basic-auth-password=pw') },
      [],
    )
    expect(values(basic, 'authorization')).toEqual([`Basic ${btoa('alice-1:pw')}`])
  })

  it('headers added to a response name the user where there is no e-mail', async () => {
    expect(await edited({ session: aSession({ email: undefined }) }, [])).toContain('alice-1')
  })
})
