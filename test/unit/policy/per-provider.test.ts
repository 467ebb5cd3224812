import { describe, expect, it } from 'vitest'
import type { ProviderRules } from '../../../src/config/sections/provider/provider-rules.ts'
import { compilePerProvider } from '../../../src/policy/per-provider.ts'

const rules = (given: Partial<ProviderRules> = {}): ProviderRules => ({
  allowedGroups: [],
  emailDomains: undefined,
  domains: [],
  ...given,
})

const from = (id: string) => ({ kind: 'provider', id }) as const

describe('an e-mail address that a provider vouches for', () => {
  const compiled = compilePerProvider({
    allowedGroups: [],
    perProvider: new Map([
      ['staff', rules({ domains: ['example.com', '.example.com'] })],
      ['partners', rules()],
      ['both', rules({ domains: ['example.com', 'partner.test'] })],
      ['all', rules({ domains: ['*'] })],
    ]),
  })

  it.each<[string, string, boolean]>([
    ['staff', 'alice@example.com', true],
    ['staff', 'alice@EXAMPLE.com', true],
    ['staff', 'alice@dev.example.com', true],
    ['staff', 'alice@other.test', false],
    ['staff', 'alice@partner.test', false],
    ['partners', 'alice@example.com', false],
    ['partners', 'alice@Example.COM', false],
    ['partners', 'alice@ｅxample.com', false],
    ['partners', 'alice@dev.example.com', false],
    ['partners', 'alice@partner.test', false],
    ['partners', 'alice@other.test', true],
    ['both', 'alice@example.com', true],
    ['both', 'alice@dev.example.com', false],
    ['all', 'alice@example.com', true],
    ['all', 'alice@other.test', true],
  ])(
    'an e-mail address that a provider vouches for counts where it is trusted for the domain [HD-110]: %s %s',
    (id, email, expected) => {
      expect(compiled(from(id)).vouchesFor(email)).toBe(expected)
    },
  )

  it('an e-mail address of a bearer token is held to its provider, and that of another issuer to what no provider names [HD-111]', () => {
    const bearer = (provider: string | undefined) => compiled({ kind: 'bearer', provider })
    expect(bearer('staff').vouchesFor('alice@example.com')).toBe(true)
    expect(bearer('partners').vouchesFor('alice@example.com')).toBe(false)
    expect(bearer(undefined).vouchesFor('alice@example.com')).toBe(false)
    expect(bearer(undefined).vouchesFor('alice@other.test')).toBe(true)
  })

  it('an e-mail address counts from every provider where none names its domains', () => {
    const plain = compilePerProvider({ allowedGroups: [] })
    expect(plain(from('any')).vouchesFor('alice@example.com')).toBe(true)
  })
})
