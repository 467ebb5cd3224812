import type { ProviderConfig } from '../config/config.ts'
import { createGithubProvider } from './github.ts'
import { createGoogleProvider } from './google.ts'
import { createKeycloakProvider } from './keycloak.ts'
import { createOidcProvider } from './oidc.ts'
import { isLoopback } from './outbound.ts'
import type { Provider } from './provider.ts'
import type { ProviderTools } from './tools.ts'

type CreateProvider = (config: ProviderConfig, tools: ProviderTools) => Provider

const KINDS: Readonly<Record<string, CreateProvider>> = {
  oidc: (config, tools) => createOidcProvider(config, tools),
  'keycloak-oidc': createKeycloakProvider,
  google: createGoogleProvider,
  github: createGithubProvider,
}

/** Builds the configured providers, in their order. Nothing is asked yet. */
export function createProviders(
  configs: readonly ProviderConfig[],
  tools: ProviderTools,
): readonly Provider[] {
  return configs.map((config) => {
    const create = Object.hasOwn(KINDS, config.kind) ? KINDS[config.kind] : undefined
    if (create === undefined) throw new TypeError(`Use a known provider, not "${config.kind}"`)
    warnAboutPlainHttp(config, tools)
    return create(config, tools)
  })
}

function warnAboutPlainHttp(
  { id, issuer, loginUrl, redeemUrl }: ProviderConfig,
  { log }: ProviderTools,
): void {
  for (const url of [issuer, loginUrl, redeemUrl]) {
    if (url?.startsWith('http:') !== true || isLoopback(new URL(url).hostname)) continue
    log.line('warn', 'The provider is asked over plain http: codes and tokens can be read on the way', {
      provider: id,
      host: new URL(url).host,
    })
    return
  }
}
