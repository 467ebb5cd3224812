import { createHmac } from 'node:crypto'
import { exportSPKI, importJWK } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Claims } from '../support/fake-provider.ts'
import { body, json, redirectTo, type Script, status } from '../support/fake-server.ts'
import { unsigned } from '../support/fake-signer.ts'
import { rawRequest } from './client.ts'
import { type Gate, type Rig, SESSION, startRig } from './gate-fixture.ts'

/** Sign-ins with a provider that lies, and tokens in Authorization for members of a group. */
let rig: Rig
let gate: Gate
let bearer: Gate
const ALICE = { sub: 'alice', email: 'alice@example.com', email_verified: true, groups: ['staff', 'admins'] }

beforeAll(async () => {
  rig = await startRig()
  ;[gate, bearer] = await Promise.all([
    rig.gate('--skip-provider-button'),
    rig.gate('--skip-jwt-bearer-tokens', '--allowed-group=admins'),
  ])
})
afterAll(() => rig.close())
afterEach(() => {
  const { idToken, scripts, behaviour } = rig.provider
  delete idToken.claims
  delete idToken.header
  delete idToken.text
  delete scripts.userinfo
  delete scripts.jwks
  behaviour.profileOnly = []
  rig.provider.user = ALICE
  rig.app.take()
})

/** Signs in as far as the provider allows it; the status that ends it, and the session if there is one. */
async function signIn(to = gate): Promise<{ status: number; user?: string; groups?: string[] }> {
  const visitor = to.visitor()
  const { location = '' } = await visitor.visit('/oauth2/start?rd=/')
  const back = await rig.provider.visit(location)
  const seen = await visitor.arrive(back.pathname + back.search)
  const cookies = seen.setCookies.filter((line) => line.startsWith(`${SESSION}=ey`))
  if (seen.status !== 302) {
    expect(cookies).toEqual([])
    return { status: seen.status }
  }
  return { status: 302, ...JSON.parse((await visitor.fetch('/oauth2/userinfo')).text) }
}

const now = () => Math.floor(Date.now() / 1000)

it('the honest token is a sign-in: the attacks below fail for their own reasons', async () => {
  expect(await signIn()).toMatchObject({ status: 302, user: 'alice', groups: ['staff', 'admins'] })
})

