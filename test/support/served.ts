import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** A gate that runs as a program of its own. */
export interface Served {
  /** Where it listens: `http://127.0.0.1:port`, `unix:///path`. One for each listener. */
  readonly urls: readonly string[]
  readonly pid: number
  /** Paused, it is not read. */
  readonly stdout: Readable
  /** Everything that it wrote so far. */
  readonly output: () => string
  /** Asks it to end and gives its exit code; it is killed when it takes too long, and the code is -1. */
  stop(signal?: NodeJS.Signals): Promise<number>
}

/** How a gate is started. */
export interface Serving {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly listeners?: number
}

const PATIENCE_MS = 15_000
const LISTENING = /"msg":"Sidegate is listening","url":"([^"]+)"/gu

/** Starts a gate and waits until it says where it listens; throws with what it said when it ends instead. */
export async function serve({ command, args, env, cwd, listeners = 1 }: Serving): Promise<Served> {
  const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-500_000)
    })
  }
  const ended = once(child, 'exit')
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number> => {
    if (child.exitCode !== null) return child.exitCode
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
    await ended
    clearTimeout(timer)
    return child.exitCode ?? -1
  }
  for (const untilMs = Date.now() + PATIENCE_MS; Date.now() < untilMs && child.exitCode === null; ) {
    const urls = [...output.matchAll(LISTENING)].map(([, url = '']) => url)
    if (urls.length >= listeners) {
      const { pid = 0, stdout } = child
      return { urls, pid, stdout, output: () => output, stop }
    }
    await sleep(20)
  }
  await stop('SIGKILL')
  throw new Error(`${command} did not listen:\n${output}`)
}
