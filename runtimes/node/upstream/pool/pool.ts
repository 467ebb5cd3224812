import { UpstreamConnection } from '../connection.ts'
import type { SocketAddress } from '../socket.ts'
import { createIdleConnections } from './idle-connections.ts'
import { createShares, sharesOf } from './shares.ts'
import { createWaitingLine, type Waiter } from './waiting-line.ts'

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
  /** Detaches a connection that has become a tunnel: it counts nowhere here any more. */
  detach(connection: UpstreamConnection): void
  /** Closes what is idle now and whatever comes back later. */
  close(): void
  /** Counts at this moment. */
  readonly counts: () => PoolCounts
}

/** Connections of a pool that carry a request and that carry none, and requests that wait for one. */
export interface PoolCounts {
  readonly used: number
  readonly idle: number
  readonly waiting: number
}

/** Limits on the connections to one upstream. */
export interface PoolLimits {
  readonly maxSockets: number
  readonly maxQueued: number
  /** Time that an idle connection is kept when the upstream does not say how long it keeps its side. */
  readonly idleMs: number
  readonly maxIdleMs: number
}

/**
 * Limits that are enough for a thousand event streams, and little enough for 128 MiB. More may wait than may be served,
 * so that a program that asks for much at once waits for its share and is not refused. Four seconds, because many
 * application servers close after five and a request must not meet the FIN.
 */
export const POOL_LIMITS: PoolLimits = { maxSockets: 1024, maxQueued: 4096, idleMs: 4000, maxIdleMs: 60_000 }

/** Creates the pool. Every holder has a share of the connections in use and of the places in the queue (shares.ts). */
export function createPool(address: SocketAddress, limits: PoolLimits, now: () => number): Pool {
  const idle = createIdleConnections({ ...limits, now })
  const used = createShares(sharesOf(limits.maxSockets))
  const line = createWaitingLine(limits.maxQueued, used.admits)
  const detached = new WeakSet<UpstreamConnection>()
  let open = 0
  let closed = false

  const give = (connection: UpstreamConnection, waiter: Waiter): void => {
    used.take(waiter.share)
    connection.share = waiter.share
    waiter.onConnection(connection)
  }

  const takeBack = (connection: UpstreamConnection): void => {
    if (connection.share !== undefined) used.give(connection.share)
    connection.share = undefined
  }

  /** Opens a new connection for the next in line, since a socket has become free. */
  const onFree = (): void => {
    open -= 1
    const next = line.next()
    if (next !== undefined) connect(next)
  }

  const connect = (waiter: Waiter): void => {
    open += 1
    const connection = new UpstreamConnection(address, () => {
      if (detached.has(connection)) return
      idle.remove(connection)
      takeBack(connection)
      onFree()
    })
    give(connection, waiter)
  }

  const tryNow = (waiter: Waiter, maxIdleMs: number): boolean => {
    if (!used.admits(waiter.share)) return false
    // When no more may be opened, an old one is better than none.
    const connection = idle.take(open < limits.maxSockets ? maxIdleMs : Number.POSITIVE_INFINITY)
    if (connection === undefined && open >= limits.maxSockets) return false
    if (connection === undefined) connect(waiter)
    else give(connection, waiter)
    return true
  }

  return {
    acquire: (waiter, maxIdleMs) => tryNow(waiter, maxIdleMs) || line.push(waiter),
    forget: line.remove,
    release: (connection) => {
      if (closed || !address.keepAlive) return connection.destroy()
      takeBack(connection)
      connection.wasUsed = true
      const next = line.next()
      if (next === undefined) idle.keep(connection)
      else give(connection, next)
    },
    detach: (connection) => {
      detached.add(connection)
      takeBack(connection)
      onFree()
    },
    close: () => {
      closed = true
      idle.closeAll()
    },
    counts: () => ({ used: open - idle.count(), idle: idle.count(), waiting: line.count() }),
  }
}
