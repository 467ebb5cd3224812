import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'

/** A program that tests start and npm cannot install. */
export interface Program {
  readonly name: string
  /** Environment variable that names another place. */
  readonly variable: string
  /** Where packages put it. */
  readonly places: readonly string[]
  /** Debian packages that bring it. */
  readonly packages: readonly string[]
}

/** Path of a program, which is installed first where that is possible; throws with what to do where it is not. */
export function ensureProgram(program: Program): string {
  const { name, packages, places, variable } = program
  const chosen = process.env[variable]
  if (chosen !== undefined) {
    if (isExecutable(chosen)) return chosen
    throw new Error(`Set ${variable} to an executable file, "${chosen}" is none`)
  }
  const found = places.find(isExecutable)
  if (found !== undefined) return found
  if (process.getuid?.() !== 0 || !isExecutable('/usr/bin/apt-get')) {
    throw new Error(`Install ${name} (on Debian: apt-get install ${packages.join(' ')}) or set ${variable}`)
  }
  install(program)
  const installed = places.find(isExecutable)
  if (installed === undefined)
    throw new Error(`Set ${variable}, apt-get put ${name} into none of ${places.join(', ')}`)
  return installed
}

function install({ name, packages }: Program): void {
  console.log(`Installing ${name} for the tests`)
  aptGet(['update'])
  aptGet(['install', '-y', '--no-install-recommends', ...packages])
}

function aptGet(parameters: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { error, status } = spawnSync('apt-get', ['-q', ...parameters], {
    env,
    stdio: 'inherit',
    timeout: 600_000,
  })
  if (error !== undefined) throw error
  if (status !== 0)
    throw new Error(`Find out why "apt-get ${parameters.join(' ')}" ended with code ${status}`)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
