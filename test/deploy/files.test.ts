import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Manifest, readManifests } from '../support/kubernetes.ts'

const root = join(import.meta.dirname, '../..')
const readYaml = (path: string): Manifest => readManifests(readFileSync(join(root, path), 'utf8'))[0]
const find = (pattern: string) => globSync(pattern, { cwd: root })

describe.each(find('deploy/compose/*/compose.yaml'))('%s', (path) => {
  const { services, secrets } = readYaml(path)
  const names = Object.keys(services)

  it('mounts files that exist, and secrets that the reader makes', () => {
    const mounted: string[] = Object.values(services).flatMap((service: Manifest) =>
      (service.volumes ?? []).map((volume: string) => volume.split(':')[0]),
    )
    const files = [...mounted, services.sidegate.env_file].filter((file) => file.startsWith('..'))
    expect(files.length).toBeGreaterThan(2)
    for (const file of files) expect(existsSync(join(root, dirname(path), file)), file).toBe(true)
    for (const { source } of services.sidegate.secrets) expect(secrets).toHaveProperty(source)
  })

  it('lets nobody reach gate and app but the gateway, and the gate do nothing it need not', () => {
    const [gateway] = names.filter((name) => services[name].ports !== undefined)
    expect(services[gateway ?? ''].ports).toEqual(['443:443'])
    for (const name of ['sidegate', 'app']) expect(services[name].network_mode).toBe(`service:${gateway}`)
    expect(services.sidegate).toMatchObject({ read_only: true, cap_drop: ['ALL'], mem_limit: '128m' })
  })
})

it('builds in the image what is built here: nothing that the Dockerfile leaves behind is missed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sidegate-image-'))
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8')
  const copied = [...dockerfile.matchAll(/^COPY ((?!--).+) \S+$/gmu)].flatMap(([, files = '']) =>
    files.split(' '),
  )
  expect(copied).toContain('runtimes')
  for (const file of copied) cpSync(join(root, file), join(folder, file), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const build = spawnSync(process.execPath, ['deploy/build/build.ts'], { cwd: folder, encoding: 'utf8' })
  expect([build.status, build.stderr]).toEqual([0, ''])
  rmSync(folder, { recursive: true })
})

it('makes the Secret in the namespace of the example, and keeps those of Compose out of git', () => {
  const { namespace } = readYaml('deploy/kubernetes/overlays/example/kustomization.yaml')
  for (const page of ['docs/deploy.md', 'deploy/kubernetes/secret.example.yaml']) {
    expect(readFileSync(join(root, page), 'utf8')).toContain(
      `kubectl -n ${namespace} create secret generic sidegate`,
    )
  }
  expect(readFileSync(join(root, '.gitignore'), 'utf8')).toContain('/deploy/compose/*/secrets/')
})

describe.each(find('.github/workflows/*.yml'))('%s', (path) => {
  const { permissions, jobs } = readYaml(path)
  const all: readonly Manifest[] = Object.values(jobs)
  const steps: readonly Manifest[] = all.flatMap((job) => job.steps)

  it('gives each job the rights it needs and an end, and nothing to the rest', () => {
    expect(permissions).toEqual({})
    for (const job of all) {
      expect(Object.keys(job)).toEqual(expect.arrayContaining(['permissions', 'timeout-minutes']))
      expect(job.permissions.contents).toMatch(/^(read|write)$/u)
    }
  })

  it('names every action by exact version and keeps no credentials', () => {
    for (const { uses, with: inputs } of steps.filter((step) => step.uses !== undefined)) {
      expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+\.\d+\.\d+$/u)
      if (uses.startsWith('actions/checkout@')) expect(inputs['persist-credentials']).toBe(false)
    }
  })

  it('runs what is in the repository, and puts nothing from outside into a shell', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    for (const { run } of steps.filter((step) => step.run !== undefined)) {
      expect(run).not.toMatch(/\$\{\{\s*(github\.(event|head_ref)|inputs)/u)
      for (const [, script = ''] of run.matchAll(/\bnpm run ([\w:-]+)/gu))
        expect(scripts).toHaveProperty(script)
      for (const [file] of run.matchAll(/\b(?:deploy|test|runtimes)\/[\w./-]+/gu)) {
        // The script that compiles for Deno comes together with its entrypoint.
        const isEarly = file.startsWith('deploy/deno/') && !existsSync(join(root, 'runtimes/deno.ts'))
        expect(isEarly || existsSync(join(root, file)), file).toBe(true)
      }
    }
  })
})
