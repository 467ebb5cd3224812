import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/** Programs that the bench runs, and the Debian package of each. */
const PROGRAMS = { nginx: 'nginx-light', wrk: 'wrk', taskset: 'util-linux' }

/** Installs nginx, wrk and taskset where they are missing and we are root; says what to install where we are not. */
export function ensurePrograms(): void {
  const missing = Object.entries(PROGRAMS).flatMap(([name, pkg]) => (isInstalled(name) ? [] : [pkg]))
  if (missing.length === 0) return
  if (process.getuid?.() !== 0) throw new Error(`Install ${missing.join(', ')} (Debian packages) first`)
  console.log(`Installing ${missing.join(', ')} ...`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args: string[]): unknown => execFileSync('apt-get', args, { env, timeout: 300_000 })
  apt('-qq', 'update')
  apt('-qq', 'install', '-y', '--no-install-recommends', ...missing)
}

/** Debian keeps nginx in a folder that not every PATH has. */
export function withSystemFolders(path: string): string {
  return `${path}:/usr/sbin:/sbin`
}

function isInstalled(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => isProgram(join(folder, name)))
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
