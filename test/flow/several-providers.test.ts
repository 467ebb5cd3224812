import { describe, expect, it } from 'vitest'
import type { Config } from '../../src/config/config.ts'
import type { ProviderConfig } from '../../src/config/sections/provider.ts'
import { startGate, type TestGate } from '../support/gate.ts'
import type { Visitor } from '../support/visitor.ts'

const SESSION = '__Host-_oauth2_proxy'
const MINUTE = 60_000

/** Changes the list of providers, which starts as the one that flags can name. */
function withProviders(change: (given: ProviderConfig) => readonly ProviderConfig[]) {
  return (config: Config): Config => ({
    ...config,
    providers: config.providers.flatMap((provider) => [...change(provider)]),
  })
}

/** A further provider that people can sign in at. */
function second(provider: ProviderConfig): ProviderConfig {
  return { ...provider, id: 'second', issuer: 'https://second.test', clientId: 'other-client' }
}

async function signIn(gate: TestGate, provider = ''): Promise<Visitor> {
  const visitor = gate.visitor()
  const seen = await visitor.browse(`/oauth2/start?rd=%2F${provider === '' ? '' : `&provider=${provider}`}`)
  if (seen.status !== 200) throw new Error(`Sign-in ended with ${seen.status}: ${seen.text}`)
  return visitor
}

/** What another process answers to this browser: status, and the end of the session cookie. */
async function asked(gate: TestGate, { jar }: Visitor, target = '/x') {
  const cookie = [...jar].map((pair) => pair.join('=')).join('; ')
  const answer = await gate.ask(target, { headers: ['Host', 'app.example.com', 'Cookie', cookie] })
  const ended = answer.headers.getSetCookie().some((line) => line.startsWith(`${SESSION}=;`))
  return { status: answer.status, ended }
}

function events({ platform }: TestGate, name: string) {
  return platform.lines.filter(({ event }) => event === name)
}

