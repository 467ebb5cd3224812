import { describe, expect, it } from 'vitest'
import type { HeaderRow, HeaderSource, RequestHeaderRow } from '../../../src/config/values/header-rows.ts'
import { createForwarder } from '../../../src/proxy/forward.ts'
import { createIdentityHeaders } from '../../../src/proxy/identity-headers.ts'
import type { Session } from '../../../src/session/session.ts'
import { createFakePlatform } from '../../support/fake-platform.ts'
import { headersOf } from '../../support/headers.ts'
import { aSession, NOW_MS } from '../../support/session.ts'
import { forwarded, requestLines, values } from './forwarder-fixture.ts'

const TOKENS = { access: 'AT', id: 'IT', refresh: 'RT', accessExpiresAtMs: NOW_MS + 3_600_000 }

function claim(...names: string[]): HeaderSource {
  return { kind: 'claim', names, prefix: '' }
}

function row(name: string, ...sources: HeaderSource[]): RequestHeaderRow {
  return { name, values: sources, preserveRequestValue: false }
}

/** The one line that a row makes of a session, in both directions. */
async function lineOf(session: Partial<Session>, ...sources: HeaderSource[]): Promise<string | undefined> {
  const config = { request: [row('X-Row', ...sources)], response: [row('X-Row', ...sources)] }
  const { plan } = await forwarded({ session: aSession(session), config })
  const lines = values(plan.headers, 'X-Row')
  expect(values(plan.response.add, 'X-Row')).toEqual(lines)
  expect(lines.length).toBeLessThan(2)
  return lines[0]
}

describe('a header row sends', () => {
  it.each<[string, HeaderSource, Partial<Session>, string | undefined]>([
    ['the user', claim('user'), {}, 'alice-1'],
    ['the subject', claim('sub'), { user: 'al' }, 'alice-1'],
    ['the e-mail address', claim('email'), {}, 'alice@example.com'],
    ['the preferred user name', claim('preferred_username'), {}, 'alice'],
    ['groups, joined', claim('groups'), { groups: ['a', 'b'] }, 'a,b'],
    [
      'when the provider last answered, as Go writes it',
      claim('created_at'),
      {},
      '2026-01-05 08:00:00 +0000 UTC',
    ],
    ['when the access token ends', claim('expires_on'), { tokens: TOKENS }, '2026-01-05 09:00:00 +0000 UTC'],
    ['nothing when the end of the access token is unknown', claim('expires_on'), {}, undefined],
    ['a further claim', claim('tenant.id'), { claims: { 'tenant.id': 'acme' } }, 'acme'],
    ['a further claim with several values', claim('roles'), { claims: { roles: ['a', 'b'] } }, 'a,b'],
    [
      'no entry that a reader takes for others',
      claim('roles'),
      { claims: { roles: ['a', 'b,c', ' d'] } },
      'a',
    ],
    ['nothing for a claim that was not said', claim('tenant.id'), { claims: {} }, undefined],
    ['nothing for a claim in a session without any', claim('tenant.id'), {}, undefined],
    ['nothing for a name that every object has', claim('constructor'), { claims: {} }, undefined],
    [
      'the next claim where the first is missing',
      claim('upn', 'email', 'user'),
      { email: undefined },
      'alice-1',
    ],
    ['the next claim where the first is empty', claim('email', 'user'), { email: '' }, 'alice-1'],
    [
      'a prefix before each value',
      { kind: 'claim', names: ['groups'], prefix: 'g:' },
      { groups: ['a', 'b'] },
      'g:a,g:b',
    ],
    [
      'no prefix alone',
      { kind: 'claim', names: ['email'], prefix: 'mailto:' },
      { email: undefined },
      undefined,
    ],
    ['the access token', { kind: 'token', name: 'access_token', prefix: '' }, { tokens: TOKENS }, 'AT'],
    ['the ID token', { kind: 'token', name: 'id_token', prefix: 'Bearer ' }, { tokens: TOKENS }, 'Bearer IT'],
    ['the refresh token', { kind: 'token', name: 'refresh_token', prefix: '' }, { tokens: TOKENS }, 'RT'],
    ['no prefix without its token', { kind: 'token', name: 'id_token', prefix: 'Bearer ' }, {}, undefined],
    ['a secret', { kind: 'secret', secret: { value: 's3cret' } }, {}, 's3cret'],
    ['fixed text, as UTF-8', { kind: 'text', text: 'Zoë' }, {}, 'ZoÃ«'],
    ['no text that could end the line', { kind: 'text', text: 'a\r\nX-Evil: 1' }, {}, undefined],
    [
      'Basic credentials',
      { kind: 'basic', user: { names: ['upn', 'email'] }, password: { value: 'pw' } },
      {},
      `Basic ${btoa('alice@example.com:pw')}`,
    ],
    [
      'no Basic credentials for a name with a colon',
      { kind: 'basic', user: { names: ['user'] }, password: { value: 'pw' } },
      { user: 'admin:x' },
      undefined,
    ],
    [
      'no Basic credentials for a list',
      { kind: 'basic', user: { names: ['groups'] }, password: { value: 'pw' } },
      {},
      undefined,
    ],
  ])('%s', async (_, source, session, expected) => {
    expect(await lineOf(session, source)).toBe(expected)
  })

  it('several values in one line, without those that are missing', async () => {
    const sources = [claim('user'), claim('upn'), claim('groups'), { kind: 'text', text: 'x' } as const]
    expect(await lineOf({ groups: ['a', 'b'] }, ...sources)).toBe('alice-1,a,b,x')
    expect(await lineOf({}, claim('upn'), claim('upn'))).toBeUndefined()
  })

  it('no second value when one claim brings a comma along [HD-30]', async () => {
    const claims = { name: 'Doe, admins' }
    expect(await lineOf({ claims, groups: ['users'] }, claim('name'), claim('groups'))).toBe('users')
    expect(await lineOf({ claims }, claim('name'))).toBe('Doe, admins')
  })
})

