import { describe, expect, it } from 'vitest'
import type { World } from '../contract-fixture.ts'

const PAGE = ['Accept', 'text/html', 'Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Dest', 'document']

/** Answers of an app that are none. */
const NONSENSE: readonly (readonly [string, string])[] = [
  ['not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
  [
    'a 101 that nobody asked for',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  ],
  ['nothing', ''],
]

/** When the app cannot be reached or makes no sense, people get a page and programs a code. */
export function failures(world: World): void {
  describe('an app', () => {
    it('an app that is not there is a 502: a code for programs, a page for people', async () => {
      const answer = await world.asAlice({ target: '/dead/' })
      expect([answer.status, JSON.parse(answer.text).error]).toEqual([502, 'upstream_unreachable'])
      const page = await world.asAlice({ target: '/dead/', headers: PAGE })
      expect([page.status, page.all('content-type')]).toEqual([502, ['text/html; charset=utf-8']])
      expect(page.text).toContain('cannot be reached right now')
      expect(page.all('content-security-policy')).toHaveLength(1)
    })

    it('an app that does not answer in time is a 504', async () => {
      const answer = await world.asAlice({ target: '/stubborn/hang' })
      expect([answer.status, JSON.parse(answer.text).error]).toEqual([504, 'upstream_timeout'])
    })

    it('an app that does not answer a WebSocket handshake in time is a 504', async () => {
      const headers = [
        ...['Connection', 'Upgrade', 'Upgrade', 'websocket', 'Origin', 'https://app.example.com'],
        ...['Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
      ]
      const answer = await world.asAlice({ target: '/stubborn/hang', headers })
      expect([answer.status, JSON.parse(answer.text).error]).toEqual([504, 'upstream_timeout'])
    }, 20_000)

    it.each(NONSENSE)('an app that answers with nonsense is a 502: %s [SM-25]', async (_, bytes) => {
      world.odd.play((socket) => socket.end(bytes, 'latin1'))
      const answer = await world.asAlice({ target: '/odd/' })
      expect(answer.status).toBe(502)
      expect(answer.text).not.toContain('OpenSSH')
    })

    it('an app is still the one that answers when its answer is an error of its own', async () => {
      world.odd.play((socket) =>
        socket.end('HTTP/1.1 503 Later\r\nRetry-After: 9\r\nContent-Length: 5\r\n\r\nlater'),
      )
      const answer = await world.asAlice({ target: '/odd/' })
      expect([answer.status, answer.text, answer.all('retry-after')]).toEqual([503, 'later', ['9']])
    })
  })

  describe('the log', () => {
    it('the log has a line for each request and no secret in any', async () => {
      await world.asAlice({ target: '/logged?token=hidden' })
      await expect.poll(() => world.gate.output()).toContain('"path":"/logged"')
      const output = world.gate.output()
      const value = world.cookie.split('=')[1] ?? ''
      for (const secret of [
        value.slice(0, 40),
        value.slice(-40),
        world.provider.client.secret,
        'hidden',
        'code.',
        'rt.',
      ]) {
        expect(output).not.toContain(secret)
      }
      expect(output).not.toContain('Bug:')
    })
  })
}
