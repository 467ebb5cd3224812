import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RawResponse, rawRequest } from './client.ts'
import { type Gate, ORIGIN, type Rig, SESSION, startRig } from './gate-fixture.ts'
import { createMint } from './token-fixture.ts'

let rig: Rig
let gate: Gate
const folder = mkdtempSync(join(tmpdir(), 'pages-'))

beforeAll(async () => {
  rig = await startRig()
  const users = join(folder, 'users')
  writeFileSync(users, `carol:{SHA}${createHash('sha1').update('demo').digest('base64')}\n`)
  gate = await rig.gate(
    `--htpasswd-file=${users}`,
    '--show-debug-on-error',
    '--provider-display-name=<b>Us</b>',
    '--allowed-group=admins',
  )
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await rig.close()
})
afterEach(() => {
  rig.app.take()
})

const HTML = 'Accept: text/html'
const FORM = 'Content-Type: application/x-www-form-urlencoded'

const MARKUP = [
  '"><script>alert(1)</script>',
  "'><img src=x onerror=alert(1)>",
  '</title><svg onload=alert(1)>',
  '{{alert(1)}}<b>',
  '&lt;script&gt;&#60;script>',
  '`$' + '{alert(1)}`<i>',
]

/** No element and no attribute but those that we write ourselves. */
function expectHarmless(answer: RawResponse | undefined, markup: string): void {
  const { body = '' } = answer ?? {}
  const dangerous = markup.replace(/^[^<]*/u, '')
  if (dangerous !== '') expect(body).not.toContain(dangerous)
  // Inside of quotes everything is text; outside of them no attribute begins with `on`.
  expect(body.replaceAll(/"[^"]*"/gu, '""')).not.toMatch(/<[^>]*\son\w+=/iu)
  for (const script of body.match(/<script[^>]*>/giu) ?? [])
    expect(script).toMatch(/^<script src="\/oauth2\/static\/fragment\.js" defer>$/u)
}

describe.each(MARKUP)('%j', (markup) => {
  const encoded = encodeURIComponent(markup)

  it.each<[string, () => string]>([
    ['UI-01 in rd', () => rawRequest(`/oauth2/sign_in?rd=/${encoded}`, { lines: [HTML] })],
    [
      'UI-01 in rd, raw',
      () =>
        rawRequest(`/oauth2/sign_in?rd=/${markup.replaceAll(' ', '+').replaceAll('#', '')}`, {
          lines: [HTML],
        }),
    ],
    ['UI-02 in a path', () => rawRequest(`/${encoded}`, { lines: [HTML] })],
    ['UI-02 in a query', () => rawRequest(`/x?q=${encoded}`, { lines: [HTML] })],
    [
      'UI-02 in a path of ours',
      () => rawRequest(`/oauth2/callback?state=${encoded}&code=${encoded}`, { lines: [HTML] }),
    ],
    ['UI-03 in User-Agent', () => rawRequest('/x', { lines: [HTML, `User-Agent: ${markup}`] })],
    [
      'UI-03 in X-Request-Id',
      () => rawRequest('/oauth2/callback', { lines: [HTML, `X-Request-Id: ${markup}`] }),
    ],
    [
      'UI-03 in Referer',
      () => rawRequest('/x', { lines: [HTML, `Referer: https://evil.example/${markup}`] }),
    ],
    ['UI-03 in X-Forwarded-Host', () => rawRequest('/x', { lines: [HTML, `X-Forwarded-Host: ${markup}`] })],
    [
      'UI-04 in an error of the provider',
      () => rawRequest(`/oauth2/callback?error=${encoded}&error_description=${encoded}`, { lines: [HTML] }),
    ],
    [
      'UI-03 in a user name',
      () =>
        rawRequest('/oauth2/sign_in', {
          method: 'POST',
          lines: [HTML, FORM, `Origin: ${ORIGIN}`],
          body: `username=${encoded}&password=x&rd=/${encoded}`,
        }),
    ],
    [
      'UI-13 in a form that is kept',
      () =>
        rawRequest('/x', {
          method: 'POST',
          lines: [HTML, FORM, `Origin: ${ORIGIN}`],
          body: `${encoded}=${encoded}&a=${encoded}`,
        }),
    ],
  ])('markup is text: %s', async (_, make) => {
    expectHarmless(await gate.tell(make()), markup)
  })

  it('markup is text in a name that the provider gives [UI-04]', async () => {
    const mint = await createMint({ issuer: rig.provider.origin })
    const token = await mint.session({
      email: `${markup}@example.com`,
      preferredUsername: markup,
      groups: [],
    })
    const answer = await gate.tell(rawRequest('/x', { lines: [HTML, `Cookie: ${SESSION}=${token}`] }))
    expect(answer?.status).toBe(403)
    expectHarmless(answer, markup)
  })
})

describe('a form that is kept', () => {
  const post = (lines: string[], body = 'a=1&b=2') =>
    gate.tell(rawRequest('/submit', { method: 'POST', lines: [HTML, ...lines], body }))

  it("a form of Sidegate's own page is kept, and sent by its person only [UI-13]", async () => {
    const answer = await post([FORM, `Origin: ${ORIGIN}`])
    expect(answer?.status).toBe(401)
    expect(answer?.body).toContain('name="a" value="1"')
    expect(answer?.body).not.toMatch(/<script|onload|autofocus|http-equiv="refresh"/iu)
    expect(answer?.header('content-security-policy')).toContain("form-action 'self'")
    expect(answer?.header('cache-control')).toContain('no-store')
  })

  it.each([
    ['another site', [FORM, 'Origin: https://evil.example']],
    [
      'another site by metadata',
      [FORM, `Origin: ${ORIGIN}`, 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate'],
    ],
    ['a sibling', [FORM, 'Sec-Fetch-Site: same-site', 'Sec-Fetch-Mode: navigate']],
    ['nowhere', [FORM, 'Origin: null']],
    ['nobody knows where', [FORM]],
    ['our site, as text', ['Content-Type: text/plain', `Origin: ${ORIGIN}`]],
    ['our site, as an upload', ['Content-Type: multipart/form-data; boundary=x', `Origin: ${ORIGIN}`]],
  ])('a form is not kept when it comes from %s [UI-13]', async (_, lines) => {
    const answer = await post(lines, 'amount=1000&to=mallory')
    expect(answer?.status).toBeGreaterThanOrEqual(400)
    expect(answer?.body).not.toContain('mallory')
  })

  it('a form is kept within bounds [UI-13, DS-13]', async () => {
    const many = Array.from({ length: 1_000 }, (_, at) => `a${at}=1`).join('&')
    for (const body of [many, `a=${'x'.repeat(20_000)}`]) {
      expect((await post([FORM, `Origin: ${ORIGIN}`], body))?.body).not.toContain('name="a')
    }
  })
})

describe('a page of Sidegate', () => {
  it.each<[string, string, number]>([
    ['the sign-in page', '/oauth2/sign_in', 200],
    ['a page that needs a sign-in', '/x', 200],
    ['the page after signing out', '/oauth2/signed_out', 200],
    ['an error', '/oauth2/start?provider=none', 404],
  ])('a page has its policies: %s [UI-08, UI-09, UI-10]', async (_, target, status) => {
    const answer = await gate.tell(rawRequest(target, { lines: [HTML] }))
    expect(answer?.status).toBe(status)
    const policy = answer?.header('content-security-policy') ?? ''
    for (const directive of [
      "default-src 'none'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      'form-action',
    ]) {
      expect(policy).toContain(directive)
    }
    expect(policy).not.toMatch(/unsafe-(?:inline|eval)|script-src[^;]*\*/u)
    expect(answer?.header('x-frame-options')).toBe('DENY')
    expect(answer?.header('x-content-type-options')).toBe('nosniff')
    expect(answer?.header('referrer-policy')).toBe('same-origin')
    expect(answer?.header('cross-origin-opener-policy')).toBe('same-origin')
    expect(answer?.header('content-type')).toBe('text/html; charset=utf-8')
  })

  it('JSON is JSON and nothing else [UI-07]', async () => {
    // Without a session the two answer as they always did: one in words, as in oauth2-proxy, the other in JSON.
    for (const [name, type] of [
      ['userinfo', 'text/plain; charset=utf-8'],
      ['session', 'application/json'],
    ]) {
      const answer = await gate.tell(rawRequest(`/oauth2/${name}`, { lines: [HTML] }))
      expect([answer?.header('content-type'), answer?.header('x-content-type-options')]).toEqual([
        type,
        'nosniff',
      ])
    }
  })

  it('robots are asked to stay away, at one address [UI-15]', async () => {
    expect((await gate.tell(rawRequest('/robots.txt')))?.body).toBe('User-agent: *\nDisallow: /\n')
    expect((await gate.tell(rawRequest('/robots.txt/')))?.status).toBe(401)
  })

  it('a page is never mixed with a page of the app [UI-11, UI-14]', async () => {
    const mint = await createMint({ issuer: rig.provider.origin })
    const policy = "Content-Security-Policy: default-src 'self'; marked"
    rig.app.answer(
      `HTTP/1.1 403 Forbidden\r\n${policy}\r\nX-Frame-Options: SAMEORIGIN\r\nContent-Length: 5\r\n\r\ntheir`.replace(
        '4\r\n',
        '5\r\n',
      ),
    )
    const lines = [HTML, `Cookie: ${SESSION}=${await mint.session({ groups: ['admins'] })}`]
    const theirs = await gate.tell(rawRequest('/x', { lines }))
    expect([
      theirs?.status,
      theirs?.body,
      theirs?.all('content-security-policy'),
      theirs?.all('x-frame-options'),
    ]).toEqual([403, 'their', ["default-src 'self'; marked"], ['SAMEORIGIN']])
    const ours = await gate.tell(rawRequest('/x', { lines: [HTML] }))
    expect(ours?.body).not.toContain('their<')
    expect(ours?.header('content-security-policy')).not.toContain('marked')
  })
})

it('the gate is still up after hostile markup, and has written about no bug', () => {
  expect(gate.isAlive()).toBe(true)
  expect(gate.output()).not.toMatch(/Bug:/u)
})
