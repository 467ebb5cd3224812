import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Manifest, readManifests } from '../support/kubernetes.ts'

const root = join(import.meta.dirname, '../..')
const readYaml = (path: string): Manifest => readManifests(readFileSync(join(root, path), 'utf8'))[0]
const find = (pattern: string) => globSync(pattern, { cwd: root })

describe.each(find('deploy/compose/*/compose.yaml'))('%s', (path) => {
  const { services, secrets } = readYaml(path)
  const names = Object.keys(services)

  it('a deployment mounts files that exist, and secrets that the reader makes', () => {
    const mounted: string[] = Object.values(services).flatMap((service: Manifest) =>
      (service.volumes ?? []).map((volume: string) => volume.split(':')[0]),
    )
    const files = [...mounted, services.sidegate.env_file].filter((file) => file.startsWith('..'))
    expect(files.length).toBeGreaterThan(2)
    for (const file of files) expect(existsSync(join(root, dirname(path), file)), file).toBe(true)
    for (const { source } of services.sidegate.secrets) expect(secrets).toHaveProperty(source)
  })

  it('a deployment lets only the gateway reach gate and app, and gives the gate no rights that it does not need', () => {
    const [gateway] = names.filter((name) => services[name].ports !== undefined)
    expect(services[gateway ?? ''].ports).toEqual(['443:443'])
    for (const name of ['sidegate', 'app']) expect(services[name].network_mode).toBe(`service:${gateway}`)
    expect(services.sidegate).toMatchObject({ read_only: true, cap_drop: ['ALL'], mem_limit: '128m' })
  })
})

it('the image is built from what is built here: nothing that the Dockerfile leaves behind is missed', () => {
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

it('the deployment on Kubernetes makes the Secret in its namespace, and that of Compose keeps secrets out of git', () => {
  const { namespace } = readYaml('deploy/kubernetes/overlays/example/kustomization.yaml')
  for (const page of ['docs/deploy.md', 'deploy/kubernetes/secret.example.yaml']) {
    expect(readFileSync(join(root, page), 'utf8')).toContain(
      `kubectl -n ${namespace} create secret generic sidegate`,
    )
  }
  expect(readFileSync(join(root, '.gitignore'), 'utf8')).toContain('/deploy/compose/*/secrets/')
})

const workflows = find('.github/workflows/*.yml')
const stepsOf = (path: string): readonly Manifest[] =>
  Object.values<Manifest>(readYaml(path).jobs).flatMap((job) => job.steps)

describe.each(workflows)('%s', (path) => {
  const text = readFileSync(join(root, path), 'utf8')
  const { on, permissions, jobs } = readYaml(path)
  const all: readonly Manifest[] = Object.values(jobs)
  const steps = stepsOf(path)

  it('a workflow gives each job the rights it needs and an end, and nothing to the rest', () => {
    expect(permissions).toEqual({})
    for (const job of all) {
      expect(Object.keys(job)).toEqual(expect.arrayContaining(['permissions', 'timeout-minutes']))
      expect(job.permissions.contents).toMatch(/^(read|write)$/u)
    }
  })

  it('a workflow lets what runs for a pull request read, and write nothing but findings of the code scan', () => {
    expect(Object.keys(on)).not.toContain('pull_request_target')
    if (!Object.hasOwn(on, 'pull_request')) return
    for (const job of all.filter((each) => each.if !== "github.event_name == 'push'")) {
      const written = Object.entries(job.permissions).filter(([, right]) => right !== 'read')
      expect(written.map(([name]) => name).filter((name) => name !== 'security-events')).toEqual([])
    }
  })

  it('a workflow pins every action by commit, names its release, and keeps no credentials', () => {
    const lines = text.match(/^.*\buses:.*$/gmu) ?? []
    expect(lines).toHaveLength(steps.filter(({ uses }) => uses !== undefined).length)
    for (const line of lines)
      expect(line).toMatch(/ uses: [\w-]+\/[\w-]+(?:\/[\w-]+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+$/u)
    for (const { uses, with: inputs } of steps.filter((step) => step.uses?.startsWith('actions/checkout@')))
      expect([uses, inputs['persist-credentials']]).toEqual([uses, false])
  })

  it('a workflow runs what is in the repository, and puts nothing from outside into a shell', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    for (const { run } of steps.filter((step) => step.run !== undefined)) {
      expect(run).not.toMatch(/\$\{\{\s*(github\.(event|head_ref)|inputs)/u)
      for (const [, script = ''] of run.matchAll(/\bnpm run ([\w:-]+)/gu))
        expect(scripts).toHaveProperty(script)
      for (const [file] of run.matchAll(/\b(?:deploy|test|runtimes)\/[\w./-]+/gu))
        expect(existsSync(join(root, file)), file).toBe(true)
    }
  })
})

describe('the workflows together', () => {
  it('the workflows have one commit for each action, wherever it is used', () => {
    const pins = new Map<string, Set<string>>()
    for (const uses of workflows.flatMap(stepsOf).flatMap((step) => step.uses ?? [])) {
      const [action = '', commit = ''] = uses.split('@')
      const repository = action.split('/').slice(0, 2).join('/')
      pins.set(repository, (pins.get(repository) ?? new Set()).add(commit))
    }
    expect([...pins].filter(([, commits]) => commits.size > 1)).toEqual([])
    expect(pins.size).toBeGreaterThan(8)
  })

  it.each(['github/codeql-action/analyze', 'ossf/scorecard-action'])('the workflows run %s', (action) => {
    const own = workflows.filter((path) => stepsOf(path).some(({ uses }) => uses?.startsWith(`${action}@`)))
    expect(own).toHaveLength(1)
    expect(readYaml(own[0] ?? '').on.push.branches).toEqual(['main'])
  })

  it.each([
    ['.github/workflows/image.yml', 'publish', /^cosign (?:sign|attest) --yes /mu],
    ['.github/workflows/binaries.yml', 'release', /^cosign sign-blob --yes --bundle SHA256SUMS/mu],
  ])('the workflow %s signs %s, with a bill of materials and no key', (path, name, signature) => {
    const { jobs } = readYaml(path)
    expect(jobs[name].permissions['id-token']).toBe('write')
    expect(jobs[name].if).toBe("github.event_name == 'push'")
    const runs = stepsOf(path).flatMap((step) => step.run ?? [])
    expect(runs.some((run) => signature.test(run))).toBe(true)
    expect(runs.some((run) => /^npm sbom .*sidegate\.cdx\.json$/mu.test(run))).toBe(true)
    expect(runs.join('\n')).not.toMatch(/--key|COSIGN_PASSWORD/u)
  })
})

it('Dependabot keeps npm packages, actions and base images up to date', () => {
  const { updates } = readYaml('.github/dependabot.yml')
  const kinds = updates.map((update: Manifest) => update['package-ecosystem'])
  expect(kinds.toSorted()).toEqual(['docker', 'github-actions', 'npm'])
})

it('the image starts Node so that SIGUSR1 opens no debugger', async () => {
  const [, entrypoint = '[]'] =
    /^ENTRYPOINT (.*)$/mu.exec(readFileSync(join(root, 'Dockerfile'), 'utf8')) ?? []
  const flags = JSON.parse(entrypoint).filter((word: string) => word.startsWith('--'))
  const child = spawn(process.execPath, [...flags, '-e', 'setInterval(() => {}, 1000); console.log("ready")'])
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  await once(child.stdout, 'data')
  child.kill('SIGUSR1')
  // The debugger would say where it listens.
  await sleep(500)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect([flags, said]).toEqual([['--disable-sigusr1'], ''])
})
