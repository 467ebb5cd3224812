import { describe, expect, it } from 'vitest'
import { startGate, type TestGate } from '../support/gate.ts'
import type { Asking, Visitor } from '../support/visitor.ts'

const MINUTE = 60_000
const SIGN_OUT: Asking = { method: 'POST', headers: ['Origin', 'https://app.example.com'] }

async function signedIn(gate: TestGate): Promise<Visitor> {
  const visitor = gate.visitor()
  const seen = await visitor.browse('/oauth2/start?rd=%2F')
  if (seen.status !== 200) throw new Error(`Sign-in ended with ${seen.status}: ${seen.text}`)
  return visitor
}

/** What somebody has who copied the cookies. */
function copyOf(visitor: Visitor): readonly string[] {
  return ['Host', 'app.example.com', 'Cookie', [...visitor.jar].map((pair) => pair.join('=')).join('; ')]
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

const AT_PROVIDER = ['--sign-out-at-provider']

describe('signing out at the provider as well', () => {
  it('a sign-out shows the provider an ID token, which is fetched then and not carried along before', async () => {
    const gate = await startGate({ args: AT_PROVIDER })
    const alice = await signedIn(gate)
    gate.platform.pass(60 * MINUTE)
    const seen = await alice.visit('/oauth2/sign_out', SIGN_OUT)
    const asked = new URL(seen.location ?? '').searchParams
    expect([...asked.keys()].sort()).toEqual([
      'client_id',
      'id_token_hint',
      'post_logout_redirect_uri',
      'state',
    ])
    expect(claimsOf(asked.get('id_token_hint') ?? '')).toMatchObject({ sub: 'alice', aud: 'sidegate' })
    await gate.platform.settled()
    // The newest refresh token is revoked: the one before it was used up by the way.
    expect(gate.provider.revoked).toHaveLength(1)
    const last = gate.provider.tokenRequests.at(-1)?.form.get('refresh_token')
    expect(gate.provider.revoked).not.toContain(last)
  })

  it('a sign-out goes on without an ID token when the provider gives none any more', async () => {
    const gate = await startGate({ args: AT_PROVIDER })
    const alice = await signedIn(gate)
    gate.provider.scripts.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 })
    const seen = await alice.visit('/oauth2/sign_out', SIGN_OUT)
    const asked = new URL(seen.location ?? '').searchParams
    expect([asked.get('client_id'), asked.has('id_token_hint')]).toEqual(['sidegate', false])
    expect([...alice.jar.keys()]).toEqual([])
  })

  it('a sign-out asks for no ID token where no address needs one', async () => {
    const gate = await startGate({ args: [...AT_PROVIDER, '--whitelist-domain=op.test'] })
    gate.provider.behaviour.metadata = { end_session_endpoint: undefined }
    const alice = await signedIn(gate)
    const seen = await alice.visit('/oauth2/sign_out?rd=https://op.test/bye', SIGN_OUT)
    expect(seen.location).toBe('https://op.test/bye')
    expect(gate.provider.hits.token).toBe(1)
  })

  it('a sign-out puts the ID token into oauth2-proxy’s rd and backend-logout-url', async () => {
    const gate = await startGate({
      args: [
        '--whitelist-domain=op.test',
        '--backend-logout-url=https://op.test/logout?id_token_hint={id_token}',
      ],
    })
    const alice = await signedIn(gate)
    const rd = encodeURIComponent('https://op.test/logout?id_token_hint={id_token}')
    const seen = await alice.visit(`/oauth2/sign_out?rd=${rd}`, SIGN_OUT)
    await gate.platform.settled()
    const shown = new URL(seen.location ?? '').searchParams.get('id_token_hint') ?? ''
    expect(claimsOf(shown)).toMatchObject({ sub: 'alice' })
    expect(gate.provider.logouts.map((query) => query.get('id_token_hint'))).toEqual([shown])
    expect(gate.provider.hits.token).toBe(1)
  })

  it('a sign-out fetches the ID token when the address in rd is the only place that names it', async () => {
    const gate = await startGate({ args: [...AT_PROVIDER, '--whitelist-domain=op.test'] })
    const alice = await signedIn(gate)
    const rd = encodeURIComponent('https://op.test/logout?id_token_hint={id_token}')
    const seen = await alice.visit(`/oauth2/sign_out?rd=${rd}`, SIGN_OUT)
    const shown = new URL(seen.location ?? '').searchParams.get('id_token_hint') ?? ''
    expect(claimsOf(shown)).toMatchObject({ sub: 'alice' })
  })
})

describe('a copy of the cookie after the sign-out', () => {
  it('a copy of the cookie is dead at once where the sign-out was, and after five minutes in a process that did not hear of it', async () => {
    const gate = await startGate({ args: ['--session-revalidate=5m'] })
    const alice = await signedIn(gate)
    const copy = copyOf(alice)
    const deaf = await gate.sibling()
    await alice.visit('/oauth2/sign_out', SIGN_OUT)
    await gate.platform.settled()
    expect((await gate.ask('/x', { headers: copy })).status).toBe(401)
    gate.platform.pass(4 * MINUTE + 59_000)
    expect((await deaf.ask('/x', { headers: copy })).status).toBe(200)
    gate.platform.pass(1_000)
    expect((await deaf.ask('/x', { headers: copy })).status).toBe(401)
  })

  it('a copy of the cookie works on after the sign-out without revalidation, which is what the setting is for', async () => {
    const gate = await startGate({ args: ['--session-revalidate=0'] })
    gate.provider.behaviour.accessTokenSeconds = 86_400
    const alice = await signedIn(gate)
    const copy = copyOf(alice)
    const deaf = await gate.sibling()
    await alice.visit('/oauth2/sign_out', SIGN_OUT)
    await gate.platform.settled()
    gate.platform.pass(60 * MINUTE)
    expect((await deaf.ask('/x', { headers: copy })).status).toBe(200)
  })
})
