import type { UpstreamConnection } from '../connection.ts'

/** Connections to one upstream that carry nothing at the moment. */
export interface IdleConnections {
  keep(connection: UpstreamConnection): void
  /** Takes the connection that was used last, unless it has lain idle for more than so many ms. */
  take(maxIdleMs: number): UpstreamConnection | undefined
  remove(connection: UpstreamConnection): void
  closeAll(): void
  readonly count: () => number
}

export interface IdleOptions {
  /** Time that an idle connection is kept when the upstream does not say how long it keeps its side. */
  readonly idleMs: number
  readonly maxIdleMs: number
  readonly now: () => number
}

const SWEEP_MS = 1000

/** Creates the list. Last in, first out: what is not needed grows old and is closed. */
export function createIdleConnections({ idleMs, maxIdleMs, now }: IdleOptions): IdleConnections {
  const idle: UpstreamConnection[] = []
  let sweeper: NodeJS.Timeout | undefined

  const sweep = (): void => {
    const time = now()
    for (const connection of [...idle]) if (connection.idleUntilMs <= time) connection.destroy()
    if (idle.length > 0) return
    clearInterval(sweeper)
    sweeper = undefined
  }

  return {
    keep: (connection) => {
      const hint = connection.keepAliveSeconds
      // A second less than the upstream: its clock runs from when it sent, this one from when the response was read.
      const stay = hint === undefined ? idleMs : Math.min(maxIdleMs, (hint - 1) * 1000)
      connection.wasUsed = true
      connection.idleSinceMs = now()
      connection.idleUntilMs = connection.idleSinceMs + stay
      idle.push(connection)
      sweeper ??= setInterval(sweep, SWEEP_MS).unref()
    },
    take: (atMostMs) => {
      for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
        const time = now()
        if (connection.socket.destroyed || connection.idleUntilMs <= time) connection.destroy()
        else if (time - connection.idleSinceMs <= atMostMs) return connection
        else {
          idle.push(connection)
          return undefined
        }
      }
      return undefined
    },
    remove: (connection) => {
      const at = idle.indexOf(connection)
      if (at >= 0) idle.splice(at, 1)
    },
    closeAll: () => {
      for (const connection of [...idle]) connection.destroy()
    },
    count: () => idle.length,
  }
}
