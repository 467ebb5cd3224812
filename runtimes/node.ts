import { readFileSync } from 'node:fs'
import { createApp } from '../src/app.ts'
import type { Config } from '../src/config/config.ts'
import { loadConfig } from '../src/config/load.ts'
import { createLog } from '../src/observe/log.ts'
import { listen, refuseLenientParser } from './node/listen.ts'
import { createNodePlatform } from './node/platform.ts'
import { withSharedState } from './node/shared.ts'
import { endOnSignals } from './node/shutdown.ts'
import { VERSION } from './version.ts'

/** Sidegate on Node: reads flags, variables and files, lends the Platform, listens, ends on signals. */
async function main(): Promise<void> {
  const lenient = refuseLenientParser([...process.execArgv, process.env['NODE_OPTIONS'] ?? ''])
  if (lenient !== undefined) return fail(lenient, 1)
  const loaded = loadConfig({
    args: process.argv.slice(2),
    env: process.env,
    readFile: (path) => readFileSync(path, 'utf8'),
    readBinaryFile: (path) => readFileSync(path),
    runtime: 'node',
    version: VERSION,
  })
  if (loaded.kind === 'problems') return fail(loaded.text.trimEnd(), loaded.exitCode)
  if (loaded.kind === 'text') return void process.stdout.write(loaded.text)
  for (const warning of loaded.warnings) process.stderr.write(`${warning}\n`)
  if (loaded.testOnly) return void process.stdout.write('The configuration is good.\n')
  await run(loaded.config)
}

async function run(config: Config): Promise<void> {
  const node = createNodePlatform({
    insecureTls: config.providers.some((provider) => provider.insecureTls),
    onBug: (error) => onBug(error),
  })
  const log = createLog(config.log, node.platform)
  const onBug = (error: unknown): void =>
    log.line('error', 'Bug: nobody caught this', { why: describe(error) })
  // One broken request must not end the others: what nobody caught is written down, and the process stays.
  process.on('unhandledRejection', onBug)
  process.on('uncaughtException', onBug)
  process.on('exit', node.flush)

  const app = await createApp(config, await withSharedState(node.platform, config.session.relayUrl, log))
  const listeners = await listen({ config: config.listen, app, watch: node.watcher.watch, onBug })
  for (const { url } of listeners) log.line('info', 'Sidegate is listening', { url, version: VERSION })
  endOnSignals({ listeners, node })
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function fail(sentence: string, exitCode: number): void {
  process.stderr.write(`${sentence}\n`)
  process.exitCode = exitCode
}

main().catch((error: unknown) => {
  fail(error instanceof Error ? error.message : String(error), 1)
  // Listeners that did open would keep the process alive.
  process.exit()
})
