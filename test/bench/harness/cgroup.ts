import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a pod is given. */
export interface PodLimits {
  readonly memoryMiB: number
  /** Thousandths of a core. */
  readonly millicores: number
}

/** Control groups of Linux that hold one process to its limits, as a container's do. */
export interface Pod {
  /** Files that a process writes its number into to become a member. */
  readonly entrances: readonly string[]
  /** Takes a process in that runs already, and puts it back. */
  admit(pid: number): void
  release(pid: number): void
  /** Memory that is charged now, in MiB. */
  chargedMiB(): number
  /** Most memory that was charged, with buffers of the kernel and the files it read first, in MiB. */
  peakMiB(): number
  /** How often the kernel killed a process for memory. */
  kills(): number
  remove(): void
}

const ROOT = '/sys/fs/cgroup'
const PERIOD_US = 100_000
const MIB = 1024 * 1024

let made = 0

/** Makes the groups, by version 1 or 2, whichever the machine has; undefined where that is not allowed. */
export function createPod(limits: Partial<PodLimits>): Pod | undefined {
  made += 1
  const name = `sidegate-bench-${process.pid}-${made}`
  try {
    return existsSync(join(ROOT, 'cgroup.controllers')) ? unified(name, limits) : separate(name, limits)
  } catch {
    return undefined
  }
}

function unified(name: string, { memoryMiB, millicores }: Partial<PodLimits>): Pod {
  writeFileSync(join(ROOT, 'cgroup.subtree_control'), '+memory +cpu')
  const group = open(ROOT, name)
  if (memoryMiB !== undefined) group.write('memory.max', memoryMiB * MIB)
  if (memoryMiB !== undefined) group.write('memory.swap.max', 0)
  if (millicores !== undefined) group.write('cpu.max', `${quota(millicores)} ${PERIOD_US}`)
  return {
    ...doorsOf([group.entrance], [join(ROOT, 'cgroup.procs')]),
    chargedMiB: () => Number(group.read('memory.current')) / MIB,
    peakMiB: () => Number(group.read('memory.peak')) / MIB,
    kills: () => countIn(group.read('memory.events')),
    remove: group.remove,
  }
}

function separate(name: string, { memoryMiB, millicores }: Partial<PodLimits>): Pod {
  const memory = open(join(ROOT, 'memory'), name)
  const cpu = open(join(ROOT, 'cpu'), name)
  if (memoryMiB !== undefined) memory.write('memory.limit_in_bytes', memoryMiB * MIB)
  cpu.write('cpu.cfs_period_us', PERIOD_US)
  if (millicores !== undefined) cpu.write('cpu.cfs_quota_us', quota(millicores))
  return {
    ...doorsOf(
      [memory.entrance, cpu.entrance],
      [join(ROOT, 'memory/cgroup.procs'), join(ROOT, 'cpu/cgroup.procs')],
    ),
    chargedMiB: () => Number(memory.read('memory.usage_in_bytes')) / MIB,
    peakMiB: () => Number(memory.read('memory.max_usage_in_bytes')) / MIB,
    kills: () => countIn(memory.read('memory.oom_control')),
    remove: () => {
      memory.remove()
      cpu.remove()
    },
  }
}

function doorsOf(entrances: readonly string[], exits: readonly string[]) {
  const enter = (doors: readonly string[]) => (pid: number) => {
    for (const door of doors) writeFileSync(door, String(pid))
  }
  return { entrances, admit: enter(entrances), release: enter(exits) }
}

function quota(millicores: number): number {
  return (PERIOD_US * millicores) / 1000
}

function countIn(events: string): number {
  return Number(/^oom_kill (\d+)$/mu.exec(events)?.[1] ?? 0)
}

function open(parent: string, name: string) {
  const folder = join(parent, name)
  mkdirSync(folder)
  return {
    entrance: join(folder, 'cgroup.procs'),
    read: (file: string) => readFileSync(join(folder, file), 'latin1'),
    write: (file: string, value: string | number) => writeFileSync(join(folder, file), String(value)),
    // Members that are ending keep a group for a moment; an empty one left behind costs nothing.
    remove: () => {
      try {
        rmdirSync(folder)
      } catch {}
    },
  }
}
