import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'

/** A Redis server of a test's own. */
export interface TestRedis {
  readonly url: string
  /** Stops it; `start` brings it back, empty, on the same port. */
  stop(): Promise<void>
  start(): Promise<void>
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

/** Starts Redis in memory on a free port of the loopback. */
export async function startRedis(): Promise<TestRedis> {
  ensureRedis()
  const port = await freePort()
  let stopRunning = async (): Promise<void> => {}
  const redis: TestRedis = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      stopRunning = await run(port)
    },
    stop: () => stopRunning(),
  }
  await redis.start()
  return redis
}

async function run(port: number): Promise<() => Promise<void>> {
  const options = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--daemonize',
    'no',
  ]
  const child = spawn('redis-server', options, { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}`)))
    child.stdout.on('data', (text: Buffer) => {
      if (text.includes('Ready to accept connections')) resolve()
    })
  })
  return async () => {
    child.kill()
    await exited
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server's address is an object.
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
