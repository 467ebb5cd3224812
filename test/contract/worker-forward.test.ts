import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BIG, BROTLI, GZIPPED } from '../support/plain-app.ts'
import { type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts'
import { ask, type OnTheWire, open } from '../support/wire.ts'
import { signIn, startWorkerWorld, type WorkerWorld } from '../support/worker-fixture.ts'

let world: WorkerWorld
let cookie: string
let odd: RawUpstream

beforeAll(async () => {
  odd = await startRawUpstream((socket) => socket.destroy())
  world = await startWorkerWorld({
    upstreams: [`http://127.0.0.1:${odd.port}/odd/`],
    variables: {
      OAUTH2_PROXY_UPSTREAM_TIMEOUT: '1s',
      OAUTH2_PROXY_SKIP_AUTH_ROUTES: 'GET=^/public/',
    },
  })
  cookie = await signIn(world)
})
afterAll(() => Promise.all([world.close(), odd.close()]))
beforeEach(() => {
  world.app.heard.length = 0
})

function asAlice(wanted: OnTheWire = {}) {
  const headers = ['Host', 'app.example.com', 'Cookie', cookie, ...(wanted.headers ?? [])]
  return ask(world.worker.urls[0] ?? '', { ...wanted, headers })
}

function heardLine(name: string): readonly string[] {
  const lines = world.app.heard.at(-1)?.lines ?? []
  return lines.filter((_, at) => at % 2 === 1 && lines[at - 1]?.toLowerCase() === name)
}

describe('a signed-in request', () => {
  it("a signed-in request reaches the app with the identity and without Sidegate's cookie", async () => {
    await ask(world.worker.urls[0] ?? '', {
      headers: ['Host', 'app.example.com', 'Cookie', `mine=1; ${cookie}`],
    })
    expect(heardLine('x-forwarded-user')).toEqual(['alice'])
    expect(heardLine('x-forwarded-email')).toEqual(['alice@example.com'])
    expect(heardLine('x-forwarded-groups')).toEqual(['staff,admins'])
    expect(heardLine('cookie')).toEqual(['mine=1'])
  })

  it.each(['X-Forwarded-User', 'x_forwarded_user', 'X.Forwarded-User', 'X-Forwarded-Groups', 'GAP-Auth'])(
    'a signed-in request cannot bring an identity of its own: %s',
    async (name) => {
      await asAlice({ headers: [name, 'root'] })
      expect(world.app.heard.at(-1)?.lines).not.toContain('root')
    },
  )

  it('a signed-in request brings the client address from the edge only, and the edge line itself stays behind', async () => {
    await asAlice({ headers: ['CF-Connecting-IP', '203.0.113.7', 'X-Forwarded-For', '10.0.0.1'] })
    expect(heardLine('x-forwarded-for')).toEqual(['203.0.113.7'])
    expect(heardLine('cf-connecting-ip')).toEqual([])
  })

  it('a signed-in request says where it was sent, since an upstream URL always gets its own Host', async () => {
    await asAlice()
    expect(heardLine('host')).toEqual([new URL(world.app.origin).host])
    expect(heardLine('x-forwarded-host')).toEqual(['app.example.com'])
  })

  it('a signed-in request is never answered from the edge cache, and a public one may be', async () => {
    await asAlice()
    expect(heardLine('pragma')).toEqual(['no-cache'])
    await ask(world.worker.urls[0] ?? '', { target: '/public/logo' })
    expect(heardLine('pragma')).toEqual([])
  })
})

describe('the log', () => {
  it('the log has one line for each request, without its query and with the client', async () => {
    await asAlice({ target: '/logged?secret=1', headers: ['CF-Connecting-IP', '203.0.113.7'] })
    await expect.poll(() => world.worker.output()).toContain('/logged')
    const lines = world.worker.output().split('\n')
    const [line, ...others] = lines.filter((text) => text.includes('/logged')).map((text) => JSON.parse(text))
    expect(others).toEqual([])
    expect(line).toMatchObject({
      msg: 'request',
      path: '/logged',
      status: 200,
      client: '203.0.113.7',
      verdict: 'allow',
    })
  })
})

describe('a target', () => {
  it.each(['/a?', '/a?b=c&d', '/a%2Fb', '/a%7eb?x=%zz', '//a//b', '/a;b=1,c:@!$&()*+', '/%C3%A9?q=/../x'])(
    'a target goes out byte for byte: %s',
    async (target) => {
      expect((await asAlice({ target })).status).toBe(200)
      expect(world.app.heard.at(-1)?.url).toBe(target)
    },
  )

  it.each(['/public/../secret', '/a/%2e%2e/b', '/a/.', '/a^b'])(
    'a target that a Worker would change is refused: %s',
    async (target) => {
      const answer = await asAlice({ target })
      expect([answer.status, JSON.parse(answer.text).error]).toEqual([400, 'target_malformed'])
      expect(world.app.heard).toEqual([])
    },
  )

  it('a target with an apostrophe in its query is sent as browsers do', async () => {
    await asAlice({ target: "/a?name='x'" })
    expect(world.app.heard.at(-1)?.url).toBe('/a?name=%27x%27')
  })

  it('a target cannot be moved by a Host with a path in it', async () => {
    const answer = await ask(world.worker.urls[0] ?? '', {
      target: '/secret',
      headers: ['Host', 'app.example.com/public/', 'Cookie', cookie],
    })
    expect(answer.status).toBe(400)
    expect(world.app.heard).toEqual([])
  })
})

describe('a body', () => {
  it.each([
    ['/gzip', 'gzip', GZIPPED],
    ['/gzip-in-pieces', 'gzip', GZIPPED],
    ['/brotli', 'br', BROTLI],
  ])('a body stays as the app encoded it: %s', async (target, coding, bytes) => {
    const answer = await asAlice({ target })
    expect(answer.all('content-encoding')).toEqual([coding])
    expect(answer.body.equals(bytes)).toBe(true)
  })

  it('a body keeps its length, also where only the head is asked for', async () => {
    expect((await asAlice({ target: '/length' })).all('content-length')).toEqual(['12345'])
    const head = await asAlice({ target: '/length', method: 'HEAD' })
    expect([head.all('content-length'), head.body.length]).toEqual([['12345'], 0])
  })

  it.each([
    ['/empty', 204],
    ['/unchanged', 304],
  ])('a body is absent where there is none: %s', async (target, status) => {
    const answer = await asAlice({ target })
    expect([answer.status, answer.body.length]).toEqual([status, 0])
  })

  it('a body is carried up whole, with its length', async () => {
    const body = Buffer.alloc(BIG, 'u')
    await asAlice({ method: 'POST', target: '/upload', body })
    expect(heardLine('content-length')).toEqual([String(BIG)])
    expect(digest(world.app.heard.at(-1)?.body ?? '')).toBe(digest(body))
  })

  it('a body is carried down whole', async () => {
    expect(digest((await asAlice({ target: '/big' })).body)).toBe(digest(Buffer.alloc(BIG, 'b')))
  })

  it('a body of a GET is refused', async () => {
    expect((await asAlice({ body: 'GET /admin HTTP/1.1' })).status).toBe(400)
    expect(world.app.heard).toEqual([])
  })

  it('a body arrives piece by piece, and leaving is noticed by the app', async () => {
    const answer = await open(world.worker.urls[0] ?? '', {
      target: '/clock',
      headers: ['Host', 'app.example.com', 'Cookie', cookie],
    })
    for await (const chunk of answer) {
      expect(String(chunk)).toMatch(/^data: tick/u)
      break
    }
    answer.destroy()
    await expect.poll(() => world.app.abandoned).toContain('/clock')
  })
})

describe('an answer', () => {
  it("an answer keeps Set-Cookie lines apart, loses Sidegate's, and carries no identity", async () => {
    const answer = await asAlice({ target: '/cookies' })
    expect(answer.all('set-cookie')).toEqual(['a=1; Path=/', 'b=2, 3'])
    expect(answer.lines).not.toContain('evil')
    expect(Buffer.from(answer.all('x-name')[0] ?? '', 'latin1').toString()).toBe('é')
  })

  it('an answer is not followed when it redirects', async () => {
    const answer = await asAlice({ target: '/elsewhere' })
    expect([answer.status, answer.all('location')]).toEqual([302, ['/there']])
  })

  it.each([
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    'HTTP/1.1 999 Go away\r\nContent-Length: 0\r\n\r\n',
  ])('an answer of a status that a Worker cannot send is a 502: %j', async (bytes) => {
    odd.play((socket) => socket.end(bytes, 'latin1'))
    const answer = await asAlice({ target: '/odd/' })
    expect([answer.status, JSON.parse(answer.text).error]).toEqual([502, 'upstream_misbehaved'])
  })

  it('an answer that does not come in time is a 504', async () => {
    const answer = await asAlice({ target: '/hang' })
    expect([answer.status, JSON.parse(answer.text).error]).toEqual([504, 'upstream_timeout'])
  })
})

function digest(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
