import { spawnSync } from 'node:child_process'
import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PROGRAM } from '../bench/doors/gate.ts'

const ROOT = join(import.meta.dirname, '../..')

/** The one-file program; it is built where there is none, or only one that is older than the sources. */
export function ensureProgram(): string {
  const builtAtMs = statSync(PROGRAM, { throwIfNoEntry: false })?.mtimeMs ?? 0
  const sources = globSync('{src,runtimes}/**/*.ts', { cwd: ROOT })
  if (sources.every((file) => statSync(join(ROOT, file)).mtimeMs < builtAtMs)) return PROGRAM
  const { status } = spawnSync(process.execPath, [join(ROOT, 'deploy/build/build.ts')], { stdio: 'inherit' })
  if (status !== 0) throw new Error('The program could not be built')
  return PROGRAM
}
