import { kindHeadings, kindRows } from './kind-options.ts'
import { GROUPS, type Option, type OptionRows } from './option.ts'
import type { ProviderKinds } from './provider-kind.ts'
import { BEARER_OPTIONS } from './sections/bearer.ts'
import { CSRF_COOKIE_OPTIONS } from './sections/cookie/csrf-cookie.ts'
import { COOKIE_OPTIONS } from './sections/cookie.ts'
import { PROVIDER_HEADER_OPTIONS } from './sections/headers/provider-header.ts'
import { SIGNATURE_OPTIONS } from './sections/headers/signature.ts'
import { HEADER_OPTIONS } from './sections/headers.ts'
import { INTROSPECTION_OPTIONS } from './sections/introspection.ts'
import { LISTEN_OPTIONS } from './sections/listen.ts'
import { LOG_FILE_OPTIONS } from './sections/log/file.ts'
import { LOG_FORMAT_OPTIONS } from './sections/log/formats.ts'
import { LOG_OPTIONS } from './sections/log.ts'
import { METRICS_OPTIONS } from './sections/metrics.ts'
import { PAGE_OPTIONS } from './sections/pages.ts'
import { PATHS_OPTIONS, TRUST_OPTIONS } from './sections/paths.ts'
import { POLICY_OPTIONS } from './sections/policy.ts'
import { PROGRAM_OPTIONS } from './sections/program.ts'
import { CLIENT_OPTIONS } from './sections/provider/client.ts'
import { ENDPOINT_OPTIONS } from './sections/provider/endpoints.ts'
import { KEY_OPTIONS } from './sections/provider/keys.ts'
import { LOGIN_PARAMETER_OPTIONS } from './sections/provider/login-parameters.ts'
import { OIDC_OPTIONS } from './sections/provider/oidc.ts'
import { TRUST_STORE_OPTIONS } from './sections/provider/trust.ts'
import { describeKinds, PROVIDER_OPTIONS } from './sections/provider.ts'
import { REDIS_OPTIONS } from './sections/session/redis.ts'
import { REDIS_TLS_OPTIONS } from './sections/session/redis-tls.ts'
import { SECRET_OPTIONS } from './sections/session/secrets.ts'
import { SESSION_OPTIONS } from './sections/session.ts'
import { REDIRECT_URL_OPTIONS } from './sections/sign-in/redirect-url.ts'
import { SIGN_OUT_OPTIONS } from './sections/sign-in/sign-out.ts'
import { SIGN_IN_OPTIONS } from './sections/sign-in.ts'
import { UPSTREAM_OPTIONS } from './sections/upstreams.ts'

/** The options of every section, Sidegate's and oauth2-proxy's, in the order of `--help` and docs/options.md. */
export const OPTIONS = {
  ...PROGRAM_OPTIONS,
  ...LISTEN_OPTIONS,
  ...METRICS_OPTIONS,
  ...PATHS_OPTIONS,
  ...TRUST_OPTIONS,
  ...PROVIDER_OPTIONS,
  ...TRUST_STORE_OPTIONS,
  ...CLIENT_OPTIONS,
  ...ENDPOINT_OPTIONS,
  ...LOGIN_PARAMETER_OPTIONS,
  ...OIDC_OPTIONS,
  ...KEY_OPTIONS,
  ...POLICY_OPTIONS,
  ...REDIRECT_URL_OPTIONS,
  ...SIGN_IN_OPTIONS,
  ...SIGN_OUT_OPTIONS,
  ...BEARER_OPTIONS,
  ...INTROSPECTION_OPTIONS,
  ...COOKIE_OPTIONS,
  ...CSRF_COOKIE_OPTIONS,
  ...SECRET_OPTIONS,
  ...REDIS_OPTIONS,
  ...REDIS_TLS_OPTIONS,
  ...SESSION_OPTIONS,
  ...UPSTREAM_OPTIONS,
  ...HEADER_OPTIONS,
  ...SIGNATURE_OPTIONS,
  ...PROVIDER_HEADER_OPTIONS,
  ...PAGE_OPTIONS,
  ...LOG_OPTIONS,
  ...LOG_FORMAT_OPTIONS,
  ...LOG_FILE_OPTIONS,
} satisfies OptionRows

/** Every option by flag: flags, environment variables, TOML keys, `--help` and docs/options.md all come from it. */
export type OptionTable = ReadonlyMap<string, Option>

type OptionRow = readonly [flag: string, option: Option]

/** Puts the options of the sections and those of the kinds of providers into one table. */
export function optionTable(kinds: ProviderKinds): OptionTable {
  const rows = [...Object.entries<Option>({ ...OPTIONS, ...describeKinds(kinds) }), ...kindRows(kinds)]
  const at = GROUPS.indexOf('OpenID Connect') + 1
  const groups = new Set([...GROUPS.slice(0, at), ...kindHeadings(kinds), ...GROUPS.slice(at)])
  return new Map(
    [...groups].flatMap((group) => inListedOrder(rows.filter(([, option]) => option.group === group))),
  )
}

/** The headings of the table in their order. */
export function groupsOf(table: OptionTable): readonly string[] {
  return [...new Set([...table.values()].map(({ group }) => group))]
}

function inListedOrder(rows: readonly OptionRow[]): readonly OptionRow[] {
  const listed: OptionRow[] = []
  let at = 0
  for (const row of rows) {
    const { after } = row[1]
    if (after !== undefined) at = listed.findIndex(([flag]) => flag === after) + 1
    listed.splice(at, 0, row)
    at += 1
  }
  return listed
}
