import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { heardLine, type World } from '../contract-fixture.ts'

/** WebSockets: the handshake is judged like any request, the frames are carried. */
export function tunnels(world: World): void {
  const connect = (headers: Readonly<Record<string, string>> = {}): WebSocket =>
    new WebSocket(`${world.gate.url.replace('http', 'ws')}/socket`, ['chat', 'other'], {
      headers: { Host: 'app.example.com', Origin: 'https://app.example.com', ...headers },
    })

  describe('a WebSocket', () => {
    it('a WebSocket is refused without a session [WS-01]', async () => {
      expect(await refusal(connect())).toBe(401)
      expect(world.app.heard).toEqual([])
    })

    it.each(['https://evil.test', 'null', 'https://app.example.com:8443', 'https://app.example.com.evil'])(
      'a WebSocket is refused to a page of another site: %s [WS-02, WS-03]',
      async (origin) => {
        expect(await refusal(connect({ Cookie: world.cookie, Origin: origin }))).toBe(403)
        expect(world.app.heard).toEqual([])
      },
    )

    it('a WebSocket carries text, bytes, protocol, close code and reason', async () => {
      const socket = connect({ Cookie: world.cookie })
      await once(socket, 'open')
      expect(socket.protocol).toBe('chat')
      socket.send('hi')
      expect(String((await once(socket, 'message'))[0])).toBe('hi')
      socket.send(Buffer.alloc(100_000, 1))
      const [bytes, binary] = await once(socket, 'message')
      expect([bytes.length, binary]).toEqual([100_000, true])
      socket.send('bye')
      const [code, reason] = await once(socket, 'close')
      expect([code, String(reason)]).toEqual([4001, 'as asked'])
    })

    it('a WebSocket carries the identity, and no other person’s [WS-07]', async () => {
      const socket = connect({
        Cookie: `mine=1; ${world.cookie}`,
        'X-Forwarded-User': 'root',
        X_Auth_Request_User: 'root',
      })
      await once(socket, 'open')
      expect(heardLine(world, 'x-forwarded-user')).toEqual(['alice'])
      expect(heardLine(world, 'cookie')).toEqual(['mine=1'])
      expect(world.app.heard.at(-1)?.lines).not.toContain('root')
      socket.close(4002)
      await expect.poll(() => world.app.closes).toContain(4002)
    })

    it('a WebSocket is no way to another protocol [SM-28, SM-30]', async () => {
      const headers = [
        'Connection',
        'Upgrade, HTTP2-Settings',
        'Upgrade',
        'h2c',
        'HTTP2-Settings',
        'AAMAAABkAAQAAP__',
      ]
      const answer = await world.asAlice({ headers })
      expect(answer.status).toBe(200)
      expect([heardLine(world, 'upgrade'), heardLine(world, 'http2-settings')]).toEqual([[], []])
    })
  })
}

async function refusal(socket: WebSocket): Promise<number> {
  const [, response] = await once(socket, 'unexpected-response')
  response.resume()
  return response.statusCode
}
