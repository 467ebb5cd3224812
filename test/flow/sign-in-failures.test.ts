import { describe, expect, it } from 'vitest'
import { ORIGIN, startGate, type TestGate } from '../support/gate.ts'
import type { Seen, Visitor } from '../support/visitor.ts'

const STRAIGHT = '--skip-provider-button'
const OTHER_SECRET = '--cookie-secret=c2Vjb25kIHNlY3JldCBzZWNvbmQgc2VjcmV0IDEyMzQ'
const OPERATOR = 'Tell the operator'

/** Starts a login and comes back from the provider: path and query of the callback. */
async function cameBack(gate: TestGate, visitor: Visitor, target = '/deep?q=1'): Promise<string> {
  const seen = await visitor.visit(`/oauth2/start?${new URLSearchParams({ rd: target })}`)
  const back = await gate.provider.visit(seen.location ?? '')
  return back.pathname + back.search
}

/** The callback of a page load, and the page that it leads to. */
async function failedAt(visitor: Visitor, callback: string): Promise<{ failed: Seen; page: Seen }> {
  const failed = await visitor.visit(callback)
  expect(failed.status).toBe(303)
  return { failed, page: await visitor.visit(failed.location ?? '') }
}

const lastFailure = (gate: TestGate) =>
  gate.platform.lines.findLast(({ event }) => event === 'sign_in_failed') ?? {}
const lastAccess = (gate: TestGate) => gate.platform.lines.findLast(({ msg }) => msg === 'request') ?? {}

describe('a callback that fails', () => {
  it('a callback that fails leads a person to a page that tells it, from which a reload tries again', async () => {
    const gate = await startGate({ args: [STRAIGHT] })
    const alice = gate.visitor()
    const callback = await cameBack(gate, alice)
    gate.provider.scripts.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 })
    const { failed, page } = await failedAt(alice, callback)
    expect(failed.location).toMatch(/^\/oauth2\/sign_in\?rd=%2Fdeep%3Fq%3D1&failure=[\w.-]+$/u)
    expect(page.status).toBe(403)
    expect(page.text).toContain('did not accept this sign-in')
    expect(page.text).toContain(String(lastFailure(gate)['request_id']))

    delete gate.provider.scripts.token
    const reloaded = await alice.visit(failed.location ?? '')
    expect(reloaded.status).toBe(302)
    const back = await gate.provider.visit(reloaded.location ?? '')
    expect(await alice.visit(back.pathname + back.search)).toMatchObject({ location: '/deep?q=1' })
    // A reload of a person who is signed in meanwhile goes on too.
    expect(await alice.visit(failed.location ?? '')).toMatchObject({ status: 302, location: '/deep?q=1' })
  })

  it('a callback that fails offers the sign-in page again on a reload when there is one', async () => {
    const gate = await startGate()
    const { failed } = await failedAt(gate.visitor(), '/oauth2/callback?code=x')
    const reloaded = await gate.visitor().visit(failed.location ?? '')
    expect(reloaded.status).toBe(200)
    expect(reloaded.text).toContain('<h1>Sign in to')
  })

  it('a callback that fails is told once, and not ten minutes later', async () => {
    const gate = await startGate()
    const failed = await gate.visitor().visit('/oauth2/callback?code=x')
    gate.platform.pass(11 * 60_000)
    expect((await gate.visitor().visit(failed.location ?? '')).status).toBe(200)
  })

  it('a callback that fails keeps status and code for programs, and the reason in the access line for both', async () => {
    const gate = await startGate()
    const headers = ['Host', 'app.example.com', 'Accept', '*/*']
    const answer = await gate.ask('/oauth2/callback?code=x', { headers })
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ error: 'state_missing' })
    expect(lastAccess(gate)).toMatchObject({
      path: '/oauth2/callback',
      status: 403,
      verdict: 'state_missing',
    })
    const { failed } = await failedAt(gate.visitor(), '/oauth2/callback?code=x')
    expect(lastAccess(gate)).toMatchObject({ path: '/oauth2/sign_in', status: 403, verdict: 'state_missing' })
    expect(gate.platform.lines).toContainEqual(
      expect.objectContaining({ path: '/oauth2/callback', status: 303, verdict: 'state_missing' }),
    )
    expect(failed.text).toBe('')
  })

  it('a callback that fails starts nothing by itself from an address that another secret sealed', async () => {
    const gate = await startGate({ args: [STRAIGHT] })
    const other = await gate.sibling([STRAIGHT, OTHER_SECRET])
    const failed = await other.visitor().visit('/oauth2/callback?code=x')
    const seen = await gate.visitor().visit(failed.location ?? '')
    expect(seen.status).toBe(200)
    expect(seen.text).toContain('<h1>Sign in to')
  })

  it('a callback that fails tells nothing that a stranger wrote into the address', async () => {
    const gate = await startGate({ args: [STRAIGHT] })
    const alice = gate.visitor()
    const start = await alice.visit('/deep')
    const state = new URL(start.location ?? '').searchParams.get('state') ?? ''
    for (const failure of [state, 'x', '<b>', 'a.b.c.d.e']) {
      const query = new URLSearchParams({ rd: '/', failure })
      const seen = await alice.visit(`/oauth2/sign_in?${query}`)
      expect(seen.status).toBe(200)
      expect(seen.text).not.toContain('<b>')
    }
  })

  it('a callback that fails says who may not enter, the name of the application, and the contact for help', async () => {
    const gate = await startGate({
      args: ['--allowed-group=board', '--app-name=Acme Wiki', '--contact=help@example.com'],
    })
    const alice = gate.visitor()
    const { page } = await failedAt(alice, await cameBack(gate, alice))
    expect(page.status).toBe(403)
    expect(page.text).toContain('This account may not use Acme Wiki.')
    expect(page.text).toContain('alice@example.com')
    expect(page.text).toContain('<a href="mailto:help@example.com">help@example.com</a>')
    expect(page.text).not.toContain('<code>group</code>')
    expect(lastFailure(gate)).toMatchObject({ advice: expect.stringContaining('--allowed-group') })
    const debug = await startGate({ args: ['--allowed-group=board', '--show-debug-on-error'] })
    const visitor = debug.visitor()
    const shown = await failedAt(visitor, await cameBack(debug, visitor))
    expect(shown.page.text).toContain('<code>group</code>')
  })
})

