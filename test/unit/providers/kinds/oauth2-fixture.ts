import type { ProviderConfig } from '../../../../src/config/sections/provider.ts'
import { createProviders } from '../../../../src/providers/registry.ts'
import { createFakeOAuth2, type FakeApi } from '../../../support/fake-oauth2.ts'
import { createFakePlatform } from '../../../support/fake-platform.ts'
import { aProviderConfig, someTools } from '../providers-fixture.ts'

const REDIRECT_URI = 'https://app.example.com/oauth2/callback'

/** A provider of a kind in front of a fake with this API; `urls` are paths of it by the name of the setting. */
export function anOAuth2Provider(
  kind: string,
  apis: Readonly<Record<string, FakeApi>>,
  urls: { readonly profileUrl?: string; readonly validateUrl?: string },
  given: Partial<ProviderConfig> = {},
) {
  const fake = createFakeOAuth2(apis)
  const at = (path: string | undefined): string | undefined => path && `${fake.origin}${path}`
  const config = aProviderConfig({
    kind,
    clientId: fake.client.id,
    clientSecret: { value: fake.client.secret },
    loginUrl: at('/authorize'),
    redeemUrl: at('/token'),
    profileUrl: at(urls.profileUrl),
    validateUrl: at(urls.validateUrl),
    ...given,
  })
  const [provider] = createProviders([config], someTools(createFakePlatform({ provider: fake.fetch })))
  if (provider === undefined) throw new Error('No provider')
  return {
    fake,
    provider,
    /** Goes to the authorization endpoint and redeems what comes back. */
    async signIn() {
      const login = { redirectUri: REDIRECT_URI, nonce: 'n', codeVerifier: 'v'.repeat(43) }
      const url = await provider.authorizationUrl({ ...login, state: 's', extra: {} })
      const callback = await fake.visit(url.ok ? url.value : '')
      return provider.redeem({ ...login, parameters: callback.searchParams })
    },
  }
}
