import { describe, expect, it } from 'vitest'
import { PROVIDER_KINDS } from '../../../src/providers/registry.ts'
import { FLOWS } from './flows.ts'
import { lastTold, type Run, signIn } from './provider-flow.ts'

const RULES = FLOWS.flatMap((flow) =>
  flow.rules.map(({ fits, misses, rule }) => ({
    flow,
    name: flow.name,
    flags: fits.map((flag) => flag.replace(/^--google-(?:admin|service).*$/u, '…')).join(' '),
    fits,
    misses,
    rule,
  })),
)

/** Time until a session is due for cookie-refresh. */
const DUE_MS = 90_000
const OUT = { method: 'POST', headers: ['Origin', 'https://app.example.com'] }

function refusalsOf({ gate }: Run): readonly unknown[] {
  return gate.platform.lines
    .filter(({ event }) => event === 'sign_in_failed')
    .map(({ code, rule }) => ({ code, rule }))
}

it('every kind of provider has a run through the whole program', () => {
  const kinds = new Set(FLOWS.map(({ kind }) => kind))
  expect(PROVIDER_KINDS.map(({ kind }) => kind).filter((kind) => !kinds.has(kind))).toEqual([])
})

it('every option of a kind that restricts who may sign in is given in a run', () => {
  const given = FLOWS.flatMap(({ args, rules }) => [...args, ...rules.flatMap(({ fits }) => fits)])
  const flags = PROVIDER_KINDS.flatMap(({ options }) => Object.entries(options))
    .filter(([, option]) => 'restricts' in option && option.restricts === true)
    .map(([flag]) => flag)
  expect(flags.filter((flag) => !given.some((each) => each.startsWith(`--${flag}=`)))).toEqual([])
})

describe.each(FLOWS)('$name', (flow) => {
  const told = { groups: undefined, name: undefined, ...flow.told }

  it('a person signs in, is the same after a refresh, and signs out', async () => {
    const run = await flow.start(['--cookie-refresh=1m'])
    const { platform } = run.gate
    const { visitor, seen } = await signIn(run)
    expect([seen.status, seen.location]).toEqual([302, '/reports'])
    expect((await visitor.visit('/reports')).status).toBe(200)
    expect(lastTold(run.gate)).toEqual(told)
    platform.pass(DUE_MS)
    expect((await visitor.visit('/again')).status).toBe(200)
    await platform.settled()
    expect((await visitor.visit('/again')).status).toBe(200)
    expect(lastTold(run.gate)).toEqual(told)
    expect(run.tokenRequests()).toBe(flow.refresh === 'token' ? 2 : 1)
    expect((await visitor.visit('/oauth2/sign_out', OUT)).status).toBeLessThan(400)
    await platform.settled()
    expect(run.revoked()).toBe(flow.revokes ? 1 : 0)
    const forwarded = platform.plans.length
    expect((await visitor.visit('/reports')).text).toContain('Sign in with')
    expect(platform.plans).toHaveLength(forwarded)
  })

  it('tokens that were taken back end the session at the next refresh, where there is one', async () => {
    const run = await flow.start(['--cookie-refresh=1m'])
    const { visitor } = await signIn(run)
    run.takeBack()
    run.gate.platform.pass(flow.kind === 'apple' ? 25 * 3_600_000 : DUE_MS)
    const seen = await visitor.visit('/')
    await run.gate.platform.settled()
    expect(seen.text.includes('hello from the app')).toBe(flow.refresh === 'nothing')
  })

  it('a person of another domain is refused', async () => {
    const run = await flow.start([])
    run.moveTo('eve@evil.example')
    const { visitor, seen } = await signIn(run)
    expect(seen.status).toBe(403)
    expect(refusalsOf(run)).toEqual([{ code: 'not_permitted', rule: 'email' }])
    expect((await visitor.visit('/')).text).toContain('Sign in with')
    expect(run.gate.platform.plans).toEqual([])
  })

  it('sign-out-at-provider ends the session of the provider where it has an address for that', async () => {
    const run = await flow.start(['--sign-out-at-provider=true'])
    const { visitor } = await signIn(run)
    const out = await visitor.visit('/oauth2/sign_out', OUT)
    if (flow.signOut === 'there') await run.gate.provider.app.fetch(new Request(out.location ?? ''))
    expect([out.status < 400, run.loggedOut()]).toEqual([true, flow.signOut === 'there' ? 1 : 0])
    expect((await visitor.visit('/')).text).toContain('Sign in with')
  })
})

it.each(RULES)('$name with $flags lets in who fits, and refuses others', async (given) => {
  const { flow, fits, misses, rule } = given
  const open = await flow.start(fits)
  const { visitor, seen } = await signIn(open)
  expect([seen.status, refusalsOf(open)]).toEqual([302, []])
  expect((await visitor.visit('/')).text).toBe('hello from the app')
  const closed = await flow.start(misses)
  const refused = await signIn(closed)
  expect(refused.seen.status).toBe(403)
  expect(refusalsOf(closed)).toEqual([{ code: 'not_permitted', rule }])
  expect((await refused.visitor.visit('/')).text).toContain('Sign in with')
  expect(closed.gate.platform.plans).toEqual([])
})

it.each(RULES.filter(({ flow, rule }) => flow.hasGroupClaims && rule === 'group'))(
  '$name with $flags refuses a person who left the group at the next refresh',
  async ({ flow, fits }) => {
    const run = await flow.start([...fits, '--cookie-refresh=1m'])
    const { platform } = run.gate
    const { visitor } = await signIn(run)
    expect((await visitor.visit('/')).status).toBe(200)
    run.leaveGroups()
    platform.pass(DUE_MS)
    await visitor.visit('/')
    await platform.settled()
    const forwarded = platform.plans.length
    expect((await visitor.visit('/')).status).toBe(403)
    expect(platform.plans).toHaveLength(forwarded)
  },
)
