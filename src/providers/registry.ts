import type { ProviderConfig } from '../config/sections/provider.ts'
import { isLoopback } from '../lib/loopback.ts'
import { containProvider } from './contain.ts'
import type { ProviderContext } from './context.ts'
import type { DefinedProvider } from './define-provider.ts'
import { github } from './kinds/github/github.ts'
import { google } from './kinds/google/google.ts'
import { adfs } from './kinds/microsoft/adfs.ts'
import { azure } from './kinds/microsoft/azure.ts'
import { entraId } from './kinds/microsoft/entra-id.ts'
import { atlassian } from './kinds/oauth2/atlassian.ts'
import { bitbucket } from './kinds/oauth2/bitbucket.ts'
import { digitalocean } from './kinds/oauth2/digitalocean.ts'
import { discord } from './kinds/oauth2/discord.ts'
import { facebook } from './kinds/oauth2/facebook.ts'
import { oauth2 } from './kinds/oauth2/generic.ts'
import { keycloak } from './kinds/oauth2/keycloak.ts'
import { linkedin } from './kinds/oauth2/linkedin.ts'
import { nextcloud } from './kinds/oauth2/nextcloud.ts'
import { sourcehut } from './kinds/oauth2/sourcehut.ts'
import { apple } from './kinds/oidc/apple.ts'
import { cidaas } from './kinds/oidc/cidaas.ts'
import { gitlab } from './kinds/oidc/gitlab.ts'
import { keycloakOidc } from './kinds/oidc/keycloak-oidc.ts'
import { loginGov } from './kinds/oidc/login-gov.ts'
import { oidc } from './kinds/oidc/oidc.ts'
import { auth0 } from './kinds/presets/auth0.ts'
import { authentik } from './kinds/presets/authentik.ts'
import { cognito } from './kinds/presets/cognito.ts'
import { dex } from './kinds/presets/dex.ts'
import { forgejo } from './kinds/presets/forgejo.ts'
import { gitea } from './kinds/presets/gitea.ts'
import { okta } from './kinds/presets/okta.ts'
import { pocketId } from './kinds/presets/pocket-id.ts'
import { slack } from './kinds/presets/slack.ts'
import { twitch } from './kinds/presets/twitch.ts'
import { zitadel } from './kinds/presets/zitadel.ts'
import type { Provider } from './provider.ts'

/** Kinds of providers that can be made. */
export type RegisteredKinds = readonly DefinedProvider[]

/** Every kind of provider, one line each. The first is the default of `--provider`, as in oauth2-proxy. */
export const PROVIDER_KINDS: RegisteredKinds = [
  google,
  oidc,
  keycloakOidc,
  github,
  gitlab,
  entraId,
  azure,
  adfs,
  cidaas,
  bitbucket,
  digitalocean,
  facebook,
  keycloak,
  linkedin,
  loginGov,
  nextcloud,
  sourcehut,
  apple,
  auth0,
  okta,
  cognito,
  zitadel,
  authentik,
  dex,
  pocketId,
  gitea,
  forgejo,
  slack,
  twitch,
  discord,
  atlassian,
  oauth2,
]

/** Builds the configured providers, in their order. No request is sent yet. */
export function createProviders(
  configs: readonly ProviderConfig[],
  context: ProviderContext,
  kinds: RegisteredKinds = PROVIDER_KINDS,
): readonly Provider[] {
  return configs.map((config) => {
    const kind = kinds.find((each) => each.kind === config.kind)
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
