import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { denoProgram } from '../support/deno.ts'

const SCRIPT = join(import.meta.dirname, '../../deploy/deno/compile.sh')
const TARGET = 'x86_64-unknown-linux-gnu'
/** What may be added to the runtime part: our file, and what alignment costs. With node_modules it would be hundreds of MiB. */
const MOST_BYTES = 4 * 1024 * 1024

const folder = mkdtempSync(join(tmpdir(), 'sidegate-compile-'))
let binary: Buffer
let bundle: Buffer

// The runtime part that Deno downloads is not to be had without a network: Deno's own program stands in for it. What comes
// out has everything of ours in it and is not started here; the release workflow starts the real ones.
beforeAll(async () => {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    DENO_DIR: folder,
    OUT: folder,
    DENORT_BIN: denoProgram(),
  }
  await promisify(execFile)('sh', [SCRIPT, TARGET], { env })
  binary = readFileSync(join(folder, `sidegate-${TARGET}`))
  bundle = readFileSync(join(folder, 'sidegate-deno.mjs'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('the compiled file', () => {
  it('the compiled file holds the bundle, byte for byte, and little else', () => {
    expect(bundle.length).toBeGreaterThan(100_000)
    expect(binary.includes(bundle)).toBe(true)
    expect(bundle.length).toBeLessThan(1100 * 1024)
    expect(binary.length - statSync(denoProgram()).size).toBeLessThan(MOST_BYTES)
  })

  it('the compiled file may read, connect, and write unix sockets, and asks for no more', () => {
    const text = binary.subarray(binary.lastIndexOf('"permissions":{"allow_env"')).toString('latin1', 0, 4096)
    const permissions = JSON.parse(/^"permissions":(\{.*?\})/u.exec(text)?.[1] ?? '{}')
    expect(permissions).toMatchObject({
      allow_net: [],
      allow_env: [],
      allow_read: [],
      allow_write: ['/run', '/var/run', '/tmp'],
      allow_run: null,
      allow_ffi: null,
      allow_sys: null,
      prompt: false,
    })
  })
})
