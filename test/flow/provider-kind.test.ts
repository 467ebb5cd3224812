import { describe, expect, it } from 'vitest'
import type { KindOption } from '../../src/config/provider-kind.ts'
import { createProviders, PROVIDER_KINDS } from '../../src/providers/registry.ts'
import { acme } from '../support/acme-kind.ts'
import { createFakePlatform } from '../support/fake-platform.ts'
import { startGate } from '../support/gate.ts'
import { type Given, load, problemsOf, warningsOf } from '../unit/config/config-fixture.ts'
import { aProviderConfig, someTools } from '../unit/providers/providers-fixture.ts'

const KINDS = [...PROVIDER_KINDS, acme]
const AT_ACME = ['--provider=acme', '--oidc-issuer-url=']

describe('a kind of provider', () => {
  it('a kind signs people in with its endpoints, its scopes and its own options', async () => {
    const gate = await startGate({
      kinds: KINDS,
      args: [...AT_ACME, '--acme-department=us:admins', '--acme-region=us', '--allowed-group=us:staff'],
    })
    const alice = gate.visitor()
    expect((await alice.visit('/')).text).toContain('Sign in with Acme ID')
    const start = await alice.visit('/oauth2/start?rd=%2F')
    const sent = new URL(start.location ?? '').searchParams
    expect(sent.get('scope')).toBe('whoami departments')
    const arrived = await alice.browse('/oauth2/start?rd=%2Freports')
    expect(arrived).toMatchObject({ status: 200, url: 'https://app.example.com/reports' })
    const headers = gate.platform.plans.at(-1)?.headers ?? []
    expect(headers[headers.indexOf('X-Forwarded-Groups') + 1]).toBe('us:staff,us:admins')
  })

  it('a kind refuses people that its own restriction leaves out', async () => {
    const gate = await startGate({ kinds: KINDS, args: [...AT_ACME, '--acme-department=eu:board'] })
    const seen = await gate.visitor().browse('/oauth2/start?rd=%2F')
    expect(seen.status).toBe(403)
    expect(gate.platform.plans).toEqual([])
    expect(gate.platform.lines).toContainEqual(
      expect.objectContaining({ event: 'sign_in_failed', code: 'not_permitted', rule: 'acme-department' }),
    )
  })

  it('a session keeps the access token when cookie-refresh asks the validate-url of the kind with it', async () => {
    const gate = await startGate({ kinds: KINDS, args: [...AT_ACME, '--cookie-refresh=1m'] })
    const alice = gate.visitor()
    await alice.browse('/oauth2/start?rd=%2F')
    gate.platform.pass(90_000)
    const before = gate.provider.hits.userinfo
    expect((await alice.visit('/')).status).toBe(200)
    await gate.platform.settled()
    expect(gate.provider.hits.userinfo).toBe(before + 1)
  })

  it('--help lists a kind, and its options under its display name', () => {
    const help = load({ args: ['--help'] }, KINDS)
    const text = help.kind === 'text' ? help.text : ''
    expect(text).toMatch(/^Acme ID\n {2}--acme-department {2}\(list, OAUTH2_PROXY_ACME_DEPARTMENTS\)\n/mu)
    expect(text.replaceAll(/\s+/gu, ' ')).toContain('acme (accounts of Acme)')
  })

  // [what is wrong, settings, what is said]
  const mistakes: [string, Given, string][] = [
    ['a misspelt kind', { args: ['--provider=amce'] }, 'not "amce"; did you mean "acme"?'],
    ['a misspelt option', { args: [...AT_ACME, '--acme-departmen=x'] }, 'did you mean --acme-department?'],
    [
      'a value that the check refuses',
      { args: [...AT_ACME, '--acme-department=*'] },
      '--acme-department: name',
    ],
    [
      'the same in a variable',
      { args: AT_ACME, env: { OAUTH2_PROXY_ACME_DEPARTMENTS: '*' } },
      'OAUTH2_PROXY_ACME_DEPARTMENTS: name the departments',
    ],
    [
      'a value that the row does not know',
      { args: [...AT_ACME, '--acme-region=mars'] },
      'give one of "eu", "us"',
    ],
    ['a secret that is missing', { args: [...AT_ACME, '--client-secret='] }, 'give the client secret'],
  ]

  it.each(mistakes)('the start stops at %s of a kind', (_, given, sentence) => {
    expect(problemsOf(given, KINDS)).toEqual([expect.stringContaining(sentence)])
  })

  it('login-url and redeem-url are required when a kind without an issuer has none of its own', () => {
    const bare = { ...acme, traits: { ...acme.traits, endpoints: {} } }
    expect(problemsOf({ args: AT_ACME }, [...PROVIDER_KINDS, bare])).toEqual([
      expect.stringContaining('--login-url or OAUTH2_PROXY_LOGIN_URL: give this URL'),
      expect.stringContaining('--redeem-url or OAUTH2_PROXY_REDEEM_URL: give this URL'),
    ])
  })

  it('options of a kind are warned about beside another provider, with the words that they restrict no one', () => {
    expect(warningsOf({ args: ['--acme-department=x', '--acme-region=us'] }, KINDS)).toEqual([
      '--acme-department: remove this, it restricts no one with --provider=oidc',
      '--acme-region: remove this, it has no effect with --provider=oidc',
    ])
  })

  it('providers of one kind have ids that the operator chooses freely', () => {
    const config = { ...aProviderConfig({ kind: 'acme' }, KINDS), own: { departments: [], region: 'eu' } }
    const providers = createProviders(
      [
        { ...config, id: 'Berlin office', displayName: 'Berlin' },
        { ...config, id: 'htpasswd', displayName: 'Head office' },
      ],
      someTools(createFakePlatform()),
      KINDS,
    )
    expect(providers.map(({ id, displayName }) => [id, displayName])).toEqual([
      ['Berlin office', 'Berlin'],
      ['htpasswd', 'Head office'],
    ])
  })
})

describe('an option of two kinds of providers', () => {
  const row = { kind: 'string', default: '', about: 'Region.' } as const
  const named = (kind: string, option: KindOption) => ({
    ...acme,
    kind,
    options: { 'shared-region': option },
  })

  it('an option of two kinds works with both when they share its row', () => {
    const kinds = [...PROVIDER_KINDS, named('first', row), named('second', row)]
    const args = ['--provider=second', '--oidc-issuer-url=', '--shared-region=eu']
    expect(warningsOf({ args }, kinds)).toEqual([])
  })

  it('an option of two kinds is a bug when each describes it, because it would mean two things', () => {
    const kinds = [...PROVIDER_KINDS, named('first', row), named('second', { ...row })]
    expect(() => load({}, kinds)).toThrow('--shared-region')
  })
})
