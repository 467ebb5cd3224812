import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ForwardPlan, StreamEnd } from '../../src/platform.ts'
import { type AGate, startGate, type TestGate } from '../support/gate.ts'
import type { Asking, Visitor } from '../support/visitor.ts'

const MINUTE = 60_000
const HOST = ['Host', 'app.example.com']
/** The e-mail list below is about people who are in no other rule. */
const DOMAIN = '--email-domain=partner.test'
const SIGN_OUT: Asking = { method: 'POST', headers: ['Origin', 'https://app.example.com'] }
const BOB = { sub: 'bob', email: 'bob@partner.test', email_verified: true, sid: 'op-bob', groups: ['admins'] }
const NEXT_SECRET = 'kZ1r9cT3vN7yQ0bW5xE8uI2oP4aS6dF-gH_jKlMzXcV'

/** One exchange that the app does not end. */
interface Held {
  readonly target: string
  ended: StreamEnd | undefined
}

/** Requests of one person, by the credentials that they send with each. */
interface Person {
  readonly credentials: readonly string[]
  readonly held: readonly Held[]
}

/** Request headers with these cookies. */
function cookiesOf({ jar }: Visitor): readonly string[] {
  return ['Cookie', [...jar].map((pair) => pair.join('=')).join('; ')]
}

/** A gate whose app holds everything below `/held`. */
async function aGate(given: AGate = {}): Promise<{ gate: TestGate; held: Held[] }> {
  const held: Held[] = []
  const upstream = ({ target, follow }: ForwardPlan): Response => {
    if (target.startsWith('/held') && follow !== undefined) {
      const one: Held = { target, ended: undefined }
      held.push(one)
      follow((why) => {
        one.ended = why
      })
    }
    return new Response('hello from the app')
  }
  const args = ['--session-revalidate=5m', ...(given.args ?? [])]
  return { gate: await startGate({ ...given, args, upstream }), held }
}

async function signIn(gate: TestGate): Promise<Visitor> {
  const visitor = gate.visitor()
  const seen = await visitor.browse('/oauth2/start?rd=%2F')
  if (seen.status !== 200) throw new Error(`Sign-in ended with ${seen.status}: ${seen.text}`)
  return visitor
}

const HANDSHAKE = [
  'Upgrade',
  'websocket',
  'Connection',
  'Upgrade',
  'Sec-WebSocket-Key',
  'dGhlIHNhbXBsZSBub25jZQ==',
  'Origin',
  'https://app.example.com',
]
const STREAMS: readonly (readonly [string, Asking])[] = [
  ['/held/websocket', { headers: HANDSHAKE }],
  ['/held/events', { headers: ['Accept', 'text/event-stream'] }],
  ['/held/upload', { method: 'POST', headers: ['Content-Length', '1000'], body: 'some' }],
]

/** Opens one of each kind. */
async function openStreams(gate: TestGate, held: Held[], credentials: readonly string[]): Promise<Person> {
  const before = held.length
  for (const [target, asking] of STREAMS) {
    const headers = [...HOST, ...credentials, ...(asking.headers ?? [])]
    expect((await gate.ask(target, { ...asking, headers })).status).toBe(200)
  }
  return { credentials, held: held.slice(before) }
}

/** What stands for a person at this moment: a page, the answer to a gateway, and each stream. */
async function standing(gate: TestGate, { credentials, held }: Person): Promise<readonly unknown[]> {
  const headers = [...HOST, ...credentials]
  // Streams first: asking would refresh.
  const open = held.map(({ ended }) => ended ?? 'open')
  const page = (await gate.ask('/page', { headers })).status
  const auth = (await gate.ask('/oauth2/auth', { headers })).status
  return [page, auth, ...open]
}

const ALL_STAND = [200, 202, 'open', 'open', 'open']

