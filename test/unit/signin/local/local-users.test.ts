import { createHash } from 'node:crypto'
import { hashSync } from 'bcryptjs'
import { expect, test } from 'vitest'
import { problem } from '../../../../src/problems.ts'
import { readHtpasswd } from '../../../../src/signin/local/htpasswd.ts'
import { createLocalUsers, readBasicCredentials } from '../../../../src/signin/local/local-users.ts'
import { createLoginThrottle } from '../../../../src/signin/local/throttle.ts'
import { createFakePlatform } from '../../../support/fake-platform.ts'
import { someTools, verdictOf } from '../../providers/providers-fixture.ts'
import { type AnExchange, aJar, anExchange, aSignInBench, shortOf } from '../signin-fixture.ts'

const BCRYPT = hashSync('correct horse', 4)
const sha = (password: string): string => `{SHA}${createHash('sha1').update(password).digest('base64')}`
const FILE = `# people\nalice:${BCRYPT}\n\nbob:${sha('secret')}\ncarol:${BCRYPT.replace('$2b$', '$2y$')}\n`

function someUsers(text = FILE) {
  const platform = createFakePlatform({ files: { '/users': text } })
  const { log, lines } = someTools(platform)
  const users = createLocalUsers({ path: '/users', groups: ['local'], platform, log })
  return { platform, lines, users }
}

// [line, problem]
const lines: [string, string | undefined][] = [
  [`alice:${BCRYPT}`, undefined],
  [`alice:${BCRYPT.replace('$2b$', '$2a$')}`, undefined],
  [`alice:${sha('x')}`, undefined],
  [`al:ice:${BCRYPT}`, 'Line 1: use bcrypt (htpasswd -B) or {SHA}; other formats are not supported'],
  ['alice:plain', 'Line 1: use bcrypt (htpasswd -B) or {SHA}; other formats are not supported'],
  [
    'alice:$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00',
    'Line 1: use bcrypt (htpasswd -B) or {SHA}; other formats are not supported',
  ],
  ['alice:$6$salt$hash', 'Line 1: use bcrypt (htpasswd -B) or {SHA}; other formats are not supported'],
  ['alice:{SHA}short=', 'Line 1: use bcrypt (htpasswd -B) or {SHA}; other formats are not supported'],
  ['alice:{SSHA}x', 'Line 1: use bcrypt (htpasswd -B) or {SHA}; other formats are not supported'],
  [
    `alice:${BCRYPT.slice(0, -1)}`,
    'Line 1: use bcrypt (htpasswd -B) or {SHA}; other formats are not supported',
  ],
  [`alice:${BCRYPT.replace('$04$', '$31$')}`, 'Line 1: use a bcrypt cost of at most 14'],
  [BCRYPT, 'Line 1: write user:hash'],
  [`:${BCRYPT}`, 'Line 1: write user:hash'],
  [`al\x07ice:${BCRYPT}`, 'Line 1: write user:hash'],
]

test.each(lines)('htpasswd line %j', (line, expected) => {
  const { users, problems } = readHtpasswd(line)
  expect(problems).toEqual(expected === undefined ? [] : [expected])
  expect(users.size).toBe(expected === undefined ? 1 : 0)
})

test('H16: all bad lines are told, by number and never by content, and the good ones count', async () => {
  const { lines: logged, users } = someUsers(`x:plain1\r\nalice:${BCRYPT}\r\ny:plain2`)
  expect(logged.map(({ msg }) => msg)).toEqual([
    expect.stringContaining('Line 1:'),
    expect.stringContaining('Line 3:'),
  ])
  expect(JSON.stringify(logged)).not.toContain('plain1')
  expect(verdictOf(await users.verify({ username: 'alice', password: 'correct horse', client: 'c' }))).toBe(
    'ok',
  )
})

test('the first entry of a name counts', async () => {
  const { users } = someUsers(`bob:${sha('one')}\nbob:${sha('two')}`)
  expect(verdictOf(await users.verify({ username: 'bob', password: 'one', client: 'c' }))).toBe('ok')
  expect(verdictOf(await users.verify({ username: 'bob', password: 'two', client: 'c' }))).toBe(
    'credentials_wrong',
  )
})

