import { expect, test } from 'vitest'
import { problem } from '../../../../src/problems.ts'
import { body, inTurn, redirectTo, status } from '../../../support/fake-server.ts'
import { aJar, anExchange, aSignInBench, shortOf, TOO_LARGE } from '../signin-fixture.ts'

test('a login ends where it was going, with a new session and one token request', async () => {
  const { op, events, platform, start, callback, sessionOf } = await aSignInBench()
  const jar = aJar()
  const outcome = await callback(jar, await start(jar))
  expect(shortOf(outcome)).toBe('to /deep')
  expect(sessionOf(jar)).toMatchObject({
    source: { kind: 'provider', id: 'oidc' },
    issuer: 'https://op.test',
    subject: 'alice',
    email: 'alice@example.com',
    groups: ['staff', 'admins'],
    signedInAtMs: platform.now(),
  })
  expect(op.hits.token).toBe(1)
  expect(events.at(-1)).toMatchObject({
    event: 'sign_in_succeeded',
    level: 'info',
    fields: { user: 'alice', request_id: 'request-1' },
  })
})

// What arrives instead of the honest callback; `S` is the honest state, `C` the honest code.
// [row, query, outcome]
const queries: [string, string, string][] = [
  ['CB-01', '?code=C', 'state_missing'],
  ['CB-01', '', 'state_missing'],
  ['CB-01', '?code=C&state=', 'state_mismatch/seal'],
  ['CB-02', '?code=C&state=AAAA', 'state_mismatch/seal'],
  ['CB-02', '?code=C&state=S.x', 'state_mismatch/seal'],
  ['CB-02', `?code=C&state=${'a'.repeat(40_000)}`.slice(0, 16_000), 'state_mismatch/seal'],
  ['CB-05', '?code=C&state=S&state=S', 'callback_malformed/repeated'],
  ['CB-05', '?code=C&code=C&state=S', 'callback_malformed/repeated'],
  ['CB-05', '?code=C&state=S&iss=a&iss=a', 'callback_malformed/repeated'],
  ['CB-05', '?error=&error=&state=S', 'callback_malformed/repeated'],
  ['CB-05', '?code=C&state=S&session_state=1&session_state=2', 'callback_malformed/repeated'],
  ['CB-05', '?error=&code=C&state=S', 'callback_malformed/error and code'],
  ['CB-06', '?code=C&state[]=S', 'state_missing'],
  ['CB-06', '?code[a]=C&state=S', 'callback_malformed/no code'],
  ['CB-06', '?__proto__[state]=S&code=C', 'state_missing'],
  ['CB-07', '?code=C&State=S', 'state_missing'],
  ['CB-07', '?code=C&state=S%20', 'state_mismatch/seal'],
  ['CB-07', '?code=C&state=S+', 'state_mismatch/seal'],
  ['CB-07', '?code=C&%73tate=S', 'to /deep'],
  ['CB-19', '?error=access_denied&state=S', 'provider_refused/access_denied'],
  ['CB-20', '?error=login_required', 'callback_malformed/error without state'],
  ['CB-20', '?error=login_required&state=AAAA', 'callback_malformed/error without state'],
  ['CB-21', '?error=x&code=C&state=S', 'callback_malformed/error and code'],
  [
    'CB-22',
    '?error=%3Cscript%3E&error_description=%22%3E%3Cimg&error_uri=javascript:x&state=S',
    'provider_refused/unreadable',
  ],
  ['CB-22', `?error=${'x'.repeat(2_000)}&state=S`, 'provider_refused/unreadable'],
  ['CB-27', '?response=eyJ.eyJ.x', 'callback_malformed/foreign'],
  ['CB-27', '?code=C&state=S&response=x', 'callback_malformed/foreign'],
  ['CB-28', '?access_token=a&id_token=b&state=S', 'callback_malformed/foreign'],
  ['CB-28', '?code=C&state=S&id_token=b', 'callback_malformed/foreign'],
  ['CB-28', '?code=C&state=S&access_token=b', 'callback_malformed/foreign'],
  ['CB-17', '?code=C&state=S&iss=https://evil.test', 'issuer_mismatch'],
  ['CB-21', '?state=S', 'callback_malformed/no code'],
  ['CB-21', '?code=&state=S', 'callback_malformed/no code'],
  ['DS-13', `?code=C&state=S${'&x'.repeat(100)}`, 'request_malformed/fields'],
]

