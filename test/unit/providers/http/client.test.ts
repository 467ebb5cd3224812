import { expect, test } from 'vitest'
import { createProviderClient, readJsonObject } from '../../../../src/providers/http/client.ts'
import { body, never, oversized, redirectTo, type Script, status } from '../../../support/fake-server.ts'
import { verdictOf } from '../providers-fixture.ts'

function http(script: Script, { operatorUrls = ['https://op.test'], timeoutMs = 200 } = {}) {
  const asked: { url: string; init: RequestInit }[] = []
  const platform = {
    async fetch(url: string, init: RequestInit) {
      asked.push({ url, init })
      return script(async () => new Response('{}'), new Request(url, init))
    },
  }
  return { asked, ...createProviderClient({ platform, operatorUrls, timeoutMs }) }
}

test('the provider client asks once, names itself and never follows a redirect', async () => {
  const { request, asked } = http(body('{"a":1}'))
  const answer = await request('https://op.test/x', {
    endpoint: 'token',
    headers: { authorization: 'Bearer t' },
  })
  expect(answer).toEqual({ ok: true, value: { status: 200, type: 'application/json', text: '{"a":1}' } })
  expect(asked).toHaveLength(1)
  expect(asked[0]?.init).toMatchObject({ method: 'GET', redirect: 'manual' })
  expect(asked[0]?.init.headers).toMatchObject({ 'user-agent': 'sidegate', authorization: 'Bearer t' })
})

const slowly: Script = () =>
  new Response(
    new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 40))
        controller.enqueue(new TextEncoder().encode(' '))
      },
    }),
    { headers: { 'content-type': 'application/json' } },
  )

// [what the provider does, script, verdict]
const misbehaviour: [string, Script, string][] = [
  ['answers 302', redirectTo('https://canary.test/', 302), 'provider_misbehaved/redirect'],
  ['answers 307', redirectTo('https://canary.test/', 307), 'provider_misbehaved/redirect'],
  ['answers 500', status(500), 'provider_unreachable'],
  ['answers 503', status(503), 'provider_unreachable'],
  ['answers 429', status(429), 'provider_unreachable'],
  ['sends 300 kB', oversized(300_000), 'provider_misbehaved/body'],
  ['never stops sending', oversized(), 'provider_misbehaved/body'],
  ['never answers', never(), 'provider_unreachable/timeout'],
  ['sends a byte now and then', slowly, 'provider_unreachable/timeout'],
  ['ignores the signal', () => new Promise(() => undefined), 'provider_unreachable/timeout'],
  ['sends no UTF-8', () => new Response(new Uint8Array([0xff, 0xfe])), 'provider_misbehaved/body'],
  [
    'resets the connection',
    () => {
      throw new TypeError('fetch failed')
    },
    'provider_unreachable/network',
  ],
]

test.each(misbehaviour)('a provider that %s is a problem, not an exception', async (_, script, verdict) => {
  const started = performance.now()
  expect(verdictOf(await http(script).request('https://op.test/x', { endpoint: 'token' }))).toBe(verdict)
  expect(performance.now() - started).toBeLessThan(2_000)
})

// [body, media type, verdict]
const bodies: [string, string, string][] = [
  ['{"a":1}', 'application/json', 'ok'],
  ['{"a":1}', 'Application/JSON; charset=utf-8', 'ok'],
  ['{"keys":[]}', 'application/jwk-set+json', 'ok'],
  ['{"a":1}', 'text/html', 'provider_misbehaved/content type'],
  ['{"a":1}', '', 'provider_misbehaved/content type'],
  ['{"a":1}', 'application/jwt', 'provider_misbehaved/content type'],
  ['[]', 'application/json', 'provider_misbehaved/not an object'],
  ['null', 'application/json', 'provider_misbehaved/not an object'],
  ['"text"', 'application/json', 'provider_misbehaved/not an object'],
  ['{"a":', 'application/json', 'provider_misbehaved/not JSON'],
  ['', 'application/json', 'provider_misbehaved/not JSON'],
]

