import { describe, expect, it } from 'vitest'
import { additionalClaimsOf, type HeaderSource, tokensOf } from '../../../src/config/values/header-rows.ts'
import { headersOf } from '../../support/headers.ts'

/** A source in one word: `claim email|user`, `token id_token after "Bearer "`, `basic user:pw`. */
function wordOf(source: HeaderSource): string {
  switch (source.kind) {
    case 'claim':
      return `claim ${source.names.join('|')}${source.prefix === '' ? '' : ` after "${source.prefix}"`}`
    case 'token':
      return `token ${source.name}${source.prefix === '' ? '' : ` after "${source.prefix}"`}`
    case 'basic':
      return `basic ${source.user.names.join('|')}:${'value' in source.password ? source.password.value : ''}`
    default:
      return source.kind
  }
}

function rowsOf(direction: 'request' | 'response', ...flags: string[]): string[] {
  return headersOf(...flags)[direction].map(
    ({ name, values }) => `${name}: ${values.map(wordOf).join(' + ')}`,
  )
}

const AUTH_REQUEST = [
  'X-Auth-Request-User: claim user',
  'X-Auth-Request-Email: claim email',
  'X-Auth-Request-Groups: claim groups',
  'X-Auth-Request-Preferred-Username: claim preferred_username',
]
const FORWARDED = [
  'X-Forwarded-User: claim user',
  'X-Forwarded-Email: claim email',
  'X-Forwarded-Groups: claim groups',
  'X-Forwarded-Preferred-Username: claim preferred_username',
  ...AUTH_REQUEST,
]
const NO_USER = ['--pass-user-headers=false', '--pass-basic-auth=false']

describe('header rows of oauth2-proxy’s options', () => {
  it.each<[string, string[], string[]]>([
    ['by default', [], FORWARDED],
    ['with pass-user-headers off, which pass-basic-auth keeps on', ['--pass-user-headers=false'], FORWARDED],
    ['with both off', NO_USER, []],
    [
      'with pass-access-token',
      [...NO_USER, '--pass-access-token'],
      ['X-Forwarded-Access-Token: token access_token'],
    ],
    ['with a password', ['--basic-auth-password=pw'], [...FORWARDED, 'Authorization: basic user:pw']],
    [
      'with a password, the e-mail before the user',
      ['--basic-auth-password=pw', '--prefer-email-to-user'],
      [
        'X-Forwarded-User: claim email|user',
        'X-Forwarded-Groups: claim groups',
        'X-Forwarded-Preferred-Username: claim preferred_username',
        ...AUTH_REQUEST,
        'Authorization: basic email|user:pw',
      ],
    ],
    [
      'with pass-authorization-header',
      [...NO_USER, '--pass-authorization-header'],
      ['Authorization: token id_token after "Bearer "'],
    ],
  ])('towards the app are right %s', (_, flags, rows) => expect(rowsOf('request', ...flags)).toEqual(rows))

  it.each<[string, string[], string[]]>([
    ['by default', [], []],
    ['with set-xauthrequest', ['--set-xauthrequest'], AUTH_REQUEST],
    [
      'with set-xauthrequest and pass-access-token',
      ['--set-xauthrequest', '--pass-access-token'],
      [...AUTH_REQUEST, 'X-Auth-Request-Access-Token: token access_token'],
    ],
    ['with pass-access-token alone', ['--pass-access-token'], []],
    ['with set-xforwarded', ['--set-xforwarded'], FORWARDED.slice(0, 4)],
    [
      'with set-xforwarded and pass-access-token, the e-mail before the user',
      ['--set-xforwarded', '--pass-access-token', '--prefer-email-to-user'],
      [
        'X-Forwarded-User: claim email|user',
        'X-Forwarded-Groups: claim groups',
        'X-Forwarded-Preferred-Username: claim preferred_username',
        'X-Forwarded-Access-Token: token access_token',
      ],
    ],
    [
      'with set-basic-auth',
      ['--set-basic-auth', '--basic-auth-password=pw'],
      ['Authorization: basic user:pw'],
    ],
    [
      'with set-authorization-header',
      ['--set-authorization-header'],
      ['Authorization: token id_token after "Bearer "'],
    ],
  ])('into answers are right %s', (_, flags, rows) => expect(rowsOf('response', ...flags)).toEqual(rows))

  it('header rows of oauth2-proxy’s options keep what clients send only with skip-auth-strip-headers off, and credentials not even then', () => {
    const preserved = (...flags: string[]) =>
      headersOf('--basic-auth-password=pw', ...flags)
        .request.filter(({ preserveRequestValue }) => preserveRequestValue)
        .map(({ name }) => name)
    expect(preserved()).toEqual([])
    expect(preserved('--skip-auth-strip-headers=false')).toEqual(FORWARDED.map((row) => row.split(':')[0]))
  })
})

describe('what header rows need of a session', () => {
  const rows = (...values: HeaderSource[]) => ({ request: [], response: [{ name: 'X-Row', values }] })

  it('tokensOf() names the tokens of both directions, each once', () => {
    expect([...tokensOf(headersOf('--pass-access-token', '--set-xauthrequest'))]).toEqual(['access_token'])
    expect([...tokensOf(headersOf('--set-authorization-header'))]).toEqual(['id_token'])
    expect([...tokensOf(rows({ kind: 'token', name: 'refresh_token', prefix: '' }))]).toEqual([
      'refresh_token',
    ])
    expect([...tokensOf(headersOf())]).toEqual([])
  })

  it('additionalClaimsOf() names the claims that no session has by itself, each once', () => {
    expect(additionalClaimsOf(headersOf('--basic-auth-password=pw'))).toEqual([])
    const tenant: HeaderSource = { kind: 'claim', names: ['tenant.id', 'email'], prefix: '' }
    const basic: HeaderSource = { kind: 'basic', user: { names: ['upn', 'user'] }, password: { value: 'pw' } }
    expect(additionalClaimsOf(rows(tenant, tenant, basic, { kind: 'text', text: 'x' }))).toEqual([
      'tenant.id',
      'upn',
    ])
  })
})
