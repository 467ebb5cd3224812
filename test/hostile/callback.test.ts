import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  body,
  changed,
  json,
  never,
  oversized,
  redirectTo,
  type Script,
  status,
} from '../support/fake-server.ts'
import type { Seen, Visitor } from '../support/visitor.ts'
import { rawRequest } from './client.ts'
import { CSRF, cookieHeader, type Gate, type Rig, SESSION, startRig } from './gate-fixture.ts'
import { createMint } from './token-fixture.ts'

let rig: Rig
let gate: Gate
beforeAll(async () => {
  rig = await startRig()
  gate = await rig.gate('--skip-provider-button')
})
afterAll(() => rig.close())
afterEach(() => {
  delete rig.provider.scripts.token
  rig.provider.behaviour.issParameter = false
  rig.app.take()
})

/** A browser whose person has just been at the provider, and the address that it was sent back to. */
async function atCallback(to = gate): Promise<{ visitor: Visitor; back: URL; authorization: URL }> {
  const visitor = to.visitor()
  const { location = '' } = await visitor.visit('/oauth2/start?rd=/wanted')
  return { visitor, back: await rig.provider.visit(location), authorization: new URL(location) }
}

function hasSession(seen: Seen): boolean {
  return seen.setCookies.some(
    (line) => line.startsWith(SESSION) && !line.startsWith(CSRF) && !line.includes('Max-Age=0'),
  )
}

/** An error page or JSON, no session, and the provider was asked nothing. */
async function expectRefused(visitor: Visitor, target: string, statuses = [400, 403]): Promise<Seen> {
  const before = rig.provider.hits.token
  const seen = await visitor.arrive(target)
  expect(statuses).toContain(seen.status)
  expect([hasSession(seen), rig.provider.hits.token - before]).toEqual([false, 0])
  expect(rig.app.take()).toEqual([])
  return seen
}

it('the honest callback is a sign-in: the attacks below fail for their own reasons', async () => {
  const { visitor, back } = await atCallback()
  const seen = await visitor.arrive(back.pathname + back.search)
  expect([seen.status, seen.location, hasSession(seen)]).toEqual([302, '/wanted', true])
  expect((await visitor.visit('/wanted')).status).toBe(200)
})

