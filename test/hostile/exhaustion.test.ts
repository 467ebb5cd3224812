import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { status } from '../support/fake-server.ts'
import { rawRequest } from './client.ts'
import { type Gate, type Rig, SESSION, startRig } from './gate-fixture.ts'
import { createMint } from './token-fixture.ts'

let rig: Rig
let gate: Gate
let cookie: string
let slow: readonly Promise<number>[]
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nfrom the app'

beforeAll(async () => {
  rig = await startRig()
  gate = await rig.gate()
  cookie = `Cookie: ${await gate.signIn()}`
  rig.app.take()
  // They only wait, so the other tests run meanwhile.
  slow = [...SLOW.map(([, , bytes]) => patience(bytes)), patience('GET / HTTP/1.1\r\nHost: a\r\nX: ', 'x')]
})
afterAll(() => rig.close())
afterEach(() => {
  rig.app.answer(OK)
  rig.app.take()
})

/** The gate answers honest people as before. */
async function expectWell(): Promise<void> {
  expect((await gate.tell(rawRequest('/x', { lines: [cookie] })))?.status).toBe(200)
  expect(gate.isAlive()).toBe(true)
}

const SLOW_MS = 25_000

/** [row, what is sent before silence] */
const SLOW: readonly (readonly [string, string, string])[] = [
  ['DS-01', 'half a head', 'GET / HTTP/1.1\r\nHost: a\r\nX: '],
  ['DS-01', 'half a word', 'GE'],
  ['DS-02', 'nothing', ''],
  [
    'DS-03',
    'a form that does not come',
    rawRequest('/oauth2/sign_out', {
      method: 'POST',
      lines: ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 10'],
    }),
  ],
  [
    'DS-03',
    'a body for a page that reads none',
    rawRequest('/ping', { method: 'POST', lines: ['Content-Length: 10'] }),
  ],
  ['DS-03', 'a body before signing in', rawRequest('/x', { method: 'POST', lines: ['Content-Length: 10'] })],
]

/** Milliseconds until the gate ends a connection that has sent this; a letter now and then does not help. */
async function patience(bytes: string, letter = ''): Promise<number> {
  const client = gate.dial(SLOW_MS)
  const start = performance.now()
  client.write(bytes)
  const timer = setInterval(() => client.write(letter), 500)
  await client.closed()
  clearInterval(timer)
  return performance.now() - start
}

