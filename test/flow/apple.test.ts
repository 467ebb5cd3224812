import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { startGate } from '../support/gate.ts'

const P8 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()
const FORM = ['Content-Type', 'application/x-www-form-urlencoded']

/** The program in front of Apple: answers by form_post, client secrets by the form alone, no UserInfo endpoint. */
async function atApple(...args: readonly string[]) {
  const gate = await startGate({
    args: [
      '--provider=apple',
      '--apple-team-id=ABCDE12345',
      '--apple-key-id=KEY1234567',
      `--apple-private-key=${P8.trim()}`,
      ...args,
    ],
  })
  const { behaviour } = gate.provider
  behaviour.authMethods = ['client_secret_post']
  behaviour.fitsSecret = (secret) => secret.split('.').length === 3
  behaviour.metadata = { userinfo_endpoint: undefined, end_session_endpoint: undefined }
  return gate
}

it('people sign in with Apple, by an answer that is posted, and out', async () => {
  const { provider, platform, visitor } = await atApple()
  provider.user = { sub: '001999.a1b2.0042', email: 'ann@example.com', email_verified: 'true' }
  const ann = visitor()
  const start = await ann.visit('/oauth2/start?rd=%2Freports')
  const leaving = new URL(start.location ?? '')
  expect([leaving.searchParams.get('response_mode'), leaving.searchParams.get('scope')]).toEqual([
    'form_post',
    'openid email',
  ])
  // A POST from Apple's site brings back no other cookies than these.
  expect(start.setCookies.length).toBeGreaterThan(0)
  for (const cookie of start.setCookies) expect(cookie).toMatch(/; Secure; SameSite=None$/u)
  const back = await provider.visit(leaving.href)
  const user = encodeURIComponent(JSON.stringify({ name: { firstName: 'Ann' }, email: 'ann@example.com' }))
  const arrived = await ann.visit('/oauth2/callback', {
    method: 'POST',
    headers: FORM,
    body: `${back.search.slice(1)}&user=${user}`,
  })
  expect([arrived.status, arrived.location]).toEqual([302, '/reports'])
  expect((await ann.visit('/reports')).status).toBe(200)
  const headers = platform.plans.at(-1)?.headers ?? []
  expect(headers[headers.indexOf('X-Forwarded-Email') + 1]).toBe('ann@example.com')
  platform.pass(6 * 60_000)
  expect((await ann.visit('/reports')).status).toBe(200)
  await platform.settled()
  expect(provider.hits.token).toBe(1)
  const out = await ann.visit('/oauth2/sign_out', {
    headers: ['Origin', 'https://app.example.com'],
    method: 'POST',
  })
  expect(out.status).toBeLessThan(400)
  await platform.settled()
  expect(provider.revoked).toHaveLength(1)
  expect((await ann.visit('/reports')).text).toContain('Sign in with')
})

it('a person who hides the address from the app is refused by a rule on domains', async () => {
  const { provider, platform, visitor } = await atApple()
  provider.user = { sub: '001999.a1b2.0042', email: 'x@privaterelay.appleid.com', email_verified: true }
  const ann = visitor()
  const start = await ann.visit('/oauth2/start?rd=%2F')
  const back = await provider.visit(start.location ?? '')
  const seen = await ann.arrive('/oauth2/callback', {
    method: 'POST',
    headers: FORM,
    body: back.search.slice(1),
  })
  expect(seen.status).toBe(403)
  expect(platform.lines).toContainEqual(
    expect.objectContaining({ event: 'sign_in_failed', code: 'not_permitted', rule: 'email' }),
  )
})
