import { expect, test } from 'vitest'
import type { IntrospectionConfig } from '../../../../src/config/sections/introspection.ts'
import { problem } from '../../../../src/problems.ts'
import { createBearerReader } from '../../../../src/providers/oidc/bearer.ts'
import { failed } from '../../../../src/result.ts'
import { addIntrospection } from '../../../support/fake-introspection.ts'
import { json, status } from '../../../support/fake-server.ts'
import { aBench, aProviderConfig, verdictOf } from '../providers-fixture.ts'

interface Given {
  readonly introspection?: Partial<IntrospectionConfig>
  readonly requiredScopes?: readonly string[]
  readonly clientIds?: readonly string[]
}

/** A reader of headers in front of a provider with an introspection endpoint. */
async function aReader({ introspection, requiredScopes = [], clientIds = [] }: Given = {}) {
  const { op, provider, platform, context } = await aBench()
  const fake = addIntrospection(op)
  const reader = createBearerReader({
    bearer: {
      enabled: true,
      loginFallback: true,
      extraIssuers: [],
      requiredScopes,
      clientIds,
      introspection: {
        url: fake.url,
        issuer: op.origin,
        isOfProvider: true,
        clientId: op.client.id,
        clientSecret: { value: op.client.secret },
        ...introspection,
      },
    },
    providers: [provider],
    settings: aProviderConfig(),
    context,
  })
  const read = async (token: string) => (await reader(`Bearer ${token}`)) ?? failed(problem('bug'))
  return { op, fake, platform, read, verdict: async (token: string) => verdictOf(await read(token)) }
}

test('an opaque bearer token is a sign-in with what introspection says of it', async () => {
  const { fake, op, read } = await aReader()
  fake.tokens.set('opaque', { email: 'a@example.com', groups: ['ops'] })
  expect(await read('opaque')).toMatchObject({
    ok: true,
    value: {
      provider: 'oidc',
      identity: { issuer: op.origin, subject: 'alice', email: 'a@example.com', groups: ['ops'] },
      tokens: { access: 'opaque', id: undefined, refresh: undefined },
    },
  })
  const [question] = fake.questions
  expect(question?.authorization).toMatch(/^Basic /u)
  expect(question?.form.get('token_type_hint')).toBe('access_token')
})

test('introspection is not asked about a JWT of a known issuer, good or bad [ID-127]', async () => {
  const { fake, op, verdict } = await aReader()
  const token = await op.mint()
  expect(await verdict(token)).toBe('ok')
  fake.tokens.set(`${token.slice(0, -4)}AAAA`, {})
  expect(await verdict(`${token.slice(0, -4)}AAAA`)).toBe('bearer_invalid/signature')
  expect(fake.questions).toHaveLength(0)
})

test('introspection is asked about a JWT of an issuer that is not known', async () => {
  const { fake, op, verdict } = await aReader()
  const token = await op.mint({ iss: 'https://other.test' })
  expect(await verdict(token)).toBe('bearer_invalid/active')
  fake.tokens.set(`${token}`, {})
  expect(fake.questions).toHaveLength(1)
})

// [row, header value that is no token]
const headers: [string, string][] = [
  ['ID-128', 'Bearer'],
  ['ID-128', 'Bearer '],
  ['ID-128', 'Bearer a b'],
  ['ID-128', 'Bearer a,b'],
  ['ID-128', 'Bearer ä'],
  ['ID-128', 'Bearer a&token=b'],
  ['ID-128', `Bearer ${'a'.repeat(8_193)}`],
]

test.each(headers)('introspection is not asked about the header "$1" [$0]', async (_row, header) => {
  const { fake, verdict } = await aReader()
  expect(await verdict(header.slice('Bearer '.length))).toBe('bearer_invalid/form')
  expect(fake.questions).toHaveLength(0)
})

// [row, what the endpoint answers, answer, verdict]
const broken: [string, string, () => Response | Promise<Response>, string][] = [
  ['ID-129', '500', () => new Response('', { status: 500 }), 'provider_unreachable'],
  ['ID-129', '429', () => new Response('', { status: 429 }), 'provider_unreachable'],
  [
    'ID-129',
    'a redirect',
    () => Response.redirect('https://evil.test/', 307),
    'provider_misbehaved/redirect',
  ],
  ['ID-129', '401', () => json(401, { active: true }), 'misconfigured'],
  ['ID-129', '403', () => json(403, { active: true }), 'misconfigured'],
  ['ID-129', '400 invalid_client', () => json(400, { error: 'invalid_client' }), 'misconfigured'],
  ['ID-129', '400', () => json(400, { active: true }), 'provider_misbehaved/status'],
  [
    'ID-129',
    'HTML',
    () => new Response('<p>', { headers: { 'content-type': 'text/html' } }),
    'provider_misbehaved/content type',
  ],
  ['ID-129', 'a list', () => json(200, [{ active: true }]), 'provider_misbehaved/not an object'],
  [
    'ID-129',
    'half of an object',
    () => new Response('{"active":tr', { headers: { 'content-type': 'application/json' } }),
    'provider_misbehaved/not JSON',
  ],
  [
    'ID-129',
    'too much',
    () => json(200, { active: true, sub: 'a', more: 'x'.repeat(40_000) }),
    'provider_misbehaved/body',
  ],
  [
    'ID-129',
    'a broken connection',
    () => {
      throw new TypeError('fetch failed')
    },
    'provider_unreachable/network',
  ],
]

test.each(broken)(
  'an introspection endpoint that answers $1 lets no token in [$0]',
  async (_row, _name, script, verdict) => {
    const reader = await aReader()
    reader.fake.tokens.set('opaque', {})
    reader.fake.script = script
    expect(await reader.verdict('opaque')).toBe(verdict)
  },
)