/** One way in which a session ends. */
interface Ending extends AGate {
  prepare?(gate: TestGate): void
  /** Instead of the cookies of a sign-in. */
  credentials?(gate: TestGate): Promise<readonly string[]>
  end(from: { gate: TestGate; alice: Visitor }): Promise<unknown> | unknown
  /** The other person does not end with it. */
  readonly bobStands?: boolean
  readonly next?: StreamEnd
}

const sha = (password: string) => createHash('sha1').update(password).digest('base64')
const LOCAL_LINE = `carol:{SHA}${sha('demo')}\n`
const LOCAL_FORM: Asking = {
  method: 'POST',
  headers: ['Content-Type', 'application/x-www-form-urlencoded', 'Origin', 'https://app.example.com'],
  body: 'username=carol&password=demo&rd=%2F',
}

const ENDINGS: Readonly<Record<string, Ending>> = {
  'signing out': {
    end: ({ alice }) => alice.visit('/oauth2/sign_out', SIGN_OUT),
    bobStands: true,
  },
  'signing out in another process that shares state': {
    shares: true,
    async end({ gate, alice }) {
      const sibling = await gate.sibling()
      const headers = [...HOST, ...cookiesOf(alice), ...(SIGN_OUT.headers ?? [])]
      await sibling.ask('/oauth2/sign_out', { ...SIGN_OUT, headers })
    },
    bobStands: true,
  },
  'a logout token about a session of the provider': {
    end: ({ gate }) => logOut(gate, { sub: 'alice', sid: 'op-alice' }),
    bobStands: true,
  },
  'a logout token about a person': {
    async end({ gate }) {
      gate.platform.pass(1_000)
      await logOut(gate, { sub: 'alice', sid: undefined })
    },
    bobStands: true,
  },
  'an e-mail list without that person': {
    args: ['--authenticated-emails-file=/emails'],
    files: { '/emails': 'alice@partner.test\nbob@partner.test\n' },
    end: ({ gate }) => gate.platform.change('/emails', 'bob@partner.test\n'),
    bobStands: true,
  },
  'a cookie secret that was replaced': {
    args: [DOMAIN, '--cookie-secret-file=/secret'],
    files: { '/secret': 'q1vN0eSgGm3oWcC7xkT9ZbY4uJ5hPfLd2aRiE8sMzXk' },
    async end({ gate }) {
      gate.platform.change('/secret', NEXT_SECRET)
      await gate.platform.settled()
    },
  },
  'cookie-expire': {
    args: [DOMAIN, '--cookie-expire=1h', '--session-revalidate=0'],
    end: ({ gate }) => gate.platform.pass(60 * MINUTE),
  },
  'session-max-lifetime': {
    args: [DOMAIN, '--session-max-lifetime=1h', '--session-revalidate=0'],
    end: ({ gate }) => gate.platform.pass(60 * MINUTE),
  },
  'session-idle-timeout': {
    args: [DOMAIN, '--session-idle-timeout=10m', '--session-revalidate=0'],
    end: ({ gate }) => gate.platform.pass(10 * MINUTE),
  },
  'a provider that refuses the refresh': {
    end({ gate }) {
      gate.provider.scripts.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 })
      gate.platform.pass(5 * MINUTE)
    },
    next: 'reconnect',
  },
  'a refresh that speaks of another person': {
    async end({ gate, alice }) {
      gate.provider.idToken.claims = (claims) => ({ ...claims, sub: 'mallory' })
      gate.platform.pass(4 * MINUTE)
      await alice.fetch('/x')
    },
  },
  'a refresh that takes the group away': {
    args: [DOMAIN, '--allowed-group=admins'],
    async end({ gate, alice }) {
      gate.provider.user = { ...ALICE, groups: ['staff'] }
      gate.platform.pass(4 * MINUTE)
      await alice.fetch('/x')
      gate.platform.pass(250)
    },
  },
  'an access token that no longer stands': {
    args: [DOMAIN, '--cookie-refresh=2m', '--validate-url=https://op.test/userinfo'],
    async end({ gate, alice }) {
      gate.provider.scripts.userinfo = () => new Response(null, { status: 401 })
      gate.platform.pass(2 * MINUTE)
      await alice.fetch('/x')
    },
  },
  'the end of a bearer token': {
    args: [DOMAIN, '--skip-jwt-bearer-tokens', '--session-revalidate=0'],
    credentials: async (gate) => ['Authorization', `Bearer ${await gate.provider.mint()}`],
    // The verification of tokens allows for clocks that differ.
    end: ({ gate }) => gate.platform.pass(10 * MINUTE),
  },
  'a local user who is gone from the file': {
    args: [DOMAIN, '--htpasswd-file=/users', '--session-revalidate=0'],
    files: { '/users': LOCAL_LINE },
    credentials: async () => ['Authorization', `Basic ${Buffer.from('carol:demo').toString('base64')}`],
    end: ({ gate }) => gate.platform.change('/users', '\n'),
    bobStands: true,
  },
  'a changed password of a local user who signed in with the form': {
    args: [DOMAIN, '--htpasswd-file=/users', '--session-revalidate=0'],
    files: { '/users': LOCAL_LINE },
    async credentials(gate) {
      const carol = gate.visitor()
      await carol.visit('/oauth2/sign_in', LOCAL_FORM)
      return cookiesOf(carol)
    },
    end: ({ gate }) => gate.platform.change('/users', `carol:{SHA}${sha('other')}\n`),
    bobStands: true,
  },
}

