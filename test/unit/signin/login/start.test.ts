import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { toBase64Url } from '../../../../src/lib/bytes.ts'
import type { HeaderLines } from '../../../../src/platform.ts'
import { createProviders } from '../../../../src/providers/registry.ts'
import { createFakePlatform } from '../../../support/fake-platform.ts'
import { status } from '../../../support/fake-server.ts'
import { aProviderConfig, someTools } from '../../providers/providers-fixture.ts'
import { type AnExchange, aJar, anExchange, aSignInBench, shortOf } from '../signin-fixture.ts'

const START = '/oauth2/start?rd=%2Fdeep'
const PAGE = ['Accept', 'text/html', 'Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Dest', 'document'] as const

// [row, target, request, outcome]
const visits: [string, string, AnExchange, string][] = [
  ['a page load', START, {}, 'leaves'],
  ['a page load of the app', '/deep', {}, 'leaves'],
  ['a browser without fetch metadata', START, { headers: ['Accept', 'text/html,*/*;q=0.8'] }, 'leaves'],
  ['curl', START, { headers: ['Accept', '*/*', 'User-Agent', 'curl/8'] }, 'leaves'],
  ['a client that says nothing', START, { headers: [] }, 'leaves'],
  ['curl at the app', '/deep', { headers: ['Accept', '*/*'] }, 'sign_in_required'],
  [
    'CB-12 fetch',
    START,
    { headers: ['Accept', '*/*', 'Sec-Fetch-Mode', 'cors', 'Sec-Fetch-Dest', 'empty'] },
    'sign_in_required',
  ],
  ['CB-12 JSON', START, { headers: ['Accept', 'application/json'] }, 'sign_in_required'],
  ['CB-12 JSON or anything', START, { headers: ['Accept', 'application/json, */*'] }, 'sign_in_required'],
  [
    'CB-12 XHR',
    START,
    { headers: ['Accept', '*/*', 'X-Requested-With', 'XMLHttpRequest'] },
    'sign_in_required',
  ],
  ['CB-12 prefetch', START, { headers: [...PAGE, 'Sec-Purpose', 'prefetch'] }, 'sign_in_required'],
  ['CB-12 an old prefetch', START, { headers: ['Accept', '*/*', 'Purpose', 'prefetch'] }, 'sign_in_required'],
  [
    'CB-12 an image',
    START,
    { headers: ['Accept', 'image/*', 'Sec-Fetch-Mode', 'no-cors', 'Sec-Fetch-Dest', 'image'] },
    'sign_in_required',
  ],
  [
    'CB-37 a frame',
    START,
    { headers: ['Accept', 'text/html', 'Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Dest', 'iframe'] },
    'sign_in_required',
  ],
  ['CB-12 HEAD', START, { method: 'HEAD' }, 'sign_in_required'],
  ['CB-12 OPTIONS', START, { method: 'OPTIONS' }, 'method_not_allowed'],
  ['a form, as oauth2-proxy takes it', START, { method: 'POST', form: 'rd=%2Fform' }, 'leaves'],
  ['a form for a page of the app', '/page', { method: 'POST' }, 'method_not_allowed'],
  ['an unknown provider', '/oauth2/start?provider=evil', {}, 'provider_unknown/provider'],
  ['too many fields', `/oauth2/start?${'x&'.repeat(100)}`, {}, 'request_malformed/fields'],
]

test.each(visits)('the start endpoint answers: %s', async (_name, target, given, expected) => {
  const { signIn } = await aSignInBench()
  const outcome = await signIn.start(anExchange(target, given))
  if (expected === 'leaves') expect(shortOf(outcome)).toMatch(/^to https:\/\/op\.test\/authorize\?/u)
  else expect(shortOf(outcome)).toBe(expected)
  expect(outcome.kind !== 'done' && outcome.changes.length).toBe(expected === 'leaves' ? 2 : 0)
})

test('a link to the start may choose another account, and no other parameter of the login [CB-35]', async () => {
  const { signIn } = await aSignInBench()
  const query =
    'redirect_uri=https://evil.test&client_id=x&nonce=y&state=z&scope=all&prompt=none&account=other'
  const outcome = await signIn.start(anExchange(`/oauth2/start?${query}`))
  const sent = new URL(outcome.kind === 'redirect' ? outcome.location : '').searchParams
  expect(sent.get('redirect_uri')).toBe('https://app.example.com/oauth2/callback')
  expect(sent.get('client_id')).toBe('sidegate')
  expect(sent.get('scope')).toBe('openid email profile')
  expect(sent.get('prompt')).toBe('select_account')
  expect([sent.get('nonce'), sent.get('state')]).not.toContain('y')
})

