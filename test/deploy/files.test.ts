import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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

describe('the image', () => {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8')
  const [builds = '', runs = ''] = dockerfile.split(/^FROM \$\{RUN_IMAGE\}$/mu)
  const ours = (stage: string) =>
    [...stage.matchAll(/^COPY (?!--)(.+) (\S+)$/gmu)].map(([, from = '', to = '']) => ({
      from: from.split(' '),
      to,
    }))
  const [, entrypoint = '[]'] = /^ENTRYPOINT (.*)$/mu.exec(dockerfile) ?? []
  const [node, ...flags]: readonly string[] = JSON.parse(entrypoint)
  let folder = ''
  const image = (path: string) => join(folder, 'image', path)
  const run = (path: string, args: readonly string[], env = {}) =>
    spawnSync(image(path), args, { encoding: 'utf8', env: { PATH: '', ...env } })

  /** Builds in one folder and puts the files of the image into another; nothing else of this repository is there. */
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sidegate-image-'))
    const build = join(folder, 'build')
    for (const file of ours(builds).flatMap(({ from }) => from))
      cpSync(join(root, file), join(build, file), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(build, 'node_modules'))
    const built = spawnSync(process.execPath, ['deploy/build/build.ts'], { cwd: build, encoding: 'utf8' })
    expect([built.status, built.stderr]).toEqual([0, ''])
    for (const { from, to } of ours(runs)) cpSync(join(root, from[0] ?? ''), image(to))
    for (const [, from = '', to = ''] of runs.matchAll(/^COPY --from=build \/build\/(\S+) (\S+)$/gmu))
      cpSync(join(build, from), image(to), { recursive: true })
    // The paths of the image, in the folder that stands for it.
    const script = readFileSync(image('/bin/oauth2-proxy'), 'utf8')
    writeFileSync(
      image('/bin/oauth2-proxy'),
      script.replace(node ?? '', process.execPath).replaceAll('/app/', image('/app/')),
    )
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('the image is built from files that the engine is given', () => {
    const given = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
    const wanted = [...ours(builds), ...ours(runs)].flatMap(({ from }) => from)
    expect(wanted).toContain('runtimes')
    for (const file of wanted.filter((each) => !each.includes('*')))
      expect(
        given.some((line) => line.startsWith('!') && `${file}/`.startsWith(`${line.slice(1)}/`)),
        file,
      ).toBe(true)
  })

  it('the image runs as /bin/oauth2-proxy what its entrypoint runs, without a shell', () => {
    const [first = ''] = readFileSync(join(root, 'deploy/image/oauth2-proxy'), 'utf8').split('\n')
    expect(first).toBe(`#!${[node, ...flags.filter((flag) => flag.startsWith('-'))].join(' ')}`)
    expect(statSync(join(root, 'deploy/image/oauth2-proxy')).mode & 0o111).toBe(0o111)
    const direct = spawnSync(process.execPath, [image(flags.at(-1) ?? ''), '--version'], { encoding: 'utf8' })
    expect(direct.stdout).not.toBe('')
    expect(run('/bin/oauth2-proxy', ['--version'])).toMatchObject({
      status: 0,
      stdout: direct.stdout,
      stderr: '',
    })
    const wrong = run('/bin/oauth2-proxy', ['--config-test', '--no-such-flag'], {
      OAUTH2_PROXY_CLIENT_ID: 'app',
    })
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('--no-such-flag')])
  })

  it('the image is healthy while HEALTH_URL answers 2xx, and says otherwise what to set', async () => {
    const [, , check = '[]'] = /^HEALTHCHECK (.*\\\n)? *CMD (.*)$/mu.exec(dockerfile) ?? []
    const [program, script = ''] = JSON.parse(check)
    expect(program).toBe(node)
    const server = createServer((request, response) =>
      response.writeHead(request.url === '/ping' ? 200 : 503).end(),
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const origin = typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : ''
    const checked = async (url: string) => {
      const child = spawn(process.execPath, [image(script)], {
        env: { HEALTH_URL: url },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const said = child.stdout.setEncoding('utf8').toArray()
      const [status] = await once(child, 'exit')
      return [status, (await said).join('')]
    }
    expect(await checked(`${origin}/ping`)).toEqual([0, ''])
    expect(await checked(`${origin}/other`)).toEqual([
      1,
      expect.stringContaining(`${origin}/other answers 503`),
    ])
    server.close()
    await once(server, 'close')
    expect(await checked(`${origin}/ping`)).toEqual([1, expect.stringMatching(/ECONNREFUSED.*HEALTH_URL/u)])
  })
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
