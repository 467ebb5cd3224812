import type { ProviderConfig } from '../../config/sections/provider.ts'
import type { ProviderContext } from '../context.ts'
import { createOidcProvider } from '../oidc/oidc.ts'
import type { Provider } from '../provider.ts'

const ISSUER = 'https://accounts.google.com'

/**
 * Google as an OpenID provider: refresh tokens come by `access_type`, not by a scope, and its ID tokens may name the
 * issuer without `https://`.
 */
export function createGoogleProvider(config: ProviderConfig, context: ProviderContext): Provider {
  return createOidcProvider(
    {
      ...config,
      issuer: config.issuer ?? ISSUER,
      loginParameters: { access_type: 'offline', ...config.loginParameters },
    },
    context,
    { issuerAliases: ['accounts.google.com'] },
  )
}
