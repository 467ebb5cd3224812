import { CompactEncrypt, CompactSign, exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unsigned } from '../support/fake-signer.ts'
import { rawRequest } from './client.ts'
import { CSRF, type Gate, type Rig, SECRET, SESSION, startRig } from './gate-fixture.ts'
import { createMint, flipped, type Mint, withPart } from './token-fixture.ts'

let rig: Rig
let gate: Gate
let mint: Mint
let good: string

beforeAll(async () => {
  rig = await startRig()
  gate = await rig.gate()
  mint = await createMint({ issuer: rig.provider.origin })
  good = await mint.session()
})
afterAll(() => rig.close())

const ENDED = `${SESSION}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax`

async function ask(cookie: string, target = '/x') {
  const answer = await gate.tell(rawRequest(target, { lines: [`Cookie: ${cookie}`] }))
  return { status: answer?.status, ended: answer?.all('set-cookie') ?? [], body: answer?.body ?? '' }
}

/** Nobody gets in, and the browser is told to forget it. */
async function expectCleared(token: string): Promise<void> {
  const { status, ended } = await ask(`${SESSION}=${token}`)
  expect([status, ended]).toEqual([401, [ENDED]])
  expect(rig.app.take()).toEqual([])
}

it('a minted session opens: the attacks below fail for their own reasons', async () => {
  expect((await ask(`${SESSION}=${good}`)).status).toBe(200)
  expect(rig.app.take()[0]?.all('x-forwarded-user')).toEqual(['alice-1'])
})

describe('a changed token', () => {
  it.each<[string, string, (token: string) => string]>([
    ['CK-01', 'ciphertext', (token) => withPart(token, 3, flipped)],
    ['CK-02', 'tag', (token) => withPart(token, 4, flipped)],
    ['CK-02', 'IV', (token) => withPart(token, 2, flipped)],
    ['CK-03', 'short tag', (token) => withPart(token, 4, (tag) => tag.slice(0, 16))],
    ['CK-04', 'short IV', (token) => withPart(token, 2, (iv) => iv.slice(0, 11))],
    ['CK-05', 'one character less', (token) => token.slice(0, -1)],
    ['CK-05', 'five per cent less', (token) => token.slice(0, Math.floor(token.length * 0.95))],
    ['CK-05', 'half of it', (token) => token.slice(0, token.length / 2)],
    ['CK-06', 'four dots', () => '....'],
    ['CK-06', 'three parts', () => 'a.b.c'],
    ['CK-06', 'six parts', (token) => `${token}.a`],
    ['CK-06', 'null', () => 'null'],
    ['CK-06', 'an object', () => '{}'],
    ['CK-06', 'a list', () => '[]'],
    ['CK-10', 'alg none', (token) => withPart(token, 0, () => base64('{"alg":"none","enc":"A256GCM"}'))],
    ['CK-19', 'an encrypted key', (token) => withPart(token, 1, () => 'eA')],
    ['CK-39', 'escapes', (token) => token.replaceAll('.', '%2e')],
    ['CK-39', 'a percent sign', () => '%'],
    ['CK-38', 'quotes', (token) => `"${token}"`],
    ['CK-27', 'padding', (token) => `${token}==`],
  ])('a changed token is refused: $1 [$0]', async (_, __, change) => {
    await expectCleared(change(good))
  })

  it('a token that is changed in bits that mean nothing is the same session, which ends with it [CK-27]', async () => {
    const token = await mint.session({ id: 'c29tZWJvZHktZWxzZQ' })
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(token.slice(-1))
    const twin = token.slice(0, -1) + alphabet[last ^ 1]
    expect(twin).not.toBe(token)
    const out = await gate.tell(
      rawRequest('/oauth2/sign_out', { method: 'POST', lines: [`Cookie: ${SESSION}=${token}`] }),
    )
    expect(out?.status).toBe(302)
    await expectCleared(token)
    await expectCleared(twin)
  })
})