describe('an answer that is not the provider’s', () => {
  // [row, what is changed in a good callback URL]
  it.each<[string, string, (query: URLSearchParams) => string]>([
    ['CB-01', 'no state', (query) => without(query, 'state')],
    ['CB-02', 'a wrong state', (query) => replaced(query, 'state', 'AAAA')],
    ['CB-02', 'an empty state', (query) => replaced(query, 'state', '')],
    ['CB-02', 'half a state', (query) => replaced(query, 'state', query.get('state')?.slice(0, 80) ?? '')],
    ['CB-05', 'two states', (query) => `${query}&state=bad`],
    ['CB-05', 'the same state twice', (query) => `${query}&state=${query.get('state')}`],
    ['CB-05', 'two codes', (query) => `${query}&code=b`],
    ['CB-05', 'two issuers', (query) => `${query}&iss=a&iss=b`],
    ['CB-05, CB-21', 'error and code', (query) => `${query}&error=access_denied`],
    ['CB-05', 'an empty error and a code', (query) => `${query}&error=`],
    ['CB-06', 'state[]', (query) => `${without(query, 'state')}&state[]=${query.get('state')}`],
    ['CB-06', 'code[a]', (query) => `${without(query, 'code')}&code[a]=${query.get('code')}`],
    ['CB-06', '__proto__', (query) => `${without(query, 'state')}&__proto__[state]=${query.get('state')}`],
    ['CB-07', 'State', (query) => `${without(query, 'state')}&State=${query.get('state')}`],
    ['CB-07', 'a space behind it', (query) => replaced(query, 'state', `${query.get('state')} `)],
    ['CB-18', 'another issuer', (query) => `${query}&iss=https://evil.example`],
    ['CB-20', 'an error without state', () => 'error=login_required'],
    ['CB-23', 'nothing', () => ''],
    ['CB-27', 'a JARM envelope', (query) => `${query}&response=eyJhbGciOiJub25lIn0.e30.`],
    ['CB-28', 'tokens of the implicit flow', (query) => `${query}&access_token=a&id_token=b`],
    ['CB-28', 'tokens and no code', (query) => `${without(query, 'code')}&id_token=b`],
    [
      'DS-13',
      'a hundred more parameters',
      (query) => `${query}&${Array.from({ length: 100 }, (_, at) => `a${at}=1`).join('&')}`,
    ],
  ])('a changed callback is refused: $1 [$0]', async (_, __, change) => {
    const { visitor, back } = await atCallback()
    await expectRefused(visitor, `/oauth2/callback?${change(back.searchParams)}`)
  })

  it('a callback with an encoded name is the right one, compared byte for byte [CB-07]', async () => {
    const { visitor, back } = await atCallback()
    const query = back.search.replace('state=', '%73tate=')
    expect((await visitor.visit(`/oauth2/callback${query}`)).location).toBe('/wanted')
  })

  it('a callback counts once [CB-03]', async () => {
    const { visitor, back } = await atCallback()
    const cookie = cookieHeader(visitor)
    await visitor.arrive(back.pathname + back.search)
    const before = rig.provider.hits.token
    const again = await gate.tell(rawRequest(back.pathname + back.search, { lines: [`Cookie: ${cookie}`] }))
    expect(again?.status).toBe(403)
    expect(again?.all('set-cookie').join()).not.toContain(`${SESSION}=ey`)
    expect(rig.provider.hits.token).toBe(before)
  })

  it.each([
    ['CB-04', 'no cookie', () => ''],
    ['CB-04', 'the cookie of another sign-in', async () => cookieHeader((await atCallback()).visitor)],
    ['CB-09', 'a cookie that was changed', () => `${CSRF}=${'A'.repeat(43)}`],
    ['CB-09', 'a cookie that is none', () => `${CSRF}=%`],
    [
      'CK-21',
      'a session instead',
      async () => `${CSRF}=${await (await createMint({ issuer: rig.provider.origin })).session()}`,
    ],
  ])('a callback does not count in a browser with $1 [$0]', async (_, __, cookieOf) => {
    const { back } = await atCallback()
    const before = rig.provider.hits.token
    const lines = [`Cookie: a=1; ${await cookieOf()}`]
    const answer = await gate.tell(rawRequest(back.pathname + back.search, { lines }))
    expect(answer?.all('set-cookie').join()).not.toContain(`${SESSION}=ey`)
    expect([403, 302]).toContain(answer?.status)
    // At most it may begin again, at the provider: it never gets in.
    if (answer?.status === 302)
      expect(answer.header('location')).toMatch(new RegExp(`^${rig.provider.origin}/authorize`, 'u'))
    expect(rig.provider.hits.token).toBe(before)
  })

  it('a callback finds its cookie among others of the same name [CB-13]', async () => {
    const { visitor, back } = await atCallback()
    const good = visitor.jar.get(CSRF)
    const lines = [`Cookie: ${CSRF}=bad; ${CSRF}=${'B'.repeat(43)}; ${CSRF}=${good}`]
    const answer = await gate.tell(rawRequest(back.pathname + back.search, { lines }))
    expect([answer?.status, answer?.header('location')]).toEqual([302, '/wanted'])
  })

  it('a callback cannot carry the code of another person’s sign-in [CB-14]', async () => {
    const [mallory, victim] = [await atCallback(), await atCallback()]
    victim.back.searchParams.set('code', mallory.back.searchParams.get('code') ?? '')
    const seen = await victim.visitor.arrive(victim.back.pathname + victim.back.search)
    expect([seen.status, hasSession(seen)]).toEqual([403, false])
  })

  it.each(['https://evil.example', undefined, 'SLASH', 'UPPER', ''])(
    'a callback has the issuer that the provider promised, not %j [CB-17]',
    async (iss) => {
      rig.provider.behaviour.issParameter = true
      const promising = await rig.gate('--skip-provider-button')
      const { visitor, back } = await atCallback(promising)
      const { origin } = rig.provider
      const named = iss === 'SLASH' ? `${origin}/` : iss === 'UPPER' ? origin.toUpperCase() : iss
      if (named === undefined) back.searchParams.delete('iss')
      else back.searchParams.set('iss', named)
      await expectRefused(visitor, back.pathname + back.search)
      const good = await atCallback(promising)
      expect((await good.visitor.visit(good.back.pathname + good.back.search)).location).toBe('/wanted')
      await promising.stop()
    },
  )
})

