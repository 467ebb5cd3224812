import { setPriority } from 'node:os'
import { join } from 'node:path'
import { createPod } from './cgroup.ts'
import { LOAD_CORE, start } from './child.ts'

/** A CPU limit that is in force. */
export interface Quota {
  lift(): Promise<void>
}

/** Limits a process to so many thousandths of a core until it is lifted: by the kernel where it may be asked to, else by signals. */
export function limitCpu(pid: number, millicores: number): Quota {
  const pod = createPod({ millicores })
  if (pod === undefined) return limitBySignals(pid, millicores)
  pod.admit(pid)
  return {
    async lift() {
      pod.release(pid)
      pod.remove()
    },
  }
}

function limitBySignals(pid: number, millicores: number): Quota {
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
