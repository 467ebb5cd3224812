import { describe, expect, it } from 'vitest'
import type { Claims } from '../support/fake-provider.ts'
import { startGate, type TestGate } from '../support/gate.ts'
import type { Visitor } from '../support/visitor.ts'

const MINUTE = 60_000
const SESSION = '__Host-_oauth2_proxy'
/** Three quarters of an access token of five minutes are over, so a refresh is due; the session stands by itself. */
const SOFT = 4 * MINUTE

async function signedIn(gate: TestGate): Promise<Visitor> {
  const visitor = gate.visitor()
  const seen = await visitor.browse('/oauth2/start?rd=%2F')
  if (seen.status !== 200) throw new Error(`Sign-in ended with ${seen.status}: ${seen.text}`)
  return visitor
}

function refreshes({ provider }: TestGate): number {
  return provider.tokenRequests.filter(({ form }) => form.get('grant_type') === 'refresh_token').length
}

/** The provider is asked every few minutes. */
const REVALIDATING = ['--session-revalidate=5m']

describe('an answer about another person', () => {
  // [what the refreshed ID token says]
  const strangers: [Claims][] = [
    [{ sub: 'mallory' }],
    [{ iss: 'https://evil.test' }],
    [{ aud: 'another-client' }],
    [{ azp: 'another-client' }],
    [{ email_verified: false }],
  ]

  it.each(strangers)(
    'an answer about another person ends the session, cookie and all: %j',
    async (change) => {
      const gate = await startGate({ args: REVALIDATING })
      const alice = await signedIn(gate)
      gate.provider.idToken.claims = (claims) => ({ ...claims, ...change })
      gate.platform.pass(SOFT)
      const seen = await alice.fetch('/x')
      expect(seen.status).toBe(401)
      expect(alice.jar.has(SESSION)).toBe(false)
      expect(gate.platform.plans.filter(({ target }) => target === '/x')).toEqual([])
    },
  )

  it('an answer about the same person whose new ID token cannot be verified ends no session', async () => {
    const gate = await startGate({ args: REVALIDATING })
    const alice = await signedIn(gate)
    gate.provider.idToken.claims = (claims) => ({ ...claims, exp: 1 })
    gate.platform.pass(SOFT)
    expect((await alice.fetch('/x')).status).toBe(200)
    expect(alice.jar.has(SESSION)).toBe(true)
  })
})

describe('a provider in trouble', () => {
  it('a provider in trouble costs no session that is still valid, and is left alone for five seconds', async () => {
    const gate = await startGate({ args: REVALIDATING })
    const alice = await signedIn(gate)
    gate.provider.scripts.token = () => new Response('oops', { status: 500 })
    gate.platform.pass(SOFT)
    const statuses = await Promise.all(Array.from({ length: 20 }, () => alice.fetch('/x')))
    expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set([200]))
    expect(gate.provider.hits.token).toBe(2)
    gate.platform.pass(6_000)
    expect((await alice.fetch('/x')).status).toBe(200)
    expect(gate.provider.hits.token).toBe(3)
  })

  it('a provider in trouble leaves the cookie alone even of a session that is over, so that it works again afterwards', async () => {
    const gate = await startGate({ args: REVALIDATING })
    const alice = await signedIn(gate)
    gate.provider.scripts.token = () => Promise.reject(new Error('down'))
    gate.platform.pass(10 * MINUTE)
    expect((await alice.fetch('/x')).status).toBe(401)
    expect(alice.jar.has(SESSION)).toBe(true)
    delete gate.provider.scripts.token
    gate.platform.pass(6_000)
    expect((await alice.fetch('/x')).status).toBe(200)
    expect(refreshes(gate)).toBe(1)
  })
})
