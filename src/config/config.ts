import type { BearerConfig } from './sections/bearer.ts'
import type { CookieConfig } from './sections/cookie.ts'
import type { HeadersConfig } from './sections/headers.ts'
import type { ListenConfig } from './sections/listen.ts'
import type { LogConfig } from './sections/log.ts'
import type { MetricsConfig } from './sections/metrics.ts'
import type { PagesConfig } from './sections/pages.ts'
import type { PathsConfig, TrustConfig } from './sections/paths.ts'
import type { PolicyConfig } from './sections/policy.ts'
import type { ProviderConfig } from './sections/provider.ts'
import type { SessionConfig } from './sections/session.ts'
import type { SignInConfig } from './sections/sign-in.ts'
import type { UpstreamConfig } from './sections/upstreams.ts'

/**
 * The whole configuration: complete, checked, frozen, made once by `loadConfig`. Every part of the program receives
 * its own slice and reads no flag, variable or file for settings after that. Durations are milliseconds.
 */
export interface Config {
  readonly listen: ListenConfig
  readonly metrics: MetricsConfig
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
