import type { Config } from '../../config/config.ts'
import type { ProviderConfig } from '../../config/sections/provider.ts'
import type { RedirectUrlConfig } from '../../config/sections/sign-in/redirect-url.ts'
import type { EventFields } from '../../observe/event.ts'
import { toOwnRedirectUri } from '../provider/own-callback.ts'

/** Configuration that the redirect URI depends on. */
export interface RedirectUriConfig {
  readonly listen: Pick<Config['listen'], 'http' | 'https'>
  readonly trust: Pick<Config['trust'], 'reverseProxy'>
  readonly cookie: Pick<Config['cookie'], 'secure'>
  readonly signIn: RedirectUrlConfig
}

/** Configuration that decides where a sign-out leads. */
export interface SignOutWayConfig extends Omit<RedirectUriConfig, 'signIn'> {
  readonly paths: Pick<Config['paths'], 'signedOut'>
  readonly signIn: RedirectUrlConfig & Pick<Config['signIn'], 'signOutAtProvider'>
  readonly providers: readonly Pick<Config['providers'][number], 'issuer'>[]
}

/**
 * Fields of the line at start that says what to register at the provider (RFC 6749 §3.1.2.2). Without `redirect-url`
 * the URI follows the Host of each request, so the line has a placeholder, or `localhost` where only this machine can
 * come.
 */
export function describeRedirectUri(config: RedirectUriConfig): EventFields {
  const { cookie, signIn } = config
  if (signIn.redirectUrl !== undefined) return { redirect_uri: signIn.redirectUrl }
  if (signIn.relativeRedirect) return { redirect_uri: signIn.redirectPath }
  const port = localPort(config)
  const isHttps = cookie.secure || config.listen.https !== undefined
  const host = port === undefined || isHttps ? '<host in the browser>' : `localhost:${port}`
  return {
    redirect_uri: `${isHttps ? 'https' : 'http'}://${host}${signIn.redirectPath}`,
    advice: adviceFor(config, port),
  }
}

/**
 * Message and fields of the line at start about signing out (OpenID Connect RP-Initiated Logout 1.0 §3): the address to
 * register where sign-outs go to the provider, the recommendation to have them go there elsewhere. Undefined where no
 * provider is an OpenID issuer.
 */
export function describeSignOutWay(
  config: SignOutWayConfig,
): { readonly message: string; readonly fields: EventFields } | undefined {
  if (config.providers.every(({ issuer }) => issuer === undefined)) return undefined
  const { redirect_uri: uri } = describeRedirectUri(config)
  const origin = /^\w+:\/\/[^/]+/u.exec(String(uri))?.[0] ?? ''
  const address = `${origin}${config.paths.signedOut}`
  if (config.signIn.signOutAtProvider) {
    const fields = { post_logout_redirect_uri: address }
    return { message: 'Register the post-logout redirect URI at the provider', fields }
  }
  const advice = `register ${address} there as a post-logout redirect URI, then set --sign-out-at-provider`
  return {
    message: 'A sign-out leaves the session at the provider, which signs in again',
    fields: { advice },
  }
}

/** Configuration that the redirect URIs of all providers depend on. */
export interface RedirectUrisConfig extends RedirectUriConfig {
  readonly providers: readonly Pick<
    ProviderConfig,
    'id' | 'issuer' | 'skipDiscovery' | 'skipIssuerVerification'
  >[]
}

/**
 * Fields of the lines at start that say what to register at each provider. Of several an OpenID provider may turn out to
 * name its issuer (RFC 9207), and then has the shared redirect URI, see `readOwnCallback`.
 */
export function describeRedirectUris(config: RedirectUrisConfig): readonly EventFields[] {
  const shared = describeRedirectUri(config)
  if (config.providers.length < 2) return [shared]
  const uri = String(shared['redirect_uri'])
  return config.providers.map(({ id, issuer, skipDiscovery, skipIssuerVerification }) => {
    const mayShare = issuer !== undefined && !skipDiscovery && !skipIssuerVerification
    return {
      provider: id,
      redirect_uri: toOwnRedirectUri(uri, id),
      advice: mayShare
        ? `register ${uri} too: it counts if every answer of the provider names its issuer`
        : undefined,
    }
  })
}

/** Port of a plain listener that only this machine reaches, and that no proxy is said to stand before. */
function localPort({ listen: { http, https }, trust }: RedirectUriConfig): number | undefined {
  if (http?.kind !== 'tcp' || https !== undefined || trust.reverseProxy) return undefined
  return /^(?:localhost|127(?:\.\d+){3}|::1)$/u.test(http.host) ? http.port : undefined
}

function adviceFor({ cookie }: RedirectUriConfig, port: number | undefined): string {
  return port !== undefined && cookie.secure
    ? `set --cookie-secure=false to open http://localhost:${port} without TLS; --redirect-url names the URI once and for all`
    : '--redirect-url names the URI once and for all'
}
