import { buildConfig, type RawConfig, readRawConfig } from './build.ts'
import type { Config } from './config.ts'
import { deepFreeze } from './freeze.ts'
import { renderHelp } from './help.ts'
import type { RuntimeName } from './option.ts'
import { type OPTIONS, type OptionTable, optionTable } from './options.ts'
import type { ProviderKinds } from './provider-kind.ts'
import { createReport, type Report } from './report.ts'
import { checkInvocation, isTestOnly, readInvocation } from './sections/program.ts'
import { type AnySettings, type ReadSettingsOptions, readSettings, settingsFor } from './settings.ts'
import { readEnvironment } from './sources/environment.ts'
import { type Files, readTextFile } from './sources/files.ts'
import { readFlags } from './sources/flags.ts'
import type { OptionSource } from './sources/source.ts'
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
  /** Reads a variable that no option is named after; `env` has all of them when absent. */
  readonly readVariable?: (name: string) => string | undefined
}

/** The reader and the writers of structured files, which are loaded only for those who use them. */
export interface Structured {
  readonly readStructured: typeof import('./structured/structured.ts')['readStructured']
  readonly convert: typeof import('./structured/convert.ts')['convert']
  readonly renderJsonSchema: typeof import('./structured/json-schema.ts')['renderJsonSchema']
}

/** Readers of files, each with a parser that is loaded only for those who have such a file. */
export interface FileReaders {
  readonly readToml?: typeof import('./sources/toml.ts')['readToml']
  readonly structured?: Structured
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

/** Loads the configuration as `loadConfig` does, and before that the readers of the files that the flags name. */
export async function loadConfiguration(input: LoadInput, kinds: ProviderKinds): Promise<LoadResult> {
  const names = (flags: RegExp) => input.args.some((arg) => flags.test(arg))
  const toml = names(/^--config(?:=|$)/u) ? await import('./sources/toml.ts') : {}
  const yaml = names(STRUCTURED) ? await import('./structured/all.ts') : {}
  return loadConfig(input, kinds, { ...toml, ...yaml })
}
const STRUCTURED = /^--(?:alpha-config|config-schema|convert-config-to-alpha)(?:=|$)/u

/**
 * Reads flags, variables and the TOML file, or a structured file and what may stand beside it, into one frozen
 * configuration, or says everything that is wrong at once. The options of `kinds` stand in the table beside those that
 * every deployment has.
 */
export function loadConfig(
  input: LoadInput,
  kinds: ProviderKinds,
  { readToml, structured }: FileReaders = {},
): LoadResult {
  const report = createReport()
  const files: Files = { readFile: input.readFile, readBinaryFile: input.readBinaryFile }
  const table = optionTable(kinds)
  const flags = readFlags(input.args, table, report)
  const { print, configFile, structuredFile } = readInvocation(flags)
  checkInvocation(flags, report)
  if (print === 'help') return { kind: 'text', text: renderHelp(table) }
  if (print === 'version') return { kind: 'text', text: `sidegate ${input.version}\n` }
  if (print === 'schema') return { kind: 'text', text: needed(structured).renderJsonSchema(table) }
  const variables = readEnvironment(input.env, table, report)
  const file = readConfigFile({ name: configFile, files, table, readToml }, report)
  // Without its file the rest of the configuration would only look wrong.
  if (file === undefined) return toProblems(report)
  const { runtime, env } = input
  const sources = [flags, variables, file]
  if (print === 'structured') {
    const given = readOptions({ table, sources, runtime }, report)
    return report.problems.length > 0
      ? toProblems(report)
      : { kind: 'text', text: needed(structured).convert({ ...given, table, sources }) }
  }
  const read =
    structuredFile === ''
      ? readOptions({ table, sources: withStrict(sources), runtime }, report)
      : readStructuredFile({ ...input, table, sources, files, name: structuredFile, structured }, report)
  if (read === undefined) return toProblems(report)
  const { all, raw } = read
  const settings = settingsFor<typeof OPTIONS>(all)
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

interface Read {
  readonly all: AnySettings
  readonly raw: RawConfig
}

function readOptions(options: ReadSettingsOptions, report: Report): Read {
  const all = readSettings(options, report)
  return { all, raw: readRawConfig(all) }
}

function needed(structured: Structured | undefined): Structured {
  if (structured === undefined) throw new TypeError(NO_READER)
  return structured
}
const NO_READER = 'Load files with loadConfiguration, or hand their readers to loadConfig'

interface StructuredFileInput extends LoadInput {
  readonly name: string
  readonly table: OptionTable
  readonly sources: readonly OptionSource[]
  readonly files: Files
  readonly structured: Structured | undefined
}

function readStructuredFile(input: StructuredFileInput, report: Report): Read | undefined {
  const { name, files, structured, env } = input
  const text = readTextFile(files, name)
  if (!text.ok) {
    report.problem('--alpha-config', text.problem)
    return undefined
  }
  const { readVariable = (variable) => (Object.hasOwn(env, variable) ? env[variable] : undefined) } = input
  return needed(structured).readStructured({ ...input, text: text.value, report, readVariable })
}

interface ConfigFileInput {
  readonly readToml: FileReaders['readToml']
  readonly name: string
  readonly files: Files
  readonly table: OptionTable
}

/** The settings of the TOML file, none when there is no file to read; undefined when it cannot be read. */
function readConfigFile(
  { name, files, table, readToml }: ConfigFileInput,
  report: Report,
): OptionSource | undefined {
  if (name === '') return new Map()
  if (readToml === undefined) throw new TypeError(NO_READER)
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
      settings.value(flag) !== defaultOf(option) &&
      ![settings.value(flag)].flat().every(isPublicUrl)
    ) {
      settings.warning(
        flag,
        'give secrets in variables or files, everybody on this machine can read a command line',
      )
    }
  }
}

/** True for an address without user info, which is no secret: `redis://cache:6379`. */
function isPublicUrl(value: unknown): boolean {
  return /^[a-z]+:\/\/[^@]*$/u.test(String(value))
}

function toProblems(report: Report): LoadResult {
  const { problems, warnings, exitCode } = report
  const count = problems.length === 1 ? 'one setting' : `${problems.length} settings`
  const lines = [...problems, ...warnings.map((warning) => `warning: ${warning}`)]
  const text = `Sidegate cannot start, fix ${count}:\n${lines.map((line) => `  ${line}\n`).join('')}`
  return { kind: 'problems', text, exitCode }
}