test.each(queries)('a callback with "$1" ends as $2 [$0]', async (_row, query, expected) => {
  const { op, start, callback, sessionOf } = await aSignInBench()
  const jar = aJar()
  const honest = (await start(jar)).searchParams
  const target = query
    .replaceAll(/=S\b/gu, `=${honest.get('state')}`)
    .replaceAll(/=C\b/gu, `=${honest.get('code')}`)
  const outcome = await callback(jar, `/oauth2/callback${target}`)
  expect(shortOf(outcome)).toBe(expected)
  const succeeds = expected.startsWith('to ')
  expect(sessionOf(jar) !== undefined).toBe(succeeds)
  expect(op.hits.token).toBe(succeeds ? 1 : 0)
})

test('a scope that the provider does not know names the setting in the log', async () => {
  const { start, callback, events } = await aSignInBench()
  const jar = aJar()
  const state = (await start(jar)).searchParams.get('state') ?? ''
  await callback(jar, `/oauth2/callback?error=invalid_scope&state=${state}`)
  expect(events.at(-1)).toMatchObject({
    event: 'sign_in_failed',
    fields: { code: 'misconfigured', error: 'invalid_scope', setting: 'scope' },
  })
})

// [error of the provider, outcome, what happens at a second one]
const errors: [string, string, string][] = [
  ['access_denied', 'provider_refused/access_denied', ''],
  ['consent_refused', 'provider_refused/consent_refused', ''],
  ['temporarily_unavailable', 'to the provider', 'provider_unreachable/temporarily_unavailable'],
  ['server_error', 'to the provider', 'provider_unreachable/server_error'],
  ['login_required', 'to the provider', 'provider_refused/login_required'],
  ['interaction_required', 'to the provider', 'provider_refused/interaction_required'],
  ['consent_required', 'to the provider', 'provider_refused/consent_required'],
  ['invalid_request', 'misconfigured/invalid_request', ''],
  ['unauthorized_client', 'misconfigured/unauthorized_client', ''],
  ['unsupported_response_type', 'misconfigured/unsupported_response_type', ''],
]

