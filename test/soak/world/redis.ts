import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { freePort } from '../../support/processes.ts'
import { ensureRedis } from '../../support/redis.ts'

/** A Redis that keeps what it was told on disk, and can be killed and stopped. */
export interface SoakRedis {
  readonly url: string
  /** Ends it in the middle of whatever it does. */
  kill(): Promise<void>
  /** Starts it again, with what it had. */
  start(): Promise<void>
  /** Holds it: connections stay open and nothing answers. */
  freeze(): void
  thaw(): void
}

/** Starts Redis in a folder, on a free port of the loopback. */
export async function startSoakRedis(folder: string): Promise<SoakRedis> {
  ensureRedis()
  const port = await freePort()
  const args = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'yes',
    '--dir',
    folder,
  ]

  async function start() {
    const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = once(child, 'exit')
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}`)))
      child.stdout.on('data', (text: Buffer) => {
        if (text.includes('Ready to accept connections')) resolve()
      })
    })
    return { child, exited }
  }

  let running = await start()
  // Whatever way this program ends, Redis ends with it.
  process.once('exit', () => void running.child.kill('SIGKILL'))
  return {
    url: `redis://127.0.0.1:${port}`,
    async kill() {
      running.child.kill('SIGKILL')
      await running.exited
    },
    async start() {
      running = await start()
    },
    freeze: () => void running.child.kill('SIGSTOP'),
    thaw: () => void running.child.kill('SIGCONT'),
  }
}
