// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are those of a file
import { describe, expect, it } from 'vitest'
import { startGate, type TestGate } from '../support/gate.ts'
import type { Visitor } from '../support/visitor.ts'

const PROVIDER = `
  - id: work
    provider: oidc
    clientID: $CLIENT_ID
    clientSecret: $CLIENT_SECRET
    oidcConfig: {issuerURL: $OP}`
const HEAD = `---
server: {bindAddress: 127.0.0.1:4180}
providers:${PROVIDER}
`

function appAt(path: string, more = ''): string {
  return `${HEAD}upstreamConfig:\n  upstreams:\n    - id: app\n      path: '${path}'\n      uri: http://127.0.0.1:8080\n${more}`
}

async function signedIn(gate: TestGate, start = '/oauth2/start?rd=%2F'): Promise<Visitor> {
  const visitor = gate.visitor()
  const seen = await visitor.browse(start)
  if (seen.status >= 500) throw new Error(`Sign-in ended with ${seen.status}: ${seen.text}`)
  return visitor
}

/** Lines that the app was told last, under this name. */
function told({ platform }: TestGate, name: string): readonly string[] {
  const lines = platform.plans.at(-1)?.headers ?? []
  return lines.filter((_, at) => at % 2 === 1 && lines[at - 1]?.toLowerCase() === name.toLowerCase())
}

/** Asks for a target with the session of a person, byte for byte. */
async function ask(gate: TestGate, { jar }: Visitor, target: string, lines: readonly string[] = []) {
  const cookie = [...jar].map((pair) => pair.join('=')).join('; ')
  return gate.ask(target, { headers: ['Host', 'app.example.com', 'Cookie', cookie, ...lines] })
}