test('parameters of the app are not read by the start', async () => {
  const { signIn, op } = await aSignInBench()
  const outcome = await signIn.start(anExchange('/page?rd=https://evil.test&provider=evil&account=other'))
  const url = new URL(outcome.kind === 'redirect' ? outcome.location : '')
  expect(url.searchParams.has('prompt')).toBe(false)
  expect(op.hits.discovery).toBe(1)
})

test('a visit may name one of several providers', async () => {
  const context = someTools(createFakePlatform())
  const plain = { kind: 'github', issuer: undefined } as const
  const providers = createProviders(
    [
      aProviderConfig({ ...plain, id: 'a', clientId: 'client-a' }),
      aProviderConfig({ ...plain, id: 'b', clientId: 'client-b' }),
    ],
    context,
  )
  const { signIn } = await aSignInBench({ providers })
  const clientOf = async (target: string) => {
    const outcome = await signIn.start(anExchange(target))
    return new URL(outcome.kind === 'redirect' ? outcome.location : 'x:').searchParams.get('client_id')
  }
  expect(await clientOf('/oauth2/start')).toBe('client-a')
  expect(await clientOf('/oauth2/start?provider=b')).toBe('client-b')
})

test('a provider that is down is an error page, and no cookie is set', async () => {
  const { op, events, signIn } = await aSignInBench()
  op.scripts.discovery = status(503)
  const outcome = await signIn.start(anExchange(START))
  expect(outcome).toMatchObject({
    kind: 'refused',
    problem: { reason: 'provider_unreachable' },
    changes: [],
    returnTo: '/deep',
  })
  expect(events.at(-1)).toMatchObject({ event: 'sign_in_failed', level: 'error' })
})

test('state stays short: under 500 characters for a target of 200', async () => {
  const { start } = await aSignInBench()
  const url = await start(aJar(), `/oauth2/start?rd=%2F${'x'.repeat(199)}`)
  expect(url.searchParams.get('state')?.length).toBeLessThan(500)
})

const startFor = (target: string): string => `/oauth2/start?${new URLSearchParams({ rd: target })}`

/** Text that no compression makes shorter than three quarters. */
function noise(length: number): string {
  let text = ''
  for (let at = 0; text.length < length; at += 1)
    text += toBase64Url(createHash('sha512').update(`${at}`).digest())
  return text.slice(0, length)
}

const KIBANA = `/app/discover?_g=${encodeURIComponent(
  Array.from({ length: 60 }, (_, at) => `(filters:!(),refreshInterval:(pause:!t,value:${at * 997}))`).join(
    ',',
  ),
)}`

test.each([
  ['of the longest that travels as it is', `/${'x'.repeat(1_799)}`, 0],
  ['of a dashboard, compressed', KIBANA, 0],
  ['as long as can be', `/${'x'.repeat(8_191)}`, 0],
  ['that compression does not help, in a cookie', `/${noise(3_300)}`, 1],
])('a target comes back byte for byte: one %s', async (_, target, cookies) => {
  const { events, start, callback } = await aSignInBench()
  const jar = aJar()
  const url = await start(jar, startFor(target))
  expect(url.searchParams.get('state')?.length).toBeLessThan(2_700)
  const targetCookies = [...jar.cookies].filter(([name]) => name.includes('_target_'))
  expect(targetCookies).toHaveLength(cookies)
  for (const [name, value] of targetCookies) expect(name.length + value.length).toBeLessThan(3_900)
  expect(shortOf(await callback(jar, url))).toBe(`to ${target}`)
  expect([...jar.cookies.keys()].filter((name) => name.includes('_target_'))).toEqual([])
  expect(events.filter(({ event }) => event === 'return_target_dropped')).toEqual([])
})