describe('an error of the provider', () => {
  it("an error of the provider is said in Sidegate's words, and starts nothing [CB-19]", async () => {
    const { visitor, back } = await atCallback()
    const query = `${without(back.searchParams, 'code')}&error=access_denied&error_description=secret-words`
    const seen = await expectRefused(visitor, `/oauth2/callback?${query}`, [403])
    expect(seen.text).not.toContain('secret-words')
  })

  it.each([
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    'javascript:alert(1)',
  ])('an error of the provider is not repeated on a page: %s [CB-22, UI-04]', async (text) => {
    const { visitor, back } = await atCallback()
    const query = new URLSearchParams({ state: back.searchParams.get('state') ?? '', error: text })
    query.set('error_description', text)
    query.set('error_uri', text)
    for (const target of [
      `/oauth2/callback?${query}`,
      `/oauth2/callback?error=${encodeURIComponent(text)}`,
    ]) {
      const seen = await expectRefused(visitor, target)
      expect(seen.text).not.toContain('alert(1)')
      expect(seen.headers.get('content-security-policy')).toContain("default-src 'none'")
    }
    // The log has the provider's words for the operator, inside a JSON string.
    await gate.written()
    const told = gate
      .output()
      .split('\n')
      .filter((line) => line.includes('alert(1)'))
    expect(told).not.toEqual([])
    for (const line of told) expect(JSON.parse(line)['event']).toBe('sign_in_failed')
  })
})