describe('a forged token', () => {
  it.each<[string, string, () => string | Promise<string>]>([
    ['CK-07', 'another key', () => mint.seal('x', {}, crypto.getRandomValues(new Uint8Array(32)))],
    ['CK-07', 'another secret', async () => (await other({ secret: SECRET.toLowerCase() })).session()],
    ['CK-08', 'a header in another order', () => reordered()],
    ['CK-09', 'alg none', () => unsigned({ alg: 'none' }, { sub: 'admin', exp: 9e9 })],
    ['CK-11', 'a JWS by the secret', () => jws()],
    ['CK-12', 'A256KW', () => mint.seal(session(), { alg: 'A256KW' })],
    ['CK-12', 'A256GCMKW', () => mint.seal(session(), { alg: 'A256GCMKW' })],
    ['CK-13', 'A128CBC-HS256', () => mint.seal(session(), { enc: 'A128CBC-HS256' })],
    ['CK-15', 'a zip bomb', () => mint.seal('a'.repeat(200_000), { zip: 'DEF' })],
    ['CK-17', 'an unknown crit', () => mint.seal(session(), { crit: ['x'], x: 1 })],
    ['CK-18', 'jku', () => mint.seal(session(), { jku: `http://127.0.0.1:${rig.canary.port}/` })],
    ['CK-18', 'x5u', () => mint.seal(session(), { x5u: `http://127.0.0.1:${rig.canary.port}/` })],
    ['CK-18', 'a kid that is a path', () => mint.seal(session(), { kid: '../../etc/passwd' })],
    ['CK-18', 'a kid that is SQL', () => mint.seal(session(), { kid: "' OR 1=1" })],
    ['CK-18', 'a kid of 10 kB', () => mint.seal(session(), { kid: 'k'.repeat(10_000) })],
    ['CK-18', 'a key of its own', async () => mint.seal(session(), { jwk: await aPublicKey() })],
    ['CK-20', 'for a sign-in', async () => (await other({ purpose: 'transaction' })).session()],
    ['CK-20', 'for a sign-in, by its type', () => mint.seal(session(), { typ: 'sg-transaction' })],
    ['CK-22', 'for another client', async () => (await other({ clientId: 'another' })).session()],
    ['CK-22', 'for another issuer', async () => (await other({ issuer: 'https://op.example' })).session()],
    ['CK-22', 'for another cookie', async () => (await other({ cookieName: '_other' })).session()],
    ['CK-23', 'an ID token', () => rig.provider.mint()],
  ])('a forged token is refused: $1 [$0]', async (_, __, make) => {
    await expectCleared(await make())
    expect(rig.canary.visits()).toBe(0)
  })

  it('a forged token with two thousand million rounds costs nothing [CK-14]', async () => {
    const header = base64('{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":2000000000,"p2s":"c2FsdA"}')
    const start = performance.now()
    await expectCleared(withPart(good, 0, () => header))
    expect(performance.now() - start).toBeLessThan(500)
  })

  it.each<[string, string]>([
    ['CK-24', '{}'],
    ['CK-24', payload({ sub: '' })],
    ['CK-24', payload({ eml: null })],
    ['CK-24', payload({ exp: undefined })],
    ['CK-24', payload({ jti: undefined })],
    ['CK-25', payload({}).replace(/"exp":\d+/u, '"exp":1e400')],
    ['CK-25', payload({ exp: '9999999999' })],
    ['CK-25', payload({ exp: -1 })],
    ['CK-25', payload({ exp: 1 })],
    ['CK-26', '[1]'],
    ['CK-26', '{"__proto__":{"groups":["admins"]}}'],
    ['CK-26', `{"__proto__":${payload({})}}`],
    ['CK-26', `${payload({}).slice(0, -1)},"constructor":{"grp":["admins"]}}`],
    ['CK-26', 'null'],
    ['CK-26', ''],
  ])('%s: a sealed token is no session, although the seal is good: %s', async (_, json) => {
    await expectCleared(await mint.seal(sealable(json)))
  })

  it('a sealed token is no session yet when it is from the future, and stays: the clock here may be the wrong one [CK-25]', async () => {
    const token = await mint.seal(sealable(payload({ iat: 4_102_444_800 })))
    const { status, ended } = await ask(`${SESSION}=${token}`)
    expect([status, ended]).toEqual([401, []])
    expect(rig.app.take()).toEqual([])
  })

  it('a sealed token is a session when nothing of it was spoilt [CK-24]', async () => {
    expect((await ask(`${SESSION}=${await mint.seal(sealable(payload({})))}`)).status).toBe(200)
    expect(rig.app.take()).toHaveLength(1)
  })

  it('a sealed token cannot inflate to more than a session can be [CK-16]', async () => {
    const stream = new Blob([Buffer.alloc(20_000_000)])
      .stream()
      .pipeThrough(new CompressionStream('deflate-raw'))
    const bomb = Buffer.concat([Buffer.from([0x21]), Buffer.from(await new Response(stream).arrayBuffer())])
    const start = performance.now()
    expect((await ask(`${SESSION}=${await mint.seal(bomb)}`)).status).toBe(401)
    expect(performance.now() - start).toBeLessThan(500)
  })

  it('a sealed token counts for nothing when it is too old or from the future [SL-02, SL-19]', async () => {
    const now = Date.now()
    const strict = await rig.gate('--session-max-lifetime=1h', '--cookie-expire=2h')
    const statusOf = async (token: string) =>
      (await strict.tell(rawRequest('/x', { lines: [`Cookie: ${SESSION}=${token}`] })))?.status
    expect(await statusOf(await mint.session())).toBe(200)
    expect(await statusOf(await mint.session({ signedInAtMs: now - 3_601_000 }))).toBe(401)
    expect(await statusOf(await mint.session({ refreshedAtMs: now - 7_201_000 }))).toBe(401)
    expect(await statusOf(await mint.session({ signedInAtMs: now + 600_000 }))).toBe(401)
    rig.app.take()
  })
})

