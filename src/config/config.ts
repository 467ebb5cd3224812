import type { UpstreamAddress } from '../platform.ts'
import type { OwnPaths } from './own-paths.ts'
import type { Pattern, RouteRule } from './route-rule.ts'

/**
 * The whole configuration: complete, checked, frozen, made once by `loadConfig`. Every part of the program receives
 * its own slice and reads no flag, variable or file for settings after that. Durations are milliseconds.
 */
export interface Config {
  readonly listen: ListenConfig
  readonly paths: PathsConfig
  readonly trust: TrustConfig
  readonly cookie: CookieConfig
  readonly session: SessionConfig
  readonly signIn: SignInConfig
  /** At least one; the first is the one that a sign-in uses unless it names another. */
  readonly providers: readonly ProviderConfig[]
  readonly bearer: BearerConfig
  readonly policy: PolicyConfig
  readonly upstreams: readonly UpstreamConfig[]
  readonly headers: HeadersConfig
  readonly pages: PagesConfig
  readonly log: LogConfig
}

/** One address to listen on. */
export type ListenAddress =
  /** An empty host is every interface; IPv6 addresses stand without brackets. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string; readonly mode: number | undefined }
  | { readonly kind: 'fd'; readonly fd: number }

/** Where to listen; `forceHttps` answers plain requests with 308 to https. */
export interface ListenConfig {
  readonly http: ListenAddress | undefined
  readonly https: TlsListenConfig | undefined
  readonly forceHttps: boolean
}

interface TlsListenConfig {
  readonly address: ListenAddress
  readonly certFile: string
  readonly keyFile: string
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
}

/** Paths of our own; ping answers only to `pingUserAgent` when that is not empty. */
export interface PathsConfig extends OwnPaths {
  /** Exact path, or undefined when switched off. */
  readonly ping: string | undefined
  readonly ready: string | undefined
  readonly pingUserAgent: string
  /** Also answer the paths that Google's load balancers ask for, to their User-Agent. */
  readonly googleHealth: boolean
}

/** Whom to believe about the client; without `reverseProxy` nobody. */
export interface TrustConfig {
  readonly reverseProxy: boolean
  /** CIDRs of the direct peers that may speak for others. Never empty when reverseProxy is on. */
  readonly trustedProxyIps: readonly string[]
  /** Lower-case header that holds the client address. */
  readonly realClientIpHeader: string
}

/** Name and attributes of our cookies. */
export interface CookieConfig {
  /** Name of the session cookie, `__Host-` prefix included where it applies. */
  readonly name: string
  readonly domains: readonly string[]
  readonly path: string
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly sameSite: 'lax' | 'strict' | 'none' | undefined
  readonly csrf: {
    readonly sameSite: 'lax' | 'strict' | 'none' | undefined
    readonly expireMs: number
    readonly perRequest: boolean
    /** At least one. */
    readonly perRequestLimit: number
  }
}

/** How long a session lives and what it may hold; a duration of 0 sets no limit. */
export interface SessionConfig {
  /** Decoded secrets: the first seals, all open. */
  readonly secrets: readonly Uint8Array[]
  /** Files the secrets came from, to be read again when they change; empty when they were given directly. */
  readonly secretFiles: readonly string[]
  /** Lifetime of the cookie from its last save; 0 is a browser session without an age check. */
  readonly expireMs: number
  readonly refreshMs: number
  /** Absolute lifetime from the sign-in; 0 is unbounded. */
  readonly maxLifetimeMs: number
  readonly idleTimeoutMs: number
  /** Longest time without asking the provider again, where there is a refresh token; 0 is off. */
  readonly revalidateMs: number
  /** Sessions signed in before this moment (ms since the epoch) are over. */
  readonly minIssuedAtMs: number
  /** Bytes over all chunks of the session cookie. */
  readonly budgetBytes: number
  /** Keep all groups, or only those that a rule or header names. */
  readonly groups: 'all' | 'named'
  /** Drop all tokens whatever the configuration could use (session-cookie-minimal). */
  readonly minimal: boolean
  /** `redis://` URL of the successor relay and denylist; undefined keeps them in memory. */
  readonly redisUrl: string | undefined
  /** Wins over what stands in `redisUrl`; empty texts are not given. */
  readonly redisLogin: { readonly username: string; readonly password: string }
}

