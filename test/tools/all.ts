import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureChromium } from './chromium.ts'
import { type Count, countTests } from './count.ts'

/** `npm test`: everything that must hold, in one go. Each step runs even if one before it failed. */
const STEPS: Readonly<Record<string, () => boolean>> = {
  'programs for the tests': () => succeeds(ensureChromium),
  types: () => ZONES.every((zone) => run('tsc', ['-p', zone])),
  'lint and format': () => run('biome', ['check', '.']),
  build: () => run(process.execPath, ['deploy/build/build.ts']),
}

const NOTICE = `This takes up to 25 minutes on two cores. As root it installs with apt-get what is missing of Chromium (with a font), nginx,
Caddy, HAProxy and Redis, and it keeps helm and kubectl in ~/.cache/sidegate-tests. "npm run check" is quick and installs nothing.`

/** Each knows only what its runtime has (CONTRIBUTING.md). */
const ZONES = ['src', 'runtimes', 'runtimes/deno', 'runtimes/worker', 'test']

const ROOT = join(import.meta.dirname, '../..')
const BIN = join(ROOT, 'node_modules/.bin')

function main(): void {
  const startedMs = performance.now()
  console.log(NOTICE)
  const failedSteps = Object.entries(STEPS).filter(([name, step]) => !isDone(name, step))
  const tests = runTests()
  for (const [name] of failedSteps) console.log(`Failed step: ${name}`)
  console.log(`Total time: ${seconds(startedMs)}`)
  const failed = tests.failed + failedSteps.length
  console.log(`${tests.passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 && tests.passed > 0 ? 0 : 1
}

function isDone(name: string, step: () => boolean): boolean {
  const startedMs = performance.now()
  console.log(`\n== ${name}`)
  const done = step()
  console.log(`== ${name}: ${done ? 'ok' : 'FAILED'}, ${seconds(startedMs)}`)
  return done
}

/** All tiers; what people read streams by, what is counted goes into a file. */
function runTests(): Count {
  const folder = mkdtempSync(join(tmpdir(), 'sidegate-test-'))
  const report = join(folder, 'report.json')
  try {
    const green = run('vitest', [
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ])
    const count = countTests(readFileSync(report, 'utf8'))
    // Vitest also fails for what is no test: an error that nobody awaited, a hook that broke.
    return green || count.failed > 0 ? count : { ...count, failed: 1 }
  } catch (error) {
    console.error(error)
    return { passed: 0, failed: 1 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function run(command: string, parameters: readonly string[]): boolean {
  const env = { ...process.env, PATH: `${BIN}:${process.env['PATH'] ?? ''}` }
  const { error, status } = spawnSync(command, parameters, { cwd: ROOT, env, stdio: 'inherit' })
  if (error !== undefined) console.error(error.message)
  return status === 0
}

function succeeds(step: () => unknown): boolean {
  try {
    step()
    return true
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return false
  }
}

function seconds(startedMs: number): string {
  return `${((performance.now() - startedMs) / 1000).toFixed(1)} s`
}

main()
