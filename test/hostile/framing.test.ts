import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts'
import { type RawClient, rawRequest } from './client.ts'
import { type Gate, type Rig, startRig } from './gate-fixture.ts'

let rig: Rig
let gate: Gate
let cookie: string
/** An upstream at /raw/ that does not even wait for the end of a head. */
let raw: RawUpstream
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nfrom the app'

beforeAll(async () => {
  rig = await startRig()
  raw = await startRawUpstream(() => {})
  gate = await rig.gate('--skip-auth-route=GET=^/public/', `--upstream=http://127.0.0.1:${raw.port}/raw/`)
  cookie = `Cookie: ${await gate.signIn()}`
  rig.app.take()
})
afterAll(async () => {
  await raw.close()
  await rig.close()
})
afterEach(() => {
  rig.app.answer(OK)
  rig.app.take()
})

const head = (target: string, ...lines: string[]) =>
  rawRequest(target, { method: 'POST', lines: [cookie, ...lines] })
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: app.example.com\r\nX-Auth-Request-User: mallory\r\n\r\n'
const SECOND = () => rawRequest('/second', { lines: [cookie, 'Connection: close'] })

/** All answers on a connection, until the gate ends it. */
async function answersTo(bytes: string, method = 'POST'): Promise<number[]> {
  const client = gate.dial()
  client.write(bytes)
  const statuses: number[] = []
  for (;;) {
    const answer = await client.response(statuses.length === 0 ? method : 'GET').catch(() => undefined)
    if (answer === undefined) return statuses
    statuses.push(answer.status)
  }
}