describe('an ID token', () => {
  it.each<[string, string, () => Claims]>([
    ['C02, ID-14', 'another issuer', () => ({ iss: 'https://evil.example' })],
    ['ID-14', 'a slash more', () => ({ iss: `${rig.provider.origin}/` })],
    ['ID-14', 'the issuer as a user name', () => ({ iss: `${rig.provider.origin}@evil.example` })],
    ['C03', 'no sub', () => ({ sub: undefined })],
    ['C04', 'another audience', () => ({ aud: 'other' })],
    ['C05', 'no audience', () => ({ aud: undefined })],
    ['C06', 'no iat', () => ({ iat: undefined })],
    ['C15', 'another nonce', () => ({ nonce: 'n'.repeat(43) })],
    ['ID-16', 'no nonce', () => ({ nonce: undefined })],
    ['ID-16', 'an empty nonce', () => ({ nonce: '' })],
    ['ID-09', 'no exp', () => ({ exp: undefined })],
    ['ID-09', 'exp past', () => ({ exp: now() - 3_600 })],
    ['ID-09', 'exp as text', () => ({ exp: String(now() + 300) })],
    ['ID-10', 'iat in 2100', () => ({ iat: 4_102_444_800 })],
    ['ID-10', 'iat of last week', () => ({ iat: now() - 604_800 })],
    ['ID-11', 'nbf in an hour', () => ({ nbf: now() + 3_600 })],
    ['ID-12', 'two audiences', () => ({ aud: ['sidegate', 'other'] })],
    ['ID-12', 'an audience with a space', () => ({ aud: 'sidegate ' })],
    ['ID-13', 'another authorized party', () => ({ azp: 'other' })],
    ['ID-17', 'an empty sub', () => ({ sub: '' })],
    ['ID-17', 'a sub that breaks a line', () => ({ sub: 'a\r\nX-Evil: 1' })],
    ['HD-28', 'a sub with NUL', () => ({ sub: 'a\0' })],
    ['HD-28', 'a sub with a line separator', () => ({ sub: 'a\u2028' })],
    ['ID-19', 'an event of a logout token', () => ({ events: {} })],
    ['ID-21', 'a wrong at_hash', () => ({ at_hash: 'x'.repeat(22) })],
    ['ID-24', 'a megabyte', () => ({ padding: 'x'.repeat(150_000) })],
  ])('an ID token is refused with $1 [$0]', async (_, __, change) => {
    rig.provider.idToken.claims = (claims) => ({ ...claims, ...change() })
    expect((await signIn()).status).toBe(403)
  })

  it.each<[string, string, () => Claims]>([
    ['ID-18', 'an access token', () => ({ typ: 'at+jwt' })],
    ['ID-18', 'a logout token', () => ({ typ: 'logout+jwt' })],
    ['ID-05', 'a kid that is a path', () => ({ kid: '../../etc/passwd' })],
  ])('an ID token is refused as $1 [$0]', async (_, __, change) => {
    rig.provider.idToken.header = (header) => ({ ...header, ...change() })
    expect((await signIn()).status).toBe(403)
  })

  it.each<[string, string, (token: string) => string | Promise<string>]>([
    ['C11', 'a changed signature', (token) => `${token.slice(0, -8)}AAAAAAAA`],
    ['ID-02', 'HS256 by the public key as PEM', (token) => hmac(token, publicPem())],
    ['ID-02', 'HS256 by the modulus', (token) => hmac(token, rig.provider.signer.jwks().keys[0]?.n ?? '')],
    ['ID-02', 'HS256 by the client secret', (token) => hmac(token, rig.provider.client.secret)],
    ['ID-22', 'five parts', (token) => `${token}.a.b`],
  ])('an ID token is refused with $1 [$0]', async (_, __, change) => {
    rig.provider.idToken.text = change
    expect((await signIn()).status).toBe(403)
  })

  it.each(['none', 'None', 'nOnE', '', undefined, null, ['RS256']])(
    'an ID token is refused with alg %j [ID-01]',
    async (alg) => {
      rig.provider.idToken.text = (token) => unsigned({ alg }, claimsOf(token))
      expect((await signIn()).status).toBe(403)
    },
  )

  it('an ID token is refused when a claim is nested deep, and the next one is taken [ID-24]', async () => {
    rig.provider.idToken.text = deep
    expect((await signIn()).status).toBe(403)
    delete rig.provider.idToken.text
    expect((await signIn()).status).toBe(302)
  })

  it.each(['jku', 'x5u', 'jwk'])('an ID token brings no key of its own: %s [ID-04]', async (name) => {
    const url = `http://127.0.0.1:${rig.canary.port}/`
    rig.provider.idToken.header = (header) => ({
      ...header,
      kid: 'mine',
      [name]: name === 'jwk' ? rig.provider.signer.jwks().keys[0] : url,
    })
    expect((await signIn()).status).toBe(403)
    expect(rig.canary.visits()).toBe(0)
  })

  it('an ID token gives no addresses to ask [ID-30, SS-11]', async () => {
    const url = `http://127.0.0.1:${rig.canary.port}/`
    const sources = { _claim_names: { groups: 's' }, _claim_sources: { s: { endpoint: url } } }
    rig.provider.idToken.claims = (claims) => ({
      ...claims,
      ...sources,
      groups: undefined,
      picture: url,
      profile: url,
    })
    await signIn()
    expect(rig.canary.visits()).toBe(0)
  })
})

describe('an e-mail address', () => {
  it.each([
    'attacker@evil.example@example.com',
    'a@example.com\n',
    '"a@example.com"@evil.example',
    'a@example.com.',
    'a@evilexample.com',
    'a@sub.example.com',
    'a@exаmple.com',
    'a@example.com\0',
    ['a@example.com'],
    'example.com',
    '@example.com',
    '',
  ])('an e-mail address is not one of example.com: %j [ID-25]', async (email) => {
    rig.provider.user = { ...ALICE, email }
    expect((await signIn()).status).toBe(403)
  })

  it.each([false, 'false', 0, 1, 'True', 'yes', null, ['true']])(
    'an e-mail address is not verified by %j [ID-26]',
    async (verified) => {
      rig.provider.user = { ...ALICE, email_verified: verified }
      expect((await signIn()).status).toBe(403)
    },
  )

  it('an e-mail address is verified by "true", the one text that providers write for it [ID-26]', async () => {
    rig.provider.user = { ...ALICE, email_verified: 'true' }
    expect((await signIn()).status).toBe(302)
  })

  it('an e-mail address is the same in capitals [ID-25]', async () => {
    rig.provider.user = { ...ALICE, email: 'Alice@EXAMPLE.com' }
    expect((await signIn()).status).toBe(302)
  })
})

