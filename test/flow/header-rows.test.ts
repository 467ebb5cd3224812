import { describe, expect, it } from 'vitest'
import type { Config } from '../../src/config/config.ts'
import { additionalClaimsOf, type HeaderSource } from '../../src/config/values/header-rows.ts'
import { startGate, type TestGate } from '../support/gate.ts'
import type { Visitor } from '../support/visitor.ts'

const ALICE = { sub: 'alice', email: 'alice@example.com', preferred_username: 'alice', groups: ['staff'] }

function claim(name: string): HeaderSource {
  return { kind: 'claim', names: [name], prefix: '' }
}

/** Rows that structured configuration can name and flags cannot. */
function withRows(config: Config): Config {
  const request = [
    { name: 'X-Tenant', values: [claim('tenant.id')], preserveRequestValue: false },
    { name: 'X-Roles', values: [claim('roles')], preserveRequestValue: false },
    { name: 'X-Refresh', values: [token('refresh_token')], preserveRequestValue: false },
  ]
  const headers = {
    ...config.headers,
    request,
    response: [{ name: 'X-Tenant', values: [claim('tenant.id')] }],
  }
  const additional = additionalClaimsOf(headers)
  return {
    ...config,
    headers,
    providers: config.providers.map((provider) => ({
      ...provider,
      claims: { ...provider.claims, additional },
    })),
  }
}

function token(name: 'refresh_token'): HeaderSource {
  return { kind: 'token', name, prefix: '' }
}

async function signedIn(gate: TestGate): Promise<Visitor> {
  const visitor = gate.visitor()
  const seen = await visitor.browse('/oauth2/start?rd=%2F')
  if (seen.status !== 200) throw new Error(`Sign-in ended with ${seen.status}: ${seen.text}`)
  return visitor
}

/** What the app was told last, under this name. */
function told({ platform }: TestGate, name: string): readonly string[] {
  const lines = platform.plans.at(-1)?.headers ?? []
  return lines.filter((_, at) => at % 2 === 1 && lines[at - 1] === name)
}

describe('header rows of the configuration', () => {
  it('header rows of the configuration carry further claims from the provider through the cookie to the app and into answers', async () => {
    const gate = await startGate({ change: withRows })
    gate.provider.user = { ...ALICE, tenant: { id: 'acme' }, roles: ['dev', 'ops'] }
    const alice = await signedIn(gate)
    // Another process knows the session by its cookie alone.
    const sibling = await gate.sibling()
    const cookie = [...alice.jar].map((pair) => pair.join('=')).join('; ')
    const answer = await sibling.ask('/x', {
      headers: ['Host', 'app.example.com', 'Cookie', cookie, 'X-Tenant', 'evil', 'X_Tenant', 'evil'],
    })
    expect([told(gate, 'X-Tenant'), told(gate, 'X-Roles')]).toEqual([['acme'], ['dev,ops']])
    expect(told(gate, 'X-Refresh')).toHaveLength(1)
    expect(answer.headers.get('x-tenant')).toBe('acme')
    const auth = await alice.fetch('/oauth2/auth')
    expect([auth.status, auth.headers.get('x-tenant')]).toEqual([202, 'acme'])
  })

  it('follow what the provider says at a refresh', async () => {
    const gate = await startGate({ args: ['--cookie-refresh=10m'], change: withRows })
    gate.provider.user = { ...ALICE, tenant: { id: 'acme' }, roles: ['dev'] }
    const alice = await signedIn(gate)
    gate.provider.user = { ...ALICE, tenant: { id: 'other' } }
    gate.platform.pass(11 * 60_000)
    await alice.fetch('/x')
    expect([told(gate, 'X-Tenant'), told(gate, 'X-Roles')]).toEqual([['other'], []])
  })

  it('header rows of the configuration carry the claims of a bearer token', async () => {
    const gate = await startGate({ args: ['--skip-jwt-bearer-tokens'], change: withRows })
    const bearer = await gate.provider.mint({ tenant: { id: 'robots' } })
    await gate.ask('/x', { headers: ['Host', 'app.example.com', 'Authorization', `Bearer ${bearer}`] })
    expect(told(gate, 'X-Tenant')).toEqual(['robots'])
  })

  it('header rows of the configuration that are gone take their claims out of the cookie with the next refresh', async () => {
    const gate = await startGate({ args: ['--cookie-refresh=10m'], change: withRows })
    gate.provider.user = {
      ...ALICE,
      tenant: { id: 'acme' },
      roles: Array.from({ length: 50 }, (_, at) => `role-${at}`),
    }
    const alice = await signedIn(gate)
    const sizeOf = () => [...alice.jar].join().length
    const before = sizeOf()
    const without = await gate.sibling(['--cookie-refresh=10m'], (config) => config)
    gate.platform.pass(11 * 60_000)
    const cookie = [...alice.jar].map((pair) => pair.join('=')).join('; ')
    const answer = await without.ask('/x', { headers: ['Host', 'app.example.com', 'Cookie', cookie] })
    const [line = ''] = answer.headers.getSetCookie()
    expect(answer.status).toBe(200)
    expect((line.split(';')[0] ?? '').length).toBeLessThan(before - 100)
  })
})
