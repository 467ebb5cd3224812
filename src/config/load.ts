import { buildConfig, readRawConfig } from './build.ts'
import type { Config } from './config.ts'
import { deepFreeze } from './freeze.ts'
import { renderHelp } from './help.ts'
import type { RuntimeName } from './option.ts'
import { type OPTIONS, type OptionTable, optionTable } from './options.ts'
import type { ProviderKinds } from './provider-kind.ts'
import { createReport, type Report } from './report.ts'
import { isTestOnly, readInvocation } from './sections/program.ts'
import { type AnySettings, readSettings, settingsFor } from './settings.ts'
import { readEnvironment } from './sources/environment.ts'
import { type Files, readTextFile } from './sources/files.ts'
import { readFlags } from './sources/flags.ts'
import type { OptionSource } from './sources/source.ts'
import { readToml } from './sources/toml.ts'
import { withStrict } from './strict.ts'
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

/** Result of loading: a config, text to print, or problems with an exit code. */
export type LoadResult =
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
export function loadConfig(input: LoadInput, kinds: ProviderKinds): LoadResult {
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
  const { runtime, env } = input
  const sources = withStrict([flags, variables, file])
  const all = readSettings({ table, sources, runtime }, report)
  const settings = settingsFor<typeof OPTIONS>(all)
  const raw = readRawConfig(all)
  const config = buildConfig(raw, { settings, kinds, files, env, report })
  warnOfSecretsInFlags(all, table)
  if (report.problems.length > 0) return toProblems(report)
  return {
    kind: 'config',
    config: deepFreeze(config),
    warnings: Object.freeze([...report.warnings]),
    testOnly: isTestOnly(settings),
  }
}

/** The settings of the TOML file, none when there is no file to read; undefined when it cannot be read. */
function readConfigFile(
  { name, files, table }: { name: string; files: Files; table: OptionTable },
  report: Report,
): OptionSource | undefined {
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

function toProblems(report: Report): LoadResult {
  const { problems, warnings, exitCode } = report
  const count = problems.length === 1 ? 'one setting' : `${problems.length} settings`
  const lines = [...problems, ...warnings.map((warning) => `warning: ${warning}`)]
  const text = `Sidegate cannot start, fix ${count}:\n${lines.map((line) => `  ${line}\n`).join('')}`
  return { kind: 'problems', text, exitCode }
}
