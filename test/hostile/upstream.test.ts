import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startRawUpstream } from '../support/raw-upstream.ts'
import { rawRequest } from './client.ts'
import { type Gate, type Rig, startRig } from './gate-fixture.ts'

let rig: Rig
let gate: Gate
let cookie: string
/** The address that nobody may ask. */
let canary: string
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

beforeAll(async () => {
  rig = await startRig()
  gate = await rig.gate()
  cookie = `Cookie: ${await gate.signIn()}`
  canary = `127.0.0.1:${rig.canary.port}`
  rig.app.take()
})
afterAll(() => rig.close())
afterEach(() => {
  rig.app.answer(OK)
  rig.app.take()
})

const ask = (target: string, ...lines: string[]) =>
  gate.tell(rawRequest(target, { lines: [cookie, ...lines] }))

describe('a target cannot choose the upstream', () => {
  it.each([
    ['SS-01', '//CANARY/x', 200],
    ['SS-01', '///CANARY/x', 200],
    ['SS-02', '/%5c%5cCANARY/x', 200],
    ['SS-02', '/%5C/CANARY', 200],
    ['SS-03', '/\\CANARY/x', 400],
    ['SS-03', '\\\\CANARY/x', 400],
    ['SS-04', '/@CANARY/x', 200],
    ['SS-04', '@CANARY/x', 400],
    ['SS-04', ':@CANARY/x', 400],
    ['SS-04', '/:80@CANARY/x', 200],
    ['SS-05', 'http://CANARY/x', 400],
    ['SS-05', 'http://app.example.com@CANARY/x', 400],
    ['SS-05', 'http://CANARY:80@app.example.com/x', 400],
    ['SS-01', '/x/..//CANARY/x', 200],
    ['SS-01', '/.//CANARY/x', 200],
    ['SS-07', '/a%0d%0aX-Inj:%201', 200],
    ['SS-07', '/a%20HTTP/1.1%0d%0aX-Inj:%201', 200],
    ['SS-07', '/a?b=%0d%0aX-Inj:%201', 200],
    ['SS-08', '/a?x=1;y=2&x=%26&%00', 200],
    ['SS-08', '/?', 200],
    ['SS-08', '/??', 200],
    ['SS-08', '/a?q=//CANARY/&r=http://CANARY', 200],
    ['SS-08', '/?#', 400],
  ])('a target cannot choose the upstream: $1 [$0]', async (_, template, status) => {
    const target = template.replaceAll('CANARY', canary)
    expect((await ask(target))?.status).toBe(status)
    expect(rig.app.take().map((request) => [request.target, request.all('x-inj')])).toEqual(
      status === 200 ? [[target, []]] : [],
    )
    expect(rig.canary.visits()).toBe(0)
  })

  it('a target cannot choose the upstream by CONNECT [SS-06]', async () => {
    const client = gate.dial()
    client.write(`CONNECT ${canary} HTTP/1.1\r\nHost: ${canary}\r\n${cookie}\r\n\r\n`)
    expect((await client.response('CONNECT')).status).toBe(405)
    await client.closed()
    expect([rig.canary.visits(), rig.app.take()]).toEqual([0, []])
  })

  it.each([
    ['SS-12', 'Host'],
    ['SS-12', 'X-Forwarded-Host'],
    ['SS-12', 'X-Forwarded-Server'],
    ['SS-12', 'X-Host'],
    ['SS-15', 'Proxy'],
    ['SS-12', 'X-Original-Host'],
  ])('a header cannot choose the upstream: $1 [$0]', async (_, name) => {
    const request =
      name === 'Host'
        ? rawRequest('/x', { host: canary, lines: [cookie] })
        : rawRequest('/x', { lines: [cookie, `${name}: ${canary}`] })
    expect((await gate.tell(request))?.status).toBe(200)
    expect([rig.app.take().length, rig.canary.visits()]).toEqual([1, 0])
  })
})