describe('the way to the provider', () => {
  it('the authorization request has S256, a nonce, and the redirect URI that the token request has [CB-15, CB-34]', async () => {
    const { visitor, back, authorization } = await atCallback()
    const query = authorization.searchParams
    expect(query.get('code_challenge_method')).toBe('S256')
    expect(query.get('code_challenge')).toMatch(/^[\w-]{43}$/u)
    expect(query.get('nonce')).toMatch(/^[\w-]{43}$/u)
    expect(query.get('state')?.length).toBeLessThan(500)
    await visitor.arrive(back.pathname + back.search)
    const form = rig.provider.tokenRequests.at(-1)?.form
    expect(form?.get('redirect_uri')).toBe(query.get('redirect_uri'))
    expect(form?.get('code_verifier')).toMatch(/^[\w-]{43,128}$/u)
  })

  it.each([['plain'], []])('the authorization request has S256 beside %j [CB-16]', async (...methods) => {
    rig.provider.behaviour.metadata = {
      code_challenge_methods_supported: methods[0] === undefined ? undefined : methods,
    }
    const downgraded = await rig.gate('--skip-provider-button')
    const { authorization } = await atCallback(downgraded)
    expect(authorization.searchParams.get('code_challenge_method')).toBe('S256')
    rig.provider.behaviour.metadata = {}
    await downgraded.stop()
  })

  it('the authorization request takes nothing from the client [CB-35]', async () => {
    const wishes =
      'redirect_uri=https://evil.example&client_id=evil&nonce=evil&state=evil&response_type=token&code_challenge=evil&prompt=none'
    const { location = '' } = await gate.visitor().visit(`/oauth2/start?${wishes}`)
    expect(location).not.toContain('evil')
    expect(location).not.toContain('response_type=token')
  })

  it.each<[string, string[]]>([
    ['CB-12', ['Sec-Fetch-Mode: cors', 'Accept: text/html']],
    ['CB-12', ['Sec-Purpose: prefetch', 'Accept: text/html']],
    ['CB-12', ['Purpose: prefetch', 'Accept: text/html']],
    ['CB-12', ['X-Moz: prefetch', 'Accept: text/html']],
    ['CB-12', ['Accept: application/json']],
    ['CB-12', ['X-Requested-With: XMLHttpRequest', 'Accept: text/html']],
    ['CB-37', ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe', 'Accept: text/html']],
    ['CB-37', ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: embed', 'Accept: text/html']],
    ['CB-12', ['Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image', 'Accept: text/html']],
  ])('%s: the authorization request is not started by what a person will not see: %j', async (_, lines) => {
    for (const target of ['/page', '/oauth2/start']) {
      const answer = await gate.tell(rawRequest(target, { lines }))
      expect([answer?.status, answer?.header('location'), answer?.all('set-cookie')]).toEqual([
        401,
        undefined,
        [],
      ])
    }
  })

  it.each(['HEAD', 'OPTIONS', 'PUT', 'DELETE'])(
    'the authorization request is not started by %s [CB-12]',
    async (method) => {
      const answer = await gate.tell(rawRequest('/oauth2/start', { method, lines: ['Accept: text/html'] }))
      expect([401, 405]).toContain(answer?.status)
      expect([answer?.header('location'), answer?.all('set-cookie')]).toEqual([undefined, []])
    },
  )

  it('the authorization request may be open in many tabs at once, and leaves two small cookies behind [CB-10, CB-11]', async () => {
    const visitor = gate.visitor()
    const starts: Seen[] = []
    for (let at = 0; at < 200; at += 1) starts.push(await visitor.visit(`/tab/${at}`))
    expect([...visitor.jar.keys()]).toEqual([
      CSRF,
      expect.stringMatching(/^__Host-_oauth2_proxy_[\w-]{8}_csrf$/u),
    ])
    expect(cookieHeader(visitor).length).toBeLessThan(200)
    for (const at of [1, 0, 199]) {
      const back = await rig.provider.visit(starts[at]?.location ?? '')
      expect((await visitor.arrive(back.pathname + back.search)).location).toBe(`/tab/${at}`)
    }
  })

  it('the authorization request ends on the host where it began [CB-38]', async () => {
    const { visitor, back } = await atCallback()
    const lines = [`Cookie: ${cookieHeader(visitor)}`]
    const before = rig.provider.hits.token
    const answer = await gate.tell(
      rawRequest(back.pathname + back.search, { host: 'other.example.com', lines }),
    )
    expect(answer?.all('set-cookie').join()).not.toContain(`${SESSION}=ey`)
    expect(rig.provider.hits.token).toBe(before)
  })
})

describe('the callback itself', () => {
  it.each([
    ['CB-24', 'POST', '/oauth2/callback/', 401],
    ['CB-33', 'PUT', '/oauth2/callback', 405],
    ['CB-33', 'HEAD', '/oauth2/callback', 405],
    ['CB-33', 'GET', '/oauth2/callback/', 302],
    ['CB-33', 'GET', '/OAUTH2/CALLBACK', 302],
    ['CB-33', 'GET', '/oauth2//callback', 302],
    ['CB-33', 'GET', '/oauth2/%63allback', 302],
    ['CB-33', 'GET', '/x/../oauth2/callback', 302],
  ])('the callback endpoint is one path, by GET and POST: $1 $2 [$0]', async (_, method, path, status) => {
    const { visitor, back } = await atCallback()
    const before = rig.provider.hits.token
    const sent = method === 'POST' ? { method, body: back.search.slice(1) } : { method }
    const type = ['Content-Type', 'application/x-www-form-urlencoded']
    const seen = await visitor.arrive(method === 'POST' ? path : path + back.search, {
      ...sent,
      headers: type,
    })
    expect([seen.status, hasSession(seen)]).toEqual([status, false])
    // What is no callback asks for a sign-in like any other page.
    if (status === 302) expect(seen.location).toMatch(/\/authorize\?/u)
    expect(rig.provider.hits.token).toBe(before)
    expect(rig.app.take()).toEqual([])
  })

  it('the callback endpoint takes a small form from one source where the provider answers by form [CB-25, CB-26]', async () => {
    const posting = await rig.gate(
      '--skip-provider-button',
      '--auth-request-response-mode=form_post',
      '--cookie-csrf-samesite=none',
    )
    const { visitor, back } = await atCallback(posting)
    const form = back.search.slice(1)
    const post = (target: string, body: string, type = 'application/x-www-form-urlencoded') =>
      visitor.arrive(target, { method: 'POST', body, headers: type === '' ? [] : ['Content-Type', type] })
    for (const type of ['text/plain', 'application/json', 'multipart/form-data; boundary=x', '']) {
      expect((await post('/oauth2/callback', form, type)).status).toBe(400)
    }
    expect((await post(`/oauth2/callback${back.search}`, form)).status).toBe(400)
    expect((await post('/oauth2/callback?state=a', form)).status).toBe(400)
    expect((await post('/oauth2/callback', `${form}&x=${'y'.repeat(17_000)}`)).status).toBe(413)
    expect((await post('/oauth2/callback', form)).location).toBe('/wanted')
    await posting.stop()
  })

  it('the callback endpoint tells a person who may not use the app, and does not go in circles [CB-36]', async () => {
    const strict = await rig.gate('--skip-provider-button', '--allowed-group=board')
    const { visitor, back } = await atCallback(strict)
    const seen = await visitor.arrive(back.pathname + back.search)
    expect([seen.status, seen.location]).toEqual([403, undefined])
    const page = await visitor.visit('/page')
    // Nobody was let in, so the next page asks again; it is the person who decides to go there.
    expect([page.status, hasSession(page)]).toEqual([302, false])
    await strict.stop()
  })
})

describe('a token endpoint', () => {
  const canary = () => `http://127.0.0.1:${rig.canary.port}/`
  it.each<[string, string, () => Script]>([
    ['CB-29', 'another token type', () => changed((answer) => ({ ...answer, token_type: 'mac' }))],
    ['CB-30', 'a page', () => body('<h1>hello</h1>', 'text/html')],
    ['CB-30', 'a list', () => body('[]')],
    ['CB-30', 'null', () => body('null')],
    ['CB-30', 'half an object', () => body('{"access_token":')],
    ['CB-30', 'a failure', () => status(500)],
    ['CB-30', 'no ID token', () => changed((answer) => ({ ...answer, id_token: undefined }))],
    ['CB-30', 'an ID token that is null', () => changed((answer) => ({ ...answer, id_token: null }))],
    ['CB-30', 'an ID token that is a number', () => changed((answer) => ({ ...answer, id_token: 7 }))],
    ['CB-30', 'five megabytes', () => oversized(5_000_000)],
    ['CB-31', 'a redirect', () => redirectTo(canary(), 307)],
    ['CB-31', 'a permanent redirect', () => redirectTo(canary(), 308)],
    ['DS-20', 'a bomb', () => gzipped(10_000_000)],
    ['CB-30', 'a refusal', () => () => json(400, { error: 'invalid_grant' })],
  ])('a token endpoint that answers with $1 makes no session [$0]', async (_, __, script) => {
    const { visitor, back } = await atCallback()
    rig.provider.scripts.token = script()
    const seen = await visitor.arrive(back.pathname + back.search)
    expect(seen.status).toBeGreaterThanOrEqual(400)
    expect([hasSession(seen), rig.canary.visits()]).toEqual([false, 0])
  })

  it.each<[string, () => ReturnType<typeof never>]>([
    ['never answers', never],
    ['never ends', oversized],
  ])('a token endpoint that %s is given up in time [CB-30, DS-21]', async (_, script) => {
    const { visitor, back } = await atCallback()
    rig.provider.scripts.token = script()
    const start = performance.now()
    const seen = await visitor.arrive(back.pathname + back.search)
    expect(seen.status).toBeGreaterThanOrEqual(500)
    expect(performance.now() - start).toBeLessThan(8_000)
  })

  it.each(['bearer', 'BEARER', 'Bearer'])('a token endpoint may spell the type %s [CB-29]', async (type) => {
    const { visitor, back } = await atCallback()
    rig.provider.scripts.token = changed((answer) => ({ ...answer, token_type: type }))
    expect((await visitor.arrive(back.pathname + back.search)).location).toBe('/wanted')
  })
})

it('the gate is still up after hostile callbacks, and has written about no bug', () => {
  expect(gate.isAlive()).toBe(true)
  expect(gate.output()).not.toMatch(/Bug:/u)
})

function without(query: URLSearchParams, name: string): string {
  return new URLSearchParams([...query].filter(([other]) => other !== name)).toString()
}

function replaced(query: URLSearchParams, name: string, value: string): string {
  return new URLSearchParams(
    [...query].map(([other, old]) => [other, other === name ? value : old]),
  ).toString()
}

function gzipped(bytes: number): Script {
  return async () => {
    const stream = new Blob([Buffer.alloc(bytes, ' ')]).stream().pipeThrough(new CompressionStream('gzip'))
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
    return new Response(await new Response(stream).arrayBuffer(), { headers })
  }
}
