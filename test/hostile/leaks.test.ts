import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { changed, json, type Script, status } from '../support/fake-server.ts'
import { rawRequest } from './client.ts'
import { cookieHeader, type Gate, ORIGIN, type Rig, SECRET, SESSION, startRig } from './gate-fixture.ts'
import { createMint } from './token-fixture.ts'

let rig: Rig
let gate: Gate
const folder = mkdtempSync(join(tmpdir(), 'leaks-'))
const PASSWORD = 'marked-password-of-carol'

beforeAll(async () => {
  rig = await startRig()
  const users = join(folder, 'users')
  writeFileSync(users, `carol:{SHA}${createHash('sha1').update(PASSWORD).digest('base64')}\n`)
  gate = await rig.gate(
    '--skip-jwt-bearer-tokens',
    '--pass-access-token',
    '--pass-authorization-header',
    '--cookie-refresh=1s',
    '--cookie-budget=16000',
    '--show-debug-on-error',
    '--allowed-group=admins',
    `--htpasswd-file=${users}`,
    '--htpasswd-user-group=admins',
    `--upstream=http://127.0.0.1:1/dead/`,
  )
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await rig.close()
})
afterEach(() => {
  for (const endpoint of ['token', 'userinfo', 'jwks', 'revoke'] as const)
    delete rig.provider.scripts[endpoint]
  delete rig.provider.idToken.claims
  rig.app.answer('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  rig.app.take()
})

/** Everything that nobody may read in a log or on a page, and every page that was shown. */
const secrets = new Set<string>([SECRET, PASSWORD])
const pages: string[] = []

/** Remembers the tokens of each answer of the token endpoint. */
const remembering: Script = changed((answer) => {
  for (const name of ['access_token', 'refresh_token', 'id_token']) {
    if (typeof answer[name] === 'string') secrets.add(answer[name])
  }
  return answer
})

/** Signs in as far as it goes, and remembers every secret on the way. */
async function signIn(script: Script = remembering): Promise<string> {
  rig.provider.scripts.token = script
  const visitor = gate.visitor()
  const { location = '' } = await visitor.visit('/oauth2/start?rd=/marked-target?token=marked-query')
  const authorization = new URL(location)
  const back = await rig.provider.visit(location)
  for (const name of ['state', 'nonce', 'code_challenge'])
    secrets.add(authorization.searchParams.get(name) ?? '')
  secrets.add(back.searchParams.get('code') ?? '')
  const seen = await visitor.arrive(back.pathname + back.search)
  pages.push(seen.text)
  for (const { form, authorization: basic } of rig.provider.tokenRequests) {
    secrets
      .add(form.get('code_verifier') ?? '')
      .add(form.get('refresh_token') ?? '')
      .add(basic ?? '')
  }
  for (const value of visitor.jar.values()) secrets.add(value)
  return cookieHeader(visitor)
}

describe('a secret', () => {
  it('the secrets of the attacks below are known', async () => {
    secrets.add(rig.provider.client.secret)
    const cookie = await signIn()
    expect((await gate.tell(rawRequest('/x', { lines: [`Cookie: ${cookie}`] })))?.status).toBe(200)
    expect(secrets.size).toBeGreaterThan(9)
  })

  it.each<[string, () => Script]>([
    [
      'a code that is refused',
      () => () => json(400, { error: 'invalid_grant', error_description: 'marked-description' }),
    ],
    [
      'a client that is refused',
      () => () => json(401, { error: 'invalid_client', error_description: 'marked-description' }),
    ],
    ['a failure with words', () => () => new Response('marked-description', { status: 500 })],
    [
      'no ID token',
      () => changed((answer) => ({ ...answer, id_token: undefined, marked: 'marked-description' })),
    ],
    [
      'an ID token of nobody',
      () => changed((answer) => ({ ...answer, id_token: 'marked-description.marked-description.x' })),
    ],
    ['an unknown type', () => changed((answer) => ({ ...answer, token_type: 'marked-description' }))],
    [
      'an error with status 200',
      () => () => json(200, { error: 'a_code', error_description: 'marked-description' }),
    ],
    ['an error that is no code', () => () => json(200, { error: { text: 'marked-description' } })],
  ])("a secret is not spoken of because of the provider's answer: %s", async (_, script) => {
    await signIn(script())
  })

  it.each([
    ['claims that do not fit', { aud: 'marked-claim' }],
    ['a person who may not enter', { groups: ['marked-group-of-nobody'] }],
    ['an address that is not verified', { email_verified: false }],
    ['an address of another domain', { email: 'a@other.example' }],
  ])('a secret is not spoken of because of %s', async (_, claims) => {
    rig.provider.idToken.claims = (honest) => ({ ...honest, ...claims })
    await signIn()
  })

  it('a secret is not spoken of when it comes in the wrong place', async () => {
    const cookie = await signIn()
    const token = await rig.provider.mint({ aud: 'another' })
    secrets
      .add(token)
      .add('marked-basic')

      .add('marked-cookie')
      .add('marked-header')
    const lines = ['Accept: text/html', `Cookie: ${SESSION}=marked-cookie; app=marked-cookie`]
    const requests = [
      rawRequest('/x', { lines: [`Authorization: Bearer ${token}`] }),
      rawRequest('/x', {
        lines: [`Authorization: Basic ${Buffer.from('carol:marked-basic').toString('base64')}`],
      }),
      rawRequest('/x?access_token=marked-query&code=marked-query', { lines }),
      rawRequest('/oauth2/callback?code=marked-query&state=marked-query', { lines }),
      rawRequest('/oauth2/callback?error=x&error_description=marked-query&state=marked-query', { lines }),
      rawRequest('/oauth2/sign_out?rd=https://evil.example/marked-query', { lines }),
      rawRequest('/oauth2/start?rd=/marked-query', { lines: ['Sec-Fetch-Mode: cors'] }),
      rawRequest('/dead/x?marked-query', { lines: ['Accept: text/html', `Cookie: ${cookie}`] }),
      rawRequest('/x#marked-query', { lines }),
      rawRequest('http://user:marked-query@app.example.com/x', { lines }),
      rawRequest('/x', {
        lines: [`X-Marked: marked-header`, 'Sec-WebSocket-Protocol: marked-header', `Cookie: ${cookie}`],
      }),
      rawRequest('/oauth2/userinfo', { lines: [`Cookie: ${cookie}`] }),
      rawRequest('/oauth2/session', { lines: [`Cookie: ${cookie}`] }),
      ...[PASSWORD, 'marked-basic'].map((password) =>
        rawRequest('/oauth2/sign_in', {
          method: 'POST',
          lines: [
            'Accept: text/html',
            'Content-Type: application/x-www-form-urlencoded',
            `Origin: ${ORIGIN}`,
          ],
          body: `username=carol&password=${password}`,
        }),
      ),
      rawRequest('/oauth2/backchannel_logout', {
        method: 'POST',
        lines: ['Content-Type: application/x-www-form-urlencoded'],
        body: `logout_token=${token}`,
      }),
    ]
    for (const request of requests) pages.push((await gate.tell(request))?.body ?? '')
  })

  it('a secret is not spoken of when a refresh works or fails', async () => {
    const cookie = await signIn()
    const lines = [`Cookie: ${cookie}`, 'Sec-Fetch-Site: same-origin']
    const refresh = () => gate.tell(rawRequest('/oauth2/session/refresh', { method: 'POST', lines }))
    const answer = await refresh()
    expect(answer?.status).toBe(200)
    for (const line of answer?.all('set-cookie') ?? [])
      secrets.add(line.slice(line.indexOf('=') + 1, line.indexOf(';')))
    rig.provider.scripts.token = () =>
      json(400, { error: 'invalid_grant', error_description: 'marked-description' })
    rig.provider.scripts.revoke = () => new Response('marked-description', { status: 500 })
    pages.push((await refresh())?.body ?? '')
    const out = await gate.tell(
      rawRequest('/oauth2/sign_out', { method: 'POST', lines: [`Cookie: ${cookie}`] }),
    )
    pages.push(out?.body ?? '')
  })

  it('a secret stands in no line of the log and on no page [IL-08, IL-10, IL-18, IL-20]', async () => {
    await gate.written()
    const everything = gate.output() + pages.join()
    secrets.delete('')
    for (const secret of [...secrets, 'marked-description', 'marked-claim', 'marked-group-of-nobody']) {
      // The first characters of a header are the same in all tokens, the rest tells.
      const telling = secret.length > 60 ? secret.slice(40, 72) : secret
      expect([telling, everything.includes(telling)]).toEqual([telling, false])
    }
    expect(everything).not.toMatch(/eyJ[\w-]{20}/u)
    expect(everything).not.toMatch(/node_modules|\.ts:\d/u)
    // A page may carry the address that its own visitor asked for, a log may not.
    expect(gate.output()).not.toMatch(/marked-query|marked-target\?/u)
    // The events themselves were told.
    for (const event of ['sign_in_succeeded', 'sign_in_failed']) expect(gate.output()).toContain(event)
  })

  it('a secret stands in no command line and is not written down at the start [IL-14]', () => {
    expect(gate.output().split('\n').slice(0, 3).join()).not.toMatch(/secret["=:]/iu)
  })
})

describe('the log', () => {
  it('the log is one record a line, whatever people send [IL-09]', async () => {
    const before = gate.output().length
    const mint = await createMint({ issuer: rig.provider.origin })
    const token = await mint.session({
      email: 'a"b\\c\u2028\u001b[31m\n{"level":"x"}@example.com',
      groups: ['admins'],
    })
    const agent = 'User-Agent: "\\\t\xff{"time":1}'
    await gate.tell(
      rawRequest('/%0a%1b[31m"x', { lines: [agent, `Cookie: ${SESSION}=${token}`, 'X-Request-Id: a"b'] }),
    )
    await gate.tell(rawRequest('/oauth2/callback?error=%0d%0a%1b[31m', { lines: [agent] }))
    await gate.written()
    const lines = gate.output().slice(before).trimEnd().split('\n')
    for (const line of lines) {
      expect(Object.keys(JSON.parse(line)).slice(0, 3)).toEqual(['time', 'level', 'msg'])
      expect(line).toMatch(/^[\x20-\x7e\xa0-\uffff]*$/u)
    }
  })
})

describe('an answer that could be stored', () => {
  let steady: Gate
  beforeAll(async () => {
    steady = await rig.gate()
  })

  it.each<[string, string[], string | undefined]>([
    ['IL-02', ['Cache-Control: public, s-maxage=600'], 'private'],
    ['IL-02', ['Cache-Control: public, max-age=600'], 'private, max-age=600'],
    ['IL-02', ['Cache-Control: max-age=600'], 'private, max-age=600'],
    ['IL-02', ['Cache-Control: S-MaxAge=600, Public'], 'private'],
    ['IL-02', ['Cache-Control: private, max-age=1'], 'private, max-age=1'],
    ['IL-02', ['Cache-Control: no-store'], 'private, no-store'],
    ['IL-02', ['Cache-Control: no-cache'], 'private, no-cache'],
    ['IL-02', ['CDN-Cache-Control: max-age=600', 'Surrogate-Control: max-age=600'], 'private'],
    ['IL-02', ['Expires: Thu, 01 Jan 2099 00:00:00 GMT'], 'private'],
    ['IL-02', ['X-Accel-Expires: 600'], 'private'],
    ['IL-02', ['Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT'], 'private'],
  ])('%s: an answer to a signed-in person stays private: %j', async (_, lines, expected) => {
    rig.app.answer(`HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`)
    const mint = await createMint({ issuer: rig.provider.origin })
    const token = await mint.session()
    const answer = await steady.tell(rawRequest('/x.css', { lines: [`Cookie: ${SESSION}=${token}`] }))
    expect(answer?.header('cache-control')).toBe(expected)
    const vendors = ['cdn-cache-control', 'surrogate-control', 'x-accel-expires']
    expect(vendors.flatMap((name) => answer?.all(name))).toEqual([])
  })

  it('an answer with a session cookie may not be stored at all [IL-01]', async () => {
    const cookie = await signIn()
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    rig.app.answer(
      'HTTP/1.1 200 OK\r\nCache-Control: public, max-age=31536000\r\nExpires: Thu, 01 Jan 2099 00:00:00 GMT\r\nCDN-Cache-Control: max-age=600\r\nContent-Length: 0\r\n\r\n',
    )
    const answer = await gate.tell(rawRequest('/app.js', { lines: [`Cookie: ${cookie}`] }))
    expect(answer?.all('set-cookie').join()).toContain(`${SESSION}=`)
    expect(answer?.all('cache-control')).toEqual(['private, no-store'])
    expect([answer?.all('expires'), answer?.all('cdn-cache-control')]).toEqual([[], []])
  })

  it.each([
    ['IL-03', '/oauth2/start', 302],
    ['IL-03', '/oauth2/sign_in', 200],
    ['IL-03', '/page', 200],
    ['IL-04', '/page/x.css', 200],
    ['IL-04', '/oauth2/userinfo', 401],
    ['IL-04', '/oauth2/auth', 401],
    ['IL-04', '/oauth2/callback', 303],
    ['IL-04', '/ping', 200],
  ])('an answer of Sidegate is never stored: $1 [$0]', async (_, target, expected) => {
    const answer = await gate.tell(rawRequest(target, { lines: ['Accept: text/html'] }))
    expect(answer?.status).toBe(expected)
    expect(answer?.header('cache-control')).toContain('no-store')
  })

  it("an answer of userinfo comes from one address, without tokens, for Sidegate's own pages [IL-04, IL-11]", async () => {
    const cookie = await signIn()
    const answer = await gate.tell(
      rawRequest('/oauth2/userinfo', { lines: [`Cookie: ${cookie}`, 'Origin: https://evil.example'] }),
    )
    expect(Object.keys(JSON.parse(answer?.body ?? ''))).toEqual([
      'user',
      'email',
      'groups',
      'preferredUsername',
    ])
    expect(answer?.lines.join().toLowerCase()).not.toContain('access-control')
    expect(answer?.header('content-type')).toBe('application/json')
    for (const target of ['/oauth2/userinfo/x.js', '/oauth2/userinfo;x.css', '/oauth2/userinfo%2fx.png']) {
      await gate.tell(rawRequest(target, { lines: [`Cookie: ${cookie}`] }))
      // Not ours: the app may answer as it likes.
      expect(rig.app.take().map((request) => request.target)).toEqual([target])
    }
  })

  it.each([
    '/metrics',
    '/debug',
    '/debug/pprof',
    '/admin',
    '/.env',
    '/oauth2/debug',
    '/oauth2/metrics',
    '/server-status',
  ])('a debug page is not to be had at %s [IL-15, UI-16]', async (target) => {
    expect((await gate.tell(rawRequest(target)))?.status).toBe(401)
  })

  it('an answer does not say what made it [IL-16]', async () => {
    for (const target of ['/page', '/ping', '/oauth2/sign_in', '/oauth2/userinfo', '/x#']) {
      const answer = await gate.tell(rawRequest(target))
      expect([answer?.all('server'), answer?.all('x-powered-by'), answer?.all('via')]).toEqual([[], [], []])
      expect(answer?.body).not.toMatch(/\d+\.\d+\.\d+/u)
    }
  })

  it('an answer is the same for everyone who may not enter [IL-17]', async () => {
    const mint = await createMint({ issuer: rig.provider.origin })
    const quiet = await rig.gate('--allowed-group=admins')
    const bodies = await Promise.all(
      [{ groups: ['staff'] }, { email: 'a@other.example', groups: ['admins'] }].map(async (given) => {
        const lines = [`Cookie: ${SESSION}=${await mint.session(given)}`]
        const answer = await quiet.tell(rawRequest('/x', { lines }))
        return [answer?.status, answer?.body.replace(/"request_id":"[^"]*"/u, '')]
      }),
    )
    expect(bodies[0]?.[0]).toBe(403)
    expect(bodies[1]).toEqual(bodies[0])
    await quiet.stop()
  })

  it('an answer to a callback leaves neither code nor state in the address bar or the referrer [IL-06, IL-07]', async () => {
    const visitor = gate.visitor()
    const { location = '' } = await visitor.visit('/oauth2/start?rd=/wanted')
    const back = await rig.provider.visit(location)
    const seen = await visitor.arrive(back.pathname + back.search)
    expect([seen.location, seen.text, seen.headers.get('referrer-policy')]).toEqual([
      '/wanted',
      '',
      'no-referrer',
    ])
  })

  it('a callback is not moved to https with its code [IL-21]', async () => {
    const secure = await rig.gate('--force-https', '--reverse-proxy', '--trusted-proxy-ip=127.0.0.2')
    const moved = await secure.tell(rawRequest('/x?y'))
    expect([moved?.status, moved?.header('location')]).toEqual([308, 'https://app.example.com/x?y'])
    const callback = await secure.tell(rawRequest('/oauth2/callback?code=x&state=y'))
    expect([callback?.status, callback?.header('location')]).toEqual([403, undefined])
    await secure.stop()
  })
})

it('an answer is for the person who asked, among two hundred at once [IL-24]', async () => {
  const mint = await createMint({ issuer: rig.provider.origin })
  const people = await Promise.all(
    Array.from({ length: 200 }, async (_, at) => {
      const user = `user-${at}`
      const token = await mint.session({
        id: user,
        subject: user,
        user,
        email: `${user}@example.com`,
        groups: ['admins'],
      })
      return { user, cookie: `Cookie: ${SESSION}=${token}` }
    }),
  )
  rig.app.answer((request, socket) => {
    const who = request.all('x-forwarded-user').join()
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${who.length}\r\n\r\n${who}`)
  })
  const seen = await Promise.all(
    people.map(async ({ cookie }) => {
      const [page, about] = await Promise.all([
        gate.tell(rawRequest('/x', { lines: [cookie] })),
        gate.tell(rawRequest('/oauth2/userinfo', { lines: [cookie] })),
      ])
      return [page?.body, JSON.parse(about?.body ?? '').user]
    }),
  )
  expect(seen).toEqual(people.map(({ user }) => [user, user]))
})

it('an answer for an app that failed has nothing of its insides [IL-10]', async () => {
  const mint = await createMint({ issuer: rig.provider.origin })
  const quiet = await rig.gate()
  rig.app.answer('HTTP/1.1 200 OK\r\nSet-Cookie : marked-inside\r\n\r\n')
  for (const accept of ['text/html', 'application/json']) {
    const lines = [`Accept: ${accept}`, `Cookie: ${SESSION}=${await mint.session()}`]
    const answer = await quiet.tell(rawRequest('/x', { lines }))
    expect(answer?.status).toBe(502)
    expect(answer?.body).not.toMatch(/marked|127\.0\.0\.1|malformed head/u)
  }
  rig.provider.scripts.discovery = status(500)
  const cold = await rig.gate()
  const answer = await cold.tell(rawRequest('/oauth2/start', { lines: ['Accept: text/html'] }))
  delete rig.provider.scripts.discovery
  expect([answer?.status, answer?.body.includes(new URL(rig.provider.origin).host)]).toEqual([503, false])
  await Promise.all([quiet.stop(), cold.stop()])
})
