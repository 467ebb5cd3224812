import { readdirSync, readFileSync } from 'node:fs'

/**
 * Does to a process what a CPU limit does to a container: in every period of 100 ms it may run until its share is used
 * up, and stands still for the rest (CFS bandwidth control, with signals in place of the scheduler). Arguments: pid,
 * millicores.
 */
const [pid = 0, millicores = 0] = process.argv.slice(2).map(Number)
const PERIOD_MS = 100
const LOOK_EVERY_MS = 2
const quotaMs = (PERIOD_MS * millicores) / 1000

process.on('SIGTERM', () => process.exit())
process.on('exit', () => process.kill(pid, 'SIGCONT'))

let periodEndsAt = performance.now() + PERIOD_MS
let usedBefore = usedMs()
let left = quotaMs
let stopped = false

setInterval(() => {
  const used = usedMs()
  left -= used - usedBefore
  usedBefore = used
  if (performance.now() >= periodEndsAt) {
    periodEndsAt += PERIOD_MS
    // What was used beyond the quota counts against the next period; what was left over is lost.
    left = Math.min(quotaMs, left + quotaMs)
  }
  if (left <= 0 !== stopped) {
    stopped = !stopped
    process.kill(pid, stopped ? 'SIGSTOP' : 'SIGCONT')
  }
}, LOOK_EVERY_MS)

/** CPU time of all threads so far, in ms: /proc/<pid>/task/<tid>/schedstat counts in nanoseconds. */
function usedMs(): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  return threads.reduce((sum, thread) => sum + threadNanoseconds(thread), 0) / 1e6
}

function threadNanoseconds(thread: string): number {
  return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0])
}
