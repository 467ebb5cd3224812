import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RedisServers } from '../../src/config/sections/session/redis.ts'
import { parseRedisUrl } from '../../src/config/values/redis-url.ts'

/** A Redis server of a test's own. */
export interface TestRedis {
  readonly url: string
  readonly port: number
  /** Stops it; `start` brings it back, empty, on the same port. */
  stop(): Promise<void>
  start(): Promise<void>
  /** Lets it keep its connections and answer nothing (SIGSTOP), until `goOn`. */
  freeze(): void
  goOn(): void
}

/**
 * Makes sure that there is a Redis server to start; installs Debian's when we may. Throws loudly when there
 * is none.
 */
export function ensureRedis(): void {
  if (isInstalled()) return
  if (process.getuid?.() === 0) {
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server'], { stdio: 'ignore' })
  }
  if (!isInstalled()) {
    throw new Error('Install redis-server (apt-get install redis-server): these tests need a real Redis')
  }
}

function isInstalled(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0
}

const folders: string[] = []
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** What a test decides about a server. */
export interface ARedis {
  /** Configuration directives, each name with its values. */
  readonly directives?: Readonly<Record<string, string>>
  readonly port?: number
  /** `--sentinel` runs the configuration as a sentinel, which writes into it. */
  readonly sentinel?: boolean
  /** Takes TLS on its port, and nothing else. */
  readonly tls?: boolean
}

/** Starts Redis in memory on a free port of the loopback, with a folder of its own. */
export async function startRedis({
  directives = {},
  port: wanted,
  sentinel,
  tls,
}: ARedis = {}): Promise<TestRedis> {
  ensureRedis()
  const port = wanted ?? (await freePort())
  const folder = mkdtempSync(join(tmpdir(), 'sidegate-redis-'))
  const config = join(folder, 'redis.conf')
  const usual = sentinel ? {} : { save: '""', appendonly: 'no' }
  const ports = tls ? { port: '0', 'tls-port': `${port}` } : { port: `${port}` }
  const all = { bind: '127.0.0.1', daemonize: 'no', dir: folder, ...usual, ...directives, ...ports }
  writeFileSync(
    config,
    `${Object.entries(all)
      .map(([name, value]) => `${name} ${value}`)
      .join('\n')}\n`,
  )
  let child: ChildProcess | undefined
  const redis: TestRedis = {
    url: `redis://127.0.0.1:${port}`,
    port,
    async start() {
      child = await run(sentinel ? [config, '--sentinel'] : [config])
    },
    async stop() {
      const running = child
      child = undefined
      if (running === undefined) return
      const exited = new Promise<void>((resolve) => running.once('exit', () => resolve()))
      // A frozen one cannot end by itself.
      running.kill('SIGKILL')
      await exited
    },
    freeze: () => void child?.kill('SIGSTOP'),
    goOn: () => void child?.kill('SIGCONT'),
  }
  folders.push(folder)
  await redis.start()
  return redis
}

async function run(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn('redis-server', args, { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    let said = ''
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}: ${said}`)))
    child.stdout.on('data', (text: Buffer) => {
      said += text.toString()
      if (/Ready to accept connections|Sentinel ID is/u.test(said)) resolve()
    })
  })
  return child
}

/** The servers that a URL means, with further settings where they are given. */
export function serversAt(url: string, more: Partial<RedisServers> = {}): RedisServers {
  const parsed = parseRedisUrl(url)
  if (!parsed.ok) throw new Error(parsed.problem)
  const { address, ...rest } = parsed.value
  const sentinel = { masterName: '', password: '' }
  return { ...rest, kind: 'standalone', addresses: [address], sentinel, tls: undefined, ...more }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server's address is an object.
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
