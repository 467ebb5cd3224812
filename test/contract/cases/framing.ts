import { describe, expect, it } from 'vitest'
import type { World } from '../contract-fixture.ts'
import { say } from '../http-messages.ts'

const POST = 'POST /public/x HTTP/1.1\r\nHost: app.example.com\r\n'
const GET = 'GET /public/x HTTP/1.1\r\nHost: app.example.com\r\n'
const SECOND = 'GET /public/second HTTP/1.1\r\nHost: app.example.com\r\n\r\n'

/** Requests that two programs may read as different ones: SM, HD and RT rows of the threat table. */
const REFUSED: readonly (readonly [string, string])[] = [
  [
    'two ways to say how long it is (SM-01)',
    `${POST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`,
  ],
  ['two lengths (SM-03)', `${POST}Content-Length: 1\r\nContent-Length: 5\r\n\r\naaaaa`],
  ['the same length twice (SM-04)', `${POST}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`],
  ['a length that is no number (SM-05)', `${POST}Content-Length: +1\r\n\r\na`],
  ['a space before the colon (SM-06)', `${GET}X-A : 1\r\n\r\n`],
  ['an unknown coding (SM-07)', `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ['two codings (SM-08)', `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ['bare line feeds (SM-11)', GET.replaceAll('\r', '').concat('\n')],
  ['a header behind a bare line feed (SM-12)', `${GET}X-A: 1\nX-Forwarded-User: root\r\n\r\n`],
  ['a bare carriage return (SM-13)', `${GET}X-A: 1\rX-B: 2\r\n\r\n`],
  ['a folded line (SM-14)', `${GET}X-A: 1\r\n X-Forwarded-User: root\r\n\r\n`],
  ['a NUL in a value (HD-11)', `${GET}X-A: 1\x002\r\n\r\n`],
  ['two hosts (HD-24)', `${GET}Host: evil.test\r\n\r\n`],
  ['no host (HD-24)', 'GET /public/x HTTP/1.1\r\n\r\n'],
  [
    'another host in its target (HD-26)',
    'GET http://evil.test/public/x HTTP/1.1\r\nHost: app.example.com\r\n\r\n',
  ],
  [
    'a user in its target (SM-33)',
    'GET http://a:b@app.example.com/public/x HTTP/1.1\r\nHost: app.example.com\r\n\r\n',
  ],
  ['HTTP/0.9 (RT-35)', 'GET /public/x\r\n\r\n'],
  ['HTTP/2 without TLS (SM-29)', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a fragment (RT-10)', 'GET /public/x#/../admin HTTP/1.1\r\nHost: app.example.com\r\n\r\n'],
  ['too many lines (HD-27)', `${GET}${'a:\r\n'.repeat(3000)}\r\n`],
  ['a head that is too large', `${GET}X-A: ${'a'.repeat(150_000)}\r\n\r\n`],
]

/** What a connection is made of is decided once, by one strict parser. */
export function framing(world: World): void {
  describe('a connection', () => {
    it.each(REFUSED)('a connection ends at %s', async (_, bytes) => {
      const heard = await say(world.gate.url, bytes)
      if (world.differs('Framing of requests')) {
        // Whoever frames in front of the gate may repair it, but never into an identity or a second request.
        expect(heard.statuses.length).toBeLessThan(2)
        expect(world.app.heard.length).toBeLessThan(2)
        expect(world.app.heard.flatMap(({ lines }) => lines)).not.toContain('root')
        return
      }
      expect(heard.statuses[0]).toBeGreaterThanOrEqual(400)
      expect([heard.statuses.length, heard.closed]).toEqual([1, true])
      expect(world.app.heard).toEqual([])
    })

    it('a connection carries one request after the other, each judged alone [SM-22]', async () => {
      const admin = 'GET /admin HTTP/1.1\r\nHost: app.example.com\r\n\r\n'
      const heard = await say(world.gate.url, `${GET}\r\n${admin}${SECOND}`)
      expect(heard.statuses).toEqual([200, 401, 200])
      expect(world.app.heard.map(({ url }) => url).toSorted()).toEqual(['/public/second', '/public/x'])
    })

    it('a connection goes on after an answer without content', async () => {
      const head = 'HEAD /public/x HTTP/1.1\r\nHost: app.example.com\r\n'
      const heard = await say(world.gate.url, `${head}Cookie: ${world.cookie}\r\n\r\n${SECOND}`)
      expect(heard.statuses).toEqual([200, 200])
      expect(world.app.heard.map(({ method }) => method).toSorted()).toEqual(['GET', 'HEAD'])
    })

    it('a connection never takes content for a request [SM-18, SM-20]', async () => {
      const hidden = 'GET /public/hidden HTTP/1.1\r\nHost: app.example.com\r\n\r\n'
      const post = `POST /admin HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: ${hidden.length}\r\n\r\n`
      const { statuses } = await say(world.gate.url, post + hidden + SECOND)
      expect(statuses[0]).toBe(401)
      expect(world.app.heard.map(({ url }) => url)).not.toContain('/public/hidden')
    })

    it('a connection drops what trailers say [HD-16]', async () => {
      const body = '1\r\na\r\n0\r\nX-Forwarded-User: root\r\n\r\n'
      const head = `POST /up HTTP/1.1\r\nHost: app.example.com\r\nCookie: ${world.cookie}\r\n`
      await say(
        world.gate.url,
        `${head}Transfer-Encoding: chunked\r\nTrailer: X-Forwarded-User\r\n\r\n${body}`,
      )
      expect(world.app.heard.flatMap(({ lines }) => lines)).not.toContain('root')
    })
  })
}
