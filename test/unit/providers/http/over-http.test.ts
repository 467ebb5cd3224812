import { expect, test } from 'vitest'
import { createProviders } from '../../../../src/providers/registry.ts'
import { createFakePlatform } from '../../../support/fake-platform.ts'
import { createFakeProvider } from '../../../support/fake-provider.ts'
import { never, oversized, redirectTo } from '../../../support/fake-server.ts'
import { aProviderConfig, someTools, verdictOf } from '../providers-fixture.ts'

const LOGIN = { redirectUri: 'https://app.example.com/cb', nonce: 'n', codeVerifier: 'v'.repeat(43) }

test('a sign-in works over a real connection, and what the provider must not do is cut off', async () => {
  const op = await createFakeProvider()
  const listening = await op.listen()
  try {
    const platform = { ...createFakePlatform(), fetch, now: Date.now }
    const [provider] = createProviders([aProviderConfig({ issuer: op.origin })], someTools(platform))
    const signIn = async () => {
      const url = await provider?.authorizationUrl({ ...LOGIN, state: 's', extra: {} })
      const visited = await fetch(url?.ok ? url.value : '', { redirect: 'manual' })
      const callback = new URL(visited.headers.get('location') ?? '')
      const grant = await provider?.redeem({ ...LOGIN, parameters: callback.searchParams })
      return grant === undefined ? 'no provider' : verdictOf(grant)
    }
    expect(await signIn()).toBe('ok')
    op.scripts.token = redirectTo(`${op.origin}/userinfo`)
    expect(await signIn()).toBe('provider_misbehaved/redirect')
    op.scripts.token = oversized()
    expect(await signIn()).toBe('provider_misbehaved/body')
    op.scripts.token = never()
    expect(await signIn()).toBe('provider_unreachable/timeout')
    expect(op.hits.userinfo).toBe(0)
  } finally {
    await listening.close()
  }
}, 15_000)
