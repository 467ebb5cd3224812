import { afterAll, beforeAll, expect, it } from 'vitest'
import { rawRequest } from './client.ts'
import { CSRF, type Gate, type Rig, SESSION, startRig, TURNS } from './gate-fixture.ts'

/** Sessions that fill three cookies. */
let rig: Rig
let long: Gate
let alice: Map<string, string>
let bob: Map<string, string>

beforeAll(async () => {
  rig = await startRig()
  long = await rig.gate('--cookie-budget=16000')
  alice = await signedIn('alice')
  bob = await signedIn('bob')
  rig.app.take()
})
afterAll(() => rig.close())

async function signedIn(sub: string): Promise<Map<string, string>> {
  const groups = Array.from({ length: 300 }, () => crypto.randomUUID())
  rig.provider.user = { sub, email: `${sub}@example.com`, groups }
  const visitor = long.visitor()
  await visitor.browse('/oauth2/start?rd=/')
  visitor.jar.delete(CSRF)
  visitor.jar.delete(TURNS)
  return visitor.jar
}

const names = () => [...alice.keys()]
const join = (jar: ReadonlyMap<string, string>) => [...jar].map((pair) => pair.join('=')).join('; ')

async function tell(jar: ReadonlyMap<string, string> | string) {
  const lines = [`Cookie: ${typeof jar === 'string' ? jar : join(jar)}`]
  const answer = await long.tell(rawRequest('/x', { lines }))
  return {
    status: answer?.status,
    ended: answer?.all('set-cookie').map((line) => line.split('=')[0]) ?? [],
  }
}

it('a session over three cookies is one session [CK-44]', async () => {
  expect(names()).toEqual([`${SESSION}_0`, `${SESSION}_1`, `${SESSION}_2`])
  expect(await tell(alice)).toEqual({ status: 200, ended: [] })
  expect((await tell(new Map([...alice].reverse()))).status).toBe(200)
  expect(rig.app.take()).toHaveLength(2)
})

it.each<[string, string, () => ReadonlyMap<string, string>]>([
  ['CK-28', 'two values exchanged', () => swapped()],
  [
    'CK-29',
    'a part of another session',
    () => new Map(alice).set(`${SESSION}_1`, bob.get(`${SESSION}_1`) ?? ''),
  ],
  ['CK-30', 'the last part missing', () => without(`${SESSION}_2`)],
  ['CK-30', 'a gap', () => without(`${SESSION}_1`)],
  ['CK-30', 'the first part missing', () => without(`${SESSION}_0`)],
  ['CK-32', 'another spelling of 1', () => renamed('_01')],
  ['CK-32', 'a sign', () => renamed('_+1')],
  ['CK-32', 'an exponent', () => renamed('_1e0')],
  ['CK-32', 'hexadecimal', () => renamed('_0x1')],
  ['CK-32', 'far away', () => renamed('_99999999')],
])('a session over three cookies is none with $1 [$0]', async (_, __, make) => {
  const jar = make()
  const { status, ended } = await tell(jar)
  expect(status).toBe(401)
  // Whatever could be a chunk is ended.
  expect(ended).toEqual(expect.arrayContaining(names().filter((name) => jar.has(name))))
  expect(rig.app.take()).toEqual([])
})

const without = (name: string) => new Map([...alice].filter(([other]) => other !== name))
const renamed = (tail: string) => without(`${SESSION}_1`).set(SESSION + tail, alice.get(`${SESSION}_1`) ?? '')
const swapped = () =>
  new Map([...alice].map(([name], at, all) => [name, all[at === 0 ? 1 : at === 1 ? 0 : at]?.[1] ?? '']))

it('a session over three cookies wins over what is left of older ones, in any order, and those end [CK-30, CK-31]', async () => {
  const stale = [`${SESSION}_3`, `${SESSION}_7`].map((name) => `${name}=9.abcdefgh.x`).join('; ')
  for (const cookie of [`${stale}; ${join(alice)}`, `${join(alice)}; ${stale}`]) {
    expect((await tell(cookie)).status).toBe(200)
  }
  for (const cookie of [`${SESSION}=evil; ${join(alice)}`, `${join(alice)}; ${SESSION}=evil`]) {
    expect((await tell(cookie)).status).toBe(200)
  }
  expect(rig.app.take().map((request) => request.all('x-forwarded-user'))).toEqual([
    ['alice'],
    ['alice'],
    ['alice'],
    ['alice'],
  ])
})

it('a session over three cookies that does not fit loses a whole claim, and never in silence [CK-44]', async () => {
  rig.provider.user = {
    sub: 'carol',
    email: 'carol@example.com',
    groups: Array(800)
      .fill(0)
      .map(() => crypto.randomUUID()),
  }
  const visitor = long.visitor()
  const seen = await visitor.browse('/oauth2/start?rd=/')
  const about = await visitor.fetch('/oauth2/userinfo')
  expect(seen.status).toBe(200)
  // Nobody is in half of their groups, and the operator learns why.
  expect(JSON.parse(about.text).groups).toBeUndefined()
  await expect
    .poll(() => long.log().filter(({ event }) => event === 'session_trimmed'))
    .toMatchObject([{ dropped: 'groups', groups: 800 }])
  rig.provider.user = { sub: 'alice', email: 'alice@example.com', groups: ['staff', 'admins'] }
  rig.app.take()
})

it('a session over three cookies becomes the other person’s, with nothing of the first left [SL-17]', async () => {
  rig.provider.user = { sub: 'dave', email: 'dave@example.com', groups: ['few'] }
  const visitor = long.visitor()
  for (const [name, value] of alice) visitor.jar.set(name, value)
  await visitor.browse('/oauth2/start?rd=/')
  expect([...visitor.jar.keys()].sort()).toEqual([SESSION, CSRF, TURNS])
  expect(JSON.parse((await visitor.fetch('/oauth2/userinfo')).text)).toMatchObject({
    user: 'dave',
    groups: ['few'],
  })
  rig.provider.user = { sub: 'alice', email: 'alice@example.com', groups: ['staff', 'admins'] }
  rig.app.take()
})
