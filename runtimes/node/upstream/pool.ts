import { UpstreamConnection } from './connection.ts'
import type { SocketAddress } from './socket.ts'

/** Somebody who needs a connection. */
export interface Waiter {
  /** Here is one. */
  onConnection(connection: UpstreamConnection): void
}

/** The connections to one upstream. */
export interface Pool {
  /**
   * Gives a connection, now or when one comes free; false when too many wait already. `maxIdleMs` bounds how long a
   * connection may have lain idle: below 0 asks for a new one.
   */
  acquire(waiter: Waiter, maxIdleMs: number): boolean
  /** Takes a waiter out of the queue. */
  forget(waiter: Waiter): void
  /** Takes a connection back whose response was read to its end. */
  release(connection: UpstreamConnection): void
  /** Closes what is idle now and whatever comes back later. */
  close(): void
}

/** How much one upstream is given. */
export interface PoolLimits {
  readonly maxSockets: number
  readonly maxQueued: number
  /** How long an idle connection is kept when the upstream does not say how long it keeps its side. */
  readonly idleMs: number
  readonly maxIdleMs: number
}

/**
 * Enough for a thousand event streams, and little enough for 128 MiB. Four seconds, because many application servers
 * close after five and a request must not meet the FIN.
 */
export const POOL_LIMITS: PoolLimits = { maxSockets: 1024, maxQueued: 1024, idleMs: 4000, maxIdleMs: 60_000 }

const SWEEP_MS = 1000

/** Makes the pool. Last in, first out: what is not needed grows old and is closed. */
export function createPool(address: SocketAddress, limits: PoolLimits, now: () => number): Pool {
  const idle: UpstreamConnection[] = []
  const queue: Waiter[] = []
  let open = 0
  let closed = false
  let sweeper: NodeJS.Timeout | undefined

  const connect = (waiter: Waiter): void => {
    open += 1
    const connection = new UpstreamConnection(address, () => {
      open -= 1
      const at = idle.indexOf(connection)
      if (at >= 0) idle.splice(at, 1)
      // A socket has become free: whoever waits gets a new one.
      const next = queue.shift()
      if (next !== undefined) connect(next)
    })
    waiter.onConnection(connection)
  }

  const sweep = (): void => {
    const time = now()
    for (const connection of [...idle]) if (connection.idleUntilMs <= time) connection.destroy()
    if (idle.length > 0) return
    clearInterval(sweeper)
    sweeper = undefined
  }

  const keep = (connection: UpstreamConnection): void => {
    const hint = connection.keepAliveSeconds
    // A second less than the upstream: its clock runs from when it sent, ours from when we read.
    const stay = hint === undefined ? limits.idleMs : Math.min(limits.maxIdleMs, (hint - 1) * 1000)
    connection.wasUsed = true
    connection.idleSinceMs = now()
    connection.idleUntilMs = connection.idleSinceMs + stay
    idle.push(connection)
    sweeper ??= setInterval(sweep, SWEEP_MS).unref()
  }

  const takeIdle = (maxIdleMs: number): UpstreamConnection | undefined => {
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      const time = now()
      if (connection.socket.destroyed || connection.idleUntilMs <= time) connection.destroy()
      else if (time - connection.idleSinceMs <= maxIdleMs) return connection
      else {
        idle.push(connection)
        return undefined
      }
    }
    return undefined
  }

  return {
    acquire: (waiter, maxIdleMs) => {
      // When no more may be opened, an old one is better than none.
      const connection = takeIdle(open < limits.maxSockets ? maxIdleMs : Number.POSITIVE_INFINITY)
      if (connection !== undefined) waiter.onConnection(connection)
      else if (open < limits.maxSockets) connect(waiter)
      else if (queue.length < limits.maxQueued) queue.push(waiter)
      else return false
      return true
    },
    forget: (waiter) => {
      const at = queue.indexOf(waiter)
      if (at >= 0) queue.splice(at, 1)
    },
    release: (connection) => {
      if (closed || !address.keepAlive) return connection.destroy()
      connection.wasUsed = true
      const next = queue.shift()
      if (next !== undefined) return next.onConnection(connection)
      keep(connection)
    },
    close: () => {
      closed = true
      for (const connection of [...idle]) connection.destroy()
    },
  }
}