describe('a rewriteTarget', () => {
  const rewriting = (path: string, target: string) =>
    startGate({ file: appAt(path, `      rewriteTarget: '${target}'\n`) })

  /** [pattern, rewriteTarget, target of the request, target that the app is asked for]. */
  const REWRITTEN: [string, string, string, string][] = [
    ['^/api/(.*)$', '/$1', '/api/v1/users', '/v1/users'],
    ['^/api/(.*)$', '/$1', '/api/v1?b=2&a=1', '/v1?b=2&a=1'],
    ['^/api/(?P<rest>.*)$', '/${rest}', '/api/x', '/x'],
    ['^/(a)/(b)/(.*)$', '/$2/${1}/$3', '/a/b/c', '/b/a/c'],
    ['^/articles/([a-z0-9-]*)$', '/article?id=$1', '/articles/blog-1', '/article?id=blog-1'],
    ['^/articles/([a-z0-9-]*)$', '/article?id=$1', '/articles/blog-1?id=2', '/article?id=2&id=blog-1'],
    ['/http/(.*)', '/$1', '/bar/http/foo', '/bar/foo'],
    ['^/api/(.*)$', '/$1', '/api/a%20b/%C3%A9', '/a%20b/%C3%A9'],
    ['^/api/(.*)$', '/$1', '/api/', '/'],
    ['^/(caf\\u00e9|é)/(.*)$', '/$2', '/%C3%A9/x', '/x'],
    ['^/x y/(.*)$', '/z z/$1', '/x%20y/1', '/z%20z/1'],
  ]

  it.each(REWRITTEN)(
    'a rewriteTarget makes the path that the app is asked for: %s with %s for %s',
    async (path, target, asked, expected) => {
      const gate = await rewriting(path.replace('\\u00e9', 'é'), target)
      const alice = await signedIn(gate)
      const answer = await ask(gate, alice, asked)
      expect([answer.status, gate.platform.plans.at(-1)?.target]).toEqual([200, expected])
    },
  )

  /** [id, pattern, rewriteTarget, hostile target, status, target that the app is asked for]. */
  const HOSTILE: [string, string, string, string, number, string | undefined][] = [
    ['RT-92', '^/app/(.*)$', '/public/$1', '/app/../admin', 400, undefined],
    ['RT-92', '^/app/(.*)$', '/public/$1', '/app/x/../../admin', 400, undefined],
    ['RT-92', '^/app/(.*)$', '/public/$1', '/app/%2e%2e/admin', 400, undefined],
    ['RT-92', '^/app/(.*)$', '/public/$1', '/app/.%2E/admin', 400, undefined],
    ['RT-92', '^/app/(.*)$', '/public/$1', '/app/..;/admin', 400, undefined],
    ['RT-92', '^/app/(.*)$', '/public/$1', '/app/..%2fadmin', 400, undefined],
    ['RT-92', '^/app/(.*)$', '/public/$1', '/app/x%2f..%2f..%2fadmin', 400, undefined],
    ['RT-92', '^/app/(.*)$', '/public/$1', '/app/x%5c..%5cadmin', 400, undefined],
    ['RT-92', '^/app/(.*)$', '/public/$1', '/app/.', 400, undefined],
    ['RT-93', '^/app(.*)$', '$1', '/app//evil.example/x', 200, '/evil.example/x'],
    ['RT-93', '^/app/(.*)$', '/$1', '/app////x//y', 200, '/x//y'],
    ['RT-93', '^/app(.*)$', '$1', '/app/%2fevil.example/x', 400, undefined],
    ['RT-93', '^/app(.*)$', '$1', '/app%2f%2fevil.example/x', 404, undefined],
    ['RT-93', '^/app(.*)$', '$1', '/app@evil.example/x', 404, undefined],
    ['RT-93', '^/app(.*)$', '$1', '/apphttp://evil.example/x', 404, undefined],
    ['RT-94', '^/a/(.*)$', '/x?id=$1', '/a/1&admin=1', 200, '/x?id=1%26admin%3D1'],
    ['RT-94', '^/a/(.*)$', '/x?id=$1', '/a/1%26admin=1', 200, '/x?id=1%26admin%3D1'],
    ['RT-94', '^/a/(.*)$', '/x?id=$1', '/a/1%23x', 200, '/x?id=1%23x'],
    ['RT-94', '^/a/(.*)$', '/x/$1', '/a/1%3fadmin=1', 200, '/x/1%3fadmin=1'],
    ['RT-94', '^/a/(.*)$', '/x/$1', '/a/1%23b', 200, '/x/1%23b'],
    ['RT-95', '^/a/(.*)$', '/x/$1', '/a/b%2Fc', 200, '/x/b%2Fc'],
    ['RT-95', '^/a/([^/]+)$', '/x/$1', '/a/b%2Fc', 200, '/x/b%2Fc'],
    ['RT-95', '^/a/(.*)$', '/x/$1', '/a/b%252e%252e', 200, '/x/b%252e%252e'],
    ['RT-95', '^/a/(.*)$', '/x/$1', '/a/%ff', 200, '/x/%ff'],
    ['RT-95', '^/a/(.*)$', '/x/$1', '/a/%0d%0aX:1', 200, '/x/%0d%0aX:1'],
    ['RT-96', '^/a/(.*)$', '/$1$1$1$1$1', `/a/${'b'.repeat(4_000)}`, 414, undefined],
    ['RT-96', '/a(?:.*c)?', '/b', '/a'.repeat(4_000), 414, undefined],
  ]

  it.each(HOSTILE)(
    'a rewriteTarget is not led elsewhere [%s]: %s with %s for %s',
    async (_, path, target, asked, status, expected) => {
      const gate = await rewriting(path, target)
      const alice = await signedIn(gate)
      const before = gate.platform.plans.length
      const answer = await ask(gate, alice, asked)
      expect([answer.status, gate.platform.plans.slice(before).at(-1)?.target]).toEqual([status, expected])
    },
  )

  it('a rewriteTarget opens no path: rules without a sign-in see the path as it arrived [RT-97]', async () => {
    const gate = await startGate({
      file: appAt('^/app/(.*)$', "      rewriteTarget: '/$1'\n"),
      args: ['--skip-auth-route=^/public/'],
    })
    expect((await gate.ask('/app/public/x')).status).toBe(401)
  })

  it('a rewriteTarget comes before upstreams without one, the longest pattern first, and a missing slash is added', async () => {
    const file = `${HEAD}upstreamConfig:
  upstreams:
    - {id: all, path: /, uri: "http://127.0.0.1:1"}
    - {id: exact, path: /api/v1/x, uri: "http://127.0.0.1:2"}
    - {id: short, path: "^/api/(.*)$", rewriteTarget: "/s/$1", uri: "http://127.0.0.1:3"}
    - {id: long, path: "^/api/v1/(.*)$", rewriteTarget: "/l/$1", uri: "http://127.0.0.1:4"}
`
    const gate = await startGate({ file })
    const alice = await signedIn(gate)
    const seen = []
    for (const target of ['/api/v1/x', '/api/y', '/z', '/api']) {
      await ask(gate, alice, target)
      seen.push(gate.platform.plans.at(-1)?.target)
    }
    expect(seen).toEqual(['/l/x', '/s/y', '/z', '/api'])
    const only = await startGate({ file: appAt('^/api/(.*)$', "      rewriteTarget: '/$1'\n") })
    const bob = await signedIn(only)
    const answer = await ask(only, bob, '/api?a=1')
    expect([answer.status, answer.headers.get('location')]).toEqual([301, '/api/?a=1'])
  })
})