const ALICE = {
  sub: 'alice',
  email: 'alice@partner.test',
  email_verified: true,
  sid: 'op-alice',
  groups: ['staff', 'admins'],
}

async function logOut(gate: TestGate, claims: Record<string, unknown>): Promise<void> {
  const token = await gate.provider.logoutToken(claims)
  const seen = await gate.ask('/oauth2/backchannel_logout', {
    method: 'POST',
    headers: [...HOST, 'Content-Type', 'application/x-www-form-urlencoded'],
    body: `logout_token=${token}`,
  })
  expect(seen.status).toBe(200)
}

describe('a session that is ended by', () => {
  it.each(Object.entries(ENDINGS))(
    '%s takes pages, auth and every stream with it [SL-23]',
    async (_, ending) => {
      const { args = [DOMAIN] } = ending
      const { gate, held } = await aGate({ ...ending, args })
      ending.prepare?.(gate)
      gate.provider.user = BOB
      const bob = await openStreams(gate, held, cookiesOf(await signIn(gate)))
      gate.provider.user = ALICE
      const alice = await signIn(gate)
      const credentials = (await ending.credentials?.(gate)) ?? cookiesOf(alice)
      const person = await openStreams(gate, held, credentials)
      expect(await standing(gate, person)).toEqual(ALL_STAND)
      await gate.platform.settled()

      await ending.end({ gate, alice })
      await gate.platform.settled()
      const next = ending.next ?? 'sign-in'
      const [page, auth, ...streams] = await standing(gate, person)
      expect(streams).toEqual([next, next, next])
      expect([200, 202]).not.toContain(page)
      expect([200, 202]).not.toContain(auth)
      if (ending.bobStands) expect(await standing(gate, bob)).toEqual(ALL_STAND)
    },
  )
})

