import type { Child } from '../harness/child.ts'

/** A proxy that runs: what all doors have in common. */
export interface Door {
  readonly port: number
  /** The process whose CPU time and memory count. */
  readonly pid: number
  stop: Child['stop']
}

/** How a proxy is started. */
export interface DoorInput {
  readonly upstreamPort: number
  /** Where access lines go. */
  readonly accessLog: string
}

/** The door of a process that listens on one port. */
export function doorOf(child: Child, port: number): Door {
  return { port, pid: child.pid, stop: child.stop }
}
