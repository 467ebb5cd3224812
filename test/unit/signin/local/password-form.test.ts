import { expect, test } from 'vitest'
import { problem } from '../../../../src/problems.ts'
import { type AnExchange, aJar, anExchange, aSignInBench, shortOf } from '../signin-fixture.ts'
import { sha, someUsers } from './local-users-fixture.ts'

const FILE = `bob:${sha('secret')}\n`
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
  const { signIn, sessionOf, events } = await aSignInBench({ localUsers: (await someUsers(FILE)).users })
  const jar = aJar()
  const exchange = anExchange('/oauth2/sign_in', { method: 'POST', headers: OWN, ...given })
  const outcome = jar.take(await signIn.password(exchange))
  expect(shortOf(outcome)).toBe(expected)
  const record = expect.stringMatching(/^[\w-]{22}$/u)
  expect(sessionOf(jar)?.source).toEqual(expected.startsWith('to ') ? { kind: 'local', record } : undefined)
  expect(JSON.stringify(events)).not.toContain('secret')
})

test('POST sign_in: what failed is said with the name and the target, for another try', async () => {
  const { signIn } = await aSignInBench({ localUsers: (await someUsers(FILE)).users })
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
  const bench = await aSignInBench({ localUsers: (await someUsers(FILE)).users })
  bench.world.refusal = problem('not_permitted', { rule: 'group' })
  const exchange = () => anExchange('/oauth2/sign_in', { method: 'POST', headers: OWN, form: FORM })
  expect(shortOf(await bench.signIn.password(exchange()))).toBe('not_permitted')
  const none = await aSignInBench()
  expect(shortOf(await none.signIn.password(exchange()))).toBe('method_not_allowed')
})
