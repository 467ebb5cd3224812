import { describe, expect, it } from 'vitest'
import { signIn, type World } from '../contract-fixture.ts'

/** People come as browsers, programs come as they like; only people are offered a sign-in. */
export function signingIn(world: World): void {
  describe('a person', () => {
    it.each(['/', '/reports?month=5', '/a?next=https://x.example//y', '/a%20b?c=%2F%2F&d=%C3%A9'])(
      'a person sees a page, signs in, and reaches %s byte for byte',
      async (target) => {
        const visitor = world.visitor()
        const page = await visitor.visit(target)
        expect([page.status, page.setCookies]).toEqual([200, []])
        expect(page.text).toContain(`/oauth2/start?rd=${encodeURIComponent(target)}`)
        const landed = await visitor.browse(`/oauth2/start?rd=${encodeURIComponent(target)}`)
        expect([landed.url, landed.text]).toEqual([`https://app.example.com${target}`, 'hello from the app'])
        expect(world.app.heard.at(-1)?.url).toBe(target)
      },
    )

    it('a person is sent to the provider with PKCE, nonce and a short state', async () => {
      const start = await world.visitor().visit('/oauth2/start?rd=%2F')
      const asked = new URL(start.location ?? '').searchParams
      expect(start.status).toBe(302)
      expect(asked.get('code_challenge_method')).toBe('S256')
      expect(asked.get('nonce')).toMatch(/^[\w-]{22,}$/u)
      expect(asked.get('redirect_uri')).toBe('https://app.example.com/oauth2/callback')
      expect(asked.get('state')?.length).toBeLessThan(500)
    })

    it('a person gets a session that only this host and only the gate can read', async () => {
      const visitor = world.visitor()
      const start = await visitor.visit('/oauth2/start?rd=%2F')
      const back = await world.provider.visit(start.location ?? '')
      const landed = await visitor.visit(back.pathname + back.search)
      const session = landed.setCookies.filter((line) => line.startsWith('__Host-_oauth2_proxy'))
      expect(session.length).toBeGreaterThan(0)
      for (const line of session) expect(line).toMatch(/; Path=\/; .*HttpOnly; Secure; SameSite=Lax$/u)
    })

    it('a person can sign in in five tabs, which finish in any order', async () => {
      const visitor = world.visitor()
      const backs: URL[] = []
      for (const tab of [1, 2, 3, 4, 5]) {
        const { location = '' } = await visitor.visit(`/oauth2/start?rd=%2Ftab${tab}`)
        backs.push(await world.provider.visit(location))
      }
      for (const at of [2, 4, 0, 3, 1]) {
        const landed = await visitor.visit(`${backs[at]?.pathname}${backs[at]?.search}`)
        expect(landed.status).toBe(302)
        expect(landed.location).toMatch(new RegExp(`/tab${at + 1}$`, 'u'))
      }
    })

    it('a person is not sent to another site after signing in', async () => {
      for (const rd of [
        '//evil.test',
        'https://evil.test/',
        '/\\evil.test',
        '/%09/evil.test',
        '/.//evil.test',
      ]) {
        const visitor = world.visitor()
        const landed = await visitor.browse(`/oauth2/start?rd=${encodeURIComponent(rd)}`)
        expect(new URL(landed.url).origin).toBe('https://app.example.com')
      }
    })

    it('a person cannot use a callback that another browser started, and no code counts twice', async () => {
      const visitor = world.visitor()
      const start = await visitor.visit('/oauth2/start?rd=%2F')
      const back = await world.provider.visit(start.location ?? '')
      const target = back.pathname + back.search
      const other = await world.visitor().arrive(target)
      expect([other.status, other.setCookies.filter((line) => !line.includes('Max-Age=0'))]).toEqual([
        403,
        [],
      ])
      expect((await visitor.visit(target)).status).toBe(302)
      const redeemed = world.provider.hits.token
      await visitor.visit(target)
      expect(world.provider.hits.token).toBe(redeemed)
    })
  })

  describe('a program', () => {
    it.each<[string, readonly string[], string?]>([
      ['a program', ['Accept', '*/*']],
      ['a script of a page', ['Sec-Fetch-Mode', 'cors', 'Sec-Fetch-Dest', 'empty', 'Accept', 'text/html']],
      ['an XHR of old', ['X-Requested-With', 'XMLHttpRequest', 'Accept', 'text/html']],
      ['a prefetch', ['Sec-Purpose', 'prefetch', 'Accept', 'text/html']],
      ['an image', ['Sec-Fetch-Mode', 'no-cors', 'Sec-Fetch-Dest', 'image', 'Accept', 'image/avif,*/*']],
      ['a form that was sent too late', ['Accept', 'text/html', 'Sec-Fetch-Mode', 'navigate'], 'POST'],
    ])('a program gets 401 and no cookie: %s', async (_, headers, method = 'GET') => {
      const answer = await world.ask({ target: '/api', headers, method })
      expect([answer.status, answer.all('set-cookie'), answer.all('location')]).toEqual([401, [], []])
      expect(world.app.heard).toEqual([])
    })

    it('a program learns in JSON what is needed', async () => {
      const answer = await world.ask({ target: '/api' })
      expect(answer.all('content-type')).toEqual(['application/json'])
      expect(JSON.parse(answer.text)).toMatchObject({
        error: 'sign_in_required',
        sign_in_url: '/oauth2/sign_in',
      })
    })

    it('a program passes on a path that needs no sign-in', async () => {
      expect((await world.ask({ target: '/public/logo' })).text).toBe('hello from the app')
      expect((await world.ask({ target: '/public/logo', method: 'POST' })).status).toBe(401)
    })

    it('a program cannot come with a session that was tampered with', async () => {
      const session = world.cookie.split('; ').find((pair) => /_oauth2_proxy(?:_0)?=/u.test(pair)) ?? ''
      const forged = session.replace(/.$/u, (last) => (last === 'A' ? 'B' : 'A'))
      const middle = session.replace(/(.{200})./u, (_, before) => `${before}~`)
      for (const cookie of [forged.slice(0, -8), middle, '__Host-_oauth2_proxy=x', `${session}xx`]) {
        expect((await world.ask({ headers: ['Cookie', cookie] })).status).toBe(401)
      }
      expect(await signIn(world.visitor())).toContain('_oauth2_proxy')
    })
  })
}
