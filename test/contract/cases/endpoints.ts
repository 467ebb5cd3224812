import { describe, expect, it } from 'vitest'
import { signIn, type World } from '../contract-fixture.ts'
import { say } from '../http-messages.ts'

/** What gateways, probes and pages ask the gate itself. */
export function endpoints(world: World): void {
  describe('its own endpoints', () => {
    it.each(['/ping', '/ready'])('an endpoint says that Sidegate is well: %s', async (target) => {
      const answer = await world.ask({ target })
      expect([answer.status, answer.text]).toEqual([200, 'OK'])
      expect((await world.ask({ target, method: 'HEAD' })).status).toBe(200)
    })

    it.each([
      ['HTTP/1.0 without Host', 'GET /ping HTTP/1.0\r\n\r\n'],
      ['HTTP/1.1 without Host', 'GET /ready HTTP/1.1\r\nConnection: close\r\n\r\n'],
      ['an empty Host', 'GET /ping HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n'],
      ['cookies of RFC 2109', 'GET /ping HTTP/1.0\r\nHost: a\r\nCookie: $Version=1; a=b\r\n\r\n'],
    ])('an endpoint says that Sidegate is well to a load balancer that sends %s', async (name, bytes) => {
      const { statuses } = await say(world.gate.url, bytes)
      // The edge asks for a Host itself.
      expect(statuses).toEqual([world.differs('Framing of requests') && /Host/u.test(name) ? 400 : 200])
    })

    it('robots.txt keeps robots out', async () => {
      expect((await world.ask({ target: '/robots.txt' })).text).toBe('User-agent: *\nDisallow: /\n')
    })

    it('/oauth2/auth tells a gateway who asks', async () => {
      expect((await world.ask({ target: '/oauth2/auth' })).status).toBe(401)
      const answer = await world.asAlice({ target: '/oauth2/auth' })
      expect([answer.status, answer.body.length]).toEqual([202, 0])
      expect(answer.all('x-auth-request-user')).toEqual(['alice'])
      expect(answer.all('x-auth-request-email')).toEqual(['alice@example.com'])
      expect(answer.all('x-auth-request-groups')).toEqual(['staff,admins'])
    })

    it.each([
      ['?allowed_groups=admins', 202],
      ['?allowed_groups=board', 403],
      ['?allowed_groups=', 202],
      ['?allowed_emails=alice@example.com', 202],
    ])('/oauth2/auth narrows what a gateway allows: %s is %d', async (query, status) => {
      expect((await world.asAlice({ target: `/oauth2/auth${query}` })).status).toBe(status)
    })

    it('/oauth2/userinfo tells a page who is signed in, in the words of oauth2-proxy', async () => {
      const answer = await world.asAlice({ target: '/oauth2/userinfo' })
      expect([answer.status, JSON.parse(answer.text)]).toEqual([
        200,
        {
          user: 'alice',
          email: 'alice@example.com',
          groups: ['staff', 'admins'],
          preferredUsername: 'alice',
        },
      ])
      expect((await world.ask({ target: '/oauth2/userinfo' })).status).toBe(401)
    })

    it('endpoints never let an answer be stored', async () => {
      for (const target of ['/ping', '/oauth2/auth', '/oauth2/userinfo', '/oauth2/sign_in']) {
        const [value = ''] = (await world.asAlice({ target })).all('cache-control')
        expect(value).toContain('no-store')
      }
    })

    it('endpoints never forward to the app', async () => {
      for (const target of [
        '/oauth2/static/../../admin',
        '/oauth2/callback/..;/admin',
        '/oauth2x',
        '/oauth%32/start',
      ]) {
        expect((await world.ask({ target })).status).not.toBe(200)
      }
      expect(world.app.heard).toEqual([])
    })

    it('a sign-out takes back every piece of a large session, and revokes its refresh token', async () => {
      const { user } = world.provider
      world.provider.user = { ...user, sub: 'alice', groups: manyGroups() }
      const visitor = world.visitor()
      await signIn(visitor)
      const pieces = [...visitor.jar.keys()].filter((name) => name.includes('_oauth2_proxy'))
      expect(pieces.length).toBeGreaterThan(1)
      expect((await visitor.fetch('/who')).status).toBe(200)
      const revoked = world.provider.revoked.length
      await visitor.visit('/oauth2/sign_out')
      world.provider.user = user
      expect([...visitor.jar.keys()].filter((name) => pieces.includes(name))).toEqual([])
      await expect.poll(() => world.provider.revoked.length).toBe(revoked + 1)
      expect((await visitor.fetch('/who')).status).toBe(401)
    })

    it('a sign-out is refused to another site', async () => {
      const headers = [
        'Sec-Fetch-Site',
        'cross-site',
        'Sec-Fetch-Mode',
        'no-cors',
        'Origin',
        'https://evil.test',
      ]
      const answer = await world.asAlice({ target: '/oauth2/sign_out', method: 'POST', headers })
      expect([answer.status, answer.all('set-cookie')]).toEqual([403, []])
    })
  })
}

/** Two hundred groups with ids as Entra gives them, which no compression makes short. */
function manyGroups(): readonly string[] {
  return Array.from({ length: 200 }, () => crypto.randomUUID())
}
