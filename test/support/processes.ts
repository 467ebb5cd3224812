import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/** A program under test: what it wrote so far, and its end. */
export interface Running {
  readonly output: () => string
  readonly stop: () => Promise<void>
}

/** What to start, and the port that is open once it is ready. */
export interface Start {
  readonly command: string
  readonly args: readonly string[]
  readonly port: number
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

/** Starts a program and waits until its port takes connections; throws with its output when that does not happen. */
export async function start({ command, args, port, env, cwd }: Start): Promise<Running> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: env ?? process.env, cwd })
  let output = ''
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-20_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  child.on('error', (error) => keep(Buffer.from(String(error))))
  const running = { output: () => output, stop: () => stop(child) }
  for (let tries = 0; tries < 300 && child.exitCode === null; tries += 1) {
    if (await isOpen(port)) return running
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await running.stop()
  throw new Error(`${command} did not open port ${port}:\n${output}`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  // Some wait for idle connections longer than a test wants to.
  const timer = setTimeout(() => child.kill('SIGKILL'), 3_000)
  await ended
  clearTimeout(timer)
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** A port that was free a moment ago, for programs that cannot tell which one the kernel gave them. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no TCP address')
  server.close()
  await once(server, 'close')
  return address.port
}
