import { describe, expect, it } from 'vitest'
import type { PolicyConfig } from '../../../src/config/sections/policy.ts'
import type { RouteRule } from '../../../src/config/sections/route.ts'
import { createAddressSet } from '../../../src/http/addresses.ts'
import { parseTarget } from '../../../src/http/target.ts'
import type { WatchedFile } from '../../../src/platform.ts'
import { decide } from '../../../src/policy/decide.ts'
import { compileEmailDomains, readEmailList } from '../../../src/policy/emails.ts'
import { compileRules } from '../../../src/policy/rules.ts'
import { aSession } from '../../support/session.ts'

const POLICY: PolicyConfig = {
  emailDomains: ['example.com'],
  authenticatedEmailsFile: undefined,
  allowedGroups: [],
  skipAuthRoutes: [],
  skipAuthPreflight: false,
  apiRoutes: [],
  trustedIps: [],
}

function rules(policy: Partial<PolicyConfig>) {
  return compileRules({
    policy: { ...POLICY, ...policy },
    trustedAddresses: createAddressSet(policy.trustedIps ?? []),
    platform: {},
  })
}

function rule(pattern: string, method?: string, negate = false): RouteRule {
  return { method, negate, pattern }
}

function target(raw: string) {
  const read = parseTarget(raw)
  if (!read.ok) throw new Error(raw)
  return read.value
}

function judge(policy: Partial<PolicyConfig>, method: string, raw: string, client?: string) {
  return decide(
    rules(policy),
    { method, target: target(raw), facts: { client, preflight: method === 'OPTIONS' } },
    undefined,
  ).kind
}

describe('email rules', () => {
  it.each([
    ['example.com', 'a@example.com', true],
    ['example.com', 'a@EXAMPLE.com', true],
    ['example.com', 'a@sub.example.com', false],
    ['example.com', 'a@evilexample.com', false],
    ['example.com', 'a@evil.com@example.com', false],
    ['example.com', 'a@example.com.', false],
    ['example.com', 'a@example.com\u0000', false],
    ['example.com', '"a@example.com"@evil.com', false],
    ['example.com', '@example.com', false],
    ['example.com', '', false],
    ['.example.com', 'a@x.example.com', true],
    ['*.example.com', 'a@x.example.com', true],
    ['.example.com', 'a@example.com', false],
    ['*.example.com', 'a@evil.com@foo.example.com', false],
    ['*', 'anything@at.all', true],
    ['*', '', true],
  ])('domain %s and address %j: %s', (domain, email, admitted) => {
    expect(compileEmailDomains([domain]).admits(email)).toBe(admitted)
  })

  it('reads the first column of the list, without case, comments and blank lines', () => {
    const list = readEmailList('# people\n Alice@Example.com ,Alice\n\n"bob@example.com",Bob\n')
    expect(
      ['alice@example.com', 'BOB@example.com', 'eve@example.com', ''].map((email) => list.admits(email)),
    ).toEqual([true, true, false, false])
  })

  it('takes a changed list at once', () => {
    const watched: WatchedFile[] = []
    const compiled = compileRules({
      policy: { ...POLICY, emailDomains: [], authenticatedEmailsFile: '/emails' },
      trustedAddresses: createAddressSet([]),
      platform: { readFile: () => 'alice@example.com', watch: (file) => watched.push(file) },
    })
    expect(compiled.refuses(aSession(), OIDC)).toBeUndefined()
    void watched[0]?.onChange('bob@example.com')
    expect(compiled.refuses(aSession(), OIDC)).toMatchObject({ reason: 'not_permitted' })
  })
})

const LOCAL = { kind: 'local', record: 'record' } as const
const OIDC = { kind: 'provider', id: 'oidc' } as const

describe('groups', () => {
  it('need one of the allowed ones, matched exactly, and ignore empty entries', () => {
    const admins = rules({ allowedGroups: ['', 'admins'] })
    expect(admins.refuses(aSession({ groups: ['users', 'admins'] }), OIDC)).toBeUndefined()
    for (const groups of [[], ['Admins'], ['admins,users'], ['']]) {
      expect(admins.refuses(aSession({ groups }), OIDC)).toMatchObject({ detail: { rule: 'group' } })
    }
    expect(rules({ allowedGroups: [''] }).refuses(aSession({ groups: [] }), OIDC)).toBeUndefined()
  })

  it.each(['htpasswd', 'local', 'bearer'])(
    'do not excuse a provider that is called %s from the address',
    (id) => {
      const person = { email: undefined, groups: [] }
      expect(rules({}).refuses(person, { kind: 'provider', id })).toMatchObject({ detail: { rule: 'email' } })
      expect(rules({}).refuses(person, LOCAL)).toBeUndefined()
    },
  )

  it('count for local users too, who need no address', () => {
    const admins = rules({ allowedGroups: ['admins'] })
    expect(admins.refuses({ email: undefined, groups: ['admins'] }, LOCAL)).toBeUndefined()
    expect(admins.refuses({ email: undefined, groups: [] }, LOCAL)).toMatchObject({
      detail: { rule: 'group' },
    })
    expect(admins.refuses({ email: undefined, groups: ['admins'] }, OIDC)).toMatchObject({
      detail: { rule: 'email' },
    })
  })
})

