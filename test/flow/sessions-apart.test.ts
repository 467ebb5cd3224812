import { describe, expect, it } from 'vitest'
import { ORIGIN, startGate, type TestGate } from '../support/gate.ts'
import { type Asking, createVisitor, type Visitor } from '../support/visitor.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const SESSION = '__Host-_oauth2_proxy'

/** Two processes that share a secret and nothing else, at a provider that ends a session when a refresh token comes twice. */
interface Pair {
  readonly here: TestGate
  readonly there: TestGate
  /** A browser that is signed in at the first one, and whose requests go to both by turns. */
  readonly alice: Visitor
  readonly pass: (ms: number) => void
  readonly refreshes: () => number
}

async function aPair(given: Parameters<typeof startGate>[0] = {}): Promise<Pair> {
  const args = ['--session-revalidate=5m', ...(given.args ?? [])]
  const here = await startGate({ ...given, args })
  const there = await here.sibling()
  const signedIn = here.visitor()
  await signedIn.browse('/oauth2/start?rd=%2F')
  const alice = overBoth(here, there)
  for (const [name, value] of signedIn.jar) alice.jar.set(name, value)
  const refreshes = () =>
    here.provider.tokenRequests.filter(({ form }) => form.get('grant_type') === 'refresh_token').length
  return { here, there, alice, pass: here.platform.pass, refreshes }
}

function overBoth(here: TestGate, there: TestGate): Visitor {
  let turn = 0
  const gate = (target: string, asking: Asking) => {
    turn += 1
    return (turn % 2 === 0 ? here : there).ask(target, asking)
  }
  return createVisitor({ gateOrigin: ORIGIN, gate, elsewhere: (url, init) => here.provider.fetch(url, init) })
}

/** Requests that a page sends at once. */
async function burst(alice: Visitor): Promise<readonly number[]> {
  const seen = await Promise.all(Array.from({ length: 20 }, () => alice.fetch('/x')))
  return [...new Set(seen.map(({ status }) => status))].sort()
}

function cookieOf({ jar }: Visitor): readonly [string, string] {
  return ['Cookie', `${SESSION}=${jar.get(SESSION)}`]
}

describe('two processes without a store, at a provider that revokes on reuse', () => {
  it('two processes without a store sign no one out however many bursts of requests reach both, over many lives of a token', async () => {
    const { alice, pass, refreshes } = await aPair()
    for (let life = 1; life <= 10; life += 1) {
      pass(4 * MINUTE)
      expect(await burst(alice)).toEqual([200])
      expect(refreshes()).toBe(life)
      expect(await burst(alice)).toEqual([200])
    }
  })

  it('two processes without a store hand a session over when its browser moves to the other one', async () => {
    const { there, alice, pass, refreshes } = await aPair()
    const moved = there.visitor()
    for (const [name, value] of alice.jar) moved.jar.set(name, value)
    pass(4 * MINUTE)
    await moved.fetch('/x')
    expect(refreshes()).toBe(0)
    pass(52 * SECOND)
    expect((await moved.fetch('/x')).setCookies).toHaveLength(1)
    for (const [name, value] of moved.jar) alice.jar.set(name, value)
    for (let life = 2; life <= 4; life += 1) {
      pass(4 * MINUTE)
      expect(await burst(alice)).toEqual([200])
      expect(refreshes()).toBe(life)
    }
  })

  it('two processes without a store refresh earlier once they know of each other', async () => {
    const { here, there, alice, pass, refreshes } = await aPair()
    const bob = there.visitor()
    await bob.browse('/oauth2/start?rd=%2F')
    await here.ask('/x', { headers: ['Host', 'app.example.com', ...cookieOf(bob)] })
    pass(4 * MINUTE)
    await burst(alice)
    expect(refreshes()).toBe(1)
    pass(150 * SECOND - 1)
    await burst(alice)
    expect(refreshes()).toBe(1)
    pass(1)
    await burst(alice)
    expect(refreshes()).toBe(2)
  })

  it('two processes without a store take over what a process refreshed that is gone', async () => {
    const { here, alice, pass, refreshes } = await aPair()
    pass(SECOND)
    const next = await here.sibling()
    const moved = next.visitor()
    for (const [name, value] of alice.jar) moved.jar.set(name, value)
    pass(3 * MINUTE + 43 * SECOND)
    await moved.fetch('/x')
    expect(refreshes()).toBe(0)
    pass(67 * SECOND)
    expect((await moved.fetch('/x')).setCookies).toHaveLength(1)
    expect(refreshes()).toBe(1)
  })

  it('two processes without a store both ask for a session that has ended, which a burst of requests does not survive', async () => {
    const { alice, pass, refreshes } = await aPair()
    pass(6 * MINUTE)
    expect(await burst(alice)).toEqual([200, 401])
    expect(refreshes()).toBe(2)
  })

  it('two processes without a store renew a session that has ended if one request comes first', async () => {
    const { alice, pass, refreshes } = await aPair()
    for (let life = 1; life <= 4; life += 1) {
      pass(6 * MINUTE)
      expect((await alice.visit('/')).status).toBe(200)
      expect(await burst(alice)).toEqual([200])
      expect(refreshes()).toBe(life)
    }
  })

  it('two processes without a store hold to cookie-refresh, whichever is asked', async () => {
    const { there, alice, pass, refreshes } = await aPair({ args: ['--cookie-refresh=1m'] })
    pass(MINUTE)
    const answer = await there.ask('/x', { headers: ['Host', 'app.example.com', ...cookieOf(alice)] })
    expect(answer.headers.getSetCookie()).toHaveLength(1)
    expect(refreshes()).toBe(1)
  })

  it('two processes with a store refresh at three quarters of the life, whichever is asked', async () => {
    const { there, alice, pass, refreshes } = await aPair({ shares: true })
    pass(225 * SECOND)
    const answer = await there.ask('/x', { headers: ['Host', 'app.example.com', ...cookieOf(alice)] })
    expect(answer.headers.getSetCookie()).toHaveLength(1)
    expect(await burst(alice)).toEqual([200])
    expect(refreshes()).toBe(1)
  })
})

