import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, type Running, start } from '../support/processes.ts'
import { debianProgram } from '../support/tools.ts'

const root = join(import.meta.dirname, '../..')
const analyze = debianProgram('systemd-analyze', 'systemd')
const activate = debianProgram('systemd-socket-activate', 'systemd')

describe.skipIf(analyze === undefined)('deploy/systemd', () => {
  let folder = ''
  const unit = (name: string) => join(folder, name)
  const run = (...args: readonly string[]) =>
    execFileSync(analyze ?? '', args, { encoding: 'utf8', stdio: 'pipe' })
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'units-'))
    cpSync(join(root, 'deploy/systemd'), folder, { recursive: true })
    // The verifier wants to see the program, and this machine has its Node elsewhere.
    const service = readFileSync(unit('sidegate.service'), 'utf8')
    writeFileSync(unit('sidegate.service'), service.replace('/usr/bin/node', process.execPath))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('the systemd files have units without an unknown setting', () => {
    expect(run('verify', unit('sidegate.service'), unit('sidegate.socket'))).toBe('')
    writeFileSync(unit('wrong.service'), '[Service]\nExecStart=/bin/true\nProtectSytem=strict\n')
    expect(() => run('verify', '--recursive-errors=yes', unit('wrong.service'))).toThrow(/ProtectSytem/u)
  })

  it('the systemd files expose the gate to little: at most 1.5 of 10 by the measure of systemd', () => {
    expect(run('security', '--offline=true', '--threshold=15', unit('sidegate.service'))).toContain('OK')
    expect(() => run('security', '--offline=true', '--threshold=5', unit('sidegate.service'))).toThrow()
  })
})

describe.skipIf(activate === undefined)('a socket that systemd hands over', () => {
  let gate: Running
  let port = 0
  let folder = ''
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'socket-'))
    port = await freePort()
    writeFileSync(join(folder, 'client-secret'), 'a-client-secret')
    writeFileSync(join(folder, 'cookie-secret'), 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=')
    const service = readFileSync(join(root, 'deploy/systemd/sidegate.service'), 'utf8')
    const flags = [...service.matchAll(/^ +(--\S+)/gmu)].map(([, flag = '']) =>
      flag.replace(/\$\{CREDENTIALS_DIRECTORY\}/u, folder),
    )
    const env = parseEnv(readFileSync(join(root, 'deploy/systemd/sidegate.env'), 'utf8'))
    const settings = Object.entries(env).map(([name, value]) => `--setenv=${name}=${value}`)
    const program = [process.execPath, join(root, 'runtimes/node.ts'), ...flags]
    const args = [`--listen=127.0.0.1:${port}`, ...settings, ...program]
    gate = await start({ command: activate ?? '', args, port })
  })
  afterAll(async () => {
    await gate.stop()
    rmSync(folder, { recursive: true })
  })

  it('a socket that systemd hands over serves with the flags and the variables of the unit, a connection that came before the start included', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => fetch(`http://127.0.0.1:${port}/ping`)))
    expect(
      answers.map(({ status }) => status),
      gate.output(),
    ).toEqual([200, 200, 200])
    const page = await fetch(`http://127.0.0.1:${port}/`, { headers: { Accept: 'text/html' } })
    expect(await page.text()).toContain('Sign in')
  })
})
