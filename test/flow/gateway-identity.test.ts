import { describe, expect, it } from 'vitest'
import type { Peer } from '../../src/platform.ts'
import { startGate, type TestGate } from '../support/gate.ts'

const PEER: Peer = { kind: 'ip', address: '10.0.0.5' }
const TRUSTING = ['--reverse-proxy', '--trusted-proxy-ip=10.0.0.5', '--skip-auth-route=^/public/']
const NAMES = [
  'X-Forwarded-User',
  'X-Forwarded-Email',
  'X-Forwarded-Groups',
  'X-Forwarded-Preferred-Username',
  'X-Forwarded-Access-Token',
  'X-Auth-Request-User',
  'X-Auth-Request-Email',
  'X-Auth-Request-Groups',
  'X-Auth-Request-Preferred-Username',
  'X-Auth-Request-Access-Token',
]
const ALICE = {
  'X-Forwarded-User': 'alice',
  'X-Forwarded-Email': 'alice@example.com',
  'X-Forwarded-Groups': 'staff,admins',
  'X-Auth-Request-User': 'alice',
  'X-Auth-Request-Email': 'alice@example.com',
  'X-Auth-Request-Groups': 'staff,admins',
}
const USER = { sub: 'alice', email: 'alice@example.com', email_verified: true, groups: ['staff', 'admins'] }
const NOTHING = Object.fromEntries(NAMES.map((name) => [name, '']))

async function cookieOf(gate: TestGate): Promise<string> {
  const visitor = gate.visitor()
  await visitor.browse('/oauth2/start?rd=%2F')
  return [...visitor.jar].map((pair) => pair.join('=')).join('; ')
}

/** What the answer says under the names of identity; absent headers are absent here. */
function identityIn({ headers }: Response): Record<string, string> {
  return Object.fromEntries(
    NAMES.filter((name) => headers.has(name)).map((name) => [name, headers.get(name) ?? '']),
  )
}

/** How a gateway asks: at `/oauth2/auth`, or at the path itself in front of a static upstream. */
const WAYS = [
  { at: '/oauth2/auth', status: 202, target: () => '/oauth2/auth' },
  { at: 'the path itself', status: 200, target: (path: string) => path },
] as const

describe.each(WAYS)('a yes to a gateway that asks at $at', ({ status, target }) => {
  async function yes(args: readonly string[], { path = '/app', signedIn = true } = {}) {
    const gate = await startGate({ args: [...TRUSTING, ...args], upstreams: ['static://200'] })
    gate.provider.user = USER
    const cookie = signedIn ? ['Cookie', await cookieOf(gate)] : []
    const headers = ['Host', 'app.example.com', 'X-Forwarded-Uri', path, ...cookie]
    const answer = await gate.ask(target(path), { headers, peer: PEER })
    expect(answer.status).toBe(status)
    return identityIn(answer)
  }

  it('a yes to a gateway carries both families, empty where there is nothing to say', async () => {
    expect(await yes(['--set-xauthrequest', '--set-xforwarded'])).toEqual({ ...NOTHING, ...ALICE })
  })

  it('a yes to a gateway carries every name empty on a public route, so that none of a client survives [HD-50]', async () => {
    expect(
      await yes(['--set-xauthrequest', '--set-xforwarded'], { path: '/public/a', signedIn: false }),
    ).toEqual(NOTHING)
  })

  it.each([
    ['--set-xauthrequest', 'X-Auth-Request-'],
    ['--set-xforwarded', 'X-Forwarded-'],
  ])('a yes to a gateway carries with %s alone the names %s… and no others', async (flag, family) => {
    const names = NAMES.filter((name) => name.startsWith(family))
    expect(Object.keys(await yes([flag])).toSorted()).toEqual(names.toSorted())
    const open = await yes([flag], { path: '/public/a', signedIn: false })
    expect(open).toEqual(Object.fromEntries(names.map((name) => [name, ''])))
  })

  it.each([
    ['--prefer-email-to-user', 'X-Forwarded-User', 'alice@example.com'],
    ['--prefer-email-to-user', 'X-Forwarded-Email', ''],
    ['--prefer-email-to-user', 'X-Auth-Request-User', 'alice'],
  ])(
    'a yes to a gateway says what the app would be told itself with %s: %s is "%s"',
    async (flags, name, value) => {
      expect((await yes(['--set-xauthrequest', '--set-xforwarded', ...flags.split(' ')]))[name]).toBe(value)
    },
  )

  it('a yes to a gateway carries the access token in both families where it is passed on', async () => {
    const told = await yes(['--set-xauthrequest', '--set-xforwarded', '--pass-access-token'])
    expect(told['X-Forwarded-Access-Token']).toMatch(/^.{8,}$/u)
    expect(told['X-Auth-Request-Access-Token']).toBe(told['X-Forwarded-Access-Token'])
  })

  it('a yes to a gateway carries no identity without these settings', async () => {
    expect(await yes([])).toEqual({})
    expect(await yes([], { path: '/public/a', signedIn: false })).toEqual({})
  })
})

it.each([
  [[], []],
  [['--set-xauthrequest'], ['X-Auth-Request-User', 'X-Auth-Request-Email', 'X-Auth-Request-Groups']],
  [['--set-xforwarded'], ['X-Forwarded-User', 'X-Forwarded-Email', 'X-Forwarded-Groups']],
])('an answer of the app carries with %j no line without a value', async (args, names) => {
  const gate = await startGate({ args })
  gate.provider.user = USER
  await gate.ask('/x', { headers: ['Host', 'app.example.com', 'Cookie', await cookieOf(gate)] })
  const added = gate.platform.plans.at(-1)?.response.add ?? []
  expect(added.filter((_, at) => at % 2 === 0)).toEqual(['Cache-Control', 'GAP-Auth', ...names])
})