describe('groups', () => {
  it.each<[string, unknown]>([
    ['a list in text', ['staff,admins']],
    ['another case', ['Admins']],
    ['an empty name', ['']],
    ['a nested list', [['admins']]],
    ['an object', { admins: true }],
    ['a number', 7],
    ['null', null],
    ['a space', ['admins ']],
    ['a name that would be two', ['users,admins']],
    ['a line break', ['x\nadmins']],
  ])('groups are compared whole: %s is not admins [ID-27, HD-30]', async (_, groups) => {
    rig.provider.user = { ...ALICE, groups }
    expect((await signIn(bearer)).status).toBe(403)
  })

  it('groups are taken from the ID token [ID-27]', async () => {
    rig.provider.user = { ...ALICE, groups: ['admins'] }
    expect((await signIn(bearer)).status).toBe(302)
  })
})

describe('a profile endpoint', () => {
  it.each<[string, () => Script]>([
    ['another subject', () => () => json(200, { ...ALICE, sub: 'mallory', groups: ['admins'] })],
    ['no subject', () => () => json(200, { groups: ['admins'] })],
    ['a page', () => body('<h1>hello</h1>', 'text/html')],
    ['a list', () => body('[]')],
    ['a token', () => body('eyJhbGciOiJub25lIn0.e30.', 'application/jwt')],
    ['a redirect', () => redirectTo(`http://127.0.0.1:${rig.canary.port}/`)],
    ['a failure', () => status(500)],
  ])('a profile endpoint that answers with %s makes no member [ID-29]', async (_, script) => {
    rig.provider.behaviour.profileOnly = ['groups']
    rig.provider.scripts.userinfo = script()
    expect((await signIn(bearer)).status).toBeGreaterThanOrEqual(400)
    expect(rig.canary.visits()).toBe(0)
  })
})

describe('a token in Authorization', () => {
  const tell = async (...values: string[]) =>
    (await bearer.tell(rawRequest('/x', { lines: values.map((value) => `Authorization: ${value}`) })))?.status

  it('a bearer token opens in any case of Bearer, and goes on to the app', async () => {
    const token = await rig.provider.mint()
    expect([await tell(`Bearer ${token}`), await tell(`bearer ${token}`)]).toEqual([200, 200])
    const requests = rig.app.take()
    expect(requests.map((request) => request.all('authorization'))).toEqual([
      [`Bearer ${token}`],
      [`bearer ${token}`],
    ])
    for (const request of requests) expect(request.all('x-forwarded-email')).toEqual(['alice@example.com'])
  })

  it.each<[string, string, (token: string) => string[] | Promise<string[]>]>([
    ['ID-39', 'no token', () => ['Bearer x']],
    ['ID-39', 'nothing', () => ['Bearer ']],
    ['ID-40', 'another scheme', (token) => [`Foo ${token}`]],
    ['ID-40', 'two spaces', (token) => [`Bearer  ${token}`]],
    ['ID-40', 'a list', (token) => [`Bearer ${token}, Bearer x`]],
    ['ID-40', 'two lines', (token) => ['Bearer x', `Bearer ${token}`]],
    ['ID-40', 'two lines, the good one first', (token) => [`Bearer ${token}`, 'Bearer x']],
    ['ID-38', 'for another client', async () => [`Bearer ${await rig.provider.mint({ aud: 'other' })}`]],
    [
      'ID-20',
      'for an API',
      async () => [`Bearer ${await rig.provider.mint({ aud: 'https://api.example.com' })}`],
    ],
    ['ID-09', 'expired', async () => [`Bearer ${await rig.provider.mint({ exp: now() - 600 })}`]],
    ['ID-01', 'unsigned', async (token) => [`Bearer ${unsigned({ alg: 'none' }, claimsOf(token))}`]],
    ['ID-02', 'signed with the public key', async (token) => [`Bearer ${await hmac(token, publicPem())}`]],
    ['ID-18', 'a logout token', async () => [`Bearer ${await rig.provider.logoutToken()}`]],
  ])('a bearer token does not open: $1 [$0]', async (_, __, make) => {
    expect([401, 403, 400]).toContain(await tell(...(await make(await rig.provider.mint()))))
    expect(rig.app.take()).toEqual([])
  })

  it('a bearer token of a person who is not in the group is refused [SL-11]', async () => {
    expect(await tell(`Bearer ${await rig.provider.mint({ groups: ['staff'] })}`)).toBe(403)
  })
})