describe('a request whose end is not certain', () => {
  it.each([
    ['SM-01', ['Content-Length: 6', 'Transfer-Encoding: chunked'], '0\r\n\r\nG'],
    ['SM-02', ['Transfer-Encoding: chunked', 'Content-Length: 3'], '8\r\nSMUGGLED\r\n0\r\n\r\n'],
    ['SM-03', ['Content-Length: 1', 'Content-Length: 5'], 'abcde'],
    ['SM-04', ['Content-Length: 1', 'Content-Length: 1'], 'a'],
    ['SM-05', ['Content-Length: 1, 1'], 'a'],
    ['SM-05', ['Content-Length: +1'], 'a'],
    ['SM-05', ['Content-Length: -1'], 'a'],
    ['SM-05', ['Content-Length: 0x1'], 'a'],
    ['SM-05', ['Content-Length: 1_0'], 'aaaaaaaaaa'],
    ['SM-05', ['Content-Length:'], ''],
    ['SM-05', ['Content-Length: 18446744073709551617'], 'a'],
    ['SM-06', ['Content-Length : 1'], 'a'],
    ['SM-06', ['Transfer-Encoding : chunked'], '0\r\n\r\n'],
    ['SM-07', ['Transfer-Encoding: xchunked'], '0\r\n\r\n'],
    ['SM-07', ['Transfer-Encoding: chunked, identity'], '0\r\n\r\n'],
    ['SM-07', ['Transfer-Encoding: \x0bchunked'], '0\r\n\r\n'],
    ['SM-07', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
    ['SM-07', ['Transfer-Encoding: chunked', 'Transfer-Encoding: cow'], '0\r\n\r\n'],
    ['SM-07', ['Transfer-Encoding: "chunked"'], '0\r\n\r\n'],
    ['SM-07', ['Transfer-Encoding: identity'], ''],
    ['SM-08', ['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n'],
    ['SM-12', ['X: a\nContent-Length: 5'], 'abcde'],
    ['SM-13', ['X: a\rContent-Length: 5'], 'abcde'],
    ['SM-14', ['Content-Length:\r\n 5'], 'abcde'],
    ['SM-14', ['X: a\r\n Transfer-Encoding: chunked', 'Content-Length: 5'], 'abcde'],
  ])('%s: a request whose end is unclear ends the connection: %j', async (_, lines, body) => {
    const statuses = await answersTo(head('/x', ...lines) + body + SECOND())
    expect(statuses).toEqual([expect.any(Number)])
    expect([400, 501]).toContain(statuses[0])
    expect(rig.app.take()).toEqual([])
  })

  it('a request with a transfer coding in HTTP/1.0 is refused [SM-10]', async () => {
    const old = rawRequest('/x', {
      method: 'POST',
      version: 'HTTP/1.0',
      lines: [cookie, 'Connection: keep-alive', 'Transfer-Encoding: chunked'],
    })
    expect(await answersTo(`${old}0\r\n\r\n${SECOND()}`)).toEqual([400])
    expect(rig.app.take()).toEqual([])
  })

  it.each([rawRequest('/a#b'), rawRequest('/x', { method: 'TRACE' })])(
    'a request that is unclear has nothing read behind it: %j',
    async (request) => {
      expect((await answersTo(request + SECOND(), 'GET'))[0]).toBeGreaterThanOrEqual(400)
      expect(rig.app.take()).toEqual([])
    },
  )

  it('a request with a line that ends with LF alone is refused [SM-11]', async () => {
    expect(await answersTo(head('/x', 'Content-Length: 0').replaceAll('\r', '') + SECOND())).toEqual([400])
  })

  it('a request may begin behind the empty line that RFC 9112 §2.2 allows [SM-32]', async () => {
    expect(await answersTo(`\r\n${SECOND()}`, 'GET')).toEqual([200])
    expect(rig.app.take()).toHaveLength(1)
  })

  it.each([
    ['SM-15', '0x1\r\na\r\n0\r\n\r\n'],
    ['SM-15', '+1\r\na\r\n0\r\n\r\n'],
    ['SM-15', '1\na\r\n0\r\n\r\n'],
    ['SM-15', '1\r\naXX0\r\n\r\n'],
    ['SM-15', '1\r\na\n0\r\n\r\n'],
    ['SM-15', '10000000000000001\r\na\r\n0\r\n\r\n'],
    ['SM-15', '1;a\nb\r\na\r\n0\r\n\r\n'],
    ['SM-15', '-1\r\na\r\n0\r\n\r\n'],
    ['SM-15', '\r\n0\r\n\r\n'],
    ['SM-16', `1;${'x'.repeat(1_000_000)}\r\na\r\n0\r\n\r\n`],
    ['SM-17', '1\r\na\r\n0\r\nContent-Length : 5\r\n\r\n'],
  ])('%s: a request with a wrong chunk is cut, here and at the app: %j', async (_, chunks) => {
    const statuses = await answersTo(head('/x', 'Transfer-Encoding: chunked') + chunks + SECOND())
    expect(statuses.length).toBeLessThanOrEqual(1)
    expect(statuses).not.toContain(200)
    expect(rig.app.take()).toEqual([])
    await expect.poll(() => rig.app.openConnections()).toBeLessThanOrEqual(1)
  })

  it('a request with chunked in any case is read, and framed again [SM-09]', async () => {
    expect(
      await answersTo(`${head('/x', 'Transfer-Encoding: ChUnKeD')}4\r\nbody\r\n0\r\n\r\n${SECOND()}`),
    ).toEqual([200, 200])
    const [first, second] = rig.app.take()
    expect([first?.body, first?.all('transfer-encoding'), second?.target]).toEqual([
      'body',
      ['chunked'],
      '/second',
    ])
  })

  it('a request is not framed by its trailers [SM-17]', async () => {
    const trailers = 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: evil.example\r\n'
    await answersTo(`${head('/x', 'Transfer-Encoding: chunked')}1\r\na\r\n0\r\n${trailers}\r\n${SECOND()}`)
    for (const { raw: text } of rig.app.take()) expect(text).not.toMatch(/evil|content-length: 5/iu)
  })
})

describe('a body', () => {
  const framed = `Content-Length: ${SMUGGLED.length}`

  it.each(['GET', 'HEAD'])('a body of %s is refused [SM-18, HD-36]', async (method) => {
    const request = rawRequest('/x', { method, lines: [cookie, framed] })
    const [status, ...rest] = await answersTo(request + SMUGGLED + SECOND(), method)
    expect(status).toBe(400)
    expect(rest.every((other) => other === 200)).toBe(true)
    expect(rig.app.take().map(({ target }) => target)).not.toContain('/smuggled')
  })

  it.each([
    ['GET', '0\r\n\r\n'],
    ['HEAD', '0\r\n\r\n'],
    ['GET', '0;x=y\r\nX-Trailer: 1\r\n\r\n'],
  ])('a body of %s that is chunked and empty is none: %j [SM-18, HD-36]', async (method, end) => {
    const chunked = rawRequest('/x', { method, lines: [cookie, 'Transfer-Encoding: chunked'] })
    expect(await answersTo(chunked + end + SECOND(), method)).toEqual([200, 200])
    const [first, second] = rig.app.take()
    expect([first?.method, first?.target, first?.body]).toEqual([method, '/x', ''])
    expect(first?.raw).not.toMatch(/transfer-encoding|content-length|x-trailer/iu)
    expect(second?.target).toBe('/second')
  })

  it('a body of GET that is chunked is judged by its first byte, however late [SM-18, HD-36]', async () => {
    const client = gate.dial()
    client.write(rawRequest('/x', { lines: [cookie, 'Transfer-Encoding: chunked'] }))
    await new Promise((resolve) => setTimeout(resolve, 50))
    client.write('1\r\na\r\n')
    const refused = await client.response()
    expect(refused.status).toBe(400)
    expect(refused.body).toContain('upstream-get-body')
    client.socket.destroy()
    const empty = gate.dial()
    empty.write(rawRequest('/x', { lines: [cookie, 'Transfer-Encoding: chunked'] }))
    await new Promise((resolve) => setTimeout(resolve, 50))
    empty.write('0\r\n\r\n')
    expect((await empty.response()).status).toBe(200)
    empty.socket.destroy()
    expect(rig.app.take().map(({ target }) => target)).toEqual(['/x'])
  })

  it('a body of GET travels where the upstream is said to take one, as a body [SM-18]', async () => {
    const open = await rig.gate('--upstream-get-body=/')
    const lines = [`Cookie: ${await open.signIn()}`]
    rig.app.take()
    const client = open.dial()
    const chunked = rawRequest('/search', { lines: [...lines, 'Transfer-Encoding: chunked'] })
    client.write(`${chunked}${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`)
    expect((await client.response()).status).toBe(200)
    client.write(rawRequest('/search', { lines, body: SMUGGLED }))
    expect((await client.response()).status).toBe(200)
    client.socket.destroy()
    const bodies = rig.app.take().map(({ target, body }) => [target, body])
    expect(bodies).toEqual([
      ['/search', SMUGGLED],
      ['/search', SMUGGLED],
    ])
  })

  it.each(['DELETE', 'OPTIONS', 'PATCH'])('a body of %s travels as a body [SM-18]', async (method) => {
    const request = rawRequest('/x', { method, lines: [cookie, framed] })
    expect(await answersTo(request + SMUGGLED + SECOND(), method)).toEqual([200, 200])
    const [first, second] = rig.app.take()
    expect([first?.body, second?.target]).toEqual([SMUGGLED, '/second'])
  })

  it.each<[string, string, number]>([
    ['SM-19', '/oauth2/start', 302],
    ['SM-19', '/oauth2/userinfo', 401],
    ['SM-19', '/ping', 200],
    ['SM-19', '/robots.txt', 200],
    ['SM-19', '/oauth2/nothing-here', 401],
    ['SM-20', '/admin', 401],
    ['SM-20', '/oauth2/sign_out', 302],
    ['SM-20', '/oauth2/callback', 400],
  ])('a body that $1 does not read is no request [$0]', async (_, target, status) => {
    const request = rawRequest(target, { method: 'POST', lines: [framed] })
    const [first, ...rest] = await answersTo(request + SMUGGLED + SECOND())
    expect(first).toBe(status)
    expect([[], [200]]).toContainEqual(rest)
    expect(rig.app.take().map(({ target: seen }) => seen)).toEqual(rest.length === 0 ? [] : ['/second'])
  })

  it('a body that is longer than it said is not a part of the next request [DS-12]', async () => {
    const statuses = await answersTo(`${head('/x', 'Content-Length: 5')}12345TRACE / HTTP/1.1\r\n\r\n`)
    expect(statuses[0]).toBe(200)
    expect(statuses.slice(1).every((status) => status >= 400)).toBe(true)
    expect(rig.app.take()).toHaveLength(1)
  })

  it('a body is invited when it will be read, and not before [SM-21]', async () => {
    const client = gate.dial()
    client.write(
      rawRequest('/admin', { method: 'POST', lines: ['Expect: 100-continue', 'Content-Length: 10'] }),
    )
    expect((await client.response()).status).toBe(401)
    expect(await client.closed()).toBe('')
    const welcome = gate.dial()
    welcome.write(head('/x', 'Expect: 100-continue', 'Content-Length: 4'))
    expect((await welcome.response()).status).toBe(100)
    welcome.write('body')
    expect((await welcome.response()).status).toBe(200)
    welcome.socket.destroy()
    expect(rig.app.take().map(({ body }) => body)).toEqual(['body'])
  })
})

describe('a pipeline', () => {
  it('a pipeline is judged request by request [SM-22]', async () => {
    const requests = [
      rawRequest('/public/x'),
      rawRequest('/admin'),
      rawRequest('/x', { lines: [cookie] }),
      rawRequest('/admin'),
      SECOND(),
    ]
    expect(await answersTo(requests.join(''), 'GET')).toEqual([200, 401, 200, 401, 200])
    expect(rig.app.take().map((request) => [request.target, request.all('x-forwarded-user')])).toEqual([
      ['/public/x', []],
      ['/x', ['alice']],
      ['/second', ['alice']],
    ])
  })

  it('a pipeline ends with an answer that ends the connection', async () => {
    // More zeros than we take for a length: refused by us and not by Node, which knows where the body ends.
    const refused = `${head('/x', `Content-Length: ${'1'.padStart(20, '0')}`)}a`
    for (let round = 0; round < 10; round += 1) expect(await answersTo(refused + SECOND())).toEqual([400])
    expect(rig.app.take()).toEqual([])
  })

  it.each([
    ['SM-30', 'POST', ['Upgrade: websocket', 'Content-Length: 4'], 'body'],
    ['SM-28', 'POST', ['Upgrade: h2c', 'Transfer-Encoding: chunked'], '4\r\nbody\r\n0\r\n\r\n'],
    ['SM-28', 'GET', ['Upgrade: h2c'], ''],
  ])(
    '%s: a pipeline ends with a %s that asks for %j: Node loses what stands behind it',
    async (_, method, lines, body) => {
      const asking = rawRequest('/x', { method, lines: [cookie, 'Connection: Upgrade', ...lines] })
      expect(await answersTo(asking + body + SECOND(), method)).toEqual([200])
      expect(rig.app.take()).toMatchObject([{ target: '/x' }])
    },
  )

  it('a pipeline is not left for another protocol [SM-28, SM-30]', async () => {
    for (const lines of [
      ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'],
      ['Connection: upgrade', 'Upgrade: foo'],
      ['Connection: Upgrade', 'Upgrade: websocket, foo', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
    ]) {
      rig.app.answer('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n')
      const answer = await gate.tell(rawRequest('/x', { lines: [cookie, ...lines] }))
      expect(answer?.status).toBe(502)
      const [request] = rig.app.take()
      expect([request?.all('upgrade'), request?.all('http2-settings')]).toEqual([[], []])
    }
  })

  it('a pipeline is not HTTP/2 [SM-29]', async () => {
    expect(await answersTo('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')).toEqual([400])
  })
})

/** Two requests on one connection of a client; what the app says to the first is in question. */
async function twoRequests(
  answer: string,
  method = 'GET',
): Promise<{ first: number | undefined; second: string | undefined }> {
  rig.app.answer((request, socket) => void socket.write(request.target === '/first' ? answer : OK, 'latin1'))
  const client: RawClient = gate.dial(5_000)
  client.write(rawRequest('/first', { method, lines: [cookie] }))
  const first = await client.response(method).catch(() => undefined)
  const other = client.socket.destroyed ? gate.dial(5_000) : client
  other.write(SECOND())
  const second = await other.response().catch(() => undefined)
  other.socket.destroy()
  return { first: first?.status, second: second?.body }
}

describe('an answer of the app', () => {
  it.each([
    ['CL and TE', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456'],
    ['two spellings of a length', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 01\r\n\r\na'],
    ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['a length in words', 'HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n'],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['a bare line feed within', 'HTTP/1.1 200 OK\r\nX: a\nY: b\r\nContent-Length: 0\r\n\r\n'],
    ['a bare CR', 'HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b=c\r\nContent-Length: 0\r\n\r\n'],
    ['a NUL', 'HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 0\r\n\r\n'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nX : a\r\nContent-Length: 0\r\n\r\n'],
    ['no version', 'hello\r\n\r\n'],
    ['HTTP/0.9', '<h1>hello</h1>\r\n\r\n'],
    ['HTTP/2', 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n'],
    ['an endless head', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(80_000)}\r\n\r\n`],
    ['an uninvited 101', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'],
    ['a flood of 1xx', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(1_000) + OK],
  ])('an answer of the app with %s is none, and the next is not touched [SM-25]', async (_, answer) => {
    const { first, second } = await twoRequests(answer)
    // Early hints that came before may have been passed on.
    expect([502, 103]).toContain(first)
    if (first === 502) expect(second).toBe('from the app')
  })

  it.each([
    ['a second answer', `${OK}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`, 'GET', 200],
    [
      'more than it said',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison',
      'GET',
      200,
    ],
    [
      'content behind the last chunk',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison',
      'GET',
      200,
    ],
    [
      'content behind 204',
      'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison',
      'GET',
      204,
    ],
    ['content behind 304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\npoison', 'GET', 304],
    ['content for HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison', 'HEAD', 200],
    ['a length for HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n', 'HEAD', 200],
    ['a length in 304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\n', 'GET', 304],
  ])('an answer of the app with %s is not the next one [SM-25, SM-27]', async (_, answer, method, status) => {
    expect(await twoRequests(answer, method)).toEqual({ first: status, second: 'from the app' })
  })

  it('an answer of the app that is compressed stays as it is [SM-26]', async () => {
    const zipped = gzipSync('hello '.repeat(200)).toString('latin1')
    rig.app.answer(
      `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${zipped.length}\r\n\r\n${zipped}`,
    )
    const client = gate.dial()
    client.write(rawRequest('/x', { lines: [cookie, 'Accept-Encoding: gzip'] }))
    expect((await client.response()).body).toBe(zipped)
    rig.app.answer(OK)
    client.write(SECOND())
    expect((await client.response()).body).toBe('from the app')
  })

  it('an answer of the app that breaks off breaks off at the client as well', async () => {
    rig.app.answer((_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')
      setTimeout(() => socket.destroy(), 50)
    })
    const client = gate.dial()
    client.write(rawRequest('/x', { lines: [cookie] }))
    expect(await client.closed()).toMatch(/\r\n\r\nhalf$/u)
  })

  it.each(['zz\r\n', '4\r\nhalfzz'])(
    'an answer of the app that breaks off at once is an answer all the same: %j',
    async (chunks) => {
      rig.app.answer(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`)
      const client = gate.dial()
      client.write(rawRequest('/x', { lines: [cookie] }))
      const seen = await client.closed()
      expect(seen).toMatch(/^HTTP\/1\.1 200 OK\r\n/u)
      expect(seen).not.toMatch(/\r\n0\r\n/u)
      expect(seen.includes('half')).toBe(chunks.includes('half'))
    },
  )

  it('an answer of the app without a type has none [UI-17]', async () => {
    const answer = await gate.tell(rawRequest('/x', { lines: [cookie] }))
    expect(answer?.all('content-type')).toEqual([])
  })
})

describe('a connection to the app', () => {
  it('a connection to the app of a client that left in the middle is not used again [SM-23]', async () => {
    const before = raw.sockets.length
    const client = gate.dial()
    client.write(`${head('/raw/up', 'Content-Length: 1000')}half of it`)
    await raw.waitFor((received) => received[before]?.includes('half of it') === true)
    client.socket.destroy()
    await expect.poll(() => raw.sockets[before]?.destroyed).toBe(true)
    raw.play((socket, received) => void (received.endsWith('\r\n\r\n') && socket.write(OK)))
    expect((await gate.tell(rawRequest('/raw/next', { lines: [cookie] })))?.status).toBe(200)
    expect(raw.received[before]).not.toContain('/raw/next')
  })

  it('a connection to the app that answered before it had read everything is not used again [SM-24]', async () => {
    raw.play((socket, received) => {
      if (received.includes('/raw/early') && !received.includes('late'))
        socket.write('HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno')
      else if (received.endsWith('\r\n\r\n')) socket.write(OK)
    })
    const before = raw.sockets.length
    const client = gate.dial()
    client.write(`${head('/raw/early', 'Content-Length: 200')}some`)
    expect((await client.response()).status).toBe(401)
    client.write(`${SMUGGLED}late`)
    expect((await gate.tell(rawRequest('/raw/next', { lines: [cookie] })))?.status).toBe(200)
    client.socket.destroy()
    await expect.poll(() => raw.sockets.slice(0, -1).every((socket) => socket.destroyed)).toBe(true)
    expect(
      raw.received.slice(before).filter((text) => text.includes('/raw/early') && text.includes('/raw/next')),
    ).toEqual([])
  })
})

it('the gate is still up after hostile framing, and has written about no bug', () => {
  expect(gate.isAlive()).toBe(true)
  expect(gate.output()).not.toMatch(/Bug:/u)
})

describe('what is refused before it is a request', () => {
  it.each<[string, string, object]>([
    [
      'a method that the parser does not know',
      'LIST /v1/secret?token=hidden HTTP/1.1\r\nHost: a\r\n\r\n',
      { status: 501, method: 'LIST', path: '/v1/secret', verdict: 'method_unknown' },
    ],
    [
      'bytes in a path',
      'GET /caf\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n',
      { status: 400, method: 'GET', verdict: 'target_malformed' },
    ],
    [
      'a space before a colon',
      rawRequest('/spaced', { lines: ['X : y'] }),
      { status: 400, path: '/spaced', verdict: 'request_malformed' },
    ],
    ['no Host', 'GET /nohost HTTP/1.1\r\n\r\n', { status: 400, path: '', verdict: 'host_malformed' }],
    [
      'a tunnel to another host',
      'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n',
      { status: 405, method: 'CONNECT', verdict: 'method_not_allowed' },
    ],
    [
      'an expectation that is not known',
      rawRequest('/expecting', { lines: ['Expect: miracles'] }),
      { status: 417, path: '/expecting', verdict: 'expectation_failed' },
    ],
  ])(
    'a message that is refused before it is a request has an answer with an id, and a line with the same: %s [SM-40]',
    async (_, request, expected) => {
      const answer = await gate.tell(request)
      await gate.written()
      const line = gate.log().findLast(({ verdict }) => verdict === (expected as { verdict: string }).verdict)
      expect(line).toMatchObject({ ...expected, client: '127.0.0.1' })
      const { status, verdict } = expected as { status: number; verdict: string }
      expect(answer?.status).toBe(status)
      const body = JSON.parse(answer?.body ?? '')
      expect(body.error).toBe(verdict)
      expect(body.request_id).toBe(line?.['request_id'])
      if (verdict !== 'host_malformed') expect(line?.['why']).toEqual(expect.any(String))
      expect(gate.output()).not.toContain('hidden')
    },
  )
})
