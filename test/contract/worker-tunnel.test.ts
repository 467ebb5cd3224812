import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { signIn, startWorkerWorld, type WorkerWorld } from '../support/worker-fixture.ts'

let world: WorkerWorld
let cookie: string

// An upstream that is reached by its URL, and one that is bound; with a session that ends soon tunnels are watched.
beforeAll(async () => {
  world = await startWorkerWorld()
  cookie = await signIn(world)
})
afterAll(() => world.close())

function dial(
  of: WorkerWorld,
  { headers = {}, target = '/socket' }: { headers?: Record<string, string>; target?: string },
) {
  const origin = 'https://app.example.com'
  return new WebSocket(`${of.worker.urls[0]?.replace('http', 'ws')}${target}`, ['chat', 'other'], {
    headers: { Host: 'app.example.com', Origin: origin, ...headers },
  })
}

async function refusal(socket: WebSocket): Promise<number> {
  const [, response] = await once(socket, 'unexpected-response')
  response.resume()
  return response.statusCode
}

async function converse(socket: WebSocket): Promise<readonly unknown[]> {
  await once(socket, 'open')
  const echoed: unknown[] = []
  for (const message of ['hi', Buffer.alloc(100_000, 1)]) {
    socket.send(message)
    const [data, binary] = await once(socket, 'message')
    echoed.push(binary ? data.length : String(data))
  }
  socket.send('bye')
  const [code, reason] = await once(socket, 'close')
  return [...echoed, code, String(reason), socket.protocol]
}

describe('a WebSocket', () => {
  it('a WebSocket is refused without a session, and from a page of another site', async () => {
    expect(await refusal(dial(world, {}))).toBe(401)
    expect(await refusal(dial(world, { headers: { Cookie: cookie, Origin: 'https://evil.test' } }))).toBe(403)
  })

  it('a WebSocket carries text, bytes, protocol, close code and reason, and the identity', async () => {
    expect(await converse(dial(world, { headers: { Cookie: cookie } }))).toEqual([
      'hi',
      100_000,
      4001,
      'as asked',
      'chat',
    ])
    const lines = world.app.heard.find(({ method }) => method === 'WEBSOCKET')?.lines ?? []
    expect(lines[lines.indexOf('X-Forwarded-User') + 1]).toBe('alice')
    expect(lines.join()).not.toContain('_oauth2_proxy')
  })

  it.each(['', 'binding:APP'])(
    'a WebSocket is watched when its session ends soon, and works the same (%s)',
    async (upstream) => {
      const variables = {
        OAUTH2_PROXY_SESSION_MAX_LIFETIME: '3s',
        ...(upstream && { OAUTH2_PROXY_UPSTREAMS: upstream }),
      }
      const ending = await startWorkerWorld({ variables })
      try {
        const alice = { headers: { Cookie: await signIn(ending) } }
        const idle = dial(ending, alice)
        const end = once(idle, 'close')
        expect(await converse(dial(ending, alice))).toEqual(['hi', 100_000, 4001, 'as asked', 'chat'])
        const [code] = await end
        expect(code).toBe(1008)
        await expect.poll(() => ending.app.closes).toContain(1008)
      } finally {
        await ending.close()
      }
    },
  )
})
