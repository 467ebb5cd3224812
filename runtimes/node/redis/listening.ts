import type { Redis } from 'ioredis'

/** A connection that listens to one channel, made again whenever it ends. */
export interface Listening {
  /** Asks whether the connection is still there; one that owes an answer is given up. */
  ping(): void
  close(): void
}

export interface ListeningDeps {
  readonly channel: string
  /** Creates a connection that ends with its socket. */
  readonly create: () => Redis
  readonly onMessage: (message: string) => void
  /** Called whenever it listens again: what was said in between was missed. */
  readonly onListening: () => void
  readonly onError: (error: unknown) => void
}

/** Pauses before the next connection, in ms: nothing is lost by then, since what was missed is read. */
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2000

/** Listens to a channel; a connection that listens cannot do anything else. */
export function listenTo({ channel, create, onMessage, onListening, onError }: ListeningDeps): Listening {
  let isClosed = false
  let pauseMs = FIRST_PAUSE_MS
  let timer: ReturnType<typeof setTimeout> | undefined
  let client = connect()

  function connect(): Redis {
    const next = create()
    next.on('error', onError)
    next.on('message', (_, message) => onMessage(message))
    next.once('ready', () => {
      next.subscribe(channel).then(
        () => {
          pauseMs = FIRST_PAUSE_MS
          onListening()
        },
        () => next.disconnect(),
      )
    })
    next.once('end', again)
    // A failure comes out of the `error` and `end` events too.
    next.connect().catch(() => undefined)
    return next
  }

  function again(): void {
    if (isClosed) return
    timer = setTimeout(() => {
      client = connect()
    }, pauseMs)
    timer.unref()
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
  }

  return {
    ping() {
      if (client.status === 'ready') client.ping().catch(() => undefined)
    },
    close() {
      isClosed = true
      clearTimeout(timer)
      client.disconnect()
    },
  }
}
