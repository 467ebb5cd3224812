import { describe, expect, it } from 'vitest'
import { startGate, type TestGate } from '../support/gate.ts'
import type { Visitor } from '../support/visitor.ts'

const MINUTE = 60_000
const STRAIGHT = '--skip-provider-button'
const PER_REQUEST = '--cookie-csrf-per-request'

/** Opens a tab that leaves for the provider; returns where the provider would send it back to. */
async function openTab(gate: TestGate, alice: Visitor, target: string): Promise<string> {
  const seen = await alice.visit(target)
  const back = await gate.provider.visit(seen.location ?? '')
  return back.pathname + back.search
}

function orders(count: number): readonly (readonly number[])[] {
  if (count === 0) return [[]]
  return orders(count - 1).flatMap((order) =>
    Array.from({ length: count }, (_, at) => [...order.slice(0, at), count - 1, ...order.slice(at)]),
  )
}

describe('tabs that sign in at once', () => {
  // All 120 orders of five tabs, over both ways to keep logins apart.
  it.each([[[STRAIGHT]], [[STRAIGHT, PER_REQUEST]]])(
    'tabs that sign in at once all end where they were going, in whatever order (%j)',
    async (args) => {
      const gate = await startGate({ args })
      for (const order of orders(5)) {
        const alice = gate.visitor()
        const callbacks: string[] = []
        for (let tab = 0; tab < 5; tab += 1)
          callbacks.push(await openTab(gate, alice, `/tab/${tab}?q=//${tab}`))
        for (const tab of order) {
          const seen = await alice.visit(callbacks[tab] ?? '')
          expect([order.join(), seen.location]).toEqual([order.join(), `/tab/${tab}?q=//${tab}`])
        }
        expect((await alice.fetch('/x')).status).toBe(200)
      }
    },
  )

  it('tabs that are abandoned, two hundred of them, leave two cookies of less than 150 bytes together', async () => {
    const gate = await startGate({ args: [STRAIGHT] })
    const alice = gate.visitor()
    for (let at = 0; at < 200; at += 1) await alice.visit(`/page/${at}`)
    expect(alice.jar.size).toBe(2)
    expect([...alice.jar].map((entry) => entry.join('=')).join('; ').length).toBeLessThan(150)
    const back = await openTab(gate, alice, '/at/last')
    expect((await alice.visit(back)).location).toBe('/at/last')
  })

  it("tabs that a browser without Sidegate's cookie opens at the same instant leave twenty cookies once it asks again", async () => {
    const gate = await startGate({ args: [STRAIGHT] })
    const alice = gate.visitor()
    for (let at = 0; at < 50; at += 1) {
      // Each of the requests leaves before any of the answers has come.
      const tab = gate.visitor()
      await tab.visit(`/tab/${at}`)
      for (const [name, value] of tab.jar) alice.jar.set(name, value)
    }
    expect(alice.jar.size).toBe(51)
    const back = await openTab(gate, alice, '/last')
    expect(alice.jar.size).toBe(21)
    expect((await alice.visit(back)).location).toBe('/last')
  })

  // [flags, cookies]
  it.each([
    [[], 20],
    [['--cookie-csrf-per-request-limit=5'], 5],
  ])('tabs leave a bounded number of cookies with cookie-csrf-per-request %j: %i', async (flags, count) => {
    const gate = await startGate({ args: [STRAIGHT, PER_REQUEST, ...flags] })
    const alice = gate.visitor()
    for (let at = 0; at < 200; at += 1) await alice.visit(`/page/${at}`)
    expect(alice.jar.size).toBe(count)
    expect([...alice.jar.keys()].every((name) => /^__Host-_oauth2_proxy_[\w-]{8}_csrf$/u.test(name))).toBe(
      true,
    )
  })
})

