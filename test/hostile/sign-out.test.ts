import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Claims } from '../support/fake-provider.ts'
import { unsigned } from '../support/fake-signer.ts'
import { rawRequest } from './client.ts'
import { CSRF, cookieHeader, type Gate, ORIGIN, type Rig, SESSION, startRig } from './gate-fixture.ts'

let rig: Rig
let gate: Gate
const ALICE = { sub: 'alice', email: 'alice@example.com', email_verified: true, groups: ['staff', 'admins'] }

beforeAll(async () => {
  rig = await startRig()
  gate = await rig.gate('--whitelist-domain=allowed.example', '--sign-out-at-provider')
})
afterAll(() => rig.close())
afterEach(() => {
  // The provider's own sign-out signs the person out there as well.
  rig.provider.user = ALICE
  rig.app.take()
})

const FORM = 'Content-Type: application/x-www-form-urlencoded'

describe('a sign-out that another site asks for', () => {
  it.each<[string, string, string[]]>([
    ['LO-01', 'GET', ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image']],
    ['LO-01', 'GET', ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Accept: text/html']],
    ['LO-01', 'GET', ['Referer: https://evil.example/']],
    ['LO-02', 'POST', [FORM, 'Origin: https://evil.example']],
    ['LO-02', 'POST', [FORM, 'Origin: null']],
    ['LO-02', 'POST', [FORM, 'Sec-Fetch-Site: cross-site']],
    ['LO-02', 'POST', ['Content-Type: text/plain', 'Origin: https://evil.example']],
    ['LO-02', 'POST', ['Content-Type: Application/X-WWW-Form-Urlencoded', 'Origin: https://evil.example']],
    ['LO-02', 'POST', ['Origin: https://evil.example']],
    ['LO-02', 'POST', [FORM, `Origin: ${ORIGIN}.evil.example`]],
    ['LO-02', 'POST', [FORM, `Origin: ${ORIGIN}`, 'Sec-Fetch-Site: cross-site']],
    ['LO-03', 'POST', [FORM, 'Sec-Fetch-Site: same-site']],
    ['LO-03', 'GET', ['Sec-Fetch-Site: same-site']],
  ])('%s: a sign-out that another site asks for changes nothing by %s %j', async (_, method, lines) => {
    const cookie = `Cookie: ${await gate.signIn()}`
    const request = rawRequest('/oauth2/sign_out', {
      method,
      lines: [...lines, cookie],
      ...(method === 'POST' ? { body: '' } : {}),
    })
    const answer = await gate.tell(request)
    expect([answer?.status, answer?.all('set-cookie')]).toEqual([403, []])
    expect((await gate.tell(rawRequest('/x', { lines: [cookie] })))?.status).toBe(200)
  })

  it("a sign-out that another site asks for is a question to a person, who answers on Sidegate's page [LO-01, UI-08]", async () => {
    const lines = [
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Mode: navigate',
      'Sec-Fetch-Dest: document',
      'Accept: text/html',
    ]
    const answer = await gate.tell(rawRequest('/oauth2/sign_out?rd=https://evil.example', { lines }))
    expect(answer?.body).toContain('action="/oauth2/sign_out"')
    expect(answer?.body).not.toContain('evil.example')
    expect(answer?.header('x-frame-options')).toBe('DENY')
  })

  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'])('a sign-out is not %s [LO-02]', async (method) => {
    const cookie = `Cookie: ${await gate.signIn()}`
    const answer = await gate.tell(rawRequest('/oauth2/sign_out', { method, lines: [cookie] }))
    expect([answer?.status, answer?.all('set-cookie')]).toEqual([405, []])
  })
})

describe('a sign-out', () => {
  it('a sign-out ends every cookie, every copy, and the provider’s session [LO-05, LO-06, SL-01]', async () => {
    const visitor = gate.visitor()
    await visitor.browse('/oauth2/start?rd=/')
    const copy = cookieHeader(visitor)
    visitor.jar.set(`${SESSION}_0`, 'left over')
    visitor.jar.set(`${SESSION}_11`, 'left over')
    const out = await visitor.visit('/oauth2/sign_out', { method: 'POST', headers: ['Origin', ORIGIN] })
    expect([...visitor.jar]).toEqual([])
    for (const line of out.setCookies)
      expect(line).toMatch(/^__Host-\w+=; Path=\/; Max-Age=0; HttpOnly; Secure; SameSite=Lax$/u)
    const end = new URL(out.location ?? '')
    expect(end.href.startsWith(`${rig.provider.origin}/logout?`)).toBe(true)
    expect(end.searchParams.get('client_id')).toBe('sidegate')
    expect(end.searchParams.get('post_logout_redirect_uri')).toBe(`${ORIGIN}/oauth2/signed_out`)
    expect(end.searchParams.get('state')).toMatch(/^[\w.-]{40,}$/u)
    await expect.poll(() => rig.provider.revoked.length).toBeGreaterThan(0)
    expect((await gate.tell(rawRequest('/x', { lines: [`Cookie: ${copy}`] })))?.status).toBe(401)
    expect(copy).toContain(CSRF)
  })

  it('a sign-out is not undone by a refresh that was on its way [LO-16]', async () => {
    const slow = await rig.gate('--cookie-refresh=1s')
    const visitor = slow.visitor()
    await visitor.browse('/oauth2/start?rd=/')
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    const lines = [`Cookie: ${cookieHeader(visitor)}`]
    rig.provider.scripts.token = async (next) => {
      await new Promise((resolve) => setTimeout(resolve, 300))
      return next()
    }
    const refreshing = slow.tell(rawRequest('/x', { lines }))
    await new Promise((resolve) => setTimeout(resolve, 50))
    await slow.tell(rawRequest('/oauth2/sign_out', { method: 'POST', lines }))
    const late = await refreshing
    delete rig.provider.scripts.token
    const renewed = late?.all('set-cookie').find((line) => line.startsWith(`${SESSION}=ey`))
    const successor = renewed === undefined ? [] : [`Cookie: ${renewed.split(';')[0]}`]
    expect((await slow.tell(rawRequest('/x', { lines: successor })))?.status).toBe(401)
    await slow.stop()
  })

  it.each(['?state=other', '', '?state=a&state=b', '?state=<script>'])(
    "a sign-out ends on Sidegate's page with %j [LO-07]",
    async (query) => {
      const seen = await gate.visitor().visit(`/oauth2/signed_out${query}`)
      expect([seen.status, seen.location, seen.text.includes('<script>')]).toEqual([200, undefined, false])
    },
  )

  it.each(['frontchannel_logout', 'frontchannel', 'check_session', 'logout'])(
    'a sign-out has no endpoint at /oauth2/%s [LO-08, LO-15]',
    async (name) => {
      const cookie = `Cookie: ${await gate.signIn()}`
      rig.app.take()
      await gate.tell(rawRequest(`/oauth2/${name}?iss=${rig.provider.origin}&sid=x`, { lines: [cookie] }))
      // Not ours: the app hears of it, and the session stands.
      expect(rig.app.take()).toHaveLength(1)
      expect((await gate.tell(rawRequest('/x', { lines: [cookie] })))?.status).toBe(200)
    },
  )
})

