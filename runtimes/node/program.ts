import { setTimeout } from 'node:timers/promises'
import { type App, createApp } from '../../src/app.ts'
import type { Config } from '../../src/config/config.ts'
import { type LoadInput, loadConfiguration } from '../../src/config/load.ts'
import { createLog, type Log } from '../../src/observe/log.ts'
import { loadLogLines } from '../../src/observe/log-lines.ts'
import { readTemplates, type TemplateEngine } from '../../src/pages/custom-pages.ts'
import type { Platform } from '../../src/platform.ts'
import { PROVIDER_KINDS } from '../../src/providers/registry.ts'
import { describeRedirectUris, describeSignOutWay } from '../../src/signin/login/redirect-uri.ts'
import { VERSION } from '../version.ts'
import type { LogSinks } from './log/sinks.ts'
import type { LogSink } from './log-writer.ts'
import type { ProgramMetrics, ProgramMetricsOptions } from './metrics/program-metrics.ts'
import { createNodePlatform } from './platform.ts'
import { followProxyVariables } from './proxy-variables.ts'
import { listen } from './server/listen.ts'
import { endOnSignals } from './server/shutdown.ts'
import { withSharedState } from './shared.ts'
import { createStreamSink } from './stdout.ts'

/** A program that serves with node:http: Node's own, and Deno's. */
export interface Program extends Omit<LoadInput, 'version'> {
  readonly runtime: 'node' | 'deno'
  /** Finds what keeps this configuration from running on this runtime: a sentence for people, or undefined. */
  refuse(config: Config): string | undefined
  /** Sends requests to the provider. */
  readonly fetch: Platform['fetch']
  /** Limit on the memory of the process in bytes; 0 or an absurd one when it has none, undefined when it is not told. */
  readonly memoryLimit?: number | undefined
  /** Sink of log lines; Node's standard output by default. */
  readonly stdout?: LogSink
  /** Creates the sink of lines about errors, where they have one of their own; Node's standard error by default. */
  readonly stderr?: () => LogSink
  /** Prepares the runtime for a long life; called when everything listens. */
  readonly tune?: () => void
}

/**
 * Reads flags, variables and files, provides the Platform, listens, ends on signals; otherwise says what is wrong and
 * exits.
 */
export function runProgram(program: Program): void {
  main(program).catch((error: unknown) => {
    fail(error instanceof Error ? error.message : String(error), 1)
    // Listeners that did open would keep the process alive.
    process.exit()
  })
}

async function main(program: Program): Promise<void> {
  const loaded = await loadConfiguration({ ...program, version: VERSION }, PROVIDER_KINDS)
  if (loaded.kind === 'problems') return fail(loaded.text.trimEnd(), loaded.exitCode)
  if (loaded.kind === 'text') return void process.stdout.write(loaded.text)
  const refusal = program.refuse(loaded.config)
  if (refusal !== undefined) return fail(refusal, 1)
  if (!loaded.testOnly) return serve(program, loaded)
  await checkTemplates(loaded.config, program)
  if (loaded.config.log.file !== undefined)
    await (await import('./log/sinks.ts')).checkSinks(loaded.config.log)
  for (const warning of loaded.warnings) process.stderr.write(`warning: ${warning}\n`)
  process.stdout.write('The configuration is good.\n')
}

const TEMPLATE_ENGINE: TemplateEngine = {
  version: VERSION,
  load: () => import('../../src/pages/templates/load.ts'),
}

/** Reads the templates once, for `--config-test`; throws what to fix. */
async function checkTemplates(config: Config, { readFile }: Program): Promise<void> {
  const platform = readFile === undefined ? {} : { readFile }
  await readTemplates(config, { templateEngine: TEMPLATE_ENGINE, platform, log: { line: () => {} } })
}

type Settings = { readonly config: Config; readonly warnings: readonly string[] }

