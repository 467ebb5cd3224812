import { execFileSync, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Pod } from './cgroup.ts'

/** The core that the proxy under test has for itself. */
export const PROXY_CORE = 0

/** The core of everything else: load, upstream, this program. */
export const LOAD_CORE = 1

/** A process of ours. */
export interface Child {
  readonly pid: number
  /** What it has written to standard output, where that is read. */
  output(): string
  /** Resolves with the exit code, or undefined when a signal ended it. */
  readonly ended: Promise<number | undefined>
  /** Ends it by pid: at once, or with SIGTERM in its own time. */
  stop(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>
}

/** How a process is started. */
export interface Start {
  readonly core: number
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** File descriptor for standard output; without one it is read. */
  readonly stdout?: number
  /** Its control groups, joined before its first instruction. */
  readonly pod?: Pick<Pod, 'entrances'> | undefined
}

/** Script of a shell that joins the control groups of $ENTRANCES, then becomes the command that it was given. */
export const JOIN = 'for entrance in $ENTRANCES; do echo $$ > "$entrance"; done; unset ENTRANCES; exec "$@"'

const running = new Set<number>()

/** Starts a process on one core. Whatever way this program ends, the process ends with it. */
export function start({ core, command, args, env, stdout, pod }: Start): Child {
  const stdio: StdioOptions = ['ignore', stdout ?? 'pipe', 'pipe']
  const entrances = pod === undefined ? {} : { ENTRANCES: pod.entrances.join(' ') }
  // sh and taskset replace themselves by the command, so the pid is that of the command.
  const child = spawn('sh', ['-c', JOIN, 'sh', 'taskset', '-c', String(core), command, ...args], {
    stdio,
    env: { PATH: process.env['PATH'], ...entrances, ...env },
  })
  const pid = child.pid
  if (pid === undefined) throw new Error(`Install "taskset" (util-linux): "${command}" could not be started`)
  running.add(pid)
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  let complaints = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4000)
  })
  const ended = once(child, 'close').then(() => {
    running.delete(pid)
    // Warnings of a process that works are of no interest here.
    if (child.exitCode !== null && child.exitCode !== 0) process.stderr.write(complaints)
    return child.exitCode ?? undefined
  })
  return {
    pid,
    output: () => output,
    ended,
    async stop(signal = 'SIGKILL') {
      if (running.has(pid)) process.kill(pid, signal)
      await ended
    },
  }
}

/** Moves a process that somebody else started to one core, and ends it with this program unless it is released before. */
export function adopt(pid: number, core: number): { release(): void } {
  pin(pid, core)
  running.add(pid)
  return { release: () => void running.delete(pid) }
}

/** Keeps this program off the proxy's core, and ends every child and itself when `minutes` are over. */
export function stayInBounds(minutes: number): void {
  pin(process.pid, LOAD_CORE)
  process.on('exit', () => {
    for (const pid of running) end(pid)
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130))
  setTimeout(() => {
    console.error(`Stopped: the run took longer than ${minutes} minutes`)
    process.exit(1)
  }, minutes * 60_000).unref()
}

function pin(pid: number, core: number): void {
  execFileSync('taskset', ['-a', '-p', '-c', String(core), String(pid)])
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}
