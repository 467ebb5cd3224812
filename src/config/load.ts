import type { Config } from './config.ts'
import { checkTogether } from './cross-checks.ts'
import { deepFreeze } from './freeze.ts'
import { renderHelp } from './help.ts'
import type { RuntimeName } from './option.ts'
import { type OPTIONS, type OptionTable, optionTable } from './options.ts'
import type { ProviderKinds } from './provider-kind.ts'
import { createReport, type Report } from './report.ts'
import { buildBearer } from './sections/bearer.ts'
import { buildCookie } from './sections/cookie.ts'
import { buildHeaders } from './sections/headers.ts'
import { buildListen, checkServer, readServer } from './sections/listen.ts'
import { buildLog } from './sections/log.ts'
import { buildPages } from './sections/pages.ts'
import { buildPaths, buildTrust } from './sections/paths.ts'
import { buildPolicy } from './sections/policy.ts'
import { isTestOnly, readInvocation } from './sections/program.ts'
import { buildProvider } from './sections/provider.ts'
import { buildSession } from './sections/session.ts'
import { buildSignIn } from './sections/sign-in.ts'
import { checkUpstreams, readUpstreams } from './sections/upstreams.ts'
import { type AnySettings, readSettings, settingsFor } from './settings.ts'
import { readEnvironment } from './sources/environment.ts'
import { type Files, readTextFile } from './sources/files.ts'
import { readFlags } from './sources/flags.ts'
import type { Source } from './sources/source.ts'
import { readToml } from './sources/toml.ts'
import { defaultOf } from './values/values.ts'

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

/**
 * Reads flags, variables and the TOML file into one frozen configuration, or says everything that is wrong at once.
 * The options of `kinds` stand in the table beside those that every deployment has.
 */
export function loadConfig(input: LoadInput, kinds: ProviderKinds): Loaded {
  const report = createReport()
  const files: Files = { readFile: input.readFile, readBinaryFile: input.readBinaryFile }
  const table = optionTable(kinds)
  const flags = readFlags(input.args, table, report)
  const { print, configFile } = readInvocation(flags)
  if (print === 'help') return { kind: 'text', text: renderHelp(table) }
  if (print === 'version') return { kind: 'text', text: `sidegate ${input.version}\n` }
  const variables = readEnvironment(input.env, table, report)
  const file = readConfigFile({ name: configFile, files, table }, report)
  // Without its file the rest of the configuration would only look wrong.
  if (file === undefined) return toProblems(report)
  const all = readSettings({ table, sources: [flags, variables, file], runtime: input.runtime }, report)
  const settings = settingsFor<typeof OPTIONS>(all)
  const config = buildConfig(all, { kinds, files, env: input.env, report })
  checkTogether(settingsFor<typeof OPTIONS>(all), config)
  warnOfSecretsInFlags(all, table)
  if (report.problems.length > 0) return toProblems(report)
  return {
    kind: 'config',
    config: deepFreeze(config),
    warnings: Object.freeze([...report.warnings]),
    testOnly: isTestOnly(settings),
  }
}

interface BuildDeps {
  readonly kinds: ProviderKinds
  readonly files: Files
  readonly env: LoadInput['env']
  readonly report: Report
}

function buildConfig(all: AnySettings, { kinds, files, env, report }: BuildDeps): Config {
  const { runtime } = all
  const settings = settingsFor<typeof OPTIONS>(all)
  // Problems are reported in the order in which the sections are read.
  const paths = buildPaths(settings)
  const first = {
    listen: buildListen(settings, checkServer(readServer(settings), { files, runtime, report })),
    paths,
    trust: buildTrust(settings),
    cookie: buildCookie(settings),
    session: buildSession(settings, files),
    signIn: buildSignIn(settings, { files, paths }),
  }
  const { provider, allowedGroups } = buildProvider(all, { files, kinds })
  return {
    ...first,
    providers: [provider],
    bearer: buildBearer(settings),
    policy: buildPolicy(settings, { files, allowedGroups }),
    upstreams: checkUpstreams(readUpstreams(settings), { runtime, report }),
    headers: buildHeaders(settings),
    pages: buildPages(settings, files),
    log: buildLog(settings, env),
  }
}

/** The settings of the TOML file, none when there is no file to read; undefined when it cannot be read. */
function readConfigFile(
  { name, files, table }: { name: string; files: Files; table: OptionTable },
  report: Report,
): Source | undefined {
  if (name === '') return new Map()
  const text = readTextFile(files, name)
  if (text.ok) return readToml({ name, text: text.value }, table, report)
  report.problem('--config', text.problem)
  return undefined
}

/** Other processes of the machine can read command lines. */
function warnOfSecretsInFlags(settings: AnySettings, table: OptionTable): void {
  for (const [flag, option] of table) {
    if (
      option.secret === true &&
      settings.source(flag) === 'flag' &&
      settings.value(flag) !== defaultOf(option)
    ) {
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
