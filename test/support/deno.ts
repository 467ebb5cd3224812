import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { buildDeno } from '../../deploy/build/deno.ts'

/** The bundle and an empty folder beside it: what somebody has who downloaded one file. */
export interface DenoHome {
  readonly folder: string
  readonly bundle: string
  readonly bytes: number
  /** Variables of a machine on which Deno has never run. */
  readonly env: Readonly<Record<string, string>>
}

/** How a program of one file is run: no configuration, no packages, no network for modules, no questions. */
export const RUN = ['run', '--no-config', '--no-npm', '--no-remote', '--no-lock', '--no-prompt']

/** The program itself, not npm's wrapper around it. */
export function denoProgram(): string {
  const { resolve } = createRequire(createRequire(import.meta.url).resolve('deno/package.json'))
  return join(dirname(resolve(`@deno/${process.platform}-${process.arch}${libc()}/package.json`)), 'deno')
}

let made: Promise<DenoHome> | undefined

/** Bundles the door once for all tests of a file; the folder goes when the process ends. */
export function denoHome(): Promise<DenoHome> {
  made ??= make()
  return made
}

async function make(): Promise<DenoHome> {
  const folder = mkdtempSync(join(tmpdir(), 'sidegate-deno-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const bundle = join(folder, 'sidegate-deno.mjs')
  const bytes = await buildDeno(bundle)
  return { folder, bundle, bytes, env: { HOME: folder, DENO_DIR: join(folder, 'deno'), NO_COLOR: '1' } }
}

/** The permissions that the program asks for when it has none but its variables. */
export async function wantedPermissions(env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { bundle, folder } = await denoHome()
  const args = [...RUN, '--allow-env=OAUTH2_PROXY_*', bundle, '--config-test']
  const said = await promisify(execFile)(denoProgram(), args, { env, cwd: folder }).then(
    ({ stdout }) => stdout,
    ({ stderr }: { stderr: string }) => stderr,
  )
  const line = /^Run Deno with (.+)$/mu.exec(said)?.[1]
  if (line === undefined) throw new Error(`No permissions were asked for:\n${said}`)
  return line.split(' ')
}

function libc(): string {
  return process.platform === 'linux' ? '-glibc' : ''
}
