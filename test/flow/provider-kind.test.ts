import { describe, expect, it } from 'vitest'
import type { KindOption } from '../../src/config/provider-kind.ts'
import { problem } from '../../src/problems.ts'
import { defineProvider } from '../../src/providers/define-provider.ts'
import { createProviderClient, readJsonObject } from '../../src/providers/http/client.ts'
import { createOAuth2Provider } from '../../src/providers/oauth2/provider.ts'
import { OAUTH2_TRAITS } from '../../src/providers/oauth2/traits.ts'
import { createProviders, PROVIDER_KINDS } from '../../src/providers/registry.ts'
import { failed, ok } from '../../src/result.ts'
import { createFakePlatform } from '../support/fake-platform.ts'
import { startGate } from '../support/gate.ts'
import { type Given, load, problemsOf, warningsOf } from '../unit/config/config-fixture.ts'
import { aProviderConfig, someTools } from '../unit/providers/providers-fixture.ts'

/** Everything that a kind of provider is, as a file of `src/providers/kinds/` has it. */
const acme = defineProvider({
  kind: 'acme',
  displayName: 'Acme ID',
  about: 'accounts of Acme',
  traits: {
    ...OAUTH2_TRAITS,
    scope: 'whoami',
    groupsScope: 'departments',
    endpoints: {
      loginUrl: 'https://op.test/authorize',
      redeemUrl: 'https://op.test/token',
      profileUrl: 'https://op.test/userinfo',
      validateUrl: 'https://op.test/userinfo',
    },
    hosts: ['static.op.test'],
  },
  options: {
    'acme-department': {
      kind: 'list',
      default: [],
      key: 'acme_departments',
      restricts: true,
      about: 'Departments of which one is needed.',
    },
    'acme-region': { kind: 'enum', values: ['eu', 'us'], default: 'eu', about: 'Region of the accounts.' },
  },
  check(settings) {
    const departments = settings.value('acme-department')
    if (departments.includes('*')) settings.problem('acme-department', 'name the departments, not "*"')
    return { own: { departments, region: settings.value('acme-region') }, allowedGroups: [] }
  },
  create(config, own, context) {
    const { profileUrl = '' } = config
    const operatorUrls = [config.redeemUrl, profileUrl]
    const http = createProviderClient({ platform: context.platform, operatorUrls })
    return createOAuth2Provider({
      config,
      context,
      http,
      scheme: 'Bearer',
      async readIdentity(accessToken) {
        const answer = await http.request(profileUrl, { headers: { authorization: `Bearer ${accessToken}` } })
        const profile = answer.ok ? readJsonObject(answer.value) : answer
        if (!profile.ok) return profile
        const groups = (profile.value['groups'] as string[]).map((group) => `${own.region}:${group}`)
        if (own.departments.length > 0 && !groups.some((group) => own.departments.includes(group))) {
          return failed(problem('not_permitted', { rule: 'acme-department' }))
        }
        const subject = String(profile.value['sub'])
        return ok({
          issuer: 'https://op.test',
          subject,
          user: subject,
          email: String(profile.value['email']),
          preferredUsername: undefined,
          groups,
          sid: undefined,
        })
      },
    })
  },
})

const KINDS = [...PROVIDER_KINDS, acme]
const AT_ACME = ['--provider=acme', '--oidc-issuer-url=']

describe('a kind of provider that is one definition and one line in the list', () => {
  it('signs people in, with its endpoints, its scopes and the settings of its own option', async () => {
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

  it('refuses people whom its own restriction leaves out', async () => {
    const gate = await startGate({ kinds: KINDS, args: [...AT_ACME, '--acme-department=eu:board'] })
    const seen = await gate.visitor().browse('/oauth2/start?rd=%2F')
    expect(seen.status).toBe(403)
    expect(gate.platform.plans).toEqual([])
    expect(gate.platform.lines).toContainEqual(
      expect.objectContaining({ event: 'sign_in_failed', code: 'not_permitted', rule: 'acme-department' }),
    )
  })

  it('keeps the access token where cookie-refresh asks the provider with it', async () => {
    const gate = await startGate({ kinds: KINDS, args: [...AT_ACME, '--cookie-refresh=1m'] })
    const alice = gate.visitor()
    await alice.browse('/oauth2/start?rd=%2F')
    gate.platform.pass(90_000)
    const before = gate.provider.hits.userinfo
    expect((await alice.visit('/')).status).toBe(200)
    await gate.platform.settled()
    expect(gate.provider.hits.userinfo).toBe(before + 1)
  })

  it('stands in --help with its options, under its name', () => {
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

  it.each(mistakes)('stops the start at %s', (_, given, sentence) => {
    expect(problemsOf(given, KINDS)).toEqual([expect.stringContaining(sentence)])
  })

  it('asks for the endpoints that it has none of its own for', () => {
    const bare = { ...acme, traits: { ...acme.traits, endpoints: {} } }
    expect(problemsOf({ args: AT_ACME }, [...PROVIDER_KINDS, bare])).toEqual([
      expect.stringContaining('--login-url or OAUTH2_PROXY_LOGIN_URL: give this URL'),
      expect.stringContaining('--redeem-url or OAUTH2_PROXY_REDEEM_URL: give this URL'),
    ])
  })

  it('warns that its options restrict nobody beside another provider', () => {
    expect(warningsOf({ args: ['--acme-department=x', '--acme-region=us'] }, KINDS)).toEqual([
      '--acme-department: remove this, it restricts nobody with --provider=oidc',
      '--acme-region: remove this, it has no effect with --provider=oidc',
    ])
  })

  it('makes several providers of one kind, each with its own id and settings', () => {
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

describe('a flag of two kinds of providers', () => {
  const row = { kind: 'string', default: '', about: 'Region.' } as const
  const named = (kind: string, option: KindOption) => ({
    ...acme,
    kind,
    options: { 'shared-region': option },
  })

  it('is taken where both share its row, and warned about at neither', () => {
    const kinds = [...PROVIDER_KINDS, named('first', row), named('second', row)]
    const args = ['--provider=second', '--oidc-issuer-url=', '--shared-region=eu']
    expect(warningsOf({ args }, kinds)).toEqual([])
  })

  it('is a bug where each describes it, because it would mean two things', () => {
    const kinds = [...PROVIDER_KINDS, named('first', row), named('second', { ...row })]
    expect(() => load({}, kinds)).toThrow('--shared-region')
  })
})
