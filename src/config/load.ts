import type { Config } from './config.ts'
import { deepFreeze } from './freeze.ts'
import { renderHelp } from './help.ts'
import type { RuntimeName } from './option.ts'
import { OPTIONS } from './options.ts'
import { createReport, type Report } from './report.ts'
import { buildBearer } from './sections/bearer.ts'
import { buildCookie } from './sections/cookie.ts'
import { buildHeaders } from './sections/headers.ts'
import { buildListen } from './sections/listen.ts'
import { buildLog } from './sections/log.ts'
import { buildPages } from './sections/pages.ts'
import { buildPaths, buildTrust } from './sections/paths.ts'
import { buildPolicy } from './sections/policy.ts'
import { buildProvider } from './sections/provider.ts'
import { buildSession } from './sections/session.ts'
import { buildSignIn } from './sections/sign-in.ts'
import { buildUpstreams } from './sections/upstreams.ts'
import { readSettings, type Settings } from './settings.ts'
import { readEnvironment } from './sources/environment.ts'
import { type Files, readTextFile } from './sources/files.ts'
import { readFlags } from './sources/flags.ts'
import type { Source } from './sources/source.ts'
import { readToml } from './sources/toml.ts'

/** Everything that a configuration may come from; the readers throw when a file cannot be read. */
export interface LoadInput {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile: ((path: string) => string) | undefined
  readonly readBinaryFile?: ((path: string) => Uint8Array) | undefined
  readonly runtime: RuntimeName
  readonly version: string
}

/** What to do next: run, print and exit 0, or print what is wrong and exit. */
export type Loaded =
  | {
      readonly kind: 'config'
      readonly config: Config
      readonly warnings: readonly string[]
      /** `--config-test`: say that it is good and exit 0. */
      readonly testOnly: boolean
    }
  | { readonly kind: 'text'; readonly text: string }
  /** 2 when the command line cannot be read, 1 for everything else. */
  | { readonly kind: 'problems'; readonly text: string; readonly exitCode: 1 | 2 }

/** Reads flags, variables and the TOML file into one frozen configuration, or says everything that is wrong at once. */
export function loadConfig(input: LoadInput): Loaded {
  const report = createReport()
  const files: Files = { readFile: input.readFile, readBinaryFile: input.readBinaryFile }
  const flags = readFlags(input.args, report)
  if (isOn(flags, 'help')) return { kind: 'text', text: renderHelp() }
  if (isOn(flags, 'version')) return { kind: 'text', text: `sidegate ${input.version}\n` }
  const variables = readEnvironment(input.env, report)
  const file = readConfigFile({ flags, files }, report)
  // Without its file the rest of the configuration would only look wrong.
  if (file === undefined) return toProblems(report)
  const settings = readSettings({ sources: [flags, variables, file], runtime: input.runtime }, report)
  const config = buildConfig(settings, { files, env: input.env })
  warnOfSecretsInFlags(settings)
  if (report.problems.length > 0) return toProblems(report)
  return {
    kind: 'config',
    config: deepFreeze(config),
    warnings: Object.freeze([...report.warnings]),
    testOnly: settings.value('config-test'),
  }
}

function buildConfig(settings: Settings, { files, env }: { files: Files; env: LoadInput['env'] }): Config {
  const paths = buildPaths(settings)
  return {
    listen: buildListen(settings, files),
    paths,
    trust: buildTrust(settings),
    cookie: buildCookie(settings),
    session: buildSession(settings, files),
    signIn: buildSignIn(settings, { files, paths }),
    providers: [buildProvider(settings, files)],
    bearer: buildBearer(settings),
    policy: buildPolicy(settings, files),
    upstreams: buildUpstreams(settings),
    headers: buildHeaders(settings),
    pages: buildPages(settings, files),
    log: buildLog(settings, env),
  }
}

/** The settings of the TOML file, none when there is no file to read; undefined when it cannot be read. */
function readConfigFile(
  { flags, files }: { flags: Source; files: Files },
  report: Report,
): Source | undefined {
  const name = textOf(flags, 'config') ?? ''
  if (name === '') return new Map()
  const text = readTextFile(files, name)
  if (text.ok) return readToml({ name, text: text.value }, report)
  report.problem('--config', text.problem)
  return undefined
}

function textOf(flags: Source, flag: 'config' | 'help' | 'version'): string | undefined {
  const raw = flags.get(flag)?.raw
  return raw?.form === 'text' ? raw.text : undefined
}

function isOn(flags: Source, flag: 'help' | 'version'): boolean {
  return /^(?:1|t|true)$/iu.test(textOf(flags, flag) ?? '')
}

/** Other processes of the machine can read command lines. */
function warnOfSecretsInFlags(settings: Settings): void {
  for (const flag of [
    'client-secret',
    'cookie-secret',
    'basic-auth-password',
    'github-token',
    'redis-connection-url',
    'redis-password',
  ] as const) {
    if (settings.source(flag) === 'flag' && settings.value(flag) !== OPTIONS[flag].default) {
      settings.warning(
        flag,
        'give secrets in variables or files, everybody on this machine can read a command line',
      )
    }
  }
}

function toProblems(report: Report): Loaded {
  const { problems, warnings, exitCode } = report
  const count = problems.length === 1 ? 'one setting' : `${problems.length} settings`
  const lines = [...problems, ...warnings.map((warning) => `warning: ${warning}`)]
  const text = `Sidegate cannot start, fix ${count}:\n${lines.map((line) => `  ${line}\n`).join('')}`
  return { kind: 'problems', text, exitCode }
}
