import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { buildWorker } from '../../deploy/build/worker.ts'

const ROOT = join(import.meta.dirname, '../..')

/** How a Worker is set up. */
export interface AWorker {
  /** Variables and secrets; anything but text is a JSON binding. */
  readonly variables: Readonly<Record<string, unknown>>
  /** Service bindings: name to `host:port` of a plain HTTP server. */
  readonly services?: Readonly<Record<string, string>>
  /** Isolates that run side by side. */
  readonly isolates?: number
  /** Bind the Durable Object that isolates share. */
  readonly relay?: boolean
  /** Module that answers in place of the program, which it may import as `./worker.js`. */
  readonly driver?: string
}

/** A Worker in workerd, the program that Cloudflare runs, without wrangler's own server in front. */
export interface RunningWorker {
  /** `http://127.0.0.1:port`, one for each isolate. */
  readonly urls: readonly string[]
  readonly pid: number
  readonly output: () => string
  stop(): Promise<void>
}

/** Texts of the modules by name; `worker.js` is the program, the others are loaded by need. */
export type Modules = ReadonlyMap<string, string>

let bundled: Promise<Modules> | undefined

/** The modules that `wrangler deploy` uploads. */
export function bundleWorker(): Promise<Modules> {
  bundled ??= bundle()
  return bundled
}

async function bundle(): Promise<Modules> {
  const folder = await mkdtemp(join(tmpdir(), 'sidegate-worker-'))
  try {
    await buildWorker(folder)
    const names = (await readdir(folder)).filter((name) => name.endsWith('.js'))
    const texts = names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)
    return new Map(await Promise.all(texts))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Bundles the Worker and starts it on ports of the kernel's choice. */
export async function startWorker(worker: AWorker): Promise<RunningWorker> {
  const modules = await bundleWorker()
  const folder = await mkdtemp(join(tmpdir(), 'sidegate-worker-'))
  const disk = join(folder, 'disk')
  const file = join(folder, 'worker.capnp')
  await Promise.all([
    mkdir(disk),
    ...Array.from(modules, ([name, module]) => writeFile(join(folder, name), module)),
  ])
  await writeFile(
    file,
    capnp(
      { ...worker, disk, names: [...modules.keys()] },
      compatibilityDate(await readFile(join(ROOT, 'wrangler.toml'), 'utf8')),
    ),
  )
  const binary: string = createRequire(import.meta.url)('workerd').default
  const child = spawn(binary, ['serve', '--control-fd=3', file], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-100_000)
    })
  }
  const count = worker.isolates ?? 1
  const ports = await listening(child.stdio[3] as NodeJS.ReadableStream, count)
  if (ports.length < count) throw new Error(`workerd ended:\n${output}`)
  return {
    urls: ports.map((port) => `http://127.0.0.1:${port}`),
    pid: child.pid ?? 0,
    output: () => output,
    async stop() {
      if (child.exitCode === null) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function compatibilityDate(toml: string): string {
  return /^compatibility_date = "([\d-]+)"$/mu.exec(toml)?.[1] ?? ''
}

/** The ports of the sockets, in their order; fewer when workerd ends before it listens. */
async function listening(control: NodeJS.ReadableStream, count: number): Promise<readonly number[]> {
  const ports: number[] = []
  for await (const line of createInterface({ input: control })) {
    const event = JSON.parse(line)
    if (event.event === 'listen') ports[Number(event.socket)] = event.port
    if (ports.filter(Boolean).length === count) break
  }
  return ports
}

function capnp(
  {
    variables,
    services = {},
    isolates = 1,
    relay = false,
    driver,
    disk,
    names,
  }: AWorker & { disk: string; names: readonly string[] },
  date: string,
): string {
  const numbers = [...Array(isolates).keys()]
  const bindings = [
    ...Object.entries(variables).map(([name, value]) =>
      typeof value === 'string'
        ? `(name = ${text(name)}, text = ${text(value)})`
        : `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`,
    ),
    ...Object.keys(services).map((name) => `(name = ${text(name)}, service = ${text(`service-${name}`)})`),
    ...(relay
      ? [
          '(name = "SIDEGATE_STATE", durableObjectNamespace = (className = "SidegateState", serviceName = "0"))',
        ]
      : []),
  ]
  // The first module is the one that answers.
  const modules = [
    ...(driver === undefined ? [] : [`(name = "driver.js", esModule = ${text(driver)})`]),
    ...['worker.js', ...names.filter((name) => name !== 'worker.js')].map(
      (name) => `(name = ${text(name)}, esModule = embed ${text(name)})`,
    ),
  ]
  const isolate = (number: number): string => `(name = "${number}", worker = (
      modules = [${modules.join(', ')}],
      compatibilityDate = "${date}",
      globalOutbound = "internet",
      bindings = [${bindings.join(', ')}],
      durableObjectNamespaces = [(className = "SidegateState", uniqueKey = "relay", enableSql = true)],
      durableObjectStorage = (localDisk = "disk")))`
  const external = ([name, address]: [string, string]): string =>
    `(name = ${text(`service-${name}`)}, external = (address = ${text(address)}, http = ()))`
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ${[...numbers.map(isolate), ...Object.entries(services).map(external)].join(',\n    ')},
    (name = "disk", disk = (path = ${text(disk)}, writable = true)),
    (name = "internet", network = (allow = ["private", "local", "public"]))
  ],
  sockets = [${numbers.map((number) => `(name = "${number}", address = "127.0.0.1:0", http = (), service = "${number}")`).join(', ')}]
);
`
}

function text(value: string): string {
  return JSON.stringify(value)
}
