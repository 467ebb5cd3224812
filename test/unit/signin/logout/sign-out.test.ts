import { expect, test } from 'vitest'
import { json, redirectTo, status } from '../../../support/fake-server.ts'
import { aBench } from '../../providers/providers-fixture.ts'
import { type AnExchange, aJar, anExchange, aSignInBench, type Given, shortOf } from '../signin-fixture.ts'

const OUT = '/oauth2/sign_out'
const OWN = ['Origin', 'https://app.example.com', 'Sec-Fetch-Site', 'same-origin']

/** Somebody who is signed in, and what their sign-out comes to. */
async function signedIn(given: Given = {}) {
  const bench = await aSignInBench(given)
  const jar = aJar()
  await bench.callback(jar, await bench.start(jar))
  jar.cookies.set('__Host-s_1', 'chunk')
  const session = bench.sessionOf(jar)
  const deferred: Promise<unknown>[] = []
  return {
    ...bench,
    jar,
    session,
    async out(target: string, more: AnExchange = {}) {
      const exchange = anExchange(target, { method: 'POST', headers: OWN, cookies: jar.header(), ...more })
      const request = { ...exchange.request, waitUntil: (work: Promise<unknown>) => void deferred.push(work) }
      const outcome = jar.take(await bench.signIn.signOut({ ...exchange, request }))
      await Promise.all(deferred)
      return outcome
    },
  }
}

const AT_PROVIDER: Given = { signIn: { signOutAtProvider: true } }
/** A provider without a sign-out of its own. */
const WITHOUT_END: Given = { ...AT_PROVIDER, metadata: { end_session_endpoint: undefined } }

// [row, settings, where the sign-out leads]
const ways: [string, NonNullable<Given['signIn']>, RegExp][] = [
  ['by default, as in oauth2-proxy', {}, /^to \/$/u],
  [
    'with skip-provider-button, where / would sign in again',
    { skipProviderButton: true },
    /^to \/oauth2\/signed_out$/u,
  ],
  ['with sign-out-at-provider', { signOutAtProvider: true }, /^to https:\/\/op\.test\/logout\?/u],
]

test.each(ways)(
  'a sign-out ends every cookie of Sidegate and revokes the refresh token, %s [LO-05]',
  async (_name, signIn, way) => {
    const { denials, events, jar, op, out, session } = await signedIn({ signIn })
    const outcome = await out(OUT)
    expect(shortOf(outcome)).toMatch(way)
    expect([...jar.cookies.keys()]).toEqual([])
    expect(op.revoked).toEqual([session?.tokens.refresh])
    const of = { issuer: session?.issuer, subject: 'alice', signedInBeforeMs: session?.signedInAtMs }
    expect(denials).toEqual([{ kind: 'session', id: session?.id, of }])
    expect(events.at(-1)).toMatchObject({ event: 'signed_out', fields: { user: 'alice', provider: 'oidc' } })
  },
)

// [row, request, signed out]
const requests: [string, AnExchange, boolean][] = [
  ['a form of ours', { headers: OWN }, true],
  ['a form of ours without metadata', { headers: ['Origin', 'https://app.example.com'] }, true],
  ['a program', { headers: [] }, true],
  ['a bookmark', { method: 'GET', headers: ['Sec-Fetch-Site', 'none', 'Sec-Fetch-Mode', 'navigate'] }, true],
  ['a link of ours', { method: 'GET', headers: ['Sec-Fetch-Site', 'same-origin'] }, true],
  ['an old browser', { method: 'GET', headers: ['Referer', 'https://app.example.com/page'] }, true],
  ['an old browser that says nothing', { method: 'GET', headers: [] }, true],
  ['LO-01 an image of another site', { method: 'GET', headers: ['Sec-Fetch-Site', 'cross-site'] }, false],
  ['LO-01 a link of another site', { method: 'GET', headers: ['Referer', 'https://evil.example/'] }, false],
  ['LO-01 a referer that is no address', { method: 'GET', headers: ['Referer', 'about:blank'] }, false],
  ['LO-02 a form of another site', { headers: ['Origin', 'https://evil.example'] }, false],
  [
    'LO-02 a form of another site, metadata',
    { headers: ['Origin', 'https://evil.example', 'Sec-Fetch-Site', 'cross-site'] },
    false,
  ],
  ['LO-02 a form of nowhere', { headers: ['Origin', 'null'] }, false],
  ['LO-02 no Origin, metadata', { headers: ['Sec-Fetch-Site', 'cross-site'] }, false],
  ['LO-02 a look-alike origin', { headers: ['Origin', 'https://app.example.com.evil.example'] }, false],
  ['LO-02 an origin with another port', { headers: ['Origin', 'https://app.example.com:8443'] }, false],
  ['LO-02 text/plain', { headers: ['Origin', 'https://evil.example', 'Content-Type', 'text/plain'] }, false],
  [
    'LO-02 a type in capitals',
    { headers: ['Origin', 'https://evil.example', 'Content-Type', 'Application/X-WWW-Form-Urlencoded'] },
    false,
  ],
  ['LO-03 a sibling host', { headers: ['Sec-Fetch-Site', 'same-site'] }, false],
  ['LO-03 a sibling host by link', { method: 'GET', headers: ['Sec-Fetch-Site', 'same-site'] }, false],
  ['LO-02 metadata that nobody knows', { headers: ['Sec-Fetch-Site', 'same-origin, cross-site'] }, false],
]

