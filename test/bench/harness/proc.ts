import { readFileSync, writeFileSync } from 'node:fs'

/** Linux counts CPU time in ticks of 10 ms (`getconf CLK_TCK` is 100 everywhere). */
const TICK_MICROSECONDS = 10_000

/** CPU time of a process with all its threads, user and system, in microseconds (proc(5), stat fields 14 and 15). */
export function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The second field is the command in brackets and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS
}

/** Resident memory now, in MiB. */
export function residentMiB(pid: number): number {
  return statusMiB(pid, 'VmRSS')
}

/** Highest resident memory since the start or since `resetPeak`, in MiB. */
export function peakMiB(pid: number): number {
  return statusMiB(pid, 'VmHWM')
}

/** Forgets the highest resident memory (proc(5), clear_refs). */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

function statusMiB(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'mu').exec(status)
  if (found === null) throw new Error(`/proc/${pid}/status has no ${field}`)
  return Number(found[1]) / 1024
}
