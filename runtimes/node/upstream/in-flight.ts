/** An exchange that can be followed once it has lasted long enough to need it. */
export interface Followable {
  /** Place in the list, which sets it; undefined outside. */
  place: number | undefined
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

/**
 * Creates the list. It is an array whose places are taken again: a Set with so many additions and deletions is rebuilt all
 * the time, and each table that it leaves behind keeps finished requests from the collector of young objects, which is
 * half of the cost of a request.
 */
export function createInFlight(): InFlight {
  /** By place: the exchange, until it is followed. */
  const exchanges: (Followable | undefined)[] = []
  /** By place: the number of the sweep before the exchange was added. */
  const addedAfter: number[] = []
  const freePlaces: number[] = []
  let sweeps = 0
  let sweeper: NodeJS.Timeout | undefined

  function follow(isMeant: (place: number) => boolean): void {
    for (const [place, exchange] of exchanges.entries()) {
      if (exchange === undefined || !isMeant(place)) continue
      exchanges[place] = undefined
      exchange.follow()
    }
  }

  const sweep = (): void => {
    follow((place) => (addedAfter[place] ?? 0) < sweeps)
    sweeps += 1
    if (freePlaces.length < exchanges.length) return
    clearInterval(sweeper)
    sweeper = undefined
  }

  return {
    add: (exchange) => {
      const place = freePlaces.pop() ?? exchanges.length
      exchanges[place] = exchange
      addedAfter[place] = sweeps
      exchange.place = place
      sweeper ??= setInterval(sweep, SWEEP_MS).unref()
    },
    delete: (exchange) => {
      const { place } = exchange
      if (place === undefined) return
      exchanges[place] = undefined
      freePlaces.push(place)
      exchange.place = undefined
    },
    followAll: () => follow(() => true),
  }
}
