import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { podFlags, podVariables, SMALL_POD } from '../../bench/doors/pod.ts'
import { createPod } from '../../bench/harness/cgroup.ts'
import { JOIN } from '../../bench/harness/child.ts'
import { residentMiB } from '../../bench/harness/proc.ts'
import { type LogWatch, watchLog } from './log-watch.ts'

/** The gate as a process in the control group of a small pod, with the flags of the image. */
export interface SoakGate {
  readonly pid: number
  readonly port: number
  readonly log: LogWatch
  readonly startedAtMs: number
  /** Everything on standard error; a gate that works writes nothing there. */
  complaints(): string
  residentMiB(): number
  /** What the control group was charged, now and at most; undefined where the machine allows no group. */
  chargedMiB(): number | undefined
  peakMiB(): number | undefined
  /** How often the kernel killed for memory. */
  kills(): number
  descriptors(): number
  readonly descriptorsAtStart: number
  /** Leaves it so many free descriptors, by prlimit(1); without a number as many as at the start. */
  leaveDescriptors(free?: number): void
  /** Steps its clock, by ms from the machine's. */
  stepClock(shiftMs: number): void
  /** Exit code or signal; undefined while it runs. */
  outcome(): string | undefined
  /** Ends it, and says with which exit code or signal; it is killed when it takes too long. */
  stop(): Promise<string>
}

/** How a gate is started. */
export interface GateStart {
  /** The built program. */
  readonly program: string
  readonly flags: readonly string[]
  readonly secrets: Readonly<Record<string, string>>
  /** Folder for the file of its clock. */
  readonly folder: string
}

const CLOCK = join(import.meta.dirname, 'clock.mjs')
const LISTENING_MS = 60_000
/** Above the 25 s that the program allows itself. */
const ENDING_MS = 40_000

let started = 0

/** Starts a gate and waits until it listens. */
export async function startSoakGate({ program, flags, secrets, folder }: GateStart): Promise<SoakGate> {
  started += 1
  const clock = join(folder, `clock-${started}`)
  writeFileSync(clock, '0')
  const pod = createPod({ memoryMiB: SMALL_POD.memoryMiB })
  const node = ['--import', CLOCK, '--disable-sigusr1', ...podFlags()]
  const child = spawn('sh', ['-c', JOIN, 'sh', process.execPath, ...node, program, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      ENTRANCES: pod?.entrances.join(' ') ?? '',
      SOAK_CLOCK: clock,
      ...podVariables(),
      ...secrets,
    },
  })
  const { pid = 0 } = child
  // Whatever way this program ends, the gate ends with it.
  const killIt = (): void => void child.kill('SIGKILL')
  process.once('exit', killIt)
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-10_000)
  })
  const log = watchLog(child.stdout, Object.values(secrets))
  const outcome = (): string | undefined => child.signalCode ?? child.exitCode?.toString()
  const exited = once(child, 'exit')
  // The group goes with its last process, so what it counted is read before.
  let kills = 0
  void exited.then(() => {
    kills = pod?.kills() ?? 0
    pod?.remove()
    process.off('exit', killIt)
  })
  const listening = log.next(({ msg }) => msg === 'Sidegate is listening', LISTENING_MS)
  const line = await Promise.race([listening, exited.then(() => undefined)])
  if (line === undefined) throw new Error(`The gate did not start: ${complaints}${log.tail.join('\n')}`)
  const usual = softLimit(pid)
  return {
    pid,
    port: Number(new URL(String(line['url'])).port),
    log,
    startedAtMs: performance.now(),
    complaints: () => complaints,
    residentMiB: () => residentMiB(pid),
    chargedMiB: () => (outcome() === undefined ? pod?.chargedMiB() : undefined),
    peakMiB: () => (outcome() === undefined ? pod?.peakMiB() : undefined),
    kills: () => (outcome() === undefined ? (pod?.kills() ?? 0) : kills),
    descriptors: () => countDescriptors(pid),
    descriptorsAtStart: countDescriptors(pid),
    leaveDescriptors(free) {
      const most = free === undefined ? usual : limitFor(pid, free)
      // The hard limit stays: only some may raise it again.
      execFileSync('prlimit', ['--pid', `${pid}`, `--nofile=${most}:`])
    },
    stepClock(shiftMs) {
      writeFileSync(clock, `${shiftMs}`)
      child.kill('SIGUSR2')
    },
    outcome,
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), ENDING_MS)
      await exited
      clearTimeout(timer)
      return outcome() ?? ''
    },
  }
}

function countDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** Limit under which so many numbers are free: it bounds the highest number (getrlimit(2)), not how many are open. */
function limitFor(pid: number, free: number): number {
  const open = new Set(readdirSync(`/proc/${pid}/fd`).map(Number))
  let left = free
  let most = 0
  while (left > 0) {
    if (!open.has(most)) left -= 1
    most += 1
  }
  return most
}

/** Soft limit on descriptors (proc(5), limits). */
function softLimit(pid: number): string {
  const limits = readFileSync(`/proc/${pid}/limits`, 'latin1')
  return /^Max open files\s+(\d+)/mu.exec(limits)?.[1] ?? '1024'
}
