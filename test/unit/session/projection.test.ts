import { describe, expect, it } from 'vitest'
import type { HeadersConfig } from '../../../src/config/sections/headers.ts'
import type { TokenName } from '../../../src/config/values/header-rows.ts'
import { compileProjection } from '../../../src/session/projection.ts'
import type { Tokens } from '../../../src/session/session.ts'
import { headersOf } from '../../support/headers.ts'
import { aSession, NOW_MS } from '../../support/session.ts'
import { aConfig, type Wishes } from './refresh-fixture.ts'

const TOKENS: Tokens = { access: 'AT', id: 'IT', refresh: 'RT', accessExpiresAtMs: NOW_MS + 1000 }

/** The tokens that outlive a projection, as a word. */
function keptOf(wishes: Wishes, tokens = TOKENS): string {
  const { access, id, refresh } = compileProjection(aConfig(wishes)).project(aSession({ tokens })).tokens
  return [access, id, refresh].filter((token) => token !== undefined).join(' ')
}

/** One row of an answer that sends this token. */
function rows(name: TokenName): HeadersConfig {
  return { ...headersOf(), response: [{ name: 'X-Row', values: [{ kind: 'token', name, prefix: '' }] }] }
}

const QUIET = { revalidateMs: 0, refreshMs: 0 }

describe('of the tokens', () => {
  it.each<[string, Wishes, string]>([
    ['by default: re-validation asks with the refresh token', {}, 'RT'],
    ['nothing asks and nothing passes on: a sign-out revokes it', { session: QUIET }, 'RT'],
    ['cookie-refresh', { session: { ...QUIET, refreshMs: 1000 } }, 'RT'],
    [
      'pass-access-token, which has to stay fresh',
      { session: QUIET, headers: headersOf('--pass-access-token') },
      'AT RT',
    ],
    ['pass-authorization-header', { headers: headersOf('--pass-authorization-header') }, 'IT RT'],
    ['set-authorization-header', { headers: headersOf('--set-authorization-header') }, 'IT RT'],
    ['a header row that sends the refresh token', { session: QUIET, headers: rows('refresh_token') }, 'RT'],
    [
      'an answer’s row that sends the access token',
      { session: QUIET, headers: rows('access_token') },
      'AT RT',
    ],
    ['a header row that sends the ID token', { session: QUIET, headers: rows('id_token') }, 'IT RT'],
    ['a sign-out address that names it', { backendLogoutUrl: 'https://op/out?h={id_token}' }, 'IT RT'],
    ['a sign-out address that does not', { backendLogoutUrl: 'https://op/out' }, 'RT'],
    ['validate-url without cookie-refresh', { provider: { validateUrl: 'https://op/v' } }, 'RT'],
    [
      'validate-url of an OpenID provider, which is asked about new tokens only',
      { session: { refreshMs: 1000 }, provider: { validateUrl: 'https://op/v' } },
      'RT',
    ],
    [
      'a provider without an issuer that is asked with it',
      { session: { refreshMs: 1000 }, provider: { issuer: undefined, validateUrl: 'https://op/v' } },
      'AT RT',
    ],
    ['session-cookie-minimal', { session: { minimal: true }, headers: headersOf('--pass-access-token') }, ''],
  ])('the projection keeps of the tokens %s', (_, wishes, kept) => expect(keptOf(wishes)).toBe(kept))

  it('the projection keeps the ID token where no refresh could fetch a new one for the sign-out', () => {
    const tokens = { ...TOKENS, refresh: undefined }
    expect(keptOf({}, tokens)).toBe('IT')
    expect(keptOf({ session: { minimal: true } }, tokens)).toBe('')
    expect(keptOf({ provider: { issuer: undefined } }, tokens)).toBe('')
  })
})

describe('of the groups', () => {
  const project = (wishes: Wishes) =>
    compileProjection(aConfig(wishes)).project(aSession({ groups: ['a', 'b', 'c'] })).groups

  it('the projection keeps all groups by default', () =>
    expect(project({ allowedGroups: ['b'] })).toEqual(['a', 'b', 'c']))
  it('the projection keeps only groups that rules name on demand', () => {
    expect(project({ session: { groups: 'named' }, allowedGroups: ['b', 'x'] })).toEqual(['b'])
  })
})

describe('of further claims', () => {
  const claims = { tenant: 'acme', level: '3' }
  const project = (headers: HeadersConfig) =>
    compileProjection(aConfig({ headers })).project(aSession({ claims })).claims

  it('those stay that header rows name', () => {
    const source = { kind: 'claim', names: ['tenant', 'upn'], prefix: '' } as const
    expect(project({ ...headersOf(), response: [{ name: 'X-Tenant', values: [source] }] })).toEqual({
      tenant: 'acme',
    })
    expect(project(headersOf())).toBeUndefined()
  })
})

describe('at start', () => {
  const warningsOf = (wishes: Wishes) => compileProjection(aConfig(wishes)).warnings

  it('the start says nothing about sessions that fit', () => {
    expect(warningsOf({})).toEqual([])
    expect(warningsOf({ headers: headersOf('--pass-access-token', '--pass-authorization-header') })).toEqual(
      [],
    )
  })

  it('the start warns about a budget that the wanted tokens will hardly fit', () => {
    const wishes = { headers: headersOf('--pass-access-token', '--pass-authorization-header') }
    const [warning] = warningsOf({ ...wishes, session: { budgetBytes: 4000 } })
    expect(warning).toContain('the budget is 4000 bytes')
    expect(warning).toContain('(access, ID, refresh) takes about 5500')
  })

  it('the start warns about named groups without a name', () => {
    expect(warningsOf({ session: { groups: 'named' } })).toHaveLength(1)
    expect(warningsOf({ session: { groups: 'named' }, allowedGroups: ['a'] })).toEqual([])
  })
})