describe('a change of the providers', () => {
  it.each<[string, (given: ProviderConfig) => readonly ProviderConfig[]]>([
    ['one is added behind', (given) => [given, second(given)]],
    ['one is added before', (given) => [second(given), given]],
    [
      'one is added before and one behind',
      (given) => [second(given), given, { ...second(given), id: 'third' }],
    ],
  ])('a change of the providers ends no session, here or across a refresh, when %s', async (_, change) => {
    const gate = await startGate({ args: ['--cookie-refresh=10m'] })
    const alice = await signIn(gate)
    const after = await gate.sibling(['--cookie-refresh=10m'], withProviders(change))
    expect(await asked(after, alice)).toEqual({ status: 200, ended: false })
    gate.platform.pass(11 * MINUTE)
    expect(await asked(after, alice)).toEqual({ status: 200, ended: false })
    expect(events(gate, 'session_refreshed')).toMatchObject([{ provider: 'oidc', user: 'alice' }])
  })

  it('a change of the providers ends no session of the others when the order changes or one is removed', async () => {
    const both = withProviders((given) => [second(given), given])
    const gate = await startGate({ change: both })
    const alice = await signIn(gate, 'oidc')
    for (const change of [
      (given: ProviderConfig) => [given, second(given)],
      (given: ProviderConfig) => [given],
    ]) {
      expect(await asked(await gate.sibling([], withProviders(change)), alice)).toMatchObject({ status: 200 })
    }
  })

  it('a change of the providers does not stop a sign-in that is under way at another one', async () => {
    const gate = await startGate()
    const visitor = gate.visitor()
    const started = await visitor.visit('/oauth2/start?rd=%2F')
    const back = await gate.provider.visit(started.location ?? '')
    const after = await gate.sibling(
      [],
      withProviders((given) => [second(given), given]),
    )
    const same = after.visitor()
    for (const [name, value] of visitor.jar) same.jar.set(name, value)
    const seen = await same.browse(back.pathname + back.search)
    expect([seen.status, new URL(seen.url).pathname]).toEqual([200, '/'])
    expect(same.jar.get(SESSION)).toMatch(/^ey/u)
  })

  it('a change of the providers ends the sessions of a provider that is gone, as if they were signed out, and says why', async () => {
    const gate = await startGate()
    const alice = await signIn(gate)
    const without = await gate.sibling(
      [],
      withProviders((given) => [second(given)]),
    )
    expect(await asked(without, alice)).toEqual({ status: 401, ended: true })
    expect(await asked(without, alice, '/oauth2/auth')).toEqual({ status: 401, ended: true })
    expect(events(gate, 'session_ended')[0]).toMatchObject({
      level: 'info',
      why: 'provider is not configured',
      provider: 'oidc',
      user: 'alice',
      request_id: expect.any(String),
    })
  })

  it.each<[string, Partial<ProviderConfig>]>([
    ['client id', { clientId: 'other-client' }],
    ['issuer', { issuer: 'https://second.test' }],
  ])(
    'a change of the providers ends the sessions of a provider that has another %s now [CK-22]',
    async (_, change) => {
      const gate = await startGate()
      const alice = await signIn(gate)
      const other = await gate.sibling(
        [],
        withProviders((given) => [{ ...given, ...change }]),
      )
      expect(await asked(other, alice)).toEqual({ status: 401, ended: true })
      expect(events(gate, 'session_ended')[0]).toMatchObject({ why: 'made with another client id or issuer' })
    },
  )

  it('redeems no code at another provider than the one that issued it [CB-17]', async () => {
    const gate = await startGate()
    const visitor = gate.visitor()
    const started = await visitor.visit('/oauth2/start?rd=%2F')
    const back = await gate.provider.visit(started.location ?? '')
    const other = await gate.sibling(
      [],
      withProviders((given) => [{ ...given, clientId: 'other-client' }]),
    )
    const cookie = [...visitor.jar].map((pair) => pair.join('=')).join('; ')
    const answer = await other.ask(back.pathname + back.search, {
      headers: ['Host', 'app.example.com', 'Cookie', cookie],
    })
    expect(answer.status).toBe(403)
    expect(gate.provider.hits.token).toBe(0)
    expect(events(gate, 'sign_in_failed')[0]).toMatchObject({ code: 'state_mismatch' })
  })

  it('logs nothing about cookies that strangers make up', async () => {
    const gate = await startGate()
    const cookie = `${SESSION}=x`
    await gate.ask('/x', { headers: ['Host', 'app.example.com', 'Cookie', cookie] })
    expect(events(gate, 'session_ended')).toEqual([])
  })
})

describe.each(['htpasswd', 'local', 'bearer'])(
  'a provider that is called %s is a provider like others',
  (id) => {
    const called = withProviders((given) => [{ ...given, id }])

    it('whose people need an e-mail address that a rule admits', async () => {
      const gate = await startGate({ change: called })
      gate.provider.user = { sub: 'mallory', email: 'mallory@evil.example', groups: [] }
      const seen = await gate.visitor().browse('/oauth2/start?rd=%2F')
      expect(seen.status).toBe(403)
      // A rule that came later counts for a session that is there.
      gate.provider.user = { sub: 'alice', email: 'alice@example.com', groups: [] }
      const alice = await signIn(gate)
      const strict = await gate.sibling([], (config) => {
        const changed = called(config)
        return { ...changed, policy: { ...changed.policy, emailDomains: ['other.example'] } }
      })
      expect(await asked(strict, alice)).toMatchObject({ status: 403 })
    })

    it('whose sessions are refreshed, and signed out with a revocation', async () => {
      const args = ['--cookie-refresh=10m']
      const gate = await startGate({ args, change: called })
      const alice = await signIn(gate)
      gate.platform.pass(11 * MINUTE)
      expect((await alice.fetch('/x')).status).toBe(200)
      expect(events(gate, 'session_refreshed')).toMatchObject([{ provider: id }])
      await alice.fetch('/oauth2/sign_out', { method: 'POST' })
      await gate.platform.settled()
      expect(gate.provider.revoked).toHaveLength(1)
      expect((await alice.fetch('/x')).status).toBe(401)
    })
  },
)