describe('header lines of a structured file', () => {
  const SECRETS = `injectRequestHeaders:
  - name: X-User
    values:
      - claimSource: {claim: user, prefix: "u:"}
  - name: X-Groups
    values: [{claimSource: {claim: groups}}]
  - name: X-Level
    preserveRequestValue: true
    values: [{claimSource: {claim: level}}]
  - name: Authorization
    values: [{claimSource: {claim: email, basicAuthPassword: {fromEnv: CLIENT_SECRET}}}]
  - name: X-Key
    values:
      - secretSource: {value: one}
      - secretSource: {fromFile: /key}
      - secretSource: {fromEnv: CLIENT_ID}
  - name: X-Blank
    values: []
injectResponseHeaders:
  - name: X-Who
    values: [{claimSource: {claim: preferred_username}}]
  - name: X-Access
    values: [{claimSource: {claim: access_token, prefix: "Bearer "}}]
`
  const ALICE = {
    sub: 'alice',
    email: 'alice@example.com',
    preferred_username: 'al',
    groups: ['a', 'b'],
    level: '7',
  }

  it('header lines of a structured file carry claims, tokens and secrets to the app and into answers, and blank what they name', async () => {
    const gate = await startGate({ file: appAt('/', SECRETS), files: { '/key': 'two' } })
    gate.provider.user = ALICE
    const alice = await signedIn(gate)
    const answer = await ask(gate, alice, '/x', [
      'X-User',
      'evil',
      'x_user',
      'evil',
      'X-Blank',
      'evil',
      'X_BLANK',
      'evil',
      'X-Level',
      '9',
      'X-Key',
      'evil',
      'X-Forwarded-User',
      'evil',
      'Authorization',
      'Basic ZXZpbDpldmls',
    ])
    const { id, secret } = gate.provider.client
    expect(answer.status).toBe(200)
    expect({
      user: told(gate, 'X-User'),
      groups: told(gate, 'X-Groups'),
      level: told(gate, 'X-Level'),
      authorization: told(gate, 'Authorization'),
      key: told(gate, 'X-Key'),
      blank: [...told(gate, 'X-Blank'), ...told(gate, 'x_user'), ...told(gate, 'X-Forwarded-User')],
    }).toEqual({
      user: ['u:alice'],
      groups: ['a,b'],
      level: ['9', '7'],
      authorization: [`Basic ${Buffer.from(`alice@example.com:${secret}`).toString('base64')}`],
      key: [`one,two,${id}`],
      blank: [],
    })
    expect(answer.headers.get('x-who')).toBe('al')
    expect(answer.headers.get('x-access')).toMatch(/^Bearer .{5,}$/u)
    const auth = await ask(gate, alice, '/oauth2/auth')
    expect([auth.status, auth.headers.get('x-who')]).toEqual([202, 'al'])
  })

  it('header lines of a structured file that are only secrets are sent on public routes too, and no other is', async () => {
    const gate = await startGate({
      file: appAt('/', SECRETS),
      files: { '/key': 'two' },
      args: ['--skip-auth-route=^/public/'],
    })
    await gate.ask('/public/x', { headers: ['Host', 'app.example.com', 'X-User', 'evil', 'X-Blank', 'evil'] })
    expect([told(gate, 'X-Key'), told(gate, 'X-User'), told(gate, 'X-Blank')]).toEqual([
      [`one,two,${gate.provider.client.id}`],
      [],
      [],
    ])
  })
})