/** How people sign in and out; `signInStatus` is that of the page for a visit without a session. */
export interface SignInConfig {
  /** The registered redirect URI, absolute; undefined derives it from the request. */
  readonly redirectUrl: string | undefined
  readonly skipProviderButton: boolean
  readonly signInStatus: 200 | 403
  readonly forceJsonErrors: boolean
  /** Hosts that may be absolute return targets: `host`, `.host`, `*.host`, each with `:port` or `:*`. */
  readonly whitelistDomains: readonly string[]
  readonly htpasswdFile: string | undefined
  readonly htpasswdGroups: readonly string[]
  readonly displayHtpasswdForm: boolean
  readonly backendLogoutUrl: string | undefined
  /** Longest form that is kept for somebody who has to sign in first; 0 keeps none. */
  readonly formReplayLimitBytes: number
}

/** One place to sign in at; `insecureTls` skips the verification of its certificates. */
export interface ProviderConfig {
  readonly id: string
  readonly kind: string
  readonly displayName: string
  readonly clientId: string
  /** The secret itself, or the file to read it from at each use; undefined for a public client. */
  readonly clientSecret: { readonly value: string } | { readonly file: string } | undefined
  /** Issuer for OpenID providers; undefined for plain OAuth 2.0. */
  readonly issuer: string | undefined
  readonly skipDiscovery: boolean
  readonly loginUrl: string | undefined
  readonly redeemUrl: string | undefined
  readonly profileUrl: string | undefined
  readonly validateUrl: string | undefined
  readonly jwksUrl: string | undefined
  /** Space-separated; undefined leaves it to the provider. */
  readonly scope: string | undefined
  /** Extra authorization parameters: prompt, acr_values, response_mode, … */
  readonly loginParameters: Readonly<Record<string, string>>
  readonly claims: {
    readonly email: string
    readonly groups: string
    readonly audience: readonly string[]
    readonly extraAudiences: readonly string[]
    readonly skipProfileUrl: boolean
    readonly allowUnverifiedEmail: boolean
  }
  readonly signingAlgs: readonly string[]
  readonly skipIssuerVerification: boolean
  readonly skipNonce: boolean
  readonly codeChallengeMethod: 'S256' | 'plain'
  readonly insecureTls: boolean
  readonly github: {
    readonly org: string
    readonly teams: readonly string[]
    readonly repo: string
    readonly token: string
    readonly users: readonly string[]
  }
}

/** Whether verified JWTs in Authorization count as sessions. */
export interface BearerConfig {
  readonly enabled: boolean
  readonly loginFallback: boolean
  readonly extraIssuers: readonly { readonly issuer: string; readonly audience: string }[]
}

/** Who may pass; clients in `trustedIps` (CIDRs) need no sign-in. */
export interface PolicyConfig {
  readonly emailDomains: readonly string[]
  readonly authenticatedEmailsFile: string | undefined
  readonly allowedGroups: readonly string[]
  readonly skipAuthRoutes: readonly RouteRule[]
  readonly skipAuthPreflight: boolean
  readonly apiRoutes: readonly Pattern[]
  readonly trustedIps: readonly string[]
}

/** One upstream and the paths that go to it. */
export interface UpstreamConfig {
  readonly id: string
  /** `/x/` takes everything below, `/x` only itself. */
  readonly path: string
  readonly target:
    | UpstreamAddress
    | { readonly kind: 'file'; readonly directory: string }
    | { readonly kind: 'static'; readonly status: number }
  readonly passHostHeader: boolean
  readonly websockets: boolean
  /** Until response headers; 0 waits for ever. */
  readonly timeoutMs: number
}

/** Which identity headers go upstream (pass) and into answers (set). */
export interface HeadersConfig {
  readonly passBasicAuth: boolean
  readonly basicAuthPassword: string
  readonly passUserHeaders: boolean
  readonly passAccessToken: boolean
  readonly passAuthorizationHeader: boolean
  readonly setXAuthRequest: boolean
  readonly setBasicAuth: boolean
  readonly setAuthorizationHeader: boolean
  readonly preferEmailToUser: boolean
  /** Delete what clients send of the identity family; false keeps and appends. */
  readonly stripClientHeaders: boolean
  /** Lower-case name of the request id header. */
  readonly requestIdHeader: string
}

/** What operators put on our pages. */
export interface PagesConfig {
  /** Trusted HTML of the operator above the button; `-` hides, empty is the default text. */
  readonly banner: string
  readonly footer: string
  /** Markup of the logo, ready to be inlined; empty is ours, `-` is none. */
  readonly logo: string
  readonly showDebugOnError: boolean
}

/** What is logged. */
export interface LogConfig {
  /** `auto` is text where a person reads along (a terminal), else JSON. */
  readonly format: 'auto' | 'json' | 'text'
  readonly requests: boolean
  readonly auth: boolean
  readonly standard: boolean
  readonly silencePing: boolean
  readonly excludePaths: readonly string[]
  /** Fields that stand in every line: container and pod names. */
  readonly context: Readonly<Record<string, string>>
}