test.each(errors)('a callback with error=%s: %s', async (error, expected, second) => {
  const { op, start, callback } = await aSignInBench()
  const jar = aJar()
  const refuse = async (url: URL) =>
    callback(jar, `/oauth2/callback?error=${error}&state=${url.searchParams.get('state')}`)
  const outcome = await refuse(await start(jar, '/oauth2/start?rd=%2Fdeep'))
  if (second === '') return expect(shortOf(outcome)).toBe(expected)
  if (outcome.kind !== 'redirect') throw new Error(shortOf(outcome))
  expect(outcome.location).toMatch(/^https:\/\/op\.test\//u)
  const again = await refuse(await op.visit(outcome.location))
  expect(shortOf(again)).toBe(second)
  expect(again.kind === 'refused' && again.returnTo).toBe('/deep')
})

test('a login that prompt=none forbade to ask anything starts over without it', async () => {
  const loginParameters = { prompt: 'none', acr_values: 'gold' }
  const { start, callback } = await aSignInBench({ provider: { loginParameters } })
  const jar = aJar()
  const begun = await start(jar, '/oauth2/start?rd=%2Fdeep')
  const outcome = await callback(
    jar,
    `/oauth2/callback?error=login_required&state=${begun.searchParams.get('state')}`,
  )
  const location = new URL(outcome.kind === 'redirect' ? outcome.location : 'about:blank')
  expect([location.searchParams.get('prompt'), location.searchParams.get('acr_values')]).toEqual([
    null,
    'gold',
  ])
})

test('passing trouble of the provider leads on a person who is signed in meanwhile', async () => {
  const { start, callback } = await aSignInBench()
  const jar = aJar()
  await callback(jar, await start(jar))
  const url = await start(jar, '/oauth2/start?rd=%2Fother')
  const query = `error=server_error&state=${url.searchParams.get('state')}`
  expect(shortOf(await callback(jar, `/oauth2/callback?${query}`))).toBe('to /other')
})

test('the description of an error goes into the log, bounded and without controls', async () => {
  const { start, callback, events } = await aSignInBench()
  const jar = aJar()
  const state = (await start(jar)).searchParams.get('state') ?? ''
  const description = encodeURIComponent(`AADSTS50105:\r\nnot assigned ${'x'.repeat(400)}`)
  await callback(jar, `/oauth2/callback?error=access_denied&error_description=${description}&state=${state}`)
  expect(events.at(-1)?.fields['description']).toMatch(/^AADSTS50105: not assigned x{170,180}$/u)
})

test('the same callback again is refused without asking the provider [CB-03]', async () => {
  const { op, start, callback } = await aSignInBench()
  const jar = aJar()
  const url = await start(jar)
  const before = aJar()
  before.cookies.set('__Host-s_csrf', jar.cookies.get('__Host-s_csrf') ?? '')
  await callback(jar, url)
  expect(shortOf(await callback(before, url))).toBe('state_used')
  expect(op.hits.token).toBe(1)
})

test('two callbacks of one login at the same instant make one token request [CB-03]', async () => {
  const { op, start, callback } = await aSignInBench()
  const jar = aJar()
  const url = await start(jar)
  const [one, two] = await Promise.all([callback(aCopyOf(jar), url), callback(aCopyOf(jar), url)])
  expect([shortOf(one), shortOf(two)].sort()).toEqual(['state_used', 'to /deep'])
  expect(op.hits.token).toBe(1)
})

function aCopyOf(jar: ReturnType<typeof aJar>) {
  const copy = aJar()
  for (const [name, value] of jar.cookies) copy.cookies.set(name, value)
  return copy
}

test('the back button after a sign-in leads on, not to an error', async () => {
  const { op, start, callback, sessionOf } = await aSignInBench()
  const jar = aJar()
  const url = await start(jar)
  await callback(jar, url)
  const { id } = sessionOf(jar) ?? {}
  expect(shortOf(await callback(jar, url))).toBe('to /deep')
  expect(sessionOf(jar)?.id).toBe(id)
  expect(op.hits.token).toBe(1)
})

test('a code that another replica redeemed leads on a person who is signed in by now', async () => {
  const one = await aSignInBench()
  const jar = aJar()
  const url = await one.start(jar)
  await one.callback(jar, url)
  one.op.scripts.token = status(400)
  const second = aJar()
  const other = await one.start(second)
  other.searchParams.set('code', url.searchParams.get('code') ?? '')
  delete one.op.scripts.token
  // Not signed in: the refusal is told.
  expect(shortOf(await one.callback(second, other))).toBe('code_refused/invalid_grant')
  // Signed in: the person is where they wanted to be.
  const third = await one.start(jar)
  third.searchParams.set('code', url.searchParams.get('code') ?? '')
  expect(shortOf(await one.callback(jar, third))).toBe('to /deep')
})

test('a code and state from another browser sign no one in and start nothing [CB-04]', async () => {
  for (const ownLogin of [false, true]) {
    const { op, start, callback, sessionOf } = await aSignInBench()
    const victim = aJar()
    if (ownLogin) await start(victim)
    const outcome = await callback(victim, await start(aJar()))
    expect(shortOf(outcome)).toBe(ownLogin ? 'state_mismatch/browser' : 'state_mismatch/cookie')
    expect(sessionOf(victim)).toBeUndefined()
    expect(op.hits.token).toBe(0)
  }
})

test('an error for another browser does not start anything [CB-04]', async () => {
  const { op, start, callback } = await aSignInBench()
  const url = await start(aJar())
  url.searchParams.delete('code')
  url.searchParams.set('error', 'access_denied')
  expect(shortOf(await callback(aJar(), url))).toBe('state_mismatch/cookie')
  expect(op.hits.token).toBe(0)
})

test('a login that took too long starts over once with the same target, then is explained [CB-08]', async () => {
  const { op, platform, start, callback } = await aSignInBench()
  const jar = aJar()
  const url = await start(jar, '/oauth2/start?rd=%2Fdeep%3Fq%3D%2F%2Fx')
  platform.pass(901_000)
  const restarted = await callback(jar, url)
  if (restarted.kind !== 'redirect') throw new Error(shortOf(restarted))
  const again = await op.visit(restarted.location)
  platform.pass(901_000)
  const late = await callback(jar, again)
  expect(shortOf(late)).toBe('state_expired')
  expect(late.kind === 'refused' && late.returnTo).toBe('/deep?q=//x')
  expect(op.hits.token).toBe(0)
})

test('an expired login of a person who is signed in leads on', async () => {
  const { platform, start, callback } = await aSignInBench()
  const jar = aJar()
  await callback(jar, await start(jar))
  const url = await start(jar, '/oauth2/start?rd=%2Fother')
  platform.pass(901_000)
  expect(shortOf(await callback(jar, url))).toBe('to /other')
})

test('a state with a changed bit is refused [CB-09]', async () => {
  const { op, start, callback } = await aSignInBench()
  const jar = aJar()
  const url = await start(jar)
  const state = url.searchParams.get('state') ?? ''
  for (const at of [0, 90, 120, Math.floor(state.length / 2), state.length - 2]) {
    const flipped = state.slice(0, at) + (state[at] === 'A' ? 'B' : 'A') + state.slice(at + 1)
    url.searchParams.set('state', flipped)
    expect(shortOf(await callback(jar, url))).toBe('state_mismatch/seal')
  }
  expect(op.hits.token).toBe(0)
})

test('five tabs sign in at once and finish in any order [CB-10]', async () => {
  const { start, callback, sessionOf } = await aSignInBench()
  const jar = aJar()
  const urls: URL[] = []
  for (let tab = 0; tab < 5; tab += 1) urls.push(await start(jar, `/oauth2/start?rd=%2Ftab${tab}`))
  for (const tab of [3, 0, 4, 1, 2]) {
    expect(shortOf(await callback(jar, urls[tab] ?? ''))).toBe(`to /tab${tab}`)
    expect(sessionOf(jar)?.subject).toBe('alice')
  }
})

test('200 abandoned logins leave the cookie of all tabs, and that of the first login [CB-11]', async () => {
  const { start } = await aSignInBench()
  const jar = aJar()
  for (let at = 0; at < 200; at += 1) await start(jar)
  expect([...jar.cookies.keys()]).toEqual([
    '__Host-s_csrf',
    expect.stringMatching(/^__Host-s_[\w-]{8}_csrf$/u),
  ])
  expect(jar.header().length).toBeLessThan(150)
})

test('the oldest logins make room with a cookie for each login [CB-11]', async () => {
  const { start, callback } = await aSignInBench({ csrf: { perRequest: true, perRequestLimit: 3 } })
  const jar = aJar()
  const urls: URL[] = []
  for (let at = 0; at < 6; at += 1) urls.push(await start(jar))
  expect([...jar.cookies.keys()]).toHaveLength(3)
  for (const name of jar.cookies.keys()) expect(name).toMatch(/^__Host-s_[\w-]{8}_csrf$/u)
  expect(shortOf(await callback(jar, urls[5] ?? ''))).toBe('to /deep')
  expect(shortOf(await callback(jar, urls[3] ?? ''))).toBe('to /deep')
  expect([...jar.cookies.keys()].filter((name) => name.endsWith('_csrf'))).toHaveLength(1)
  expect(shortOf(await callback(jar, urls[0] ?? ''))).toBe('state_mismatch/browser')
})

test('the one of several cookies with the name that proves the login counts [CB-13]', async () => {
  const { start, callback } = await aSignInBench()
  const jar = aJar()
  const url = await start(jar)
  const good = jar.cookies.get('__Host-s_csrf')
  for (const bad of ['bad', '', 'A'.repeat(43), `${good}x`]) {
    const cookies = `__Host-s_csrf=${bad}; __Host-s_csrf=${good}`
    const fresh = await start(jar)
    expect(shortOf(await callback(aJar(), fresh, { cookies }))).toBe('to /deep')
  }
  const many = Array.from({ length: 200 }, () => `__Host-s_csrf=${'B'.repeat(43)}`).join('; ')
  expect(shortOf(await callback(aJar(), url, { cookies: many }))).toBe('state_mismatch/browser')
})

test('a code of another login does not redeem with this one [CB-14]', async () => {
  const { start, callback, sessionOf } = await aSignInBench()
  const attacker = aJar()
  const victim = aJar()
  const stolen = (await start(attacker)).searchParams.get('code') ?? ''
  const url = await start(victim)
  url.searchParams.set('code', stolen)
  expect(shortOf(await callback(victim, url))).toBe('code_refused/invalid_grant')
  expect(sessionOf(victim)).toBeUndefined()
})

test('the callback takes GET and POST only [CB-24, CB-33]', async () => {
  const { callback, start } = await aSignInBench()
  const jar = aJar()
  const url = await start(jar)
  for (const method of ['PUT', 'HEAD', 'DELETE', 'OPTIONS'])
    expect(shortOf(await callback(jar, url, { method }))).toBe('method_not_allowed')
  expect(shortOf(await callback(jar, url))).toBe('to /deep')
})

test('the callback reads one small form where the provider answers by form_post [CB-25, CB-26]', async () => {
  const { callback, start, signIn } = await aSignInBench()
  const jar = aJar()
  const url = await start(jar)
  const form = url.search.slice(1)
  const post = (target: string, given: object) => callback(jar, target, { method: 'POST', ...given })
  expect(shortOf(await post('/oauth2/callback?state=a', { form }))).toBe('callback_malformed/two sources')
  expect(shortOf(await post('/oauth2/callback?code=a', { form }))).toBe('callback_malformed/two sources')
  expect(shortOf(await post('/oauth2/callback', { form: `${form}&x=${'y'.repeat(17_000)}` }))).toBe(
    'body_too_large',
  )
  expect(shortOf(await post('/oauth2/callback', { form: `${form}${'&x'.repeat(100)}` }))).toBe(
    'request_malformed/fields',
  )
  for (const type of ['application/json', 'multipart/form-data; boundary=x', 'text/plain']) {
    const exchange = anExchange('/oauth2/callback', {
      method: 'POST',
      headers: ['Content-Type', type],
      cookies: jar.header(),
    })
    expect(shortOf(await signIn.callback(exchange))).toBe('request_malformed/content type')
  }
  expect(shortOf(await signIn.callback(anExchange('/oauth2/callback', { method: 'POST' })))).toBe(
    'request_malformed/content type',
  )
  expect(shortOf(await post('/oauth2/callback', { form }))).toBe('to /deep')
})

test('a token endpoint that redirects signs no one in [CB-31]', async () => {
  const { op, start, callback, sessionOf } = await aSignInBench()
  for (const script of [redirectTo('https://canary.test/'), body('<html>', 'text/html'), status(500)]) {
    op.scripts.token = script
    const jar = aJar()
    expect((await callback(jar, await start(jar))).kind).toBe('refused')
    expect(sessionOf(jar)).toBeUndefined()
  }
})

test('redirect_uri is the same in both requests and comes from the settings where they have one [CB-34]', async () => {
  const { op, start, callback } = await aSignInBench({
    signIn: { redirectUrl: 'https://login.example.com/cb' },
  })
  const jar = aJar()
  const url = await start(jar)
  expect(url.origin + url.pathname).toBe('https://login.example.com/cb')
  expect(shortOf(await callback(jar, `/oauth2/callback${url.search}`, { host: 'evil.example.com' }))).toBe(
    'to /deep',
  )
  expect(op.tokenRequests[0]?.form.get('redirect_uri')).toBe('https://login.example.com/cb')
})

test('a person who may not use the app gets an answer, not another round [CB-36]', async () => {
  const { world, events, start, callback, sessionOf } = await aSignInBench()
  const jar = aJar()
  world.refusal = problem('not_permitted', { rule: 'group' })
  const outcome = await callback(jar, await start(jar))
  expect(outcome).toMatchObject({
    kind: 'refused',
    problem: { reason: 'not_permitted' },
    returnTo: '/deep',
    identity: { email: 'alice@example.com' },
  })
  expect(sessionOf(jar)).toBeUndefined()
  expect(events.at(-1)).toMatchObject({
    event: 'sign_in_failed',
    level: 'info',
    fields: { code: 'not_permitted', rule: 'group', user: 'alice' },
  })
})

test('a login that began on one host does not end on another [CB-38]', async () => {
  const { op, start, callback } = await aSignInBench()
  const jar = aJar()
  const url = await start(jar)
  const outcome = await callback(jar, url, { host: 'other.example.com' })
  expect(shortOf(outcome)).toBe('state_mismatch/browser')
  expect(op.hits.token).toBe(0)
})

test('a session that does not fit leaves no cookie behind', async () => {
  const { world, start, callback } = await aSignInBench()
  const jar = aJar()
  world.saveProblem = TOO_LARGE
  const outcome = await callback(jar, await start(jar))
  expect(outcome).toMatchObject({ kind: 'refused', problem: { reason: 'session_too_large' } })
  expect(outcome.kind === 'refused' && outcome.changes.filter(({ value }) => value !== '')).toEqual([])
})

test('a sign-in over an old session makes a new person in every part [SL-15, SL-17]', async () => {
  const { op, start, callback, sessionOf } = await aSignInBench()
  const jar = aJar()
  await callback(jar, await start(jar))
  const alice = sessionOf(jar)
  op.user = { sub: 'bob', email: 'bob@example.com', preferred_username: 'bob', groups: [] }
  await callback(jar, await start(jar, '/oauth2/start?account=other'))
  const bob = sessionOf(jar)
  expect(bob).toMatchObject({ subject: 'bob', groups: [] })
  expect(bob?.id).not.toBe(alice?.id)
})

test('a login works when it is started again after a provider that failed once', async () => {
  const { op, start, callback } = await aSignInBench()
  op.scripts.token = inTurn(status(503))
  const jar = aJar()
  expect(shortOf(await callback(jar, await start(jar)))).toBe('provider_unreachable')
  expect(shortOf(await callback(jar, await start(jar)))).toBe('to /deep')
})

test('a return target is judged again when the login ends', async () => {
  const open = await aSignInBench({ signIn: { whitelistDomains: ['a.example.org'] } })
  const jar = aJar()
  const url = await open.start(jar, '/oauth2/start?rd=https%3A%2F%2Fa.example.org%2Fx')
  const strict = await aSignInBench({ signIn: { whitelistDomains: [] } })
  strict.op.scripts.token = status(503)
  const outcome = await strict.callback(jar, url)
  expect(outcome.kind === 'refused' && outcome.returnTo).toBe('/')
})

test('no event ever holds a token, a code, a state or a cookie', async () => {
  const { op, events, start, callback } = await aSignInBench()
  const jar = aJar()
  const url = await start(jar)
  await callback(jar, url)
  await callback(aJar(), url)
  const text = JSON.stringify(events)
  for (const secret of [
    url.searchParams.get('code'),
    url.searchParams.get('state'),
    jar.cookies.get('__Host-s_csrf'),
  ]) {
    expect(text).not.toContain(secret)
  }
  expect(text).not.toContain(op.client.secret)
  expect(text).not.toMatch(/eyJ/u)
})
