import type { Config } from './config.ts'
import { checkTogether } from './cross-checks.ts'
import type { OPTIONS } from './options.ts'
import type { ProviderKinds } from './provider-kind.ts'
import type { Report } from './report.ts'
import { buildBearer } from './sections/bearer.ts'
import { buildCookie } from './sections/cookie.ts'
import { checkHeaders, type RawHeaders } from './sections/headers/check-headers.ts'
import { buildHeaders, readHeaders } from './sections/headers.ts'
import { buildListen, checkServer, type RawServer, readServer } from './sections/listen.ts'
import { buildLog } from './sections/log.ts'
import { checkMetricsServer, readMetricsServer } from './sections/metrics.ts'
import { buildPages } from './sections/pages.ts'
import { buildPaths, buildTrust } from './sections/paths.ts'
import { buildPolicy } from './sections/policy.ts'
import { checkProviders, type ProviderConfig, type RawProvider, readProvider } from './sections/provider.ts'
import { buildSession } from './sections/session.ts'
import { buildSignIn } from './sections/sign-in.ts'
import { checkUpstreams, type RawUpstream, readUpstreams } from './sections/upstreams.ts'
import { type AnySettings, type SettingsOf, settingsFor } from './settings.ts'
import type { Files } from './sources/files.ts'
import { additionalClaimsOf } from './values/header-rows.ts'

/**
 * The parts of a configuration that oauth2-proxy's structured file can hold: everything is optional, and each value has
 * the name to report problems under. The same checks turn it into the configuration, whatever the source.
 */
export interface RawConfig {
  readonly server: RawServer
  readonly metricsServer: RawServer
  readonly providers: readonly RawProvider[]
  readonly upstreams: readonly RawUpstream[]
  readonly headers: RawHeaders
}

/** Fills the records from the options, which know one provider and one set of traits for all upstreams. */
export function readRawConfig(all: AnySettings): RawConfig {
  const settings = settingsFor<typeof OPTIONS>(all)
  return {
    server: readServer(settings),
    metricsServer: readMetricsServer(settings),
    providers: [readProvider(all)],
    upstreams: readUpstreams(settings),
    headers: readHeaders(settings),
  }
}

interface BuildDeps {
  /** The options that no record holds. */
  readonly settings: SettingsOf<typeof OPTIONS>
  readonly kinds: ProviderKinds
  readonly files: Files
  readonly env: Readonly<Record<string, string | undefined>>
  readonly report: Report
}

/** Checks records and options section by section, in the order in which their problems are to be read. */
export function buildConfig(raw: RawConfig, { settings, kinds, files, env, report }: BuildDeps): Config {
  const { runtime } = settings
  const paths = buildPaths(settings)
  const { providers, rules } = checkProviders(raw.providers, { files, kinds, env, report })
  const sections = {
    listen: buildListen(settings, checkServer(raw.server, { files, runtime, report })),
    metrics: checkMetricsServer(raw.metricsServer, { files, runtime, report }),
    paths,
    trust: buildTrust(settings),
    cookie: buildCookie(
      settings,
      raw.providers.map((provider, at) => ({
        settings: settingsFor<typeof OPTIONS>(provider.settings),
        responseMode: providers[at]?.loginParameters['response_mode'],
      })),
    ),
    session: buildSession(settings, { files, headers: raw.headers, providers: raw.providers }),
    signIn: buildSignIn(settings, { files, paths }),
    bearer: buildBearer(settings, {
      files,
      provider: providers[0],
      restrictions: raw.providers.slice(0, 1).flatMap((provider) => restrictionsOf(provider, kinds)),
    }),
    policy: buildPolicy(settings, { files, rules }),
    upstreams: checkUpstreams(raw.upstreams, { runtime, report }),
    headers: buildHeaders(settings, checkHeaders(raw.headers, { files, report })),
    pages: buildPages(settings, files),
    log: buildLog(settings, env),
  }
  const additional = additionalClaimsOf(sections.headers)
  const config = { ...sections, providers: providers.map((provider) => withClaims(provider, additional)) }
  checkTogether(config, { upstreams: raw.upstreams, metricsServer: raw.metricsServer, settings, report })
  return config
}

/** Options of the provider's kind that are given and decide who may sign in. */
function restrictionsOf({ settings }: RawProvider, kinds: ProviderKinds): readonly string[] {
  const kind = kinds.find((each) => each.kind === settings.value('provider'))
  return Object.entries(kind?.options ?? {}).flatMap(([flag, { restricts }]) =>
    restricts === true && settings.given(flag) ? [flag] : [],
  )
}

/** Adds the claims that header rows name to those that the settings of the provider name. */
function withClaims(provider: ProviderConfig, named: readonly string[]): ProviderConfig {
  const additional = [...new Set([...named, ...provider.claims.additional])]
  return { ...provider, claims: { ...provider.claims, additional } }
}