describe('a stream', () => {
  /** Alice with one open stream of each kind. */
  async function openForAlice(given: AGate = {}) {
    const { gate, held } = await aGate(given)
    const alice = await signIn(gate)
    const { held: streams } = await openStreams(gate, held, cookiesOf(alice))
    const pass = async (ms: number): Promise<void> => {
      gate.platform.pass(ms)
      await gate.platform.settled()
    }
    const states = () => streams.map(({ ended }) => ended ?? 'open')
    return { gate, held, alice, pass, states }
  }
  const all = (state: string) => [state, state, state]

  it('a stream goes on for as long as other requests of its browser renew the session', async () => {
    const { alice, pass, states } = await openForAlice({ args: ['--session-idle-timeout=5m'] })
    for (let minute = 0; minute < 40; minute += 4) {
      await pass(4 * MINUTE)
      expect((await alice.fetch('/x')).status).toBe(200)
      expect(states()).toEqual(all('open'))
    }
    await pass(5 * MINUTE)
    expect(states()).not.toContain('open')
  })

  it('a stream goes on where another process renewed the session and its cookie is shown here', async () => {
    const { gate, alice, pass, states } = await openForAlice()
    const elsewhere = await gate.sibling()
    // Another process leaves a session to the one that signed the person in, nearly to the end.
    await pass(4 * MINUTE + 52_000)
    const renewed = await elsewhere.ask('/x', { headers: [...HOST, ...cookiesOf(alice)] })
    const cookie = renewed.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    expect((await gate.ask('/x', { headers: [...HOST, 'Cookie', cookie] })).status).toBe(200)
    await pass(2 * MINUTE)
    expect(states()).toEqual(all('open'))
  })

  it('a stream that is alone has to connect again when the provider was not asked for too long, which renews', async () => {
    const { gate, held, alice, pass, states } = await openForAlice()
    await pass(4 * MINUTE + 59_000)
    expect(states()).toEqual(all('open'))
    await pass(1_000)
    expect(states()).toEqual(all('reconnect'))
    const again = await alice.fetch('/held/websocket', { headers: HANDSHAKE })
    expect([again.status, again.setCookies.length]).toEqual([200, 1])
    await pass(4 * MINUTE)
    expect(held.at(-1)?.ended).toBeUndefined()
    expect(gate.provider.hits.token).toBe(2)
  })

  it('a stream asks by itself where asking uses no refresh token up', async () => {
    const { gate, held, alice, pass } = await openForAlice()
    gate.provider.behaviour.rotation = false
    gate.provider.behaviour.refreshTokens = false
    await pass(4 * MINUTE)
    await alice.fetch('/held/websocket', { headers: HANDSHAKE })
    for (let minute = 0; minute < 40; minute += 4) {
      await pass(4 * MINUTE)
      expect(held.at(-1)?.ended).toBeUndefined()
    }
    gate.provider.scripts.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 })
    await pass(6 * MINUTE)
    expect(held.at(-1)?.ended).toBe('reconnect')
  })

  it('a stream that began while the provider was silent is kept for as long again', async () => {
    const { gate, held, alice, pass } = await openForAlice()
    gate.provider.behaviour.accessTokenSeconds = 3600
    await alice.fetch('/oauth2/session/refresh', SIGN_OUT)
    gate.provider.scripts.token = () => new Response(null, { status: 503 })
    await pass(6 * MINUTE)
    await alice.fetch('/held/websocket', { headers: HANDSHAKE })
    await pass(4 * MINUTE)
    expect(held.at(-1)?.ended).toBeUndefined()
    await pass(2 * MINUTE)
    expect(held.at(-1)?.ended).toBe('reconnect')
  })

  it('a stream on a public route ends with the identity that the app was told, and without one is not followed', async () => {
    const { gate, held, alice } = await openForAlice({ args: ['--skip-auth-route=^/held/'] })
    await gate.ask('/held/events')
    expect(held).toHaveLength(3)
    await alice.visit('/oauth2/sign_out', SIGN_OUT)
    await gate.platform.settled()
    expect(held.map(({ ended }) => ended)).toEqual(all('sign-in'))
  })

  it('a stream is ended once, and the log says so', async () => {
    const { gate, alice, pass } = await openForAlice()
    await alice.visit('/oauth2/sign_out', SIGN_OUT)
    await gate.platform.settled()
    await pass(MINUTE)
    const lines = gate.platform.lines.filter(({ event }) => event === 'stream_ended')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatchObject({ level: 'info', user: 'alice@example.com', next: 'sign-in' })
  })
})