test.each(requests)('a sign-out by %s', async (_name, given, signedOut) => {
  const { denials, jar, op, out } = await signedIn()
  const outcome = await out(OUT, given)
  expect(jar.cookies.has('__Host-s')).toBe(!signedOut)
  expect(denials).toHaveLength(signedOut ? 1 : 0)
  expect(op.revoked).toHaveLength(signedOut ? 1 : 0)
  if (!signedOut) expect(shortOf(outcome)).toBe('origin_refused')
})

test('a link on a sibling host that whitelist-domain names signs out, without a question', async () => {
  const link = (referer: string): AnExchange => ({
    method: 'GET',
    headers: ['Sec-Fetch-Site', 'same-site', 'Referer', referer],
  })
  const { jar, out } = await signedIn({ signIn: { whitelistDomains: ['portal.example.com'] } })
  expect(shortOf(await out(OUT, link('https://wiki.example.com/')))).toBe('origin_refused')
  expect(jar.cookies.has('__Host-s')).toBe(true)
  await out(OUT, link('https://portal.example.com/'))
  expect(jar.cookies.has('__Host-s')).toBe(false)
})

test('a sign-out by other methods changes nothing', async () => {
  const { jar, out } = await signedIn()
  expect(shortOf(await out(OUT, { method: 'DELETE' }))).toBe('method_not_allowed')
  expect(jar.cookies.has('__Host-s')).toBe(true)
})

test('a sign-out over the provider leads back to where the person wanted to go [LO-06, LO-07]', async () => {
  const { op, out, session, signIn } = await signedIn(AT_PROVIDER)
  const outcome = await out(`${OUT}?rd=/bye`)
  const url = new URL(outcome.kind === 'redirect' ? outcome.location : '')
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    client_id: 'sidegate',
    post_logout_redirect_uri: 'https://app.example.com/oauth2/signed_out',
    id_token_hint: session?.tokens.id,
  })
  const back = await op.visit(url.href)
  expect(shortOf(await signIn.signedOut(anExchange(`${back.pathname}${back.search}`)))).toBe('to /bye')
})

// [row, query of the signed-out page, outcome]
const ends: [string, string, string][] = [
  ['LO-07 no state', '', 'signed-out'],
  ['LO-07 another state', '?state=other', 'signed-out'],
  ['LO-07 two states', '?state=S&state=S', 'signed-out'],
  ['LO-07 the state', '?state=S', 'to /bye'],
]

test.each(ends)('a sign-out at the provider: %s', async (_name, query, expected) => {
  const { out, signIn } = await signedIn(AT_PROVIDER)
  const outcome = await out(`${OUT}?rd=/bye`)
  const state = new URL(outcome.kind === 'redirect' ? outcome.location : '').searchParams.get('state') ?? ''
  expect(
    shortOf(await signIn.signedOut(anExchange(`/oauth2/signed_out${query.replaceAll('=S', `=${state}`)}`))),
  ).toBe(expected)
})

test('a login state is no sign-out state, and a sign-out state no login [LO-07]', async () => {
  const { callback, jar, out, signIn, start } = await signedIn(AT_PROVIDER)
  const login = (await start(jar)).searchParams.get('state')
  expect(shortOf(await signIn.signedOut(anExchange(`/oauth2/signed_out?state=${login}`)))).toBe('signed-out')
  const outcome = await out(`${OUT}?rd=/bye`)
  const state = new URL(outcome.kind === 'redirect' ? outcome.location : '').searchParams.get('state')
  expect(shortOf(await callback(jar, `/oauth2/callback?code=x&state=${state}`))).toBe('state_mismatch/seal')
})

