import { describe, expect, it } from 'vitest'
import type { PolicyConfig } from '../../../src/config/sections/policy.ts'
import type { RouteRule } from '../../../src/config/values/route.ts'
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
  emptyConstraints: 'ignore',
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
    {
      method,
      target: target(raw),
      facts: { client, preflight: method === 'OPTIONS', host: 'app.example.com' },
    },
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
    // U+212A, which Unicode lowers to k, and U+0130, which becomes an i with a dot.
    ['kube.example', 'mallory@\u212aube.example', false],
    ['kube.example', 'mallory@KUBE.example', true],
    ['.kube.example', 'mallory@x.\u212aube.example', false],
    ['i.example', 'mallory@\u0130.example', false],
    // Dots and at signs that others may see: full width, one dot leader, ideographic, an ellipsis.
    ['.example.com', 'mallory@evil\uff0eexample.com', false],
    ['.example.com', 'mallory@x\u2024y.example.com', false],
    ['.example.com', 'mallory@x\u3002y.example.com', false],
    ['.example.com', 'mallory@x\u2026y.example.com', false],
    ['example.com', 'mallory\uff20evil.com@example.com', false],
    ['example.com', 'mallory\ufe6bevil.com@example.com', false],
    ['*', 'mallory\uff20evil.com@example.com', false],
    ['*', 'mallory@evil\uff0ecom', false],
    ['*', 'j\u00fcrgen@stra\u00dfe.example', true],
    ['example.com', 'j\u00fcrgen@example.com', true],
  ])('the e-mail rule %s admits address %j: %s', (domain, email, admitted) => {
    expect(compileEmailDomains([domain]).admits(email)).toBe(admitted)
  })

  it('the e-mail list is read from its first column, without case, comments and blank lines', () => {
    const list = readEmailList('# people\n Alice@Example.com ,Alice\n\n"bob@example.com",Bob\n')
    expect(
      ['alice@example.com', 'BOB@example.com', 'eve@example.com', ''].map((email) => list.admits(email)),
    ).toEqual([true, true, false, false])
  })

  it('compares listed addresses by ASCII case alone, and as they are', () => {
    const list = readEmailList('kim@example.com\nJ\u00dcRGEN@example.com\n')
    const judged = ['KIM@example.com', '\u212aim@example.com', 'kim@example.com\u00a0', ' kim@example.com']
    expect(judged.map((email) => list.admits(email))).toEqual([true, false, false, false])
    expect(list.admits('J\u00dcrgen@example.com')).toBe(true)
    expect(list.admits('j\u00fcrgen@example.com')).toBe(false)
    expect(readEmailList('a\uff20b@example.com').admits('a\uff20b@example.com')).toBe(false)
  })

  it('the e-mail list is taken at once when it changes', () => {
    const watched: WatchedFile[] = []
    const compiled = compileRules({
      policy: { ...POLICY, emailDomains: [], authenticatedEmailsFile: '/emails' },
      trustedAddresses: createAddressSet([]),
      platform: { readFile: () => 'alice@example.com', watch: (file) => watched.push(file) },
    })
    expect(compiled.mayHold(aSession())).toMatchObject({ ok: true })
    void watched[0]?.onChange('bob@example.com')
    expect(compiled.mayHold(aSession())).toMatchObject({ problem: { reason: 'not_permitted' } })
  })
})

const LOCAL = { kind: 'local', record: 'record' } as const
const OIDC = { kind: 'provider', id: 'oidc' } as const

describe('groups', () => {
  it('the rule on groups needs one of the allowed ones, matched exactly, and ignores empty entries', () => {
    const admins = rules({ allowedGroups: ['', 'admins'] })
    expect(admins.mayHold(aSession({ groups: ['users', 'admins'] })).ok).toBe(true)
    for (const groups of [[], ['Admins'], ['admins,users'], ['']]) {
      expect(admins.mayHold(aSession({ groups }))).toMatchObject({ problem: { detail: { rule: 'group' } } })
    }
    expect(rules({ allowedGroups: [''] }).mayHold(aSession({ groups: [] })).ok).toBe(true)
  })

  it.each(['htpasswd', 'local', 'bearer'])(
    'the rule on addresses is not lifted by a provider that is called %s',
    (id) => {
      const person = { email: undefined, groups: [] }
      expect(rules({}).mayHold({ ...person, source: { kind: 'provider', id } })).toMatchObject({
        problem: { detail: { rule: 'email' } },
      })
      expect(rules({}).mayHold({ ...person, source: LOCAL }).ok).toBe(true)
    },
  )

  it('the rule on groups counts for local users too, who need no address', () => {
    const admins = rules({ allowedGroups: ['admins'] })
    const person = { email: undefined, groups: ['admins'], source: LOCAL }
    expect(admins.mayHold(person).ok).toBe(true)
    expect(admins.mayHold({ ...person, groups: [] })).toMatchObject({
      problem: { detail: { rule: 'group' } },
    })
    expect(admins.mayHold({ ...person, source: OIDC })).toMatchObject({
      problem: { detail: { rule: 'email' } },
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
  ])('a skip-auth rule lets %s %s through: %s', (method, raw, kind) => {
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
  ])('a negated skip-auth rule leaves the API closed: %s is %s', (raw, kind) => {
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
  ])('a skip-auth rule %s and path %s: %s, wherever the rule stands among others', (source, path, isOpen) => {
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

  it('preflights pass without a sign-in only when the operator says so', () => {
    expect(judge({}, 'OPTIONS', '/x')).toBe('sign-in')
    expect(judge({ skipAuthPreflight: true }, 'OPTIONS', '/x')).toBe('public')
  })

  it('trusted addresses pass without a sign-in, and clients without an address do not', () => {
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
    facts: { client: undefined, preflight: false, host: 'app.example.com' },
  })
  const open = rules({ skipAuthRoutes: [rule('^/public/')] })

  it('decide() allows a welcome person and denies another', () => {
    const session = aSession()
    expect(decide(open, asked('/x'), session)).toEqual({ kind: 'allow', session, problem: undefined })
    expect(decide(open, asked('/x'), aSession({ email: 'eve@evil.com' }))).toMatchObject({ kind: 'deny' })
  })

  it('decide() keeps the session on a public route only while the person is welcome', () => {
    const session = aSession()
    expect(decide(open, asked('/public/x'), session)).toEqual({ kind: 'public', session, problem: undefined })
    expect(decide(open, asked('/public/x'), aSession({ email: 'eve@evil.com' }))).toEqual({
      kind: 'public',
      session: undefined,
      problem: { reason: 'not_permitted', detail: { rule: 'email' } },
    })
  })
})
