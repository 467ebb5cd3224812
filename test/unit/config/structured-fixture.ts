import { buildConfig, type RawConfig, readRawConfig } from '../../../src/config/build.ts'
import type { Config } from '../../../src/config/config.ts'
import { type OPTIONS, optionTable } from '../../../src/config/options.ts'
import type { RawValue } from '../../../src/config/raw.ts'
import { createReport } from '../../../src/config/report.ts'
import type { RawHeader, RawHeaderValue } from '../../../src/config/sections/headers/check-headers.ts'
import type { RawServer } from '../../../src/config/sections/listen.ts'
import type { RawUpstream } from '../../../src/config/sections/upstreams.ts'
import { readSettings, settingsFor } from '../../../src/config/settings.ts'
import { readEnvironment } from '../../../src/config/sources/environment.ts'
import type { Given, Unparsed } from '../../../src/config/sources/source.ts'
import { parseDuration } from '../../../src/config/values/duration.ts'
import type { Secret } from '../../../src/config/values/header-rows.ts'
import { PROVIDER_KINDS } from '../../../src/providers/registry.ts'
import { SECRET } from './config-fixture.ts'

/** Options of a provider by their path in an entry of `providers`. */
const PROVIDER_PATHS: Readonly<Record<string, string>> = {
  provider: 'provider',
  name: 'provider-display-name',
  clientID: 'client-id',
  clientSecret: 'client-secret',
  loginURL: 'login-url',
  scope: 'scope',
  allowedGroups: 'allowed-group',
  authRequestResponseMode: 'auth-request-response-mode',
  'oidcConfig.issuerURL': 'oidc-issuer-url',
  'oidcConfig.enabledSigningAlgs': 'oidc-enabled-signing-alg',
  'oidcConfig.insecureSkipNonce': 'insecure-oidc-skip-nonce',
  'githubConfig.org': 'github-org',
  'githubConfig.repo': 'github-repo',
}

interface Structured {
  readonly file: object
  /** Variables beside the file. */
  readonly env?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
}