describe('loginURLParameters', () => {
  const PARAMETERS = `    loginURLParameters:
      - name: organization
        default: [acme]
      - name: prompt
        default: [login]
        allow: [{value: consent}, {value: select_account}]
      - name: login_hint
        allow: [{pattern: '^[^@]*@example\\.com$'}]
      - name: ui_locales
        default: [de, en]
        allow: [{pattern: '^[a-z]{2}$'}]
`
  const file = appAt('/').replace('upstreamConfig', () => `${PARAMETERS}upstreamConfig`)

  /** The parameters of the authorization request that a start leads to. */
  async function sent(start: string): Promise<Readonly<Record<string, readonly string[]>>> {
    const gate = await startGate({ file })
    const answer = await gate.visitor().visit(start)
    const query = new URL(answer.location ?? 'http://none').searchParams
    const names = ['organization', 'prompt', 'login_hint', 'ui_locales', 'client_id']
    return Object.fromEntries(names.map((name) => [name, query.getAll(name)]))
  }

  const USUAL = { organization: ['acme'], prompt: ['login'], login_hint: [], ui_locales: ['de', 'en'] }

  it.each<[string, string, object]>([
    ['nothing', '', {}],
    ['an allowed value', '&prompt=consent', { prompt: ['consent'] }],
    ['a value that no rule allows', '&prompt=none', {}],
    ['one allowed value of several', '&prompt=none&prompt=select_account', { prompt: ['select_account'] }],
    ['a parameter without rules', '&organization=evil', {}],
    ['a value that a pattern allows', '&login_hint=al%40example.com', { login_hint: ['al@example.com'] }],
    ['a value that only contains what a pattern allows', '&login_hint=al%40example.com.evil', {}],
    ['several allowed values', '&ui_locales=fr&ui_locales=it', { ui_locales: ['fr', 'it'] }],
    ['a parameter of the protocol', '&client_id=evil&scope=all', {}],
    ['a parameter of another name', '&domain_hint=evil', {}],
  ])(
    'loginURLParameters let the start endpoint change what the rules allow: %s [CB-91]',
    async (_, query, expected) => {
      const seen = await sent(`/oauth2/start?rd=%2F${query}`)
      expect(seen).toEqual({ ...USUAL, client_id: [expect.any(String)], ...expected })
      expect(seen['client_id']).not.toEqual(['evil'])
    },
  )

  it('loginURLParameters are not changed by the query of a page of the app [CB-92]', async () => {
    const gate = await startGate({ file, args: ['--skip-provider-button'] })
    const answer = await gate.visitor().visit('/page?prompt=consent')
    expect(new URL(answer.location ?? 'http://none').searchParams.getAll('prompt')).toEqual(['login'])
  })

  it('loginURLParameters give way to the wish for another account', async () => {
    expect(await sent('/oauth2/start?rd=%2F&account=other')).toMatchObject({ prompt: ['select_account'] })
  })
})

describe('several providers of a structured file in use', () => {
  it('several providers of a structured file in use are each offered and each signed in at', async () => {
    const second = PROVIDER.replace('id: work', 'id: partners').replace(
      'provider: oidc',
      'provider: keycloak-oidc\n    name: Partners',
    )
    const gate = await startGate({ file: appAt('/').replace(PROVIDER, `${PROVIDER}${second}`) })
    const { text } = await gate.visitor().visit('/')
    expect([
      text.includes('Partners'),
      text.includes('provider=work'),
      text.includes('provider=partners'),
    ]).toEqual([true, true, true])
    const alice = await signedIn(gate, '/oauth2/start?rd=%2F&provider=partners')
    const state = await ask(gate, alice, '/oauth2/session')
    expect(await state.json()).toMatchObject({ provider: 'partners', user: 'alice' })
  })
})

describe('additionalClaims of a provider', () => {
  it('additionalClaims of a provider are kept in the session and told by user-info, and no other claim is', async () => {
    const file = appAt('/').replace('oidcConfig', 'additionalClaims: [tenant.id, roles]\n    oidcConfig')
    const more = 'injectRequestHeaders: [{name: X-Level, values: [{claimSource: {claim: level}}]}]\n'
    const gate = await startGate({ file: `${file}${more}` })
    const claims = {
      sub: 'alice',
      email: 'alice@example.com',
      tenant: { id: 'acme' },
      roles: ['a', 'b'],
      level: '7',
      other: 'x',
    }
    gate.provider.user = claims
    const alice = await signedIn(gate)
    const answer = await ask(gate, alice, '/oauth2/userinfo')
    expect(await answer.json()).toMatchObject({
      user: 'alice',
      additionalClaims: { 'tenant.id': 'acme', roles: ['a', 'b'] },
    })
    await ask(gate, alice, '/x')
    expect(told(gate, 'X-Level')).toEqual(['7'])
    const plain = await startGate({ file: appAt('/', more) })
    plain.provider.user = claims
    const bob = await signedIn(plain)
    expect(await (await ask(plain, bob, '/oauth2/userinfo')).json()).not.toHaveProperty('additionalClaims')
  })
})