test.each(bodies)('the provider client reads %j as %j: %s', async (text, type, verdict) => {
  const answer = await http(body(text, type)).request('https://op.test/x', { endpoint: 'token' })
  expect(verdictOf(answer.ok ? readJsonObject(answer.value) : answer)).toBe(verdict)
})

// [the operator's own URLs, what is asked, allowed]
const addresses: [string[], string, boolean][] = [
  [['https://op.test'], 'https://op.test/token', true],
  [['https://op.test'], 'https://elsewhere.test/token', true],
  [['https://op.test'], 'http://op.test/token', false],
  [['https://op.test'], 'http://127.0.0.1:9200/', false],
  [['https://op.test'], 'http://169.254.169.254/latest', false],
  [['http://op.internal:8080/realm'], 'http://op.internal:8080/token', true],
  [['http://op.internal:8080/realm'], 'http://op.internal:9090/token', false],
  [['http://op.internal:8080/realm'], 'http://169.254.169.254/', false],
  [['http://127.0.0.1:9000'], 'http://localhost:9001/token', true],
  [['http://localhost:9000'], 'http://[::1]:9001/token', true],
  [['http://localhost:9000'], 'http://127.0.0.1.evil.test/token', false],
  [['https://op.test'], 'https://user:pw@op.test/', false],
  [['https://op.test'], 'file:///etc/passwd', false],
  [['https://op.test'], 'javascript:alert(1)', false],
  [['https://op.test'], 'data:application/json,{}', false],
  [['https://op.test'], '/relative', false],
  [['https://op.test'], '', false],
]

test.each(addresses)(
  'the provider client with settings %j allows %j: %s',
  async (operatorUrls, url, allowed) => {
    const { request, allows, asked } = http(body('{}'), { operatorUrls })
    expect(allows(url)).toBe(allowed)
    expect((await request(url, { endpoint: 'token' })).ok).toBe(allowed)
    expect(asked).toHaveLength(allowed ? 1 : 0)
  },
)

// [what the runtime throws, fields of the problem]
const failures: [string, unknown, object][] = [
  ['a name that is not known', netError('ENOTFOUND'), { cause: 'ENOTFOUND' }],
  ['a refused connection', netError('ECONNREFUSED'), { cause: 'ECONNREFUSED' }],
  [
    'a certificate of another name',
    netError('ERR_TLS_CERT_ALTNAME_INVALID'),
    { cause: 'ERR_TLS_CERT_ALTNAME_INVALID', setting: 'ssl-insecure-skip-verify' },
  ],
  [
    'a certificate of its own',
    netError('DEPTH_ZERO_SELF_SIGNED_CERT'),
    { cause: 'DEPTH_ZERO_SELF_SIGNED_CERT', setting: 'provider-ca-file' },
  ],
  ['an error without a code', new TypeError('fetch failed'), {}],
  ['something that is no code', netError('<script>'), {}],
]

function netError(code: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })
}

test.each(failures)('the provider client says %s of a network problem', async (_, error, fields) => {
  const { request } = http(() => Promise.reject(error))
  const answer = await request('https://op.test/x', { endpoint: 'jwks' })
  expect(answer).toEqual({
    ok: false,
    problem: {
      reason: 'provider_unreachable',
      detail: { why: 'network', ...fields, endpoint: 'jwks', host: 'op.test' },
    },
  })
})

test.each(['[', '{"a":'])('the provider client reads no JSON nested 30,000 deep (%s…)', async (open) => {
  const text = open.repeat(30_000)
  const { request } = http(body(text))
  const answer = await request('https://op.test/x', { endpoint: 'token' })
  expect(answer.ok && verdictOf(readJsonObject(answer.value))).toBe('provider_misbehaved/not JSON')
})
