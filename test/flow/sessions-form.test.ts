import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { deploy } from '../support/deployment.ts'
import { startGate, type TestGate } from '../support/gate.ts'
import type { Asking, Seen, Visitor } from '../support/visitor.ts'

const HOUR = 3_600_000
const OWN_PAGE = ['Sec-Fetch-Site', 'same-origin', 'Origin', 'https://app.example.com']

/** A person who signed in, and whose session ended while they were writing. */
async function lateVisitor(args: readonly string[] = []): Promise<{ gate: TestGate; alice: Visitor }> {
  const gate = await startGate({
    args: ['--cookie-expire=1h', '--session-revalidate=0', ...args],
    upstream: ({ target }) => new Response(`the app got ${target}`),
  })
  const alice = gate.visitor()
  const seen = await alice.browse('/oauth2/start?rd=%2F')
  if (seen.status !== 200) throw new Error(`Sign-in ended with ${seen.status}: ${seen.text}`)
  gate.platform.pass(HOUR)
  return { gate, alice }
}

function aForm(body: string, more: Asking = {}): Asking {
  const type = ['Content-Type', 'application/x-www-form-urlencoded']
  return { method: 'POST', body, ...more, headers: [...type, ...(more.headers ?? OWN_PAGE)] }
}

/** A page load from a page, as a browser sends it. */
function post(
  gate: TestGate,
  visitor: Visitor,
  target: string,
  { headers = [], ...rest }: Asking,
): Promise<Seen> {
  const cookie = [...visitor.jar].map((pair) => pair.join('=')).join('; ')
  const lines = [
    'Host',
    'app.example.com',
    'Accept',
    'text/html,*/*;q=0.8',
    'Sec-Fetch-Mode',
    'navigate',
    ...headers,
  ]
  return gate
    .ask(target, { ...rest, headers: cookie === '' ? lines : [...lines, 'Cookie', cookie] })
    .then(async (answer) => ({
      status: answer.status,
      headers: answer.headers,
      text: await answer.text(),
      setCookies: answer.headers.getSetCookie(),
      location: answer.headers.get('location') ?? undefined,
    }))
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

/** What a browser would send again: the hidden fields of the page, in their order. */
function fieldsOf(page: string): URLSearchParams {
  const decode = (text = '') =>
    text.replace(/&(amp|lt|gt|quot|#39);/gu, (_, name: string) => ENTITIES[name] ?? '')
  const inputs = [...page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/gu)]
  return new URLSearchParams(inputs.map(([, name, value]) => [decode(name), decode(value)]))
}

describe('a form that is sent just after the session has ended', () => {
  it('a form that is sent without a session is kept by a page, survives the sign-in in another tab, and reaches the app as it was', async () => {
    const { gate, alice } = await lateVisitor()
    const body = 'title=Caf%C3%A9+%26+bar&note=line+1%0D%0Aline+2&tag=a&tag=b&empty=&%3Cname%3E=%22%27'
    const kept = await post(gate, alice, '/notes?draft=1', aForm(body))
    expect(kept.status).toBe(401)
    expect(gate.platform.plans.map(({ target }) => target)).toEqual(['/'])
    expect(kept.text).toContain('Your form was not sent yet')
    expect(kept.text).toContain('<form method="post" accept-charset="utf-8">')
    expect(fieldsOf(kept.text).toString()).toBe(new URLSearchParams(body).toString())

    const aside = /href="([^"]+)" target="_blank" rel="noopener"/u.exec(kept.text)?.[1] ?? ''
    const page = await alice.visit(aside)
    const start = /class="button" href="([^"]+)"/u.exec(page.text)?.[1] ?? ''
    const arrived = await alice.browse(start.replaceAll('&amp;', '&'))
    expect([arrived.url, arrived.status]).toEqual(['https://app.example.com/oauth2/signed_in', 200])
    expect(arrived.text).toContain('You are signed in')

    const again = await post(gate, alice, '/notes?draft=1', aForm(fieldsOf(kept.text).toString()))
    expect([again.status, again.text]).toEqual([200, 'the app got /notes?draft=1'])
  })

  it('a form that is sent without a session comes on a page that is not stored, framed or scripted, and that posts only here', async () => {
    const { gate, alice } = await lateVisitor()
    const { headers, text } = await post(gate, alice, '/notes', aForm('a=1'))
    expect(headers.get('cache-control')).toContain('no-store')
    expect(headers.get('x-frame-options')).toBe('DENY')
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'; style-src")
    expect(policy).toContain("form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
    expect(policy).not.toContain('script-src')
    expect(text).not.toMatch(/<script|autofocus|onload/iu)
  })

  it('a form that is sent without a session is kept again when it is sent before the sign-in', async () => {
    const { gate, alice } = await lateVisitor()
    const first = await post(gate, alice, '/notes', aForm('a=1&b=%2B'))
    const second = await post(gate, alice, '/notes', aForm(fieldsOf(first.text).toString()))
    expect(fieldsOf(second.text).toString()).toBe('a=1&b=%2B')
  })
})