describe('a Cookie header', () => {
  const others = Array.from({ length: 150 }, (_, at) => `c${at}=${'v'.repeat(20)}`).join('; ')

  // [row, header; GOOD stands for a session, status]
  it.each<[string, string, number]>([
    ['CK-33', 'NAME=evil; NAME=GOOD', 200],
    ['CK-33', 'NAME=GOOD; NAME=evil', 200],
    ['CK-33', 'NAME=GO; NAME=OD', 401],
    ['CK-35', '_oauth2_proxy=GOOD', 401],
    ['CK-35', '__Secure-_oauth2_proxy=GOOD', 401],
    ['CK-35', '__host-_oauth2_proxy=GOOD', 401],
    ['CK-36', '\xa0NAME=GOOD', 401],
    ['CK-36', '\xe2\x80\x80NAME=GOOD', 401],
    ['CK-36', '\x0bNAME=GOOD', 400],
    ['CK-37', '=NAME=evil; NAME=GOOD', 200],
    ['CK-37', 'NAME; NAME=GOOD', 200],
    ['CK-37', '=; NAME=GOOD', 200],
    ['CK-37', '=NAME=GOOD', 401],
    ['CK-37', 'NAME', 401],
    ['CK-37', '=', 401],
    ['CK-37', '; ;;', 401],
    ['CK-38', '$Version=1; x="a; NAME=evil; y=b"; NAME=GOOD', 200],
    ['CK-38', '$version="1"; NAME=GOOD', 200],
    ['CK-38', 'x="a; NAME=evil; y=b"; NAME=GOOD', 200],
    ['CK-39', '__Host%2D_oauth2_proxy=GOOD', 401],
    ['CK-39', 'NAME=GO%4fD', 401],
    ['CK-40', '__proto__=1; constructor=2; toString=3; NAME=GOOD', 200],
    ['CK-40', '__proto__=1; constructor=2; toString=3', 401],
    ['CK-43', `${others}; NAME=GOOD`, 200],
    ['CK-43', 'a=\xff\xfe; b=\x80; NAME=GOOD', 200],
    ['CK-43', 'a=\x01; NAME=GOOD', 400],
    ['CK-41', `a=${'b'.repeat(20_000)}; NAME=GOOD`, 200],
    ['CK-41', `a=${'b'.repeat(100_000)}; NAME=GOOD`, 431],
    ['CK-42', Array.from({ length: 199 }, (_, at) => `NAME_${at}=x`).join('; '), 401],
    [
      'CK-42',
      Array.from({ length: 9 }, (_, at) => `NAME_${at}=9.xxxxxxxx.${'x'.repeat(3_000)}`).join('; '),
      401,
    ],
  ])('%s: the Cookie header %j is answered %i', async (_, header, status) => {
    const cookie = header.replaceAll('NAME', SESSION).replaceAll('GOOD', good)
    expect((await ask(cookie)).status).toBe(status)
    expect(rig.app.take()).toHaveLength(status === 200 ? 1 : 0)
  })

  it('a Cookie header in two lines is one [CK-34]', async () => {
    const lines = ['Cookie: a=1', `Cookie: ${SESSION}=${good}`, 'Cookie: b=2']
    expect((await gate.tell(rawRequest('/x', { lines })))?.status).toBe(200)
    const [request] = rig.app.take()
    expect(request?.all('cookie')).toEqual(['a=1', 'b=2'])
  })

  it('a Cookie header of a megabyte ends the connection and nothing else [CK-41]', async () => {
    const client = gate.dial()
    client.write(rawRequest('/x', { lines: [`Cookie: ${'a'.repeat(1_000_000)}`] }))
    await client.closed()
    expect((await ask(`${SESSION}=${good}`)).status).toBe(200)
    rig.app.take()
  })

  const malformed = [
    '%',
    '',
    '=',
    '"',
    '.',
    '..',
    '....',
    'a',
    'null',
    'undefined',
    'true',
    '[object Object]',
    '-1',
  ]
  it.each([
    ...malformed,
    ...malformed.map((value) => `${value}.${value}.${value}`),
    'eyJhbGciOiJub25lIn0..',
    '{"sub":"admin"}',
  ])('a Cookie header never opens by being malformed: %j [CK-48]', async (value) => {
    const auth = await ask(`${SESSION}=${value}`, '/oauth2/auth')
    expect([auth.status, auth.body]).toEqual([401, 'Unauthorized\n'])
    expect((await ask(`${SESSION}=${value}`)).status).toBe(401)
    expect(rig.app.take()).toEqual([])
  })

  it('a Cookie header gives away nothing about why a token was refused [CK-49]', async () => {
    const [tag, key, format] = await Promise.all([
      ask(`${SESSION}=${withPart(good, 4, flipped)}`),
      ask(`${SESSION}=${await mint.seal('x', {}, new Uint8Array(32))}`),
      ask(`${SESSION}=${withPart(good, 0, flipped)}`),
    ])
    const plain = ({ body, ...rest }: typeof tag) => ({
      ...rest,
      body: body.replace(/"request_id":"[^"]*"/u, ''),
    })
    expect(plain(key)).toEqual(plain(tag))
    expect(plain(format)).toEqual(plain(tag))
  })
})