test.each([
  ['is too long for an address', `/${'x'.repeat(8_192)}`],
  ['is too long when it is escaped', `/${'['.repeat(8_000)}`],
  ['does not fit a cookie', `/${noise(6_000)}`],
])('a target that %s becomes the page that says so, and the log says so', async (_, target) => {
  const { events, start, callback } = await aSignInBench()
  const jar = aJar()
  const outcome = await callback(jar, await start(jar, startFor(target)))
  expect(shortOf(outcome)).toBe('to /oauth2/signed_in?target=lost')
  const [dropped] = events.filter(({ event }) => event === 'return_target_dropped')
  expect(dropped).toMatchObject({ level: 'warn', fields: { advice: expect.stringContaining('8192') } })
})

test('a target whose cookie did not come back becomes the page that says so', async () => {
  const { start, callback } = await aSignInBench()
  const jar = aJar()
  const url = await start(jar, startFor(`/${noise(3_300)}`))
  for (const name of jar.cookies.keys()) if (name.includes('_target_')) jar.cookies.delete(name)
  expect(shortOf(await callback(jar, url))).toBe('to /oauth2/signed_in?target=lost')
})

test('the cookie of one login holds no target for another, and no login opens as a target', async () => {
  const { start, callback } = await aSignInBench()
  const jar = aJar()
  const first = await start(jar, startFor(`/first/${noise(3_300)}`))
  const other = aJar()
  const second = await start(other, startFor(`/second/${noise(3_300)}`))
  for (const [name, value] of other.cookies) {
    if (name.includes('_target_'))
      for (const slot of [0, 1]) jar.cookies.set(`__Host-s_target_${slot}`, value)
  }
  expect(shortOf(await callback(jar, first))).toBe('to /oauth2/signed_in?target=lost')
  for (const slot of [0, 1])
    other.cookies.set(`__Host-s_target_${slot}`, second.searchParams.get('state') ?? '')
  expect(shortOf(await callback(other, second))).toBe('to /oauth2/signed_in?target=lost')
})