describe('a client that sends much', () => {
  it.each<[string, string, string, readonly number[]]>([
    ['DS-05', 'a line of 40 kB', rawRequest('/x', { lines: [`X: ${'a'.repeat(40_000)}`] }), [431]],
    ['DS-05', 'a line of 1 MB', rawRequest('/x', { lines: [`X: ${'a'.repeat(1_000_000)}`] }), [431]],
    ['DS-06', 'three thousand lines', rawRequest('/x', { lines: Array(3_000).fill('a: b') }), [431]],
    ['DS-07', 'an address of 70 kB', rawRequest(`/${'a'.repeat(70_000)}`), [414, 431]],
    ['DS-07', 'an address of 17 kB', rawRequest(`/${'a'.repeat(17_000)}`), [414]],
    ['DS-25', 'an address that is logged', rawRequest(`/${'b'.repeat(16_000)}`), [401]],
  ])('a client that sends $1 is told so [$0]', async (_, __, bytes, statuses) => {
    const client = gate.dial()
    client.write(bytes)
    const answer = await client.response().catch(() => undefined)
    // A reset may overtake the answer when we stop reading in the middle.
    if (answer !== undefined) expect(statuses).toContain(answer.status)
    client.socket.destroy()
    await expectWell()
    expect(
      Math.max(
        ...gate
          .output()
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThan(4_096)
  })

  it.each(['/oauth2/sign_in', '/oauth2/callback', '/oauth2/sign_out', '/oauth2/backchannel_logout'])(
    'a client that sends a large body is not read to the end at %s [DS-11]',
    async (target) => {
      const type = 'Content-Type: application/x-www-form-urlencoded'
      for (const framing of [`Content-Length: ${10_000_000}`, 'Transfer-Encoding: chunked']) {
        const client = gate.dial()
        client.write(rawRequest(target, { method: 'POST', lines: [type, framing] }))
        const piece = framing.startsWith('T') ? `4000\r\n${'a'.repeat(0x4000)}\r\n` : 'a'.repeat(0x4000)
        for (let at = 0; at < 8; at += 1) client.write(piece)
        expect([200, 405, 413]).toContain((await client.response()).status)
        client.socket.destroy()
      }
      await expectWell()
    },
  )

  it('a client that sends many fields cannot fill a form [DS-13]', async () => {
    const body = Array.from({ length: 2_000 }, (_, at) => `a${at}=1`).join('&')
    const lines = ['Content-Type: application/x-www-form-urlencoded']
    const answer = await gate.tell(rawRequest('/oauth2/sign_out', { method: 'POST', lines, body }))
    expect(answer?.status).toBe(400)
  })

  it("a client that sends tokens that cannot be Sidegate's costs no decryption [DS-09, DS-10]", async () => {
    const mint = await createMint({ issuer: rig.provider.origin })
    const { segment } = mint.key
    const junk = [
      `${SESSION}=${'a'.repeat(20_000)}`,
      `${SESSION}=${segment}..${'b'.repeat(16)}.${'c'.repeat(20_000)}.${'d'.repeat(22)}`,
    ]
    const start = performance.now()
    for (const value of junk) {
      const client = gate.dial()
      for (let at = 0; at < 300; at += 1) {
        client.write(rawRequest('/x', { lines: [`Cookie: ${value}`] }))
        expect((await client.response()).status).toBe(401)
      }
      client.socket.destroy()
    }
    // 600 of them within what one slow core does with honest ones.
    expect(performance.now() - start).toBeLessThan(5_000)
    await expectWell()
  })
})

describe('a storm', () => {
  it('a storm of people who want to sign in asks a provider that is down once [DS-17]', async () => {
    rig.provider.scripts.discovery = status(500)
    const cold = await rig.gate()
    const before = rig.provider.hits.discovery
    const starts = Array.from({ length: 200 }, () => cold.tell(rawRequest('/oauth2/start')))
    const statuses = new Set((await Promise.all(starts)).map((answer) => answer?.status))
    delete rig.provider.scripts.discovery
    expect(statuses).toEqual(new Set([503]))
    expect(rig.provider.hits.discovery - before).toBeLessThanOrEqual(2)
    await cold.stop()
  })

  it('a storm of callbacks asks no provider [DS-18, CB-02]', async () => {
    const before = rig.provider.hits.token
    const requests = Array.from({ length: 500 }, (_, at) =>
      gate.tell(rawRequest(`/oauth2/callback?code=${at}&state=${at}`)),
    )
    expect(new Set((await Promise.all(requests)).map((answer) => answer?.status))).toEqual(new Set([403]))
    expect(rig.provider.hits.token).toBe(before)
    await expectWell()
  })

  it('a storm of clients that reset leaves nothing behind [DS-23, DS-24]', async () => {
    rig.app.answer((_, socket) => void setTimeout(() => socket.writable && socket.write(OK), 20))
    await reset(100)
    await settled()
    const before = { descriptors: gate.descriptors(), memory: gate.memoryKb() }
    await reset(1_000)
    await settled()
    await expect
      .poll(() => gate.descriptors(), { timeout: 10_000 })
      .toBeLessThanOrEqual(before.descriptors + 10)
    expect(gate.memoryKb() - before.memory).toBeLessThan(64 * 1024)
    rig.app.answer(OK)
    await expectWell()
    expect(gate.output()).not.toMatch(/Bug:|unhandled/iu)
  })

  /** Clients that go without a word: in the head, in the body, before the answer. */
  async function reset(count: number): Promise<void> {
    const kinds = [
      'GET /x HTTP/1.1\r\nHost: a',
      rawRequest('/x', { lines: [cookie] }),
      `${rawRequest('/x', { method: 'POST', lines: [cookie, 'Content-Length: 1000'] })}some`,
      `${rawRequest('/x', { method: 'POST', lines: [cookie, 'Transfer-Encoding: chunked'] })}4\r\nsome\r\n`,
      rawRequest('/oauth2/start'),
    ]
    for (let at = 0; at < count; at += 50) {
      const clients = Array.from({ length: 50 }, (_, index) => {
        const client = gate.dial()
        client.write(kinds[(at + index) % kinds.length] ?? '')
        return client
      })
      await new Promise((resolve) => setTimeout(resolve, 10))
      for (const client of clients) client.socket.resetAndDestroy()
    }
  }

  async function settled(): Promise<void> {
    await expect.poll(() => rig.app.openConnections(), { timeout: 10_000 }).toBeLessThanOrEqual(60)
    // Idle connections to the app are kept for four seconds.
    await expect.poll(() => rig.app.openConnections(), { timeout: 10_000, interval: 100 }).toBe(0)
  }

  it('a storm in one pipeline takes one connection to the app, and no more than its share [DS-22]', async () => {
    const patient = await rig.gate('--skip-auth-route=^/public/')
    const before = { connections: rig.app.connections(), memory: patient.memoryKb() }
    rig.app.answer((_, socket) => void setTimeout(() => socket.writable && socket.write(OK), 100))
    const [long, endless] = [patient.dial(), patient.dial()]
    long.write(rawRequest('/public/x').repeat(20))
    endless.write(rawRequest('/public/x').repeat(20_000))
    await endless.closed()
    expect((await patient.tell(rawRequest('/public/y')))?.status).toBe(200)
    for (let at = 0; at < 20; at += 1) expect((await long.response()).status).toBe(200)
    expect(rig.app.connections() - before.connections).toBeLessThanOrEqual(3)
    expect(patient.memoryKb() - before.memory).toBeLessThan(32 * 1024)
    await patient.stop()
  })

  it('a storm of two thousand connections is survived [DS-22]', async () => {
    const clients = Array.from({ length: 2_000 }, () => gate.dial())
    for (const client of clients) client.write('GET /x HTTP/1.1\r\n')
    await expectWell()
    for (const client of clients) client.socket.destroy()
    await expect.poll(() => gate.descriptors(), { timeout: 10_000 }).toBeLessThan(200)
    await expectWell()
  })
})

describe('a pattern that would keep a backtracking engine busy', () => {
  it('a pattern that would keep a backtracking engine busy starts, and answers any path at once [DS-14, RT-36]', async () => {
    const patterned = await rig.gate(
      '--skip-auth-route=^/(a+)+$',
      '--skip-auth-route=!=^/(?:[а-яё]|[ж-ю]|[^п])+$',
      '--skip-auth-route=^/(([a-z])+.)+[A-Z]([a-z])+$',
      '--api-route=a.*b',
      '--api-route=^/(.*/)*y$',
    )
    const start = performance.now()
    for (const [path, status] of [
      [`/${'a'.repeat(15_000)}`, 200],
      [`/${'a'.repeat(15_000)}!`, 401],
      [`/${'a/'.repeat(7_500)}`, 401],
      [`/${'%D0%B6'.repeat(2_500)}!`, 401],
    ] as const) {
      expect((await patterned.tell(rawRequest(path)))?.status).toBe(status)
    }
    expect(performance.now() - start).toBeLessThan(2_000)
    await patterned.stop()
  })
})

describe('a slow client', () => {
  const rows = [...SLOW.map(([row, what]) => [row, what]), ['DS-01', 'a letter twice a second']]
  it.each(rows.map(([row, what], at) => [row, what, at] as const))(
    'a slow client is cut: $1 [$0]',
    async (_, __, at) => {
      expect(await slow[at]).toBeLessThan(18_000)
    },
    SLOW_MS,
  )
})

it(
  'a slow client that is half way through a head has a line that says what was wrong, and a silent one has none [DS-01]',
  async () => {
    await Promise.all(slow)
    await gate.written()
    const lines = gate.log().filter(({ verdict }) => verdict === 'request_timeout')
    // Half a head, half a word, and the head that got a letter twice a second.
    expect(lines).toHaveLength(3)
    for (const line of lines) expect(line).toMatchObject({ status: 408, why: expect.any(String) })
  },
  SLOW_MS,
)

it('the gate is still up after exhaustion, and has written about no bug', () => {
  expect(gate.isAlive()).toBe(true)
  expect(gate.output()).not.toMatch(/Bug:/u)
})