test('introspection asks once for tokens that come at once, and again after 60 seconds', async () => {
  const { fake, platform, verdict } = await aReader()
  fake.tokens.set('opaque', {})
  expect(await Promise.all([verdict('opaque'), verdict('opaque'), verdict('opaque')])).toEqual([
    'ok',
    'ok',
    'ok',
  ])
  expect(fake.questions).toHaveLength(1)
  fake.tokens.clear()
  platform.pass(59_000)
  expect(await verdict('opaque')).toBe('ok')
  platform.pass(1_000)
  expect(await verdict('opaque')).toBe('bearer_invalid/active')
  expect(fake.questions).toHaveLength(2)
  fake.tokens.set('opaque', {})
  platform.pass(9_000)
  expect(await verdict('opaque')).toBe('bearer_invalid/active')
  platform.pass(1_000)
  expect(await verdict('opaque')).toBe('ok')
})

test('introspection keeps no answer beyond the end of the token [ID-121]', async () => {
  const { fake, op, platform, verdict } = await aReader()
  fake.tokens.set('opaque', { exp: Math.floor(op.behaviour.now() / 1000) + 5 })
  expect(await verdict('opaque')).toBe('ok')
  platform.pass(6_000)
  expect(await verdict('opaque')).toBe('bearer_invalid/exp')
})

test('introspection has a bounded number of calls under way [DS-120]', async () => {
  const { fake, verdict } = await aReader()
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  fake.script = async () => {
    await gate
    return json(200, { active: false })
  }
  const all = Promise.all(Array.from({ length: 70 }, (_, at) => verdict(`t${at}`)))
  await expect.poll(() => fake.questions.length).toBe(64)
  open()
  const verdicts = await all
  expect(verdicts.filter((each) => each === 'overloaded')).toHaveLength(6)
  fake.script = undefined
  fake.tokens.set('opaque', {})
  expect(await verdict('opaque')).toBe('ok')
})

test('introspection asks the endpoint that discovery names, and says when it names none', async () => {
  const found = await aReader({ introspection: { url: undefined } })
  found.fake.tokens.set('opaque', {})
  expect(await found.verdict('opaque')).toBe('ok')
  const none = await aReader({ introspection: { url: undefined } })
  none.op.behaviour.metadata = {}
  expect(await none.verdict('opaque')).toBe('misconfigured/no introspection_endpoint')
  const plain = await aReader({ introspection: { url: undefined } })
  plain.op.behaviour.metadata = { introspection_endpoint: 'http://op.test/introspect' }
  expect(await plain.verdict('opaque')).toBe('provider_misbehaved/endpoint')
  expect(plain.fake.questions).toHaveLength(0)
  const down = await aReader({ introspection: { url: undefined } })
  down.op.scripts.discovery = status(503)
  expect(await down.verdict('opaque')).toMatch(/^provider_unreachable/u)
})

test('introspection of another issuer is of no sign-in provider, and has its own subjects', async () => {
  const { fake, read, verdict } = await aReader({
    introspection: { issuer: 'https://as.test', isOfProvider: false },
  })
  fake.tokens.set('opaque', { iss: 'https://as.test' })
  expect(await read('opaque')).toMatchObject({
    ok: true,
    value: { provider: undefined, identity: { issuer: 'https://as.test' } },
  })
  fake.tokens.set('foreign', {})
  expect(await verdict('foreign')).toBe('bearer_invalid/iss')
})

// [row, what the token says, claims, verdict]
const rules: [string, string, Readonly<Record<string, unknown>>, string][] = [
  ['ID-130', 'all scopes', { scope: 'write read', client_id: 'robot' }, 'ok'],
  ['ID-130', 'all scopes in a list', { scp: ['read', 'write'], azp: 'robot' }, 'ok'],
  ['ID-130', 'one scope', { scope: 'read', client_id: 'robot' }, 'not_permitted/bearer-required-scope'],
  [
    'ID-130',
    'a scope that begins alike',
    { scope: 'read write:all', client_id: 'robot' },
    'not_permitted/bearer-required-scope',
  ],
  ['ID-130', 'no scope', { client_id: 'robot' }, 'not_permitted/bearer-required-scope'],
  [
    'ID-130',
    'scopes in an object',
    { scope: { read: 1, write: 1 }, client_id: 'robot' },
    'not_permitted/bearer-required-scope',
  ],
  ['ID-130', 'another client', { scope: 'read write', client_id: 'evil' }, 'bearer_invalid/client_id'],
  [
    'ID-130',
    'another client, and a good azp',
    { scope: 'read write', client_id: 'evil', azp: 'robot' },
    'bearer_invalid/client_id',
  ],
  ['ID-130', 'a list of clients', { scope: 'read write', client_id: ['robot'] }, 'bearer_invalid/client_id'],
]

test.each(rules)(
  'bearer tokens that name $1 are judged alike, as JWT and by introspection [$0]',
  async (_row, _name, claims, verdict) => {
    const {
      fake,
      op,
      verdict: judge,
    } = await aReader({ requiredScopes: ['read', 'write'], clientIds: ['robot'] })
    expect(await judge(await op.mint({ azp: undefined, ...claims }))).toBe(verdict)
    fake.tokens.set('opaque', { client_id: undefined, ...claims })
    expect(await judge('opaque')).toBe(verdict)
  },
)

test('a bearer token without any client satisfies no rule about clients [ID-130]', async () => {
  const { op, fake, verdict } = await aReader({ clientIds: ['robot'] })
  expect(await verdict(await op.mint())).toBe('bearer_invalid/client_id')
  fake.tokens.set('opaque', { client_id: undefined })
  expect(await verdict('opaque')).toBe('bearer_invalid/client_id')
})