describe('markup in a kept form', () => {
  it.each([
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    '</form><form action=https://evil.example>',
    '" formaction="https://evil.example" type="submit',
    '</textarea></title></style><svg onload=alert(1)>',
    '&quot;&#34;&lt;script&gt;',
    '<!--',
    ']]>',
    '{{7*7}}',
    'javascript:alert(1)',
    '\u2028\u202e\u200b',
  ])('a kept form has %j as text, in names and in values [UI-13]', async (hostile) => {
    const { gate, alice } = await lateVisitor()
    const form = new URLSearchParams([
      [hostile, hostile],
      ['plain', hostile],
    ])
    const { status, text } = await post(gate, alice, '/notes', aForm(form.toString()))
    expect(status).toBe(401)
    expect(fieldsOf(text).toString()).toBe(form.toString())
    // Nothing of it ended an attribute: what is left without the fields is the page for a harmless form.
    const bare = (page: string) => page.replace(/<input type="hidden" name="[^"<>]*" value="[^"<>]*">/gu, '')
    const harmless = await post(gate, alice, '/notes', aForm('a=1&b=2'))
    expect(bare(text)).toBe(bare(harmless.text))
  })

  it('a kept form has nothing of the address in the page [UI-13]', async () => {
    const { gate, alice } = await lateVisitor()
    const { text } = await post(gate, alice, '/%22%3E%3Cscript%3E?q=canary', aForm('a=1'))
    expect(text).not.toContain('canary')
    const body = text.replace(/<link rel="icon"[^>]*>/u, '')
    expect(body).not.toMatch(/%22|action="/u)
  })
})

describe('what is not kept', () => {
  const big = `a=${'x'.repeat(16_384)}`
  const form = 'application/x-www-form-urlencoded'

  // [what, the request, flags]
  const cases: [string, Asking, string[]][] = [
    ['a form of another site', aForm('a=1', { headers: ['Sec-Fetch-Site', 'cross-site'] }), []],
    ['a form of a sibling host', aForm('a=1', { headers: ['Sec-Fetch-Site', 'same-site'] }), []],
    ['a form that a person caused from outside', aForm('a=1', { headers: ['Sec-Fetch-Site', 'none'] }), []],
    [
      'a form of another site, old browser',
      aForm('a=1', { headers: ['Origin', 'https://evil.example'] }),
      [],
    ],
    ['a form of a sandboxed page', aForm('a=1', { headers: ['Origin', 'null'] }), []],
    ['a form of nobody knows who', aForm('a=1', { headers: ['Accept-Language', 'en'] }), []],
    [
      'a form of another site with our Origin',
      aForm('a=1', { headers: ['Sec-Fetch-Site', 'cross-site', 'Origin', 'https://app.example.com'] }),
      [],
    ],
    ['a form over the limit', aForm(big), []],
    ['a form over a limit of the operator', aForm('a=12345678'), ['--form-replay-limit=9']],
    ['any form when the operator says so', aForm('a=1'), ['--form-replay-limit=0']],
    ['two hundred and one fields', aForm('a&'.repeat(201)), []],
    ['bytes that are no UTF-8', aForm('a=%E9'), []],
    ['a zero byte', aForm('a=%00'), []],
    [
      'an upload',
      {
        method: 'POST',
        body: 'x',
        headers: ['Content-Type', 'multipart/form-data; boundary=x', ...OWN_PAGE],
      },
      [],
    ],
    ['plain text', { method: 'POST', body: 'x', headers: ['Content-Type', 'text/plain', ...OWN_PAGE] }, []],
    [
      'two content types',
      {
        method: 'POST',
        body: 'x',
        headers: ['Content-Type', form, 'Content-Type', 'text/plain', ...OWN_PAGE],
      },
      [],
    ],
  ]

  it.each(cases)('a form that is not kept gets a page that says so: %s', async (_, asking, flags) => {
    const { gate, alice } = await lateVisitor(flags)
    const { status, text, location } = await post(gate, alice, '/notes', asking)
    expect([status, location]).toEqual([401, undefined])
    expect(text).toContain('Your form was not sent</h1>')
    expect(text).not.toContain('type="hidden"')
    expect(text).not.toContain('<form')
    expect(text).toContain('target="_blank" rel="noopener">Sign in in a new tab')
    expect(gate.platform.plans.map(({ target }) => target)).toEqual(['/'])
  })

  it('a form of a program is not kept: it gets JSON and 401, as ever', async () => {
    const { gate } = await lateVisitor()
    for (const headers of [
      ['Sec-Fetch-Mode', 'cors', ...OWN_PAGE],
      ['Accept', 'application/json'],
    ]) {
      const answer = await gate.ask('/notes', {
        method: 'POST',
        body: 'a=1',
        headers: ['Host', 'app.example.com', 'Content-Type', form, ...headers],
      })
      expect([answer.status, (await answer.json()).error]).toEqual([401, 'sign_in_required'])
    }
  })

  it('a form for an API route is not kept, whatever sent it', async () => {
    const { gate, alice } = await lateVisitor(['--api-route=^/api/'])
    const { status, text } = await post(gate, alice, '/api/notes', aForm('a=1'))
    expect([status, JSON.parse(text).error]).toEqual([401, 'sign_in_required'])
  })
})

describe('an upload of several megabytes over a slow line', () => {
  it('an upload of several megabytes over a slow line is answered by the page, and not by a connection that breaks', async () => {
    const deployment = await deploy()
    const { port } = new URL(
      String(deployment.gates[0]?.lines().find(({ url }) => url !== undefined)?.['url']),
    )
    const socket = connect(Number(port), '127.0.0.1')
    const broken = new Promise<string>((resolve) => socket.once('error', (error) => resolve(String(error))))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString()
    })
    const piece = Buffer.alloc(500_000, 'x')
    const head = [
      'POST /notes HTTP/1.1',
      'Host: app.example.com',
      'Accept: text/html',
      'Sec-Fetch-Mode: navigate',
    ]
    const type = 'Content-Type: application/x-www-form-urlencoded'
    socket.write(
      [...head, 'Sec-Fetch-Site: same-origin', type, `Content-Length: ${40 * piece.length}`, '', ''].join(
        '\r\n',
      ),
    )
    const sent = async () => {
      for (let pieces = 0; pieces < 40; pieces += 1) {
        socket.write(piece)
        await sleep(50)
      }
      return 'sent'
    }
    expect(await Promise.race([sent(), broken])).toBe('sent')
    expect(answer).toMatch(/^HTTP\/1\.1 401 /u)
    expect(answer).toContain('Your form was not sent</h1>')
    socket.destroy()
    await deployment.close()
  })
})

describe('the page at the end of a sign-in on the side', () => {
  it('the page of a sign-in in another tab offers a sign-in without a session', async () => {
    const gate = await startGate()
    const seen = await gate.visitor().visit('/oauth2/signed_in')
    expect(seen.text).toContain('href="/oauth2/start?rd=%2Foauth2%2Fsigned_in"')
    expect(seen.text).not.toContain('You are signed in')
  })

  it.each([
    '/oauth2/signed_in?x=1',
    '/oauth2/signed_in/../start',
    '/oauth2/./signed_in',
    '/oauth2/signed_out',
  ])('the page of a sign-in in another tab is the only endpoint to come back to: not %s', async (rd) => {
    const gate = await startGate()
    const arrived = await gate.visitor().browse(`/oauth2/start?rd=${encodeURIComponent(rd)}`)
    expect(arrived.url).toBe('https://app.example.com/')
  })
})