describe('the name of a header row', () => {
  const tenant = row('X-Tenant', claim('tenant'))
  const CLIENT = ['X-Tenant', 'evil', 'x_tenant', 'evil', 'X.Tenant', 'evil', 'XTENANT', 'evil']

  it('the name of a header row is never a client’s, in any spelling, signed in or not [HD-01]', async () => {
    for (const session of [undefined, aSession(), aSession({ claims: { tenant: 'acme' } })]) {
      const sent = await requestLines({ lines: CLIENT, session, config: { request: [tenant] } })
      expect(sent).not.toContain('evil')
    }
  })

  it('the name of a header row is a client’s too where the row preserves it, and the row’s line comes behind', async () => {
    const preserved = { ...tenant, preserveRequestValue: true }
    const session = aSession({ claims: { tenant: 'acme' } })
    const sent = await requestLines({ lines: ['X-Tenant', 'own'], session, config: { request: [preserved] } })
    expect(values(sent, 'X-Tenant')).toEqual(['own', 'acme'])
  })

  it('the name of a header row decides for its own part of the identity family, whatever the setting says of the rest', async () => {
    const lines = ['X-Forwarded-User', 'evil', 'X-Forwarded-Email', 'own']
    const user = row('X-Forwarded-User', claim('user'))
    const email = { ...row('x-forwarded-email', claim('email')), preserveRequestValue: true }
    const stripped = await requestLines({ lines, config: { request: [user, email] } })
    expect([values(stripped, 'x-forwarded-user'), values(stripped, 'x-forwarded-email')]).toEqual([
      [],
      ['own'],
    ])
    const kept = await requestLines({ lines, config: { request: [user], stripClientHeaders: false } })
    expect([values(kept, 'x-forwarded-user'), values(kept, 'x-forwarded-email')]).toEqual([[], ['own']])
  })

  it('blanks a header when the row has no values', async () => {
    const lines = ['Authorization', 'Basic x', 'Cookie', 'app=1', 'X-Forwarded-User', 'evil']
    const request = ['Authorization', 'Cookie', 'X-Forwarded-User'].map((name) => row(name))
    const sent = await requestLines({ lines, session: aSession(), config: { request } })
    for (const name of ['Authorization', 'Cookie', 'X-Forwarded-User']) expect(values(sent, name)).toEqual([])
  })

  it('the name of a header row of an answer cannot be set by the app, and clients may send theirs', async () => {
    const config = { request: [], response: [tenant] }
    const { plan } = await forwarded({ lines: ['X-Tenant', 'own'], session: aSession(), config })
    expect(plan.response.rewrite('x_tenant', 'evil')).toBeUndefined()
    expect(values(plan.headers, 'X-Tenant')).toEqual(['own'])
  })

  it.each([
    'Host',
    'content-length',
    'Transfer-Encoding',
    'Connection',
    'X-Forwarded-For',
    'X_Forwarded_Host',
    'X-Request-ID',
  ])('the name of a header row cannot be %s, which frames or routes the request', async (name) => {
    await expect(forwarded({ config: { request: [row(name, claim('user'))] } })).rejects.toThrow(TypeError)
  })
})

