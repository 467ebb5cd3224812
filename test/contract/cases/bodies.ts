import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { BIG, BROTLI, GZIPPED } from '../../support/plain-app.ts'
import { heardLine, type World } from '../contract-fixture.ts'
import { say } from '../http-messages.ts'

/** Bytes that come are bytes that go, in both directions. */
export function bodies(world: World): void {
  describe('a body', () => {
    it.each([
      ['/gzip', 'gzip', GZIPPED],
      ['/gzip-in-pieces', 'gzip', GZIPPED],
      ['/brotli', 'br', BROTLI],
    ])('a body stays as the app encoded it: %s', async (target, coding, bytes) => {
      const answer = await world.asAlice({ target })
      expect(answer.all('content-encoding')).toEqual([coding])
      expect(answer.body.equals(bytes)).toBe(true)
    })

    it('a body keeps its length, also where only the head is asked for', async () => {
      expect((await world.asAlice({ target: '/length' })).all('content-length')).toEqual(['12345'])
      const head = await world.asAlice({ target: '/length', method: 'HEAD' })
      expect([head.all('content-length'), head.body.length]).toEqual([['12345'], 0])
    })

    it.each([
      ['/empty', 204],
      ['/unchanged', 304],
    ])('a body is absent where there is none: %s', async (target, status) => {
      const answer = await world.asAlice({ target })
      expect([answer.status, answer.body.length]).toEqual([status, 0])
    })

    it('a body is carried up whole, with its length', async () => {
      const body = Buffer.alloc(BIG, 'u')
      await world.asAlice({ method: 'POST', target: '/upload', body })
      expect(heardLine(world, 'content-length')).toEqual([String(BIG)])
      expect(digest(world.app.heard.at(-1)?.body ?? '')).toBe(digest(body))
    })

    it.each(['PUT', 'PATCH', 'DELETE', 'PROPFIND'])('a body goes up with %s as well', async (method) => {
      await world.asAlice({ method, target: '/upload', body: 'content' })
      expect([world.app.heard.at(-1)?.method, String(world.app.heard.at(-1)?.body)]).toEqual([
        method,
        'content',
      ])
    })

    it('a body is carried down whole', async () => {
      expect(digest((await world.asAlice({ target: '/big' })).body)).toBe(digest(Buffer.alloc(BIG, 'b')))
    })

    it.each(['GET', 'HEAD'])(
      'a body of a %s that is empty is none, whatever announces it',
      async (method) => {
        const head = `${method} /x HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\nCookie: ${world.cookie}\r\n`
        for (const framed of ['Content-Length: 0\r\n\r\n', 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n']) {
          expect((await say(world.gate.url, head + framed)).statuses).toEqual([200])
        }
        expect(world.app.heard.map(({ url }) => url)).toEqual(['/x', '/x'])
      },
    )

    it('a body of a GET is refused, and never becomes a request [SM-18]', async () => {
      expect((await world.asAlice({ body: 'GET /admin HTTP/1.1' })).status).toBe(400)
      expect(world.app.heard).toEqual([])
    })

    it('a body that is not read does not stay in the way [SM-20]', async () => {
      const body = 'GET /admin HTTP/1.1\r\nHost: app.example.com\r\n\r\n'
      expect((await world.ask({ method: 'POST', target: '/form', body })).status).toBe(401)
      expect(world.app.heard).toEqual([])
    })
  })

  describe('an answer', () => {
    it('an answer keeps Set-Cookie lines apart and loses those that are the gate’s', async () => {
      const answer = await world.asAlice({ target: '/cookies' })
      expect(answer.all('set-cookie')).toEqual(['a=1; Path=/', 'b=2, 3'])
    })

    it('an answer keeps bytes that are no ASCII', async () => {
      const [name = ''] = (await world.asAlice({ target: '/cookies' })).all('x-name')
      expect(Buffer.from(name, 'latin1').toString()).toBe('é')
    })

    it('an answer is not followed when it redirects', async () => {
      const answer = await world.asAlice({ target: '/elsewhere' })
      expect([answer.status, answer.all('location')]).toEqual([302, ['/there']])
    })

    it('an answer is not given a media type that the app did not give', async () => {
      expect((await world.asAlice({ target: '/length' })).all('content-type')).toEqual([])
    })
  })
}

function digest(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