async function serve(program: Program, { config, warnings }: Settings): Promise<void> {
  const { runtime, fetch, memoryLimit, stdout, tune } = program
  const logSinks = await openLog(program, config.log, (level, message, fields) =>
    log.line(level, message, fields),
  )
  const node = createNodePlatform({
    runtime,
    fetch,
    memoryLimit,
    // All providers have the same, as the configuration made sure.
    trust: config.providers[0],
    env: program.env,
    onBug: (error) => onBug(error),
    onLinesLost: (lines) =>
      log.line('warn', 'Log lines were lost here: what reads them was more than 1 MiB behind', { lines }),
    ...(stdout === undefined ? {} : { sink: stdout }),
    ...logSinks,
  })
  const log = createLog([await loadLogLines(config.log, node.platform)])
  for (const warning of warnings) log.line('warn', warning)
  // Deno's fetch follows these variables by itself.
  const ignored = runtime === 'node' ? followProxyVariables(program.env) : undefined
  if (ignored !== undefined) log.line('warn', ignored)
  const onBug = (error: unknown): void =>
    log.line('error', 'Bug: an error was not caught', { why: describe(error) })
  // One broken request must not end the others: an uncaught error is logged, and the process stays.
  process.on('unhandledRejection', onBug)
  process.on('uncaughtException', onBug)
  process.on('exit', node.log.end)

  const metrics = await createConfiguredMetrics({ config, node, onBug })
  const sinks = metrics === undefined ? [] : [metrics.sink]
  const platform = await withSharedState(node.platform, config.session, log)
  const app = await createApp(config, platform, { sinks, templateEngine: TEMPLATE_ENGINE })
  const listeners = await listen({ config: config.listen, app, watch: node.watcher.watch, onBug })
  const metricsListeners = (await metrics?.listen(listeners)) ?? []
  node.noteListening()
  for (const { url } of listeners) log.line('info', 'Sidegate is listening', { url, version: VERSION })
  for (const { url } of metricsListeners) log.line('info', 'Metrics are served', { url })
  for (const fields of describeRedirectUris(config))
    log.line('info', 'Register the redirect URI at the provider', fields)
  const signOut = describeSignOutWay(config)
  if (signOut !== undefined) log.line('info', signOut.message, signOut.fields)
  endOnSignals({ listeners, metricsListeners, node })
  tune?.()
  await checkProviders(app, config.paths.readyWaitsForProvider)
}

/** Creates the metrics where a listener for them is configured; their code is not even loaded for the others. */
async function createConfiguredMetrics(options: ProgramMetricsOptions): Promise<ProgramMetrics | undefined> {
  const { http, https } = options.config.metrics
  if (http === undefined && https === undefined) return undefined
  const { createProgramMetrics } = await import('./metrics/program-metrics.ts')
  return createProgramMetrics(options)
}

/** Opens what the log goes to, where that is not standard output alone. */
async function openLog(
  { stderr = () => createStreamSink(process.stderr) }: Program,
  config: Config['log'],
  tell: Log['line'],
): Promise<LogSinks> {
  if (config.file === undefined && !config.errorsApart) return {}
  const { openSinks } = await import('./log/sinks.ts')
  return openSinks(config, {
    stderr,
    onTrouble: (what, cause) =>
      what === 'tidy'
        ? tell('warn', 'Old log files could not be deleted or compressed', { why: cause })
        : // The log is what fails.
          void process.stderr.write(`Log lines are being lost: the log file cannot be written (${cause})\n`),
    onLost: (lines) => tell('warn', 'Log lines were lost here: the log file could not be written', { lines }),
  })
}

/** Pause between two questions while `ready-path` waits for a provider; it is asked less often if it goes on failing. */
const CHECK_PAUSE_MS = 2_000

/** Asks the providers in the background, once, or until they answer where `ready-path` waits for them. */
async function checkProviders(app: App, waits: boolean): Promise<void> {
  while (!(await app.checkProviders()) && waits) {
    // A program that is told to end does not wait for this.
    await setTimeout(CHECK_PAUSE_MS, undefined, { ref: false })
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function fail(sentence: string, exitCode: number): void {
  process.stderr.write(`${sentence}\n`)
  process.exitCode = exitCode
}