describe('without a session', () => {
  const key = row('X-Api-Key', { kind: 'secret', secret: { value: 'k' } })
  const policy = row('X-Policy', { kind: 'text', text: 'p' })
  const mixed = row('X-Mixed', { kind: 'text', text: 'someone' }, claim('user'))

  it('rows of secrets and fixed text are sent, and no row that speaks of a person', async () => {
    const config = { request: [key, mixed, row('X-User', claim('user'))], response: [policy, mixed] }
    const { plan } = await forwarded({ config })
    expect(values(plan.headers, 'X-Api-Key')).toEqual(['k'])
    expect([...plan.headers].join()).not.toMatch(/X-Mixed|X-User/u)
    expect(plan.response.add).toEqual(['X-Policy', 'p'])
  })
})

describe('a yes to a gateway', () => {
  const config = {
    response: [
      row('X-Tenant', claim('tenant')),
      row('x-auth-request-user', claim('user')),
      row('X-Policy', { kind: 'text', text: 'p' }),
      row('X-Internal'),
      row('Authorization', { kind: 'token', name: 'id_token', prefix: 'Bearer ' }),
    ],
  }
  const answer = (session: Session | undefined) => {
    const forwarder = createForwarder({
      upstreams: [],
      headers: { ...headersOf(), ...config },
      platform: createFakePlatform(),
      ownsCookie: () => false,
    })
    return forwarder.answerLines({ session, setCookies: [] })
  }

  it('a yes to a gateway names every row, and all of a family that a row belongs to, empty where there is no value', () => {
    const lines = answer(aSession())
    expect(values(lines, 'X-Tenant')).toEqual([''])
    expect(values(lines, 'X-Internal')).toEqual([''])
    expect(values(lines, 'X-Policy')).toEqual(['p'])
    expect(values(lines, 'X-Auth-Request-User')).toEqual(['alice-1'])
    expect(values(lines, 'X-Auth-Request-Groups')).toEqual([''])
    expect(values(lines, 'X-Forwarded-User')).toEqual([])
    expect(values(lines, 'Authorization')).toEqual([])
    expect(values(answer(aSession({ claims: { tenant: 'acme' } })), 'X-Tenant')).toEqual(['acme'])
  })

  it('a yes to a gateway says the same without a session, and nothing of a person', () => {
    const lines = answer(undefined)
    expect([values(lines, 'X-Tenant'), values(lines, 'X-Auth-Request-User')]).toEqual([[''], ['']])
    expect(values(lines, 'X-Policy')).toEqual(['p'])
  })
})

describe('a secret in a file', () => {
  const secret = { file: '/run/secrets/key' }
  const rows: readonly HeaderRow[] = [
    row('X-Key', { kind: 'secret', secret }),
    row('Authorization', { kind: 'basic', user: { names: ['user'] }, password: secret }),
  ]

  it('a secret in a file counts without its line break, and as it is now when the file changes', () => {
    const platform = createFakePlatform({ files: { '/run/secrets/key': 'one\n' } })
    const headers = createIdentityHeaders({ request: [], response: rows }, platform)
    const session = aSession()
    const sent = () => headers.forResponse(session).filter((_, at) => at % 2 === 1)
    expect(sent()).toEqual(['alice@example.com', 'one', `Basic ${btoa('alice-1:one')}`])
    platform.change('/run/secrets/key', 'two\r\n')
    expect(sent()).toEqual(['alice@example.com', 'two', `Basic ${btoa('alice-1:two')}`])
    expect(headers.forResponse(undefined)).toEqual(['X-Key', 'two'])
  })

  it('a secret in a file that is empty makes no credentials', () => {
    const platform = createFakePlatform({ files: { '/run/secrets/key': '\n' } })
    const headers = createIdentityHeaders({ request: [], response: rows }, platform)
    expect(headers.forResponse(aSession())).toEqual(['GAP-Auth', 'alice@example.com'])
  })
})

it('a session is turned into lines once, however many requests it makes', () => {
  const headers = createIdentityHeaders(
    { request: [row('X-User', claim('user'))], response: [] },
    createFakePlatform(),
  )
  const session = aSession()
  expect(headers.forRequest(session)).toEqual(['X-User', 'alice-1'])
  expect(headers.forRequest(session)).toBe(headers.forRequest(session))
  expect(headers.forResponse(session)).toBe(headers.forResponse(session))
})
