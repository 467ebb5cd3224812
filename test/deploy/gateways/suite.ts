import type { IncomingHttpHeaders } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Edge, startEdge } from '../../support/edge.ts'
import { GATEWAYS } from '../../support/gateways.ts'
import type { Visitor } from '../../support/visitor.ts'
import { SITUATIONS, SPOOFED, TOLD } from './identity.ts'
import { checkQuestion } from './question.ts'

const SETTINGS = {
  OAUTH2_PROXY_SKIP_AUTH_ROUTES: 'GET=^/public/',
  OAUTH2_PROXY_ALLOWED_GROUPS: 'staff',
  OAUTH2_PROXY_COOKIE_REFRESH: '1s',
}
/** 200 groups as Entra names them: a session of two cookies. */
const MANY_GROUPS = ['staff', ...Array.from({ length: 200 }, () => crypto.randomUUID())]
/** Public to whoever looks at the beginning only. */
const DOTTED = [
  '/public/../private',
  '/public/%2e%2e/private',
  '/public/..%2fprivate',
  '/public%2f..%2fprivate',
  '/public//../private',
  '/public/..;/private',
  '/public/../../private',
]
/** What holds for every gateway that runs its recipe from deploy/; skipped where the program cannot be had. */
export function checkGateway(name: string): void {
  const gateway = GATEWAYS.find((one) => one.name === name)
  if (gateway === undefined) throw new TypeError(`no gateway ${name}`)
  describe.skipIf(gateway.program() === undefined)(`deploy/${name} with the gate`, () => {
    let edge: Edge
    let visitor: Visitor
    beforeAll(async () => {
      edge = await startEdge(gateway, SETTINGS)
    })
    afterAll(() => edge.close())
    beforeEach(() => {
      visitor = edge.visitor()
      edge.app.received.length = 0
      edge.provider.user = {
        sub: 'alice',
        email: 'alice@example.com',
        email_verified: true,
        groups: ['staff'],
      }
    })
    const received = () => edge.app.received.at(-1)

    /** From the page that a first visit gets, through the provider, to wherever that leads. */
    async function signIn(target = '/', person = visitor): Promise<{ url: string; status: number }> {
      const page = await person.visit(target)
      const href = /href="([^"]*\/oauth2\/start[^"]*)"/u.exec(page.text)?.[1]
      if (href === undefined) throw new Error(`No way to sign in (${page.status}): ${page.text}`)
      return person.browse(href.replaceAll('&amp;', '&'))
    }
    const pause = () => new Promise((resolve) => setTimeout(resolve, 1_100))

    it('the gateway shows the sign-in page to a person and 401 to a program, and asks the app neither', async () => {
      const page = await visitor.visit('/deep?a=1')
      expect([200, 401, 403]).toContain(page.status)
      expect(page.text).toContain('Sign in')
      expect((await visitor.fetch('/api')).status).toBe(401)
      expect((await visitor.fetch('/api', { method: 'POST', body: 'a=1' })).status).toBe(401)
      expect(await edge.webSocket(visitor)).toBe(401)
      expect(edge.app.received).toEqual([])
    })

    it('the gateway brings a person back to the very address and tells the app who it is', async () => {
      const landed = await signIn('/deep/page?a=1&b=//c/../d&e=%2F')
      expect(landed).toMatchObject({
        status: 200,
        url: 'https://app.example.com/deep/page?a=1&b=//c/../d&e=%2F',
      })
      expect(received()).toMatchObject({
        method: 'GET',
        url: '/deep/page?a=1&b=//c/../d&e=%2F',
        headers: {
          host: 'app.example.com',
          'x-auth-request-user': 'alice',
          'x-auth-request-email': 'alice@example.com',
          'x-auth-request-groups': 'staff',
        },
      })
    })

    describe.each(SITUATIONS)('the app, $when,', ({ user, target, forged, told }) => {
      let headers: IncomingHttpHeaders
      beforeAll(async () => {
        const person = edge.visitor()
        if (user !== undefined) {
          edge.provider.user = user
          await signIn('/', person)
        }
        expect((await person.fetch(target, { headers: forged })).status).toBe(200)
        headers = received()?.headers ?? {}
      })

      it.each(TOLD)('receives %s as the gate says it', (name, claim) => {
        expect(headers[name.toLowerCase()] ?? '').toBe(told[claim])
      })

      it('receives nothing of identity that the client wrote, in any spelling [HD-51]', () => {
        expect(JSON.stringify(headers)).not.toContain('admin')
      })
    })

    it('the gateway lets a public route pass without a sign-in, without an identity, and by its real address only', async () => {
      expect((await visitor.fetch('/public/a?b=1', { headers: SPOOFED })).status).toBe(200)
      expect(JSON.stringify(received()?.headers)).not.toContain('admin')
      edge.app.received.length = 0
      const elsewhere = [
        'X-Forwarded-Uri',
        '/public/a',
        'X-Original-Uri',
        '/public/a',
        'X-Original-URL',
        '/public/a',
      ]
      expect((await visitor.fetch('/private', { headers: elsewhere })).status).toBe(401)
      expect((await visitor.fetch('/public/a', { method: 'DELETE' })).status).toBe(401)
      const method = [
        'X-Forwarded-Method',
        'GET',
        'X-Original-Method',
        'GET',
        'X-HTTP-Method-Override',
        'GET',
      ]
      expect((await visitor.fetch('/public/a', { method: 'DELETE', headers: method })).status).toBe(401)
      expect(edge.app.received).toEqual([])
      // Some gateways resolve dots themselves; what the app then gets is what was judged.
      for (const path of DOTTED) await visitor.fetch(path)
      expect(edge.app.received.filter(({ url }) => url !== '/public/private')).toEqual([])
    })

    it('the gateway passes bodies, cookies and answers of the app through', async () => {
      await signIn()
      visitor.jar.set('theme', 'dark')
      visitor.jar.set('last', '__Host-_oauth2_proxy')
      const sent = await visitor.fetch('/form', { method: 'POST', body: 'a=1&b=2' })
      expect(sent.headers.get('x-app')).toBe('yes')
      expect(sent.setCookies).toContain('app=1; Path=/')
      expect(received()).toMatchObject({ method: 'POST', body: 'a=1&b=2' })
      expect(received()?.headers.cookie).toContain('theme=dark')
      expect(await visitor.fetch('/own-401')).toMatchObject({
        status: 401,
        text: expect.stringContaining('/own-401'),
      })
      const names = (received()?.headers.cookie ?? '').split(/; ?/u).map((cookie) => cookie.split('=')[0])
      expect(names).toEqual(expect.arrayContaining(['theme', 'last']))
      if (gateway.hidesCookies) expect(names.join()).not.toMatch(/oauth2_proxy|sidegate/u)
    })

    it('the gateway carries WebSockets of people who are signed in', async () => {
      await signIn()
      expect(await edge.webSocket(visitor)).toBe('hello')
      expect(received()?.headers['x-auth-request-user']).toBe('alice')
    })

    it.each([
      ['one cookie', ['staff'], 1],
      ['two cookies', MANY_GROUPS, 2],
    ])('the gateway hands renewed sessions of %s to the browser', async (_, groups, cookies) => {
      edge.provider.user = { sub: 'alice', email: 'alice@example.com', email_verified: true, groups }
      await signIn()
      const session = () => [...visitor.jar].filter(([name]) => /(oauth2_proxy|sidegate)(_\d)?$/u.test(name))
      const refreshes = edge.provider.hits.token
      for (let round = 1; round <= 2; round += 1) {
        const before = session()
        expect(before).toHaveLength(cookies)
        await pause()
        const seen = await visitor.fetch('/')
        expect(seen.status).toBe(200)
        expect(session()).toHaveLength(cookies)
        for (const [name, value] of before) expect(visitor.jar.get(name), name).not.toBe(value)
        for (const line of seen.setCookies.filter((set) => /oauth2_proxy|sidegate/u.test(set)))
          expect(line).toMatch(/; Path=\/.*; HttpOnly; Secure; SameSite=Lax$|Max-Age=0/u)
      }
      // The provider revokes everything when an old refresh token comes back: a lost cookie would have ended it.
      expect(edge.provider.hits.token).toBe(refreshes + 2)
      expect(received()?.headers['x-auth-request-groups']).toBe(groups.join(','))
    })

    it('the gateway forgets the cookies of a form that the session no longer has', async () => {
      edge.provider.user = {
        sub: 'alice',
        email: 'alice@example.com',
        email_verified: true,
        groups: MANY_GROUPS,
      }
      await signIn()
      edge.provider.user = {
        sub: 'alice',
        email: 'alice@example.com',
        email_verified: true,
        groups: ['staff'],
      }
      await pause()
      await visitor.fetch('/')
      await pause()
      expect((await visitor.fetch('/')).status).toBe(200)
      expect(received()?.headers['x-auth-request-groups']).toBe('staff')
    })

    it('the gateway keeps people out that the rules no longer admit', async () => {
      await signIn()
      edge.provider.user = {
        sub: 'alice',
        email: 'alice@example.com',
        email_verified: true,
        groups: ['guests'],
      }
      await pause()
      edge.app.received.length = 0
      expect((await visitor.fetch('/')).status).toBe(403)
      expect((await visitor.visit('/')).status).toBe(403)
      expect(edge.app.received).toEqual([])
    })

    describe('asks the gate', () => checkQuestion(gateway))

    it('the gateway is closed while the gate is down', async () => {
      await signIn()
      edge.app.received.length = 0
      await edge.gate.stop()
      expect((await visitor.fetch('/')).status).toBeGreaterThanOrEqual(400)
      expect((await visitor.visit('/public/a')).status).toBeGreaterThanOrEqual(400)
      expect(edge.app.received).toEqual([])
    })
  })
}
