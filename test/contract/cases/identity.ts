import { describe, expect, it } from 'vitest'
import { heardLine, type World } from '../contract-fixture.ts'

const SPELLINGS = [
  'X-Auth-Request-User',
  'x-AUTH-request-USER',
  'X_Auth_Request_User',
  'X-Auth_Request-User',
  'X.Auth.Request.User',
  'X~Auth~Request~User',
  'X-Auth-Request-Groups',
  'X-Auth-Request-Access-Token',
  'X-Forwarded-User',
  'X-Forwarded-Email',
  'X_Forwarded_Groups',
  'X-Forwarded-Preferred-Username',
  'X-Forwarded-Access-Token',
  'GAP-Auth',
]

/** A name as browsers send it: its bytes, one character each. */
const UTF8 = Buffer.from('Zoë').toString('latin1')

/** Who somebody is comes from the gate and from nobody else (HD rows of the threat table). */
export function identity(world: World): void {
  describe('identity', () => {
    it('identity reaches the app once, in both families of headers', async () => {
      await world.asAlice()
      for (const family of ['x-forwarded', 'x-auth-request']) {
        expect(heardLine(world, `${family}-user`)).toEqual(['alice'])
        expect(heardLine(world, `${family}-email`)).toEqual(['alice@example.com'])
        expect(heardLine(world, `${family}-groups`)).toEqual(['staff,admins'])
        expect(heardLine(world, `${family}-preferred-username`)).toEqual(['alice'])
      }
    })

    it.each(SPELLINGS)('identity cannot be brought along by a client: %s', async (name) => {
      await world.asAlice({ headers: [name, 'root', name, 'root'] })
      expect(world.app.heard.at(-1)?.lines.join('\n')).not.toContain('root')
      await world.ask({ target: '/public/x', headers: [name, 'root'] })
      expect(world.app.heard.at(-1)?.lines.join('\n')).not.toContain('root')
      expect(world.app.heard).toHaveLength(2)
    })

    it('identity is not told where no sign-in is needed', async () => {
      await world.ask({ target: '/public/x' })
      expect(heardLine(world, 'x-forwarded-user')).toEqual([])
    })

    it('identity cannot be removed by naming it in Connection [HD-13]', async () => {
      await world.asAlice({ headers: ['Connection', 'close, X-Forwarded-User, X-Auth-Request-User, Cookie'] })
      expect(heardLine(world, 'x-forwarded-user')).toEqual(['alice'])
      expect(heardLine(world, 'connection').join()).not.toMatch(/forwarded|auth/iu)
    })

    it('identity is not what an app says in its answers [HD-32]', async () => {
      const answer = await world.asAlice({ target: '/cookies' })
      expect(answer.lines).not.toContain('evil')
    })
  })

  describe('header lines', () => {
    it('header lines stay as they are, but for those of one hop [HD-15]', async () => {
      const hop = ['TE', 'Keep-Alive', 'Proxy-Authorization', 'Proxy-Connection', 'HTTP2-Settings']
      await world.asAlice({
        headers: ['X-One', 'a, b', 'x-two', UTF8, ...hop.flatMap((name) => [name, 'h'])],
      })
      expect(heardLine(world, 'x-one')).toEqual(['a, b'])
      expect(heardLine(world, 'x-two')).toEqual([UTF8])
      for (const name of hop) expect(heardLine(world, name.toLowerCase())).toEqual([])
    })

    it('header lines keep the spelling of their names', async () => {
      await world.asAlice({ headers: ['x-ODD-name', '1'] })
      const spelling = world.differs('Header names towards the app') ? 'x-odd-name' : 'x-ODD-name'
      expect(world.app.heard.at(-1)?.lines).toContain(spelling)
    })

    it('a cookie is found in several lines as in one [CK-34]', async () => {
      const session = world.cookie.split('; ').find((pair) => /^(?:__Host-)?_oauth2_proxy=/u.test(pair)) ?? ''
      const headers = ['Cookie', 'mine=1', 'Cookie', session, 'Cookie', 'yours=2']
      const { status } = await world.ask({ headers })
      expect(status).toBe(world.differs('Cookie in several lines') ? 401 : 200)
      expect(world.app.heard.flatMap(({ lines }) => lines).join()).not.toContain(session)
    })

    it('header lines lose the gate’s cookies and no others [HD-34]', async () => {
      await world.ask({ headers: ['Cookie', `mine=1; ${world.cookie}; yours=2`] })
      expect(heardLine(world, 'cookie')).toEqual(['mine=1; yours=2'])
    })

    it('header lines name the host that the browser sees', async () => {
      await world.asAlice()
      expect(heardLine(world, 'x-forwarded-host')).toEqual(['app.example.com'])
      const own = new URL(world.app.origin).host
      expect(heardLine(world, 'host')).toEqual([
        world.differs('Host towards the app') ? own : 'app.example.com',
      ])
    })

    it('header lines name the client by its connection and not by what it says [HD-17]', async () => {
      const headers = ['X-Forwarded-For', '10.9.8.7', 'X-Real-IP', '10.9.8.7', 'Forwarded', 'for=10.9.8.7']
      await world.asAlice({ headers: [...headers, 'CF-Connecting-IP', '203.0.113.7'] })
      const edge = world.differs('Address of the client')
      expect(heardLine(world, 'x-forwarded-for')).toEqual([edge ? '203.0.113.7' : '127.0.0.1'])
      expect(world.app.heard.at(-1)?.lines.join()).not.toContain('10.9.8.7')
    })
  })
}
