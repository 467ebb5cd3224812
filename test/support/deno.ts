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

/** The permissions that the program asks for: for files in its settings first, then for everything that these say. */
export async function wantedPermissions(
  env: Readonly<Record<string, string>>,
  given: readonly string[] = [],
): Promise<readonly string[]> {
  let files: readonly string[] = []
  for (let round = 0; round < 4; round += 1) {
    const allowed = [
      '--allow-env=OAUTH2_PROXY_*',
      ...(files.length === 0 ? [] : [`--allow-read=${files.join(',')}`]),
    ]
    const said = await check(env, [...allowed, (await denoHome()).bundle, ...given, '--config-test'])
    const line = /^Run Deno with (.+)$/mu.exec(said)?.[1]
    if (line !== undefined) return line.split(' ')
    const more = [...said.matchAll(/\(--allow-read=([^)]+)\)/gu)].map(([, path = '']) => path)
    // What is wrong with the settings is for the start to say.
    if (more.length === 0) return allowed
    files = [...files, ...more]
  }
  throw new Error('There is no end to the files that it asks for')
}

/** What a start says that is only to look at its settings. */
async function check(env: Readonly<Record<string, string>>, args: readonly string[]): Promise<string> {
  const { folder } = await denoHome()
  return promisify(execFile)(denoProgram(), [...RUN, ...args], { env, cwd: folder }).then(
    ({ stdout }) => stdout,
    ({ stderr }: { stderr: string }) => stderr,
  )
}

function libc(): string {
  return process.platform === 'linux' ? '-glibc' : ''
}