describe('the keys of the provider', () => {
  it('the keys of the provider may be replaced at any time', async () => {
    await rig.provider.signer.rotate()
    expect((await signIn(await rig.gate('--skip-provider-button'))).status).toBe(302)
  })

  it.each<[string, () => Record<string, unknown>]>([
    ['ID-06 for encryption', () => ({ use: 'enc' })],
    ['ID-06 for another algorithm', () => ({ alg: 'PS256' })],
    ['ID-06 with other operations', () => ({ use: undefined, key_ops: ['encrypt'] })],
    ['ID-08 of a symmetric kind', () => ({ kty: 'oct', k: 'AAAA' })],
  ])('the keys of the provider are not used: %s', async (_, change) => {
    rig.provider.scripts.jwks = async (next) => {
      // Cast: the honest answer is a key set.
      const { keys } = (await (await next()).json()) as { keys: object[] }
      return json(200, { keys: keys.map((key) => ({ ...key, ...change() })) })
    }
    const fresh = await rig.gate('--skip-provider-button')
    expect((await signIn(fresh)).status).toBeGreaterThanOrEqual(400)
    await fresh.stop()
  })

  it('the keys of the provider count beside keys of an unknown kind', async () => {
    rig.provider.scripts.jwks = async (next) => {
      // Cast: the honest answer is a key set.
      const { keys } = (await (await next()).json()) as { keys: object[] }
      return json(200, {
        keys: [{ kty: 'AKP', alg: 'ML-DSA-44', kid: 'pq', pub: 'AAAA' }, { kty: 'RSA' }, ...keys],
      })
    }
    const fresh = await rig.gate('--skip-provider-button')
    expect((await signIn(fresh)).status).toBe(302)
    await fresh.stop()
  })

  it('the keys of the provider are not asked for again and again because of unknown ids [ID-34, DS-16]', async () => {
    const before = rig.provider.hits.jwks
    const forged = await Promise.all(
      Array.from({ length: 200 }, (_, at) => rig.provider.mint({}, { kid: `random-${at}` })),
    )
    const lines = forged.map((token) => [`Authorization: Bearer ${token}`])
    const answers = await Promise.all(lines.map((line) => bearer.tell(rawRequest('/x', { lines: line }))))
    expect(answers.every((answer) => answer?.status === 401)).toBe(true)
    expect(rig.provider.hits.jwks - before).toBeLessThanOrEqual(2)
  })

  it('the keys of the provider are not asked for again and again while that fails [ID-35]', async () => {
    rig.provider.scripts.jwks = status(500)
    const fresh = await rig.gate('--skip-jwt-bearer-tokens')
    const before = rig.provider.hits.jwks
    const lines = [`Authorization: Bearer ${await rig.provider.mint()}`]
    for (let at = 0; at < 50; at += 1) {
      expect((await fresh.tell(rawRequest('/x', { lines })))?.status).toBeGreaterThanOrEqual(400)
    }
    expect(rig.provider.hits.jwks - before).toBeLessThanOrEqual(2)
    await fresh.stop()
  })

  it('the keys of the provider are read within bounds and not through redirects [ID-33, ID-36]', async () => {
    const scripts: Script[] = [
      redirectTo(`http://127.0.0.1:${rig.canary.port}/`),
      body(`{"keys":[${' '.repeat(300_000)}]}`),
      body('[]'),
      body('{"keys":7}'),
    ]
    for (const script of scripts) {
      rig.provider.scripts.jwks = script
      const fresh = await rig.gate('--skip-provider-button')
      expect((await signIn(fresh)).status).toBeGreaterThanOrEqual(400)
      await fresh.stop()
    }
    expect(rig.canary.visits()).toBe(0)
  })
})

it('the gate is still up after hostile tokens, and has written about no bug', () => {
  for (const each of [gate, bearer]) {
    expect(each.isAlive()).toBe(true)
    expect(each.output()).not.toMatch(/Bug:/u)
  }
})

function claimsOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

async function publicPem(): Promise<string> {
  const key = await importJWK(rig.provider.signer.jwks().keys[0] ?? {}, 'RS256', { extractable: true })
  if (key instanceof Uint8Array) throw new TypeError('a symmetric key')
  return exportSPKI(key)
}

async function hmac(token: string, secret: string | Promise<string>): Promise<string> {
  const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')
  const signed = `${header}.${token.split('.')[1]}`
  return `${signed}.${createHmac('sha256', await secret)
    .update(signed)
    .digest('base64url')}`
}

function deep(token: string): Promise<string> {
  const claims = JSON.stringify(claimsOf(token)).slice(0, -1)
  return rig.provider.signer.signText(`${claims},"deep":${'['.repeat(10_000)}${']'.repeat(10_000)}}`)
}
