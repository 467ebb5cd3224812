import { setPriority } from 'node:os'
import { join } from 'node:path'
import { LOAD_CORE, start } from './child.ts'

/** A CPU limit that is in force. */
export interface Quota {
  lift(): Promise<void>
}

/** Limits a process to so many thousandths of a core until it is lifted. */
export function limitCpu(pid: number, millicores: number): Quota {
  const args = [join(import.meta.dirname, 'quota-process.ts'), String(pid), String(millicores)]
  const child = start({ core: LOAD_CORE, command: process.execPath, args })
  // The load on the same core must not keep it from looking at the clock.
  if (process.getuid?.() === 0) setPriority(child.pid, -15)
  return {
    async lift() {
      await child.stop()
      process.kill(pid, 'SIGCONT')
    },
  }
}