describe('a callback', () => {
  it('a callback that comes a second time, by the back button or a reload, leads on when its person is signed in', async () => {
    const gate = await startGate({ args: [STRAIGHT] })
    const alice = gate.visitor()
    const back = await openTab(gate, alice, '/deep')
    for (let at = 0; at < 3; at += 1) expect((await alice.visit(back)).location).toBe('/deep')
    expect(gate.provider.hits.token).toBe(1)
  })

  it('a callback that comes too late leads on when its person is signed in by now', async () => {
    const gate = await startGate({ args: [STRAIGHT] })
    const alice = gate.visitor()
    const [late, early] = [await openTab(gate, alice, '/late'), await openTab(gate, alice, '/early')]
    await alice.visit(early)
    gate.platform.pass(16 * MINUTE)
    expect((await alice.visit(late)).location).toBe('/late')
  })

  it('a callback that comes too late starts over once by itself, with the same target', async () => {
    const gate = await startGate({ args: [STRAIGHT] })
    const alice = gate.visitor()
    const late = await openTab(gate, alice, '/deep?q=1')
    gate.platform.pass(16 * MINUTE)
    const again = await openTab(gate, alice, late)
    expect((await alice.visit(again)).location).toBe('/deep?q=1')
  })

  it('a callback that comes too late a second time explains, and offers to start again', async () => {
    const gate = await startGate({ args: [STRAIGHT] })
    const alice = gate.visitor()
    const late = await openTab(gate, alice, '/deep?q=2')
    gate.platform.pass(16 * MINUTE)
    const again = await openTab(gate, alice, late)
    gate.platform.pass(16 * MINUTE)
    const failed = await alice.visit(again)
    expect([failed.status, failed.location]).toEqual([303, expect.stringMatching(/^\/oauth2\/sign_in\?rd=/u)])
    const seen = await alice.visit(failed.location ?? '')
    expect([seen.status, seen.location]).toEqual([403, undefined])
    expect(seen.text).toContain('The sign-in took too long')
    expect(seen.text).toContain('href="/oauth2/start?rd=%2Fdeep%3Fq%3D2"')
  })
})

describe('state', () => {
  it.each([1, 100, 200])('state has less than 500 characters for a target of %i', async (length) => {
    const gate = await startGate({ args: [STRAIGHT] })
    const seen = await gate.visitor().visit(`/${'x'.repeat(length - 1)}`)
    const state = new URL(seen.location ?? '').searchParams.get('state') ?? ''
    expect(state.length).toBeLessThan(500)
  })
})

describe('what is no visit of a person', () => {
  // [who asks, headers]
  it.each([
    ['fetch', ['Sec-Fetch-Mode', 'cors', 'Sec-Fetch-Dest', 'empty', 'Accept', '*/*']],
    ['an old XHR', ['X-Requested-With', 'XMLHttpRequest', 'Accept', 'text/html']],
    ['a prefetch', ['Sec-Fetch-Mode', 'navigate', 'Sec-Purpose', 'prefetch', 'Accept', 'text/html']],
    [
      'a prerender',
      ['Sec-Fetch-Mode', 'navigate', 'Sec-Purpose', 'prefetch;prerender', 'Accept', 'text/html'],
    ],
    ['an old prefetch', ['Purpose', 'prefetch', 'Accept', 'text/html']],
    ['an image', ['Sec-Fetch-Mode', 'no-cors', 'Sec-Fetch-Dest', 'image', 'Accept', 'image/*']],
    ['a frame', ['Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Dest', 'iframe', 'Accept', 'text/html']],
    [
      'a service worker',
      ['Sec-Fetch-Mode', 'same-origin', 'Sec-Fetch-Dest', 'serviceworker', 'Accept', '*/*'],
    ],
  ])('a request that is no visit of a person starts no login: %s', async (_, headers) => {
    const gate = await startGate({ args: [STRAIGHT] })
    for (const target of ['/page', '/oauth2/start?rd=/page']) {
      const answer = await gate.ask(target, { headers: ['Host', 'app.example.com', ...headers] })
      expect([answer.status, answer.headers.get('location'), answer.headers.getSetCookie()]).toEqual([
        401,
        null,
        [],
      ])
    }
  })
})