test('however many tabs begin with long targets, two cookies hold them', async () => {
  const { start, callback } = await aSignInBench()
  const jar = aJar()
  const urls: URL[] = []
  for (let tab = 0; tab < 6; tab += 1) urls.push(await start(jar, startFor(`/${tab}/${noise(3_300)}`)))
  expect([...jar.cookies.keys()].filter((name) => name.includes('_target_'))).toHaveLength(2)
  const ends: string[] = []
  for (const url of urls) ends.push(shortOf(await callback(jar, url)).slice(0, 6))
  expect(ends.filter((end) => /^to \/\d\//u.test(end)).length).toBe(2)
})

test('a target that leads elsewhere is the start page however long it is', async () => {
  const { start, callback } = await aSignInBench()
  const jar = aJar()
  const url = await start(jar, startFor(`https://evil.example/${'x'.repeat(3_000)}`))
  expect(shortOf(await callback(jar, url))).toBe('to /')
})

test('a thousand logins never share a state, a nonce or a challenge [CB-39]', async () => {
  const { signIn } = await aSignInBench()
  const seen = new Set<string | null>()
  let cookies = ''
  for (let at = 0; at < 1_000; at += 1) {
    const outcome = await signIn.start(anExchange(START, { cookies }))
    if (outcome.kind !== 'redirect') throw new Error(shortOf(outcome))
    const sent = new URL(outcome.location).searchParams
    for (const name of ['state', 'nonce', 'code_challenge']) seen.add(sent.get(name))
    cookies = `__Host-s_csrf=${outcome.changes[0]?.value}`
    expect(sent.get('code_challenge_method')).toBe('S256')
  }
  expect(seen.size).toBe(3_000)
})

test('the CSRF cookie lives as long as the login and is a sign-in cookie', async () => {
  const { signIn } = await aSignInBench({ csrf: { expireMs: 600_000 } })
  const cookie = (name: unknown) => ({
    name,
    value: expect.stringMatching(/^[\w-]{43}$/u),
    maxAgeSeconds: 600,
    purpose: 'transaction',
  })
  const first = await signIn.start(anExchange(START))
  if (first.kind !== 'redirect') throw new Error(shortOf(first))
  expect(first.changes).toEqual([
    cookie('__Host-s_csrf'),
    cookie(expect.stringMatching(/^__Host-s_[\w-]{8}_csrf$/u)),
  ])
  const second = await signIn.start(
    anExchange(START, { cookies: `__Host-s_csrf=${first.changes[0]?.value}` }),
  )
  expect(second.kind === 'redirect' && second.changes).toEqual([cookie('__Host-s_csrf')])
})

// [row, target, request, where it leads]
const TRUSTED = { peer: '10.0.0.5', trusted: ['10.0.0.0/8'] }
const named = (...lines: string[]): HeaderLines => ['Accept', 'text/html', ...lines]
const returns: [string, string, AnExchange, string][] = [
  ['rd', '/oauth2/start?rd=%2Fa%3Fb', {}, '/a?b'],
  ['rd of another site', '/oauth2/start?rd=https://evil.test/', {}, '/'],
  ['rd of an allowed site', '/oauth2/start?rd=https://x.example.org/a', {}, 'https://x.example.org/a'],
  ['rd twice', '/oauth2/start?rd=/a&rd=/b', {}, '/'],
  ['rd empty', '/oauth2/start?rd=', {}, '/'],
  ['nothing', '/oauth2/start', {}, '/'],
  ['the page itself', '/a/b?x=//y', {}, '/a/b?x=//y'],
  ['an endpoint of ours', '/oauth2/userinfo?x', {}, '/'],
  ['a header from anybody', '/oauth2/start', { headers: named('X-Auth-Request-Redirect', '/a') }, '/'],
  [
    'a header from a trusted peer',
    '/oauth2/start',
    { headers: named('X-Auth-Request-Redirect', '/a'), ...TRUSTED },
    '/a',
  ],
  [
    'rd before the header',
    '/oauth2/start?rd=/b',
    { headers: named('X-Auth-Request-Redirect', '/a'), ...TRUSTED },
    '/b',
  ],
  [
    'a refused header',
    '/oauth2/start',
    { headers: named('X-Auth-Request-Redirect', '//evil.test'), ...TRUSTED },
    '/',
  ],
  ['a forwarded URI from anybody', '/x', { headers: named('X-Forwarded-Uri', '/a') }, '/x'],
  [
    'a forwarded URI from a trusted peer',
    '/x',
    { headers: named('X-Forwarded-Uri', '/a?b'), ...TRUSTED },
    '/a?b',
  ],
  [
    'a forwarded URI of ours',
    '/x',
    { headers: named('X-Forwarded-Uri', '/oauth2/sign_out'), ...TRUSTED },
    '/',
  ],
]

test.each(returns)('the return target of %s is the right place', async (_name, target, given, expected) => {
  const { signIn } = await aSignInBench()
  expect(signIn.returnTo(anExchange(target, given))).toBe(expected)
})

test('a gateway that signs in on another host gets an absolute target, where that host is allowed', async () => {
  const headers = named('X-Forwarded-Host', 'app.example.org', 'X-Forwarded-Uri', '/a?b')
  const exchange = anExchange('/oauth2/start', { headers, ...TRUSTED })
  const redirectUrl = 'https://login.example.net/oauth2/callback'
  const open = await aSignInBench({ signIn: { redirectUrl } })
  expect(open.signIn.returnTo(exchange)).toBe('https://app.example.org/a?b')
  const closed = await aSignInBench({ signIn: { redirectUrl, whitelistDomains: [] } })
  expect(closed.signIn.returnTo(exchange)).toBe('/a?b')
})

// [what the gateway says the person asked for, where the sign-in returns to]
test.each([
  [[], '/oauth2/start', 'https://app.example.org/'],
  [[], '/oauth2/start?rd=/a&rd=/b', 'https://app.example.org/'],
  [[], '/oauth2/%73tart', 'https://app.example.org/'],
  [['X-Forwarded-Uri', '/oauth2/sign_out'], '/oauth2/start', 'https://app.example.org/'],
  [['X-Forwarded-Uri', '/a/../oauth2/callback?x'], '/oauth2/start', 'https://app.example.org/'],
  [['X-Auth-Request-Redirect', 'https://app.example.org/oauth2/start'], '/oauth2/start', '/'],
  [['X-Forwarded-Uri', '/a/../b?c'], '/oauth2/start', 'https://app.example.org/b?c'],
])(
  'a sign-in on another host never returns to an endpoint of Sidegate: %j, %s',
  async (more, target, expected) => {
    const headers = named('X-Forwarded-Host', 'app.example.org', ...more)
    const { signIn } = await aSignInBench({
      signIn: { redirectUrl: 'https://login.example.net/oauth2/callback' },
    })
    expect(signIn.returnTo(anExchange(target, { headers, ...TRUSTED }))).toBe(expected)
  },
)
