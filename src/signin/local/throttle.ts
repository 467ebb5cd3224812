import { toClientNetwork } from '../../http/addresses.ts'
import { copyText } from '../../lib/text.ts'
import type { Log } from '../../observe/log.ts'
import { createMissLimit } from './miss-limit.ts'

/** Client and user name of a sign-in with a password. */
export interface Login {
  /** Client address; undefined when no trusted peer tells it. */
  readonly client: string | undefined
  readonly username: string
}

/** An attempt that may be made. It counts as failed from now on, until `end` says otherwise. */
export interface Attempt {
  readonly kind: 'attempt'
  /** The client as it is counted: an IPv4 address, or the /64 of an IPv6 address. */
  readonly client: string
  /** True when the user signed in from this client before. */
  readonly known: boolean
  /** True when the client missed so often, with whatever users, that its attempts have to be slow. */
  readonly slow: boolean
  /** Only `wrong` stays counted; `untried` is an attempt that was never compared. */
  end(result: 'right' | 'wrong' | 'untried'): void
}

/** An attempt that is refused. */
export interface Throttled {
  readonly kind: 'throttled'
  readonly waitMs: number
  /** The count that is over its limit: of the client with this user, of the user, or of everything. */
  readonly limit: 'client and user' | 'user' | 'table'
}

/** Rate-limits failed password attempts: per client and user, per user, and per client. */
export interface LoginThrottle {
  /** Counts an attempt as failed before anything is compared, so that many at once are as many as one after another. */
  begin(login: Login): Attempt | Throttled
}

export interface LoginThrottleDeps {
  readonly now: () => number
  readonly log: Pick<Log, 'line'>
}

const INTERVAL_MS = 60_000
/** Failures of one client with one user. */
const PER_CLIENT_AND_USER = 5
/** Failures with one user from all clients. Does not hold for a client that this user signed in from before. */
const PER_USER = 100
/**
 * Failures of one client with any users. Above it the client is slowed down and not refused: an address can be an
 * office.
 */
const PER_CLIENT = 20
/** Limit of each table: about 3 MiB, and 20,000 failures within a minute. */
const MAX_KEYS = 20_000
const MAX_KNOWN = 10_000
const KNOWN_FOR_MS = 30 * 86_400_000
/** Length after which names are no longer told apart. */
const MAX_NAME_LENGTH = 64

/** Creates the throttle of one process. Nothing in it is shared, and a restart forgets it. */
export function createLoginThrottle({ now, log }: LoginThrottleDeps): LoginThrottle {
  const options = { now, intervalMs: INTERVAL_MS, maxKeys: MAX_KEYS }
  const pairs = createMissLimit({ ...options, burst: PER_CLIENT_AND_USER })
  const users = createMissLimit({ ...options, burst: PER_USER })
  const clients = createMissLimit({ ...options, burst: PER_CLIENT })
  const known = createKnownPairs(now)
  const warnOfFullTable = createFullTableWarning(now, log)

  return {
    begin({ client: address, username }) {
      const client = address === undefined ? 'unknown' : toClientNetwork(address)
      // What is counted is kept, and must not keep the form that it was cut from.
      const user = copyText(username.slice(0, MAX_NAME_LENGTH))
      const pair = `${client} ${user}`
      const isKnown = known.has(pair)
      const pairWaitMs = pairs.waitMs(pair)
      if (pairWaitMs > 0) return { kind: 'throttled', waitMs: pairWaitMs, limit: 'client and user' }
      const userWaitMs = isKnown ? 0 : users.waitMs(user)
      if (userWaitMs > 0) return { kind: 'throttled', waitMs: userWaitMs, limit: 'user' }
      // Known pairs are few enough to be counted on top.
      if (!isKnown && !(pairs.hasRoom(pair) && users.hasRoom(user) && clients.hasRoom(client))) {
        warnOfFullTable()
        return { kind: 'throttled', waitMs: INTERVAL_MS, limit: 'table' }
      }
      const slow = !isKnown && clients.waitMs(client) > 0
      const takeBacks = [pairs.count(pair), users.count(user), clients.count(client)]
      return {
        kind: 'attempt',
        client,
        known: isKnown,
        slow,
        end(result) {
          if (result !== 'wrong') for (const takeBack of takeBacks.splice(0)) takeBack()
          if (result === 'right') known.add(pair)
        },
      }
    },
  }
}

interface KnownPairs {
  has(pair: string): boolean
  add(pair: string): void
}

/** Clients and users that have succeeded, the latest ones; one that is forgotten is a stranger again. */
function createKnownPairs(now: () => number): KnownPairs {
  const succeededAtMs = new Map<string, number>()
  return {
    has: (pair) => now() - (succeededAtMs.get(pair) ?? Number.NEGATIVE_INFINITY) < KNOWN_FOR_MS,
    add(pair) {
      succeededAtMs.delete(pair)
      succeededAtMs.set(pair, now())
      for (const oldest of succeededAtMs.keys()) {
        if (succeededAtMs.size <= MAX_KNOWN) break
        succeededAtMs.delete(oldest)
      }
    },
  }
}

function createFullTableWarning(now: () => number, log: Pick<Log, 'line'>): () => void {
  let warnedAtMs = Number.NEGATIVE_INFINITY
  return () => {
    if (now() - warnedAtMs < INTERVAL_MS) return
    warnedAtMs = now()
    log.line(
      'error',
      'Look for clients that guess passwords: more failed sign-ins than can be counted; local users get in only from clients where they did before',
      {
        counted: MAX_KEYS,
      },
    )
  }
}