// [name, password, verdict]
const attempts: [string, string, string][] = [
  ['alice', 'correct horse', 'ok'],
  ['carol', 'correct horse', 'ok'],
  ['bob', 'secret', 'ok'],
  ['alice', 'Correct horse', 'credentials_wrong'],
  ['alice', 'correct horse ', 'credentials_wrong'],
  ['bob', 'secre', 'credentials_wrong'],
  ['bob', sha('secret'), 'credentials_wrong'],
  ['Alice', 'correct horse', 'credentials_wrong'],
  ['nobody', 'correct horse', 'credentials_wrong'],
  ['constructor', 'x', 'credentials_wrong'],
  ['# people', 'x', 'credentials_wrong'],
  ['', 'x', 'credentials_missing'],
  ['alice', '', 'credentials_missing'],
  ['alice', 'x'.repeat(2_000), 'credentials_wrong'],
]

test.each(attempts)('user %j with password %j', async (username, password, verdict) => {
  const { users } = someUsers()
  expect(verdictOf(await users.verify({ username, password, client: 'c' }))).toBe(verdict)
})

test('a local user has the configured groups and no address', async () => {
  const { users } = someUsers()
  const grant = await users.verify({ username: 'bob', password: 'secret', client: 'c' })
  expect(grant.ok && grant.value.identity).toEqual({
    issuer: 'htpasswd',
    subject: 'bob',
    user: 'bob',
    email: undefined,
    preferredUsername: undefined,
    groups: ['local'],
    sid: undefined,
  })
})

test('a file that changes counts at once, also for people whose password was right a moment ago', async () => {
  const { platform, users } = someUsers()
  const verify = async () =>
    verdictOf(await users.verify({ username: 'bob', password: 'secret', client: 'c' }))
  expect(await verify()).toBe('ok')
  platform.change('/users', `bob:${sha('changed')}`)
  expect(await verify()).toBe('credentials_wrong')
})

const basic = (text: string, scheme = 'Basic'): string => `${scheme} ${Buffer.from(text).toString('base64')}`

// [header, what is read]
const headers: [string, { username: string; password: string } | undefined][] = [
  [basic('bob:secret'), { username: 'bob', password: 'secret' }],
  [basic('bob:se:cret'), { username: 'bob', password: 'se:cret' }],
  [basic('bob:'), { username: 'bob', password: '' }],
  [basic('bob:sécret'), { username: 'bob', password: 'sécret' }],
  [basic('bob:secret', 'basic'), { username: 'bob', password: 'secret' }],
  [basic('bob'), undefined],
  [basic('bob:secret', 'Basic '), undefined],
  [basic('bob:secret', 'Bearer'), undefined],
  [`${basic('bob:secret')}, ${basic('alice:x')}`, undefined],
  ['Basic ???', undefined],
  ['Basic', undefined],
  ['', undefined],
]

test.each(headers)('the header %j', (header, expected) => {
  expect(readBasicCredentials(header)).toEqual(expected)
})

test('Basic credentials on every request cost bcrypt once a minute', async () => {
  const slow = hashSync('pw', 10)
  const { platform, users } = someUsers(`dave:${slow}`)
  const ask = async () => users.readBasic(basic('dave:pw'), '203.0.113.7')
  const timed = async () => {
    const started = performance.now()
    expect((await ask())?.ok).toBe(true)
    return performance.now() - started
  }
  const first = await timed()
  const rest = await Promise.all(Array.from({ length: 20 }, timed))
  expect(Math.max(...rest)).toBeLessThan(first / 2)
  platform.pass(60_001)
  expect(await timed()).toBeGreaterThan(Math.max(...rest))
  expect(await users.readBasic('Bearer x', undefined)).toBeUndefined()
})

test('guessing is slowed down for the one who guesses', async () => {
  const { platform, users } = someUsers()
  const guess = async (client: string, password: string) =>
    verdictOf(await users.verify({ username: 'bob', password, client }))
  for (let at = 0; at < 5; at += 1) expect(await guess('evil', `x${at}`)).toBe('credentials_wrong')
  expect(await guess('evil', 'secret')).toBe('too_many_attempts')
  expect(await guess('honest', 'secret')).toBe('ok')
  platform.pass(1_000)
  expect(await guess('evil', 'x')).toBe('credentials_wrong')
  platform.pass(1_000)
  expect(await guess('evil', 'secret')).toBe('too_many_attempts')
  platform.pass(1_000)
  expect(await guess('evil', 'secret')).toBe('ok')
  expect(await guess('evil', 'x')).toBe('credentials_wrong')
})

