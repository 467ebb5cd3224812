import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const CHECK = join(import.meta.dirname, '../../../deploy/build/check-node.mjs')

function check(version: string) {
  const { status, stderr } = spawnSync(process.execPath, [CHECK, version], { encoding: 'utf8' })
  return { status, stderr }
}

test.each(['22.18.0', '22.20.1', '24.2.0', '24.21.0', '26.0.0'])('npm ci takes Node %s', (version) => {
  expect(check(version)).toEqual({ status: 0, stderr: '' })
})

test.each(['18.20.0', '20.20.2', '22.17.1', '23.11.0', '24.1.0'])(
  'npm ci refuses Node %s in one sentence that says which to install',
  (version) => {
    const { status, stderr } = check(version)
    expect(status).toBe(1)
    expect(stderr).toMatch(new RegExp(`^Install Node 24, .* this is Node ${version}, .*\\.\n$`, 'u'))
  },
)
