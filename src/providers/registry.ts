import { isSupported, type UnsupportedKind } from '../config/provider-kind.ts'
import type { ProviderConfig } from '../config/sections/provider.ts'
import { isLoopback } from '../lib/loopback.ts'
import { containProvider } from './contain.ts'
import type { ProviderContext } from './context.ts'
import type { DefinedProvider } from './define-provider.ts'
import { github } from './kinds/github/github.ts'
import { google } from './kinds/google.ts'
import { keycloakOidc } from './kinds/keycloak.ts'
import { oidc } from './kinds/oidc.ts'
import { UNSUPPORTED_KINDS } from './kinds/unsupported.ts'
import type { Provider } from './provider.ts'

/** Kinds of providers that can be made, and those that are only known by name. */
export type RegisteredKinds = readonly (DefinedProvider | UnsupportedKind)[]

/** Every kind of provider, one line each. The first is the default of `--provider`, as in oauth2-proxy. */
export const PROVIDER_KINDS: RegisteredKinds = [google, oidc, keycloakOidc, github, ...UNSUPPORTED_KINDS]

/** Builds the configured providers, in their order. No request is sent yet. */
export function createProviders(
  configs: readonly ProviderConfig[],
  context: ProviderContext,
  kinds: RegisteredKinds = PROVIDER_KINDS,
): readonly Provider[] {
  return configs.map((config) => {
    const kind = kinds.filter(isSupported<DefinedProvider>).find((each) => each.kind === config.kind)
    if (kind === undefined) throw new TypeError(`Use a known provider, not "${config.kind}"`)
    warnAboutPlainHttp(config, context)
    return containProvider(kind.create(config, context), context.log)
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
