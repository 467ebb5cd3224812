import { describe, expect, it } from 'vitest'
import type { World } from '../contract-fixture.ts'
import { say } from '../http-messages.ts'

/** No way around the sign-in: the RT rows of the threat table, against the rule `GET=^/public/`. */
const WAYS_AROUND = [
  '/public/../admin',
  '/public/%2e%2e/admin',
  '/public/%2E./admin',
  '/public/..%2fadmin',
  '/public%2f..%2fadmin',
  '/public/..%5cadmin',
  '/public/%5c..%5c..%5cadmin',
  '/public\\..\\admin',
  '/public/%252e%252e/admin',
  '//public/../admin',
  '/public//../admin',
  '//admin',
  '/public/..;/admin',
  '/admin;/public/',
  '/api?path=/public/',
  '/admin?/public/',
  '/public/%23/../admin',
  '/admin%23/public/',
  '/admin%00/public/',
  '/%09admin',
  '/ad%09min',
  '/admin%0a',
  '/%c0%ae%c0%ae/admin',
  '/%u002e%u002e/admin',
  '/%ef%bc%8fadmin',
  '/Public/x',
  '/publicx',
  '/ping/',
  '/ping%00',
  '/ping;',
  '/robots.txt/../admin',
  '/oauth2/..',
  '/oauth2%2fstart',
]

/** Targets that leave as they came, whatever they look like. */
const KEPT = [
  '/a?',
  '/a?b=c&d',
  '/a%2Fb',
  '/a%7eb?x=%zz',
  '//a//b',
  '/a;b=1,c:@!$&()*+',
  '/%C3%A9?q=/../x',
  '/a?b?c',
]

/** Targets that mean two things to two programs. */
const AMBIGUOUS = ['/x/../secret', '/a/%2e%2e/b', '/a/.', '/a^b']

/** Paths of the rules that a backtracking engine would never end with. */
const ENDLESS: readonly (readonly [string, number])[] = [
  [`/endless/${'a'.repeat(4_000)}`, 200],
  [`/endless/${'a'.repeat(4_000)}!`, 401],
  [`/endless/${'%D0%B6'.repeat(700)}`, 200],
  [`/endless/${'%D0%B6'.repeat(700)}%21`, 401],
]

/** The path that is judged is the path that the app gets. */
export function targets(world: World): void {
  describe('a target', () => {
    it.each(WAYS_AROUND)('a target is no way around the sign-in: %s', async (target) => {
      const { statuses } = await say(
        world.gate.url,
        `GET ${target} HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n`,
      )
      expect([400, 401, 404]).toContain(statuses[0])
      expect(statuses).toHaveLength(1)
      expect(world.app.heard).toEqual([])
    })

    it.each(ENDLESS)('a target is held against a rule in linear time: %j [DS-14]', async (target, status) => {
      expect((await world.ask({ target })).status).toBe(status)
    })

    it.each(KEPT)('a target goes out byte for byte: %s', async (target) => {
      expect((await world.asAlice({ target })).status).toBe(200)
      expect(world.app.heard.at(-1)?.url).toBe(target)
    })

    it.each(AMBIGUOUS)('a target that is ambiguous is never changed in silence: %s', async (target) => {
      const { status } = await world.asAlice({ target })
      const heard = world.app.heard.map(({ url }) => url)
      const refused = world.differs('Ambiguous targets')
      expect([status, heard]).toEqual(refused ? [400, []] : [200, [target]])
    })

    it.each([
      'X-Original-URL',
      'X-Rewrite-URL',
      'X-Forwarded-Uri',
      'X-Forwarded-Prefix',
      'X-Envoy-Original-Path',
    ])('a target is what the request line says, not %s [HD-20]', async (name) => {
      expect((await world.ask({ target: '/admin', headers: [name, '/public/x'] })).status).toBe(401)
      expect(world.app.heard).toEqual([])
    })

    it.each(['X-HTTP-Method-Override', 'X-Method-Override'])(
      'a target is asked for with the real method, not %s',
      async (name) => {
        const wanted = { target: '/public/x', method: 'POST', headers: [name, 'GET'] }
        expect((await world.ask(wanted)).status).toBe(401)
      },
    )

    it.each(['TRACE', 'CONNECT', 'PRI', 'get', 'gEt'])(
      'a target cannot be asked for with %s [RT-21, RT-24]',
      async (method) => {
        const { statuses } = await say(
          world.gate.url,
          `${method} /public/x HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n`,
        )
        expect(statuses.filter((status) => status < 400)).toEqual([])
        expect(world.app.heard).toEqual([])
      },
    )

    it.each(['OPTIONS', 'GET'])(
      'a target is a path, not the asterisk of %s [RT-23, RT-34]',
      async (method) => {
        const { statuses } = await say(
          world.gate.url,
          `${method} * HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n`,
        )
        expect(statuses).toEqual([400])
        expect(world.app.heard).toEqual([])
      },
    )

    it.each(['', 'a/b', 'a@b', 'a?b', 'a#b', 'a b', 'app.example.com/public', 'a, b'])(
      'a target has one host, which is a name: not "%s" [HD-24]',
      async (host) => {
        const { statuses } = await say(
          world.gate.url,
          `GET /public/x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
        )
        expect(statuses).toEqual([400])
        expect(world.app.heard).toEqual([])
      },
    )
  })
}
