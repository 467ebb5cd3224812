import type { Share } from '../../../../src/platform.ts'
import type { UpstreamConnection } from '../connection.ts'
import { createShares, sharesOf } from './shares.ts'

/** A request that needs a connection. */
export interface Waiter {
  readonly share: Share
  /** Called with a connection. */
  onConnection(connection: UpstreamConnection): void
}

/** Requests that wait for a connection, in the order in which they came. */
export interface WaitingLine {
  /** Adds a request; false when too many wait already, or too many for this holder. */
  push(waiter: Waiter): boolean
  /** Takes out the first that may have a connection; the others do not wait for those before them that may not. */
  next(): Waiter | undefined
  remove(waiter: Waiter): void
  readonly count: () => number
}

/** Creates the line; `admits` says whether a holder may have one more connection at this moment. */
export function createWaitingLine(limit: number, admits: (share: Share) => boolean): WaitingLine {
  const line: Waiter[] = []
  const places = createShares(sharesOf(limit))
  const takeOut = (at: number): Waiter | undefined => {
    const [waiter] = at < 0 ? [] : line.splice(at, 1)
    if (waiter !== undefined) places.give(waiter.share)
    return waiter
  }
  return {
    push: (waiter) => {
      if (line.length >= limit || !places.admits(waiter.share)) return false
      places.take(waiter.share)
      line.push(waiter)
      return true
    },
    next: () => takeOut(line.findIndex(({ share }) => admits(share))),
    remove: (waiter) => void takeOut(line.indexOf(waiter)),
    count: () => line.length,
  }
}