describe('a callback without the cookie of its sign-in', () => {
  it('a callback without the cookie of its sign-in says that none came back when none did, and that another one did when it did', async () => {
    const gate = await startGate()
    const none = await failedAt(gate.visitor(), await cameBack(gate, gate.visitor()))
    expect(none.page.text).toContain('The cookie of this sign-in did not come back')
    expect(none.page.text).toContain('Sign in again')
    expect(lastFailure(gate)).toMatchObject({
      code: 'state_mismatch',
      check: 'cookie',
      seen: 'cookie_missing',
    })

    const bob = gate.visitor()
    await cameBack(gate, bob)
    const other = await failedAt(bob, await cameBack(gate, gate.visitor()))
    expect(other.page.text).toContain('was not started in this browser')
    expect(lastFailure(gate)).toMatchObject({
      code: 'state_mismatch',
      check: 'browser',
      seen: 'cookie_other',
    })
  })

  it('a callback without the cookie of its sign-in is a fault of the operator when cookies are Secure and the browser is on http', async () => {
    const gate = await startGate()
    const callback = await cameBack(gate, gate.visitor())
    const headers = ['Host', 'app.example.com', 'Accept', 'text/html']
    const failed = await gate.ask(callback, { headers })
    const page = await (await gate.ask(failed.headers.get('location') ?? '', { headers })).text()
    expect(page).toContain(OPERATOR)
    expect(page).toContain('opened over http')
    expect(page).not.toMatch(/Start again|Sign in again/u)
    expect(lastFailure(gate)).toMatchObject({
      seen: 'secure_over_http',
      advice: expect.stringContaining('--cookie-secure=false'),
    })
  })

  it('a callback without the cookie of its sign-in is a fault of the operator when the sign-in began on a host that no cookie-domain covers', async () => {
    const args = ['--redirect-url=https://app.example.com/oauth2/callback', STRAIGHT]
    const gate = await startGate({ args })
    const page = ['Accept', 'text/html', 'Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Site', 'none']
    const start = await gate.ask('/deep', { headers: ['Host', 'wiki.example.org', ...page] })
    const back = await gate.provider.visit(start.headers.get('location') ?? '')
    const { page: told } = await failedAt(gate.visitor(), back.pathname + back.search)
    expect(told.text).toContain(OPERATOR)
    expect(told.text.replaceAll(/<[^>]+>/gu, '')).toContain(
      'began on wiki.example.org and came back on app.example.com',
    )
    expect(lastFailure(gate)).toMatchObject({
      seen: 'other_host',
      advice: expect.stringContaining('--redirect-url'),
    })
  })

  it('a callback without the cookie of its sign-in is a fault of the operator when another secret sealed the sign-in, and only in a browser that began one', async () => {
    const gate = await startGate()
    const other = await gate.sibling([OTHER_SECRET])
    const alice = gate.visitor()
    const callback = await cameBack(gate, alice)
    const bob = other.visitor()
    for (const [name, value] of alice.jar) bob.jar.set(name, value)
    const { page } = await failedAt(bob, callback)
    expect(page.text).toContain(OPERATOR)
    expect(lastFailure(gate)).toMatchObject({
      code: 'state_mismatch',
      seen: 'other_secret',
      advice: expect.stringContaining('--cookie-secret'),
    })
    const stranger = await failedAt(other.visitor(), callback)
    expect(stranger.page.text).not.toContain(OPERATOR)
  })
})