describe('a request after three quarters of the life of a token', () => {
  const browser = (mode: string, dest: string) => ['Sec-Fetch-Mode', mode, 'Sec-Fetch-Dest', dest]
  // [what it is, as it is sent, its target]
  const KINDS: readonly [string, Asking, string?][] = [
    ['a page load', { headers: [...browser('navigate', 'document'), 'Accept', 'text/html'] }],
    ['a HEAD', { method: 'HEAD' }],
    ['a fetch', { headers: browser('cors', 'empty') }],
    ['a part of a file', { headers: [...browser('no-cors', 'video'), 'Range', 'bytes=0-99'] }],
    ['a prefetch', { headers: [...browser('navigate', 'document'), 'Sec-Purpose', 'prefetch'] }],
    ['an event stream', { headers: [...browser('cors', 'empty'), 'Accept', 'text/event-stream'] }],
    ['a beacon', { method: 'POST', headers: [...browser('no-cors', 'empty'), 'Origin', ORIGIN], body: 'x' }],
    [
      'a WebSocket',
      {
        headers: [
          ...['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Origin', ORIGIN],
          ...['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version', '13'],
        ],
      },
    ],
    ['a question of a gateway', {}, '/oauth2/auth'],
  ]

  async function sendTo(gate: TestGate, alice: Visitor, [, asking, target = '/x']: (typeof KINDS)[number]) {
    const headers = ['Host', 'app.example.com', ...(asking.headers ?? []), ...cookieOf(alice)]
    const { status, headers: answered } = await gate.ask(target, { ...asking, headers })
    return { isServed: status < 300, cookies: answered.getSetCookie().length }
  }

  it.each(KINDS)(
    '%s renews the session at the process that got its token, and not elsewhere',
    async (...kind) => {
      const { here, there, alice, pass, refreshes } = await aPair()
      pass(4 * MINUTE)
      expect(await sendTo(there, alice, kind)).toEqual({ isServed: true, cookies: 0 })
      expect(refreshes()).toBe(0)
      expect(await sendTo(here, alice, kind)).toEqual({ isServed: true, cookies: 1 })
      expect(refreshes()).toBe(1)
    },
  )

  it.each(KINDS)('%s renews a session that has ended at any process', async (...kind) => {
    const { there, alice, pass, refreshes } = await aPair()
    pass(6 * MINUTE)
    expect(await sendTo(there, alice, kind)).toEqual({ isServed: true, cookies: 1 })
    expect(refreshes()).toBe(1)
  })
})
