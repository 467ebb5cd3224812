import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { OPTIONS } from '../../src/config/options.ts'
import { bundleWorker, type Modules } from '../support/workerd.ts'

let text = ''
let everything = ''

/** The program, and the modules that it does not load by need but at its start. */
function textAtStart(modules: Modules): string {
  const names = new Set(['worker.js'])
  for (const name of names)
    for (const [, other = ''] of (modules.get(name) ?? '').matchAll(/(?:from|import)"\.\/([^"]+)"/gu))
      names.add(other)
  return [...names].map((name) => modules.get(name) ?? '').join('\n')
}

beforeAll(async () => {
  const modules = await bundleWorker()
  text = textAtStart(modules)
  everything = [...modules.values()].join('\n')
}, 60_000)

describe('what is deployed to Cloudflare', () => {
  it("the Worker's bundle is the whole program", () => {
    expect(text).toContain('SidegateState')
    expect(text).toContain('OAUTH2_PROXY_')
  })

  it("the Worker's bundle is small", () => {
    expect(gzipSync(text).length).toBeLessThan(150_000)
  })

  it("the Worker's bundle leaves out the texts of --help", () => {
    expect(text).not.toContain(OPTIONS['email-domain'].about)
  })

  it("the Worker's bundle has the reader of TOML in a part that is loaded by need", () => {
    expect(text).not.toContain('Invalid TOML document')
  })

  it('wrangler uploads what was built', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sidegate-upload-'))
    const wrangler = join(createRequire(import.meta.url).resolve('wrangler'), '../../bin/wrangler.js')
    await promisify(execFile)(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', folder], {
      cwd: join(import.meta.dirname, '../..'),
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: 'true' },
      timeout: 60_000,
    })
    const built = join(import.meta.dirname, '../../dist/worker')
    const names = (await readdir(built)).filter((name) => name.endsWith('.js'))
    expect(names).toContain('worker.js')
    for (const name of names) {
      const uploaded = await readFile(join(folder, name), 'utf8')
      expect(uploaded === (await readFile(join(built, name), 'utf8')), name).toBe(true)
    }
    await rm(folder, { recursive: true })
  }, 60_000)

  it("the Worker's bundle needs no module of Node", () => {
    // A message of the YAML parser names it.
    const code = everything.replaceAll(/either Buffer or \w+ is required/gu, '')
    expect(code.match(/["'`]node:|\bprocess\.|\bBuffer\b|\brequire\(["'`]/gu)).toBeNull()
  })

  it("the Worker's bundle has the parser of structured files in a part that is loaded by need", () => {
    expect(text).not.toContain('TAB_AS_INDENT')
    expect(everything).toContain('TAB_AS_INDENT')
  })

  it("the Worker's bundle has the choice between several providers, sign-outs and introspection in parts that are loaded by need", () => {
    for (const word of ['x-auth-request-provider', 'logout_token', 'no introspection_endpoint']) {
      expect(text).not.toContain(word)
      expect(everything).toContain(word)
    }
  })

  it("the Worker's bundle has no engine for templates, since there are no files to read them from", () => {
    expect(text).not.toMatch(/ZgotmplZ|custom-templates-dir, there is none/u)
  })

  it("the Worker's bundle has no bcrypt, since there is no htpasswd file", () => {
    expect(everything).not.toContain('./ABCDEFGHIJKLMNOPQRSTUVWXYZ')
  })
})
