/** An exchange that can be followed once it has lasted long enough to need it. */
export interface Followable {
  follow(): void
}

/**
 * Exchanges of people who are signed in, from their beginning. Most are over before anything else happens to them here;
 * those that last for more than a second begin to be followed, and all of them when a session is denied.
 */
export interface InFlight {
  add(exchange: Followable): void
  delete(exchange: Followable): void
  followAll(): void
}

const SWEEP_MS = 1000

/** Creates the list. Two generations, so that a request costs no look at the clock. */
export function createInFlight(): InFlight {
  let young = new Set<Followable>()
  let old = new Set<Followable>()
  let sweeper: NodeJS.Timeout | undefined

  const sweep = (): void => {
    for (const exchange of old) exchange.follow()
    old.clear()
    ;[old, young] = [young, old]
    if (old.size > 0) return
    clearInterval(sweeper)
    sweeper = undefined
  }

  return {
    add: (exchange) => {
      young.add(exchange)
      sweeper ??= setInterval(sweep, SWEEP_MS).unref()
    },
    delete: (exchange) => {
      if (!young.delete(exchange)) old.delete(exchange)
    },
    followAll: () => {
      for (const exchanges of [young, old]) {
        for (const exchange of exchanges) exchange.follow()
        exchanges.clear()
      }
    },
  }
}
