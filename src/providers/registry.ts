import type { ProviderConfig } from '../config/sections/provider.ts'
import { containProvider } from './contain.ts'
import type { ProviderContext } from './context.ts'
import { isLoopback } from './http/client.ts'
import { createGithubProvider } from './kinds/github/github.ts'
import { createGoogleProvider } from './kinds/google.ts'
import { createKeycloakProvider } from './kinds/keycloak.ts'
import { createOidcProvider } from './oidc/oidc.ts'
import type { Provider } from './provider.ts'

type CreateProvider = (config: ProviderConfig, context: ProviderContext) => Provider

const KINDS: Readonly<Record<string, CreateProvider>> = {
  oidc: (config, context) => createOidcProvider(config, context),
  'keycloak-oidc': createKeycloakProvider,
  google: createGoogleProvider,
  github: createGithubProvider,
}

/** Builds the configured providers, in their order. Nothing is asked yet. */
export function createProviders(
  configs: readonly ProviderConfig[],
  context: ProviderContext,
): readonly Provider[] {
  return configs.map((config) => {
    const create = Object.hasOwn(KINDS, config.kind) ? KINDS[config.kind] : undefined
    if (create === undefined) throw new TypeError(`Use a known provider, not "${config.kind}"`)
    warnAboutPlainHttp(config, context)
    return containProvider(create(config, context), context.log)
  })
}

function warnAboutPlainHttp(
  { id, issuer, loginUrl, redeemUrl }: ProviderConfig,
  { log }: ProviderContext,
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