describe('routes without a sign-in', () => {
  const open = { skipAuthRoutes: [rule('^/public/', 'GET'), rule('^/healthz$')] }

  it.each([
    ['GET', '/public/x', 'public'],
    ['GET', '/public/x?y=/../', 'public'],
    ['POST', '/public/x', 'sign-in'],
    ['HEAD', '/public/x', 'sign-in'],
    ['POST', '/healthz', 'public'],
    ['GET', '/healthz/', 'sign-in'],
    ['GET', '/healthz%0a', 'sign-in'],
    ['GET', '/healthz;', 'sign-in'],
    ['GET', '/admin?/public/', 'sign-in'],
    ['GET', '/public/../admin', 'sign-in'],
    ['GET', '/public/%2e%2e/admin', 'sign-in'],
    ['GET', '/public/..%2fadmin', 'sign-in'],
    ['GET', '/public/..;/admin', 'sign-in'],
    ['GET', '/public//x', 'sign-in'],
    ['GET', '//public/x', 'sign-in'],
    ['GET', '/public%23/x', 'sign-in'],
    ['GET', '/PUBLIC/x', 'sign-in'],
    ['GET', '/%70ublic/x', 'sign-in'],
  ])('%s %s: %s', (method, raw, kind) => {
    expect(judge(open, method, raw)).toBe(kind)
  })

  it.each([
    ['/login', 'public'],
    ['/api/x', 'sign-in'],
    ['/%61pi/x', 'sign-in'],
    ['//api/x', 'sign-in'],
    ['/./api/x', 'sign-in'],
    ['/api;/x', 'sign-in'],
    ['/API/x', 'sign-in'],
    ['/api%2fx', 'sign-in'],
  ])('everything but the API: %s is %s', (raw, kind) => {
    expect(judge({ skipAuthRoutes: [rule('^/api/', undefined, true)] }, 'GET', raw)).toBe(kind)
  })

  it.each([
    ['^/a/', '/a/x', true],
    ['^/a/', '/b/a/', false],
    ['^/a$', '/a', true],
    ['^/a$', '/a/', false],
    ['^/a/?$', '/a', true],
    ['^/a/*b', '/ab', true],
    ['^/a/{0,1}b', '/ab', true],
    ['^/a|/b', '/x/b', true],
    ['^/(?:a|b)/', '/b/', true],
    ['^\\/a\\/', '/a/x', true],
    ['^\\/a\\-1\\/', '/a-1/x', true],
    ['^\\/a\\-?b\\/', '/ab/x', true],
    ['^/a.c/', '/abc/', true],
    ['^/a', '/abc/d', true],
    ['/a/', '/x/a/', true],
    ['^/a+/', '/aaa/', true],
    ['^/a/(?:b|c)$', '/a/c', true],
    ['^(/a)(/|$)', '/a', true],
    ['(?i)^/a/', '/A/x', true],
    ['^/(?i:a)/', '/A/x', true],
    ['(?m)^/a/', '/a/x', true],
    ['^/a/.*b', '/a/%C3%A9b', true],
    ['^/é$', '/%C3%A9', false],
    ['^/a/(b+)+$', `/a/${'b'.repeat(5_000)}`, true],
  ])('rule %s and path %s: %s, wherever the rule stands among others', (source, path, isOpen) => {
    const skipAuthRoutes = [rule('^/other/'), rule(source), rule('^/more$')]
    expect(judge({ skipAuthRoutes }, 'GET', path)).toBe(isOpen ? 'public' : 'sign-in')
  })

  it('a negated rule keeps to case when its pattern says so', () => {
    const skipAuthRoutes = [rule('(?-i)^/api/', undefined, true)]
    expect(['/API/x', '/api/x'].map((path) => judge({ skipAuthRoutes }, 'GET', path))).toEqual([
      'public',
      'sign-in',
    ])
  })

  it('a pattern that configuration has not checked is a bug', () => {
    expect(() => rules({ skipAuthRoutes: [rule('^/(?!a)')] })).toThrow('look-around')
    expect(() => rules({ apiRoutes: ['('] })).toThrow('parenthesis')
  })

  it('lets preflights through only when asked to', () => {
    expect(judge({}, 'OPTIONS', '/x')).toBe('sign-in')
    expect(judge({ skipAuthPreflight: true }, 'OPTIONS', '/x')).toBe('public')
  })

  it('lets trusted addresses through, and nobody without an address', () => {
    const trusted = { trustedIps: ['192.0.2.0/24', '2001:db8::/32'] }
    expect(judge(trusted, 'GET', '/x', '192.0.2.9')).toBe('public')
    expect(judge(trusted, 'GET', '/x', '2001:db8::1')).toBe('public')
    expect(judge(trusted, 'GET', '/x', '198.51.100.1')).toBe('sign-in')
    expect(judge(trusted, 'GET', '/x')).toBe('sign-in')
  })
})

describe('decide()', () => {
  const asked = (raw: string) => ({
    method: 'GET',
    target: target(raw),
    facts: { client: undefined, preflight: false },
  })
  const open = rules({ skipAuthRoutes: [rule('^/public/')] })

  it('allows a welcome person and denies another', () => {
    const session = aSession()
    expect(decide(open, asked('/x'), session)).toEqual({ kind: 'allow', session })
    expect(decide(open, asked('/x'), aSession({ email: 'eve@evil.com' }))).toMatchObject({ kind: 'deny' })
  })

  it('carries the person on a public route only while they are welcome', () => {
    const session = aSession()
    expect(decide(open, asked('/public/x'), session)).toEqual({ kind: 'public', session })
    expect(decide(open, asked('/public/x'), aSession({ email: 'eve@evil.com' }))).toEqual({
      kind: 'public',
      session: undefined,
    })
  })
})