test('a sign-out that took more than ten minutes ends on the plain page [LO-07]', async () => {
  const { out, platform, signIn } = await signedIn(AT_PROVIDER)
  const outcome = await out(`${OUT}?rd=/bye`)
  const state = new URL(outcome.kind === 'redirect' ? outcome.location : '').searchParams.get('state')
  platform.pass(601_000)
  expect(shortOf(await signIn.signedOut(anExchange(`/oauth2/signed_out?state=${state}`)))).toBe('signed-out')
})

// LO-04 [target, where a provider without a sign-out of its own leaves the person]
const exits: [string, string][] = [
  [OUT, 'to /'],
  [`${OUT}?rd=/bye`, 'to /bye'],
  [`${OUT}?rd=%2F%2Fevil.com`, 'to /'],
  [`${OUT}?rd=https://evil.com`, 'to /'],
  [`${OUT}?rd=/%5cevil.com`, 'to /'],
  [`${OUT}?rd=/oauth2/start`, 'to /'],
  [`${OUT}?rd=/a&rd=/b`, 'to /'],
  [`${OUT}?rd=https://x.example.org/out`, 'to https://x.example.org/out'],
  [
    `${OUT}?rd=https://x.example.org/out?keep={id_token_hint}`,
    'to https://x.example.org/out?keep={id_token_hint}',
  ],
]

test.each(exits)('a sign-out returns: %s [LO-04]', async (target, expected) => {
  const { out } = await signedIn(WITHOUT_END)
  expect(shortOf(await out(target, { method: 'GET', headers: ['Sec-Fetch-Site', 'none'] }))).toBe(expected)
})

test('a sign-out takes rd from the form', async () => {
  const { out } = await signedIn(WITHOUT_END)
  expect(shortOf(await out(OUT, { form: 'rd=%2Fbye' }))).toBe('to /bye')
})

test('a sign-out to an absolute target of an allowed host goes there and not over the provider, with the ID token in its place', async () => {
  const { out, session } = await signedIn()
  const rd =
    'https://op.example.org/logout?id_token_hint={id_token}&post_logout_redirect_uri=https://x.example.org/'
  const outcome = await out(`${OUT}?rd=${encodeURIComponent(rd)}`)
  expect(shortOf(outcome)).toBe(`to ${rd.replace('{id_token}', session?.tokens.id ?? '')}`)
})

test('a sign-out puts the ID token into no address of this site', async () => {
  const { out } = await signedIn(WITHOUT_END)
  const outcome = await out(`${OUT}?rd=${encodeURIComponent('/bye?t={id_token}')}`)
  expect(shortOf(outcome)).toBe('to /bye?t=')
})

test('a sign-out tells the backend the encoded token, once, and follows no redirect of it [LO-18]', async () => {
  const backendLogoutUrl = 'https://op.test/userinfo?token={id_token}'
  const { events, op, out, session } = await signedIn({ provider: { backendLogoutUrl } })
  const asked: (string | null)[] = []
  op.scripts.userinfo = (next, request) => {
    asked.push(new URL(request.url).searchParams.get('token'))
    return redirectTo('https://canary.test/', 302)(next, request)
  }
  await out(OUT)
  expect(asked).toEqual([session?.tokens.id])
  expect(events).toContainEqual(
    expect.objectContaining({
      event: 'sign_out_incomplete',
      fields: expect.objectContaining({ step: 'backend' }),
    }),
  )
})

test('a sign-out is kept from no one by trouble elsewhere', async () => {
  const { events, jar, op, out } = await signedIn()
  op.scripts.revoke = status(500)
  await out(OUT)
  expect(jar.cookies.has('__Host-s')).toBe(false)
  expect(events).toContainEqual(
    expect.objectContaining({
      event: 'sign_out_incomplete',
      fields: expect.objectContaining({ step: 'revoke', code: 'provider_unreachable' }),
    }),
  )
})

test('a sign-out leaves out a provider that is down', async () => {
  const { jar, op, out, platform } = await signedIn()
  platform.pass(26 * 3_600_000)
  op.scripts.discovery = status(503)
  expect(shortOf(await out(`${OUT}?rd=/bye`))).toBe('to /bye')
  expect(jar.cookies.has('__Host-s')).toBe(false)
})

test('a sign-out without a session ends nothing, and leads to the same place', async () => {
  const { denials, op, signIn } = await aSignInBench()
  const outcome = await signIn.signOut(
    anExchange(OUT, { method: 'POST', headers: OWN, cookies: '__Host-s_0=old' }),
  )
  expect(outcome).toMatchObject({
    kind: 'redirect',
    location: '/',
    changes: [{ name: '__Host-s_0', maxAgeSeconds: 0 }],
  })
  expect([denials, op.revoked]).toEqual([[], []])
})