test('the pause doubles to a minute, is forgotten after a quarter of an hour, and 10,000 clients are remembered', () => {
  let now = 0
  const pauses = createLoginThrottle(() => now)
  const pauseOf = (client: string) => {
    const from = now
    while (pauses.mustWait(client)) now += 500
    return now - from
  }
  const seen: number[] = []
  for (let at = 0; at < 14; at += 1) {
    pauses.failed('c')
    seen.push(pauseOf('c'))
  }
  expect(seen).toEqual([
    0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000,
  ])
  pauses.failed('c')
  now += 15 * 60_000
  expect(pauses.mustWait('c')).toBe(false)
  for (let at = 0; at < 6; at += 1) pauses.failed('first')
  for (let at = 0; at < 10_000; at += 1) pauses.failed(`client-${at}`)
  expect(pauses.mustWait('first')).toBe(false)
})

const OWN = ['Accept', 'text/html', 'Origin', 'https://app.example.com', 'Sec-Fetch-Site', 'same-origin']
const FORM = 'username=bob&password=secret&rd=%2Fdeep'

// [row, request, outcome]
const forms: [string, AnExchange, string][] = [
  ['our own form', { form: FORM }, 'to /deep'],
  ['a target of another site', { form: 'username=bob&password=secret&rd=https%3A%2F%2Fevil.test' }, 'to /'],
  ['a wrong password', { form: 'username=bob&password=x&rd=%2Fdeep' }, 'credentials_wrong'],
  ['no user', { form: 'password=x' }, 'credentials_missing'],
  ['a user twice', { form: 'username=bob&username=alice&password=secret' }, 'credentials_missing'],
  ['H14 a form of another site', { form: FORM, headers: ['Origin', 'https://evil.test'] }, 'origin_refused'],
  [
    'H14 a form of another site, metadata',
    { form: FORM, headers: ['Sec-Fetch-Site', 'cross-site'] },
    'origin_refused',
  ],
  [
    'H14 a form of a sibling host',
    { form: FORM, headers: ['Sec-Fetch-Site', 'same-site'] },
    'origin_refused',
  ],
  ['too large a form', { form: `${FORM}&x=${'y'.repeat(20_000)}` }, 'body_too_large'],
  ['JSON', { headers: [...OWN, 'Content-Type', 'application/json'] }, 'request_malformed/content type'],
  ['GET', { method: 'GET' }, 'method_not_allowed'],
]

test.each(forms)('POST sign_in: %s', async (_name, given, expected) => {
  const { signIn, sessionOf, events } = await aSignInBench({ localUsers: someUsers().users })
  const jar = aJar()
  const exchange = anExchange('/oauth2/sign_in', { method: 'POST', headers: OWN, ...given })
  const outcome = jar.take(await signIn.password(exchange))
  expect(shortOf(outcome)).toBe(expected)
  expect(sessionOf(jar)?.provider).toBe(expected.startsWith('to ') ? 'htpasswd' : undefined)
  expect(JSON.stringify(events)).not.toContain('secret')
})

test('POST sign_in: what failed is said with the name and the target, for another try', async () => {
  const { signIn } = await aSignInBench({ localUsers: someUsers().users })
  const form = 'username=bob&password=x&rd=%2Fdeep'
  expect(
    await signIn.password(anExchange('/oauth2/sign_in', { method: 'POST', headers: OWN, form })),
  ).toMatchObject({
    kind: 'refused',
    username: 'bob',
    returnTo: '/deep',
  })
})

test('POST sign_in: rules count for local users, and without a file there are none', async () => {
  const bench = await aSignInBench({ localUsers: someUsers().users })
  bench.world.refusal = problem('not_permitted', { rule: 'group' })
  const exchange = () => anExchange('/oauth2/sign_in', { method: 'POST', headers: OWN, form: FORM })
  expect(shortOf(await bench.signIn.password(exchange()))).toBe('not_permitted')
  const none = await aSignInBench()
  expect(shortOf(await none.signIn.password(exchange()))).toBe('method_not_allowed')
})
