import { readFileSync } from 'node:fs'

/** Calls back when the `npm run` that started this process is gone: killed with `kill -9`, it cannot say so. */
export function onNpmGone(leave: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return
  const started = ancestors()
  const timer = setInterval(() => {
    if (ancestors() === started) return
    clearInterval(timer)
    leave()
  }, 1000).unref()
}

/** The parent of this process, and where that is the shell in which npm runs scripts, the parent of the shell. */
function ancestors(): string {
  return `${process.ppid} ${parentOfShell(process.ppid)}`
}

function parentOfShell(pid: number): string {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return /^Name:\s+\w*sh$/mu.test(status) ? (/^PPid:\s+(\d+)$/mu.exec(status)?.[1] ?? '') : ''
  } catch {
    // No /proc: a shell that has nothing more to do is replaced by the script there, and npm itself is the parent.
    return ''
  }
}