const BACK = '/oauth2/backchannel_logout'
const post = (form: string, more: AnExchange = {}) =>
  anExchange(BACK, { method: 'POST', headers: [], form, ...more })

test('a logout token ends the sessions of its subject up to its moment [LO-09]', async () => {
  const { denials, events, op, platform, signIn } = await aSignInBench()
  const outcome = await signIn.backchannel(post(`logout_token=${await op.logoutToken()}`))
  expect(outcome).toEqual({ kind: 'done' })
  expect(denials).toEqual([
    { kind: 'subject', issuer: 'https://op.test', subject: 'alice', issuedBeforeMs: platform.now() + 999 },
  ])
  expect(events.at(-1)).toMatchObject({
    event: 'backchannel_logout',
    fields: { subject: 'alice', by: 'sub' },
  })
})

test('a session id ends that session alone [LO-09]', async () => {
  const { denials, op, signIn } = await aSignInBench()
  await signIn.backchannel(post(`logout_token=${await op.logoutToken({ sid: 's-1' })}`))
  expect(denials).toMatchObject([
    { kind: 'sid', issuer: 'https://op.test', sid: 's-1', of: { subject: 'alice' } },
  ])
})

test('a logout token counts once [LO-14]', async () => {
  const { denials, op, signIn } = await aSignInBench()
  const form = `logout_token=${await op.logoutToken()}`
  expect(shortOf(await signIn.backchannel(post(form)))).toBe('done')
  expect(shortOf(await signIn.backchannel(post(form)))).toBe('request_malformed/jti')
  expect(denials).toHaveLength(1)
})

test('a logout token or request that is wrong is 400, 405 or 413 and denies no session [LO-10 to LO-14]', async () => {
  const { denials, op, signIn } = await aSignInBench()
  const ask = async (exchange: ReturnType<typeof post>) => shortOf(await signIn.backchannel(exchange))
  const token = await op.logoutToken()
  expect(await ask(post(''))).toBe('request_malformed/logout_token')
  expect(await ask(post(`logout_token=${token}&logout_token=${token}`))).toBe(
    'request_malformed/logout_token',
  )
  expect(await ask(post('logout_token=x'))).toBe('request_malformed/alg')
  expect(await ask(post(`logout_token=${await op.mint()}`))).toBe('request_malformed/events')
  expect(await ask(post(`logout_token=${await op.logoutToken({ nonce: 'n' })}`))).toBe(
    'request_malformed/nonce',
  )
  expect(await ask(post(`logout_token=${await op.logoutToken({ aud: 'other' })}`))).toBe(
    'request_malformed/aud',
  )
  expect(await ask(post(`logout_token=${'x'.repeat(1_000_000)}`))).toBe('body_too_large')
  expect(await ask(anExchange(`${BACK}?logout_token=${token}`))).toBe('method_not_allowed')
  expect(await ask(anExchange(BACK, { method: 'POST', headers: ['Content-Type', 'application/json'] }))).toBe(
    'request_malformed/content type',
  )
  expect(denials).toEqual([])
})

test('a logout token cannot be verified without keys, so the provider is asked to try again [LO-09]', async () => {
  const { op, signIn } = await aSignInBench()
  op.scripts.jwks = () => json(500, {})
  expect(shortOf(await signIn.backchannel(post(`logout_token=${await op.logoutToken()}`)))).toBe(
    'provider_unreachable',
  )
})

test('a logout token gets the answer of the provider that it names, whatever the others say', async () => {
  const own = await aBench({ id: 'own', issuer: 'https://own.test' }, {}, { origin: 'https://own.test' })
  const other = await aBench()
  const { denials, signIn } = await aSignInBench({ providers: [own.provider, other.provider] })
  const ask = async () =>
    shortOf(await signIn.backchannel(post(`logout_token=${await own.op.logoutToken()}`)))
  own.op.scripts.jwks = () => json(500, {})
  expect(await ask()).toBe('provider_unreachable')
  delete own.op.scripts.jwks
  own.platform.pass(60_000)
  expect(await ask()).toBe('done')
  expect(denials).toMatchObject([{ issuer: 'https://own.test' }])
  expect(other.op.hits.jwks).toBe(0)
})

test('a logout token of an issuer that is no provider here is refused', async () => {
  const { signIn, denials } = await aSignInBench()
  const stranger = await aBench({}, {}, { origin: 'https://stranger.test' })
  const token = await stranger.op.logoutToken()
  expect(shortOf(await signIn.backchannel(post(`logout_token=${token}`)))).toBe('request_malformed/iss')
  expect(denials).toEqual([])
})