interface Built {
  readonly config: Config
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** Builds a configuration of a structured file in the shape of oauth2-proxy's, and of the options beside it. */
export function buildStructured({ file, env, files = {} }: Structured): Built {
  const report = createReport()
  const table = optionTable(PROVIDER_KINDS)
  const core = { OAUTH2_PROXY_COOKIE_SECRET: SECRET, OAUTH2_PROXY_EMAIL_DOMAINS: '*', ...env }
  const sources = [readEnvironment(core, table, report)]
  const all = readSettings({ table, sources, runtime: 'node' }, report)
  const { at, entriesOf } = locate(file)
  const toProvider = (entry: string) => ({
    id: at<string>(`${entry}.id`),
    settings: readSettings(
      {
        table,
        sources: [
          new Map(
            Object.entries(PROVIDER_PATHS).flatMap(([path, flag]) => toGiven(at(`${entry}.${path}`), flag)),
          ),
        ],
        runtime: 'node',
        nameOf: (flag) => at(`${entry}.${pathOf(flag)}`).label,
      },
      report,
    ),
  })
  const toHeader = (entry: string): RawHeader => ({
    name: at(`${entry}.name`),
    preserveRequestValue: at(`${entry}.preserveRequestValue`),
    values: entriesOf(`${entry}.values`).map((value) => toHeaderValue(at, value)),
  })
  const raw: RawConfig = {
    ...readRawConfig(all),
    server: toServer(at, 'server'),
    metricsServer: toServer(at, 'metricsServer'),
    headers: {
      request: entriesOf('injectRequestHeaders').map(toHeader),
      response: entriesOf('injectResponseHeaders').map(toHeader),
    },
    upstreams: entriesOf('upstreamConfig.upstreams').map((entry) => toUpstream(at, entry)),
    providers: entriesOf('providers').map(toProvider),
  }
  const settings = settingsFor<typeof OPTIONS>(all)
  const config = buildConfig(raw, {
    settings,
    kinds: PROVIDER_KINDS,
    files: onlyThese(files),
    env: {},
    report,
  })
  return { config, problems: report.problems, warnings: report.warnings }
}

/** Finds the value at a path, with the path and its line as its name; what is missing has the line of what it is missing from. */
type At = <Value>(path: string) => RawValue<Value>

/** Numbers the members in their order, as they would stand line by line in a file. */
function locate(file: object): { readonly at: At; readonly entriesOf: (path: string) => readonly string[] } {
  const found = new Map<string, { readonly value: unknown; readonly line: number }>()
  const visit = (value: unknown, path: string): void => {
    if (path !== '') found.set(path, { value, line: found.size + 1 })
    if (typeof value !== 'object' || value === null) return
    for (const [name, member] of Object.entries(value)) {
      visit(member, Array.isArray(value) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`)
    }
  }
  visit(file, '')
  const lineOf = (path: string): number => found.get(path)?.line ?? (path === '' ? 0 : lineOf(parentOf(path)))
  return {
    at: <Value>(path: string) => ({
      // The tests write values of the kind that the member has.
      value: found.get(path)?.value as Value | undefined,
      label: `${path} (${found.has(path) ? '' : 'missing, '}line ${lineOf(path)})`,
    }),
    entriesOf: (path) => [...found.keys()].filter((name) => parentOf(name) === path && name.endsWith(']')),
  }
}

function parentOf(path: string): string {
  return /^(.*)(?:\.[^.[\]]+|\[\d+\])$/u.exec(path)?.[1] ?? ''
}

function pathOf(flag: string): string {
  return Object.entries(PROVIDER_PATHS).find(([, name]) => name === flag)?.[0] ?? flag
}

function toGiven({ value, label }: RawValue<unknown>, flag: string): readonly [string, Given][] {
  if (value === undefined) return []
  const raw: Unparsed = Array.isArray(value)
    ? { form: 'items', items: value.map(String) }
    : { form: 'text', text: String(value) }
  return [[flag, { source: 'file', label, raw }]]
}

function toServer(at: At, entry: string): RawServer {
  return {
    bindAddress: at(`${entry}.bindAddress`),
    secureBindAddress: at(`${entry}.secureBindAddress`),
    tls: {
      cert: at(`${entry}.tls.cert.fromFile`),
      key: at(`${entry}.tls.key.fromFile`),
      minVersion: at(`${entry}.tls.minVersion`),
      cipherSuites: at(`${entry}.tls.cipherSuites`),
    },
  }
}

function toUpstream(at: At, entry: string): RawUpstream {
  const { value: timeout, label } = at<string>(`${entry}.timeout`)
  return {
    id: at(`${entry}.id`),
    path: at(`${entry}.path`),
    uri: at(`${entry}.uri`),
    passHostHeader: at(`${entry}.passHostHeader`),
    proxyWebSockets: at(`${entry}.proxyWebSockets`),
    getBody: at(`${entry}.getBody`),
    timeout: { value: timeout === undefined ? undefined : parseDuration(timeout), label },
    insecureSkipTLSVerify: at(`${entry}.insecureSkipTLSVerify`),
    disableKeepAlives: at(`${entry}.disableKeepAlives`),
  }
}

function toHeaderValue(at: At, entry: string): RawHeaderValue {
  const claim = at<string>(`${entry}.claimSource.claim`)
  return {
    claim: { ...claim, value: claim.value === undefined ? undefined : [claim.value] },
    prefix: at(`${entry}.claimSource.prefix`),
    basicAuthPassword: toSecret(at, `${entry}.claimSource.basicAuthPassword`),
    secret: toSecret(at, `${entry}.secretSource`),
  }
}

function toSecret(at: At, entry: string): RawValue<Secret> {
  const file = at<string>(`${entry}.fromFile`)
  if (file.value !== undefined) return { value: { file: file.value }, label: file.label }
  const { value, label } = at<string>(`${entry}.value`)
  return { value: value === undefined ? undefined : { value }, label }
}

function onlyThese(files: Readonly<Record<string, string>>) {
  const readFile = (path: string) => {
    const text = files[path]
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
    return text
  }
  return { readFile, readBinaryFile: undefined }
}