describe('a back-channel sign-out', () => {
  const post = (body: string, lines: string[] = [FORM]) =>
    gate.tell(rawRequest('/oauth2/backchannel_logout', { method: 'POST', lines, body }))
  const now = () => Math.floor(Date.now() / 1000)

  it('a logout token ends all sessions of a person [LO-09]', async () => {
    const [cookie, other] = [await gate.signIn(), await gate.signIn()]
    const answer = await post(`logout_token=${await rig.provider.logoutToken()}`)
    expect([answer?.status, answer?.header('cache-control')?.includes('no-store')]).toEqual([200, true])
    for (const value of [cookie, other]) {
      expect((await gate.tell(rawRequest('/x', { lines: [`Cookie: ${value}`] })))?.status).toBe(401)
    }
    // Whole seconds are all that a logout token knows.
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    expect(await gate.signIn()).toContain(SESSION)
  })

  it.each<[string, string, () => Claims]>([
    ['LO-11', 'no event', () => ({ events: undefined })],
    ['LO-11', 'another event', () => ({ events: { 'http://schemas.openid.net/event/other': {} } })],
    [
      'LO-11',
      'an event that is no object',
      () => ({ events: { 'http://schemas.openid.net/event/backchannel-logout': true } }),
    ],
    ['LO-12', 'a nonce', () => ({ nonce: 'n' })],
    ['LO-13', 'another audience', () => ({ aud: 'other' })],
    ['LO-13', 'another issuer', () => ({ iss: 'https://evil.example' })],
    ['LO-14', 'no iat', () => ({ iat: undefined })],
    ['LO-14', 'an old iat', () => ({ iat: now() - 86_400, exp: now() + 60 })],
    ['LO-14', 'no jti', () => ({ jti: undefined })],
    ['LO-14', 'no exp', () => ({ exp: undefined })],
    ['LO-14', 'nobody', () => ({ sub: undefined })],
  ])('a logout token is refused with $1 [$0]', async (_, __, change) => {
    const cookie = `Cookie: ${await gate.signIn()}`
    expect((await post(`logout_token=${await rig.provider.logoutToken(change())}`))?.status).toBe(400)
    expect((await gate.tell(rawRequest('/x', { lines: [cookie] })))?.status).toBe(200)
  })

  it.each<[string, string, () => Promise<string>]>([
    [
      'LO-10',
      'alg none',
      async () =>
        `logout_token=${unsigned({ alg: 'none', typ: 'logout+jwt' }, claimsOf(await rig.provider.logoutToken()))}`,
    ],
    [
      'LO-10',
      'a changed signature',
      async () => `logout_token=${(await rig.provider.logoutToken()).slice(0, -8)}AAAAAAAA`,
    ],
    ['LO-14', 'an ID token', async () => `logout_token=${await rig.provider.mint()}`],
    [
      'LO-14',
      'two tokens',
      async () =>
        `logout_token=${await rig.provider.logoutToken()}&logout_token=${await rig.provider.logoutToken()}`,
    ],
    ['LO-14', 'nothing', async () => ''],
    ['LO-14', 'a word', async () => 'logout_token=x'],
  ])('a logout token is refused with $1 [$0]', async (_, __, make) => {
    expect((await post(await make()))?.status).toBe(400)
  })

  it('a logout token counts once, and by POST, and within bounds [LO-14]', async () => {
    const token = await rig.provider.logoutToken({ sub: 'somebody-else' })
    expect((await post(`logout_token=${token}`))?.status).toBe(200)
    expect((await post(`logout_token=${token}`))?.status).toBe(400)
    expect((await gate.tell(rawRequest(`/oauth2/backchannel_logout?logout_token=${token}`)))?.status).toBe(
      405,
    )
    expect((await post(`logout_token=${'x'.repeat(20_000)}`))?.status).toBe(413)
    expect((await post(`logout_token=${token}`, ['Content-Type: application/json']))?.status).toBe(400)
  })
})

it('the gate is still up after hostile sign-outs, and has written about no bug', () => {
  expect(gate.isAlive()).toBe(true)
  expect(gate.output()).not.toMatch(/Bug:/u)
})

function claimsOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}