const KEPT_OR_ENDED =
  /^__Host-[\w-]+=(?:[\w.-]+; Path=\/; Max-Age=[1-9]\d*|; Path=\/; Max-Age=0); HttpOnly; Secure; SameSite=Lax$/u

describe('Sidegate’s cookies', () => {
  it("Sidegate's cookies have the attributes that keep them here [CK-45]", async () => {
    const visitor = gate.visitor()
    const start = await visitor.visit('/oauth2/start')
    const back = await rig.provider.visit(start.location ?? '')
    const end = await visitor.visit(back.pathname + back.search)
    for (const line of [...start.setCookies, ...end.setCookies]) {
      expect(line).toMatch(KEPT_OR_ENDED)
      expect(line.length).toBeLessThan(4_096)
    }
    const out = await visitor.visit('/oauth2/sign_out', { method: 'POST' })
    expect(out.setCookies).toContain(ENDED)
    expect([...visitor.jar]).toEqual([])
  })

  it("Sidegate's cookies cannot be set by the app; its own arrive one by one [CK-53]", async () => {
    const lines = [
      `${SESSION}=evil; Path=/; Secure`,
      `${SESSION}_0=evil; Path=/`,
      `${CSRF}=evil; Path=/`,
      `=${SESSION}=evil`,
      'app=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT',
      'theme=dark',
    ].map((value) => `Set-Cookie: ${value}`)
    rig.app.answer(`HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`)
    expect((await ask(`${SESSION}=${good}`)).ended).toEqual([
      'app=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT',
      'theme=dark',
    ])
    rig.app.answer('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    rig.app.take()
  })

  it("Sidegate's cookies never reach the app [HD-34]", async () => {
    await ask(`a=1; ${SESSION}=${good}; ${SESSION}_4=x; ${CSRF}=y; ${SESSION}_abcdefgh_csrf=z; b=2`)
    const [request] = rig.app.take()
    expect(request?.all('cookie')).toEqual(['a=1; b=2'])
  })

  it("Sidegate's cookies are sealed again under a new secret, and end with the old one [CK-51]", async () => {
    const fresh = 'Zm9yIHRoZSBoYW5kcyBvZiBldmVyeW9uZSBlbHNlIQQ'
    const [both, only] = await Promise.all([
      rig.gate(`--cookie-secret=${fresh},${SECRET}`),
      rig.gate(`--cookie-secret=${fresh}`),
    ])
    const lines = [`Cookie: ${SESSION}=${good}`]
    const moved = await both.tell(rawRequest('/x', { lines }))
    expect(moved?.status).toBe(200)
    const [renewed = ''] = moved?.all('set-cookie') ?? []
    const again = [`Cookie: ${renewed.split(';')[0]}`]
    expect((await only.tell(rawRequest('/x', { lines: again })))?.status).toBe(200)
    expect((await only.tell(rawRequest('/x', { lines })))?.status).toBe(401)
    rig.app.take()
  })

  it("Sidegate's cookies never repeat an initialisation vector [CK-52]", async () => {
    const client = gate.dial()
    const vectors = new Set<string>()
    for (let at = 0; at < 500; at += 1) {
      client.write(rawRequest('/oauth2/start'))
      const { searchParams } = new URL((await client.response()).header('location') ?? '')
      vectors.add(searchParams.get('state')?.split('.')[2] ?? '')
    }
    client.socket.destroy()
    expect(vectors.size).toBe(500)
  })
})

it('the gate is still up after hostile cookies, and has written about no bug', () => {
  expect(gate.isAlive()).toBe(true)
  expect(gate.output()).not.toMatch(/Bug:/u)
  expect(rig.canary.visits()).toBe(0)
})

function other(given: Partial<Parameters<typeof createMint>[0]>): Promise<Mint> {
  return createMint({ issuer: rig.provider.origin, ...given })
}

function payload(change: Record<string, unknown>): string {
  const now = Math.floor(Date.now() / 1000)
  return JSON.stringify({
    jti: 'a',
    idp: 'oidc',
    cli: 'CLIENT',
    iss: 'i',
    sub: 'admin',
    eml: 'admin@example.com',
    iat: now,
    ref: now,
    see: now,
    exp: now + 600,
    ...change,
  })
}

/** Version 2, not deflated, of the gate's own client. */
function sealable(json: string): string {
  return `\x20${json.replace('CLIENT', mint.client)}`
}

function session(): string {
  return sealable(payload({}))
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64url')
}

function reordered(): Promise<string> {
  const { alg, enc, typ, kid } = mint.key.header
  const header = { kid, typ, enc, alg }
  return new CompactEncrypt(Buffer.from(session())).setProtectedHeader(header).encrypt(mint.key.bytes)
}

function jws(): Promise<string> {
  return new CompactSign(Buffer.from(payload({}))).setProtectedHeader({ alg: 'HS256' }).sign(mint.key.bytes)
}

async function aPublicKey(): Promise<unknown> {
  return exportJWK((await generateKeyPair('ES256', { extractable: true })).publicKey)
}