describe('an app cannot send us anywhere', () => {
  it.each([301, 302, 303, 307, 308])('an app cannot send Sidegate anywhere by %i [SS-09]', async (status) => {
    const location = `http://${canary}/x`
    rig.app.answer(`HTTP/1.1 ${status} Go\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`)
    const answer = await ask('/x')
    expect([answer?.status, answer?.header('location')]).toEqual([status, location])
    expect([rig.app.take().length, rig.canary.visits()]).toEqual([1, 0])
  })

  it.each([
    `Link: <http://CANARY/>; rel=preload`,
    'Refresh: 0; url=http://CANARY/',
    'X-Accel-Redirect: /internal',
    'Alt-Svc: h2="CANARY"',
  ])('an app cannot send Sidegate anywhere by %s [SS-09]', async (template) => {
    rig.app.answer(`HTTP/1.1 200 OK\r\n${template.replace('CANARY', canary)}\r\nContent-Length: 0\r\n\r\n`)
    expect((await ask('/x'))?.status).toBe(200)
    expect([rig.app.take().length, rig.canary.visits()]).toEqual([1, 0])
  })

  it('a Location of the app comes back as it is [SS-18]', async () => {
    const location = `http://127.0.0.1:${rig.app.port}/internal`
    rig.app.answer(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`)
    expect((await ask('/x'))?.header('location')).toBe(location)
  })
})

describe('an upstream that is not there', () => {
  it('an upstream that is not there is not named to the client [IL-10]', async () => {
    const alone = await rig.gate('--upstream=http://127.0.0.1:1/dead/')
    for (const accept of ['text/html', 'application/json']) {
      const answer = await alone.tell(rawRequest('/dead/x', { lines: [cookie, `Accept: ${accept}`] }))
      expect(answer?.status).toBe(502)
      expect(answer?.body).not.toMatch(/127\.0\.0\.1|ECONN|:1\b|at .*\.ts/u)
    }
    await alone.stop()
  })

  it('an upstream that is not there is named in the log', async () => {
    const alone = await rig.gate('--upstream=http://127.0.0.1:1/dead/')
    await alone.tell(rawRequest('/dead/x', { lines: [cookie] }))
    await alone.written()
    expect(alone.log().filter(({ level }) => level === 'error')).toMatchObject([
      {
        msg: 'The app gave no answer',
        code: 'upstream_unreachable',
        why: 'ECONNREFUSED',
        upstream: '/dead/',
      },
    ])
    await alone.stop()
  })

  it('an upstream that takes its time is given up, and its connection with it', async () => {
    const patient = await rig.gate('--upstream-timeout=300ms')
    rig.app.answer(() => {})
    expect((await patient.tell(rawRequest('/x', { lines: [cookie] })))?.status).toBe(504)
    rig.app.answer(OK)
    expect((await patient.tell(rawRequest('/x', { lines: [cookie] })))?.status).toBe(200)
    await patient.stop()
  })

  it('an upstream cannot have an unknown scheme [SS-14]', async () => {
    for (const url of [
      'ftp://127.0.0.1/',
      'gopher://127.0.0.1/',
      'javascript:alert(1)',
      '//127.0.0.1/',
      'http://',
      'http://u:p@127.0.0.1/',
    ]) {
      await expect(rig.gate(`--upstream=${url}`)).rejects.toThrow(/--upstream/u)
    }
  })
})

it('an app that refuses an upload, closes and resets is heard all the same [SM-24]', async () => {
  const refusal = 'HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nno!'
  const app = await startRawUpstream((socket, text) => {
    if (!text.includes('\r\n\r\n')) return
    socket.write(refusal)
    socket.resetAndDestroy()
  })
  const refused = await rig.gate(`--upstream=http://127.0.0.1:${app.port}/refusing/`)
  const upload = rawRequest('/refusing/x', { method: 'POST', lines: [cookie], body: 'u'.repeat(2_000_000) })
  // Whether a write meets the reset before the answer is read is a matter of luck, mostly bad luck.
  const statuses: (number | undefined)[] = []
  for (let round = 0; round < 10; round += 1) statuses.push((await refused.tell(upload))?.status)
  expect(statuses).toEqual(Array(10).fill(413))
  await Promise.all([refused.stop(), app.close()])
})

it('an upstream keeps to the paths that it was given [SS-12]', async () => {
  const two = await rig.gate(`--upstream=http://${canary}/secret/`)
  expect((await two.tell(rawRequest('/x', { lines: [cookie] })))?.status).toBe(200)
  for (const target of [
    '/x/../secret/y',
    '/%73ecret/y',
    '//secret/y',
    '/x/..%2fsecret/y',
    '/secret;/y',
    '/SECRET/y',
  ]) {
    expect((await two.tell(rawRequest(target, { lines: [cookie] })))?.status).toBe(200)
    expect(rig.app.take().at(-1)?.target).toBe(target)
  }
  expect(rig.canary.visits()).toBe(0)
  await two.stop()
})

it('the gate is still up after hostile upstreams, and has written about no bug', () => {
  expect(gate.isAlive()).toBe(true)
  expect(gate.output()).not.toMatch(/Bug:/u)
})

describe('an answer of the app that is no HTTP', () => {
  it.each([
    ['a NUL in a value', 'X-Bad: a\0b', { why: 'header value', header: 'X-Bad', byte: '0x00' }],
    ['two lengths', 'Content-Length: 3', { why: 'lengths that differ', header: 'Content-Length' }],
  ])(
    'an answer of the app that is no HTTP is 502, and the log says which header and byte: %s [SM-39]',
    async (_, line, flaw) => {
      rig.app.answer(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${line}\r\n\r\nok`)
      expect((await ask('/odd'))?.status).toBe(502)
      await gate.written()
      const lines = gate.log().filter(({ msg }) => msg === 'The app gave no answer')
      expect(lines.at(-1)).toMatchObject({ code: 'upstream_misbehaved', ...flaw })
    },
  )
})
