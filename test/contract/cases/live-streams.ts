import { once } from 'node:events'
import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import type { Answered } from '../../support/wire.ts'
import { HOST, signIn, type World } from '../contract-fixture.ts'

/** How long a stream may outlive its session where it cannot be told at once; the gate asks every ten seconds there. */
const LATE_MS = 15_000
const AT_ONCE_MS = 5_000

const ENDINGS: readonly (readonly [string, (world: World, cookie: string) => Promise<Answered>])[] = [
  [
    'signs out',
    (world, cookie) =>
      world.ask({
        method: 'POST',
        target: '/oauth2/sign_out',
        headers: ['Cookie', cookie, 'Origin', 'https://app.example.com'],
        body: '',
      }),
  ],
  [
    'is signed out by the provider',
    async (world) => {
      const body = `logout_token=${await world.provider.logoutToken({ sub: 'alice', sid: 'op-1' })}`
      const headers = ['Content-Type', 'application/x-www-form-urlencoded']
      return world.ask({ method: 'POST', target: '/oauth2/backchannel_logout', headers, body })
    },
  ],
]

/** What outlasts a request ends with the session that it was admitted with. */
export function liveStreams(world: World): void {
  describe('a person who has streams open', () => {
    it.each(ENDINGS)(
      'a person who has streams open and %s, loses them all [SL-24]',
      async (_, end) => {
        const user = world.provider.user
        world.provider.user = { ...user, sub: 'alice', sid: 'op-1' }
        const cookie = await signIn(world.visitor())
        world.provider.user = user
        const socket = new WebSocket(`${world.gate.url.replace('http', 'ws')}/socket`, {
          headers: { Host: 'app.example.com', Origin: 'https://app.example.com', Cookie: cookie },
        })
        await once(socket, 'open')
        const closed = once(socket, 'close')
        const events = await openEvents(world, cookie)
        const upload = openUpload(world, cookie)
        // Longer than an exchange may last without being followed.
        await new Promise((resolve) => setTimeout(resolve, 100))
        const started = performance.now()
        expect([200, 302]).toContain((await end(world, cookie)).status)
        const [code] = await closed
        expect(code).toBe(1008)
        await events.ended
        expect(await upload).not.toBe(200)
        const limitMs = world.differs('Streams of a session that has ended') ? LATE_MS : AT_ONCE_MS
        expect(performance.now() - started).toBeLessThan(limitMs)
      },
      30_000,
    )
  })
}

async function openEvents(world: World, cookie: string): Promise<{ ended: Promise<unknown> }> {
  const asking = request(world.gate.url, {
    path: '/clock',
    setHost: false,
    headers: [...HOST, 'Cookie', cookie],
  })
  asking.on('error', () => undefined).end()
  const [answer] = await once(asking, 'response')
  answer.on('error', () => undefined)
  answer.resume()
  return { ended: new Promise((resolve) => answer.on('close', resolve)) }
}

/** An upload that goes on for ever: its status, or undefined when the connection was cut. */
function openUpload(world: World, cookie: string): Promise<number | undefined> {
  const headers = [...HOST, 'Cookie', cookie, 'Transfer-Encoding', 'chunked']
  const sending = request(world.gate.url, { method: 'POST', path: '/upload', setHost: false, headers })
  const timer = setInterval(() => sending.write('piece'), 50)
  return new Promise((resolve) => {
    const settle = (status: number | undefined): void => {
      clearInterval(timer)
      sending.destroy()
      resolve(status)
    }
    sending.on('error', () => settle(undefined))
    sending.on('response', (response) => settle(response.statusCode))
  })
}