describe('a failed sign-in', () => {
  it.each<[string, (gate: TestGate) => void, string]>([
    [
      'a client secret that is wrong',
      (gate) => {
        gate.provider.scripts.token = () => Response.json({ error: 'invalid_client' }, { status: 401 })
      },
      '--client-secret',
    ],
    [
      'a provider that is down',
      (gate) => {
        gate.provider.scripts.token = () =>
          Promise.reject(new TypeError('x', { cause: { code: 'ECONNREFUSED' } }))
      },
      'nothing listens at op.test',
    ],
    [
      'a token for another client',
      (gate) => {
        gate.provider.idToken.claims = (claims) => ({ ...claims, aud: 'other' })
      },
      '--client-id',
    ],
    [
      'an address that is not verified',
      (gate) => {
        gate.provider.idToken.claims = (claims) => ({ ...claims, email_verified: false })
      },
      '--insecure-oidc-allow-unverified-email',
    ],
  ])('a failed sign-in has advice in its line: %s', async (_, spoil, advice) => {
    const gate = await startGate()
    const alice = gate.visitor()
    const callback = await cameBack(gate, alice)
    spoil(gate)
    await alice.visit(callback)
    expect(lastFailure(gate)['advice']).toContain(advice)
  })
})

describe('a local user', () => {
  it('a local user is told about the settings, and not about another site, when cookies are Secure and the page is on http', async () => {
    const gate = await startGate({
      args: ['--htpasswd-file=/htpasswd'],
      files: { '/htpasswd': 'dora:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n' },
    })
    const headers = ['Host', 'app.example.com', 'Origin', 'http://app.example.com', 'Accept', 'text/html']
    const form = ['Content-Type', 'application/x-www-form-urlencoded']
    const body = 'username=dora&password=password'
    const answer = await gate.ask('/oauth2/sign_in', { method: 'POST', headers: [...headers, ...form], body })
    const text = await answer.text()
    expect(text).toContain(OPERATOR)
    expect(text).toContain('opened over http')
    expect(answer.headers.getSetCookie()).toEqual([])
  })
})

it('a long address survives a sign-in, and one that cannot is told about', async () => {
  const gate = await startGate()
  const alice = gate.visitor()
  const long = `/app/dashboards?_a=${encodeURIComponent('(filters:!(),query:(match_all:()))'.repeat(110))}`
  expect(long.length).toBeGreaterThan(4_000)
  const page = await alice.visit(long)
  const [, href = ''] = /href="(\/oauth2\/start\?[^"]+)"/u.exec(page.text) ?? []
  const arrived = await alice.browse(href.replaceAll('&amp;', '&'))
  expect(arrived.url).toBe(`${ORIGIN}${long}`)

  const bob = gate.visitor()
  const lost = await bob.browse(`/oauth2/start?rd=${encodeURIComponent(`/${'x'.repeat(9_000)}`)}`)
  expect(lost.url).toBe(`${ORIGIN}/oauth2/signed_in?target=lost`)
  expect(lost.text).toContain('was too long to be kept')
  expect(gate.platform.plans.at(-1)?.target).toBe(long)
})
