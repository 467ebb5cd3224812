import { readdirSync, readFileSync } from 'node:fs'
import type { Family } from '../../../src/observe/metrics/exposition.ts'
import { createReading } from '../../../src/observe/metrics/instruments.ts'

type Read = () => number | undefined
type Row = readonly [name: string, type: Family['type'], help: string, read: Read]

/**
 * Creates the families about the process, with the names of Prometheus' client libraries. What only Linux tells in /proc is
 * left out elsewhere, and on Deno, which would ask for a permission.
 */
export function createProcessFamilies(runtime: 'node' | 'deno'): readonly Family[] {
  const proc = runtime === 'node' && process.platform === 'linux' ? LINUX : []
  return [...EVERYWHERE, ...proc].map(([name, type, help, read]) => createReading({ name, type, help }, read))
}

const EVERYWHERE: readonly Row[] = [
  [
    'process_cpu_seconds_total',
    'counter',
    'Total user and system CPU time spent in seconds.',
    () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    },
  ],
  [
    'process_resident_memory_bytes',
    'gauge',
    'Resident memory size in bytes.',
    () => process.memoryUsage().rss,
  ],
  [
    'process_start_time_seconds',
    'gauge',
    'Start time of the process since unix epoch in seconds.',
    () => Math.round(performance.timeOrigin) / 1000,
  ],
]

const LINUX: readonly Row[] = [
  [
    'process_virtual_memory_bytes',
    'gauge',
    'Virtual memory size in bytes.',
    // The second field, in parentheses, is a name that may hold spaces.
    () => Number(readProc('stat')?.split(') ').at(-1)?.split(' ')[20]),
  ],
  [
    'process_virtual_memory_max_bytes',
    'gauge',
    'Maximum amount of virtual memory available in bytes.',
    () => readLimit('Max address space'),
  ],
  [
    'process_open_fds',
    'gauge',
    'Number of open file descriptors.',
    () => readdirSync('/proc/self/fd').length,
  ],
  ['process_max_fds', 'gauge', 'Maximum number of open file descriptors.', () => readLimit('Max open files')],
  [
    'process_network_receive_bytes_total',
    'counter',
    'Number of bytes received by the process over the network.',
    () => readOctets('InOctets'),
  ],
  [
    'process_network_transmit_bytes_total',
    'counter',
    'Number of bytes sent by the process over the network.',
    () => readOctets('OutOctets'),
  ],
]

function readProc(name: string): string | undefined {
  try {
    return readFileSync(`/proc/self/${name}`, 'utf8')
  } catch {
    return undefined
  }
}

/** The soft limit of a resource (getrlimit(2)); one that is unlimited is the largest number, as Go's client writes it. */
function readLimit(name: string): number | undefined {
  const line = readProc('limits')
    ?.split('\n')
    .find((one) => one.startsWith(name))
  const soft = line?.slice(name.length).trim().split(/\s+/u)[0]
  if (soft === undefined) return undefined
  return soft === 'unlimited' ? 2 ** 64 : Number(soft)
}

/** A counter of the network namespace, which in a pod is that of the pod. */
function readOctets(column: string): number | undefined {
  const [names = '', values = ''] = (readProc('net/netstat') ?? '')
    .split('\n')
    .filter((line) => line.startsWith('IpExt:'))
  const at = names.split(' ').indexOf(column)
  return at < 0 ? undefined : Number(values.split(' ')[at])
}
