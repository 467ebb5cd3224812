import type { Level, Reason } from '../problems.ts'

/** Short scalars about an event. Never a token, code, cookie, secret, query string or header dump. */
export type EventFields = Readonly<Record<string, string | number | boolean | undefined>>

/** The stable codes of what happens to sign-ins and sessions. */
export type EventName =
  | 'sign_in_started'
  | 'sign_in_restarted'
  | 'sign_in_succeeded'
  | 'sign_in_failed'
  | 'sign_out_refused'
  | 'sign_out_incomplete'
  | 'signed_out'
  | 'backchannel_logout'
  | 'backchannel_logout_refused'
  | 'basic_refused'
  | 'bearer_refused'
  | 'return_target_dropped'
  | 'session_refreshed'
  | 'session_refresh_refused'
  | 'session_refresh_ended'
  | 'session_refresh_failed'
  | 'session_trimmed'
  | 'session_ended'
  | 'stream_ended'

/** One finished request. */
export interface FinishedRequest {
  readonly requestId: string
  readonly method: string
  readonly host: string
  /** Path only: a query can hold secrets. */
  readonly path: string
  readonly status: number
  readonly bytes: number | undefined
  readonly durationMs: number
  readonly client: string | undefined
  readonly user: string | undefined
  /** Path of the upstream that took the request. */
  readonly upstream: string | undefined
  /** One of public, allow, sign-in and deny, the name of the endpoint that answered, or the reason for a failure. */
  readonly verdict: string
  /** Policy's verdict on the request that a gateway asked about. */
  readonly decision?: string | undefined
  /** Reason why the upstream gave no answer. */
  readonly failure?: Reason | undefined
  /** True when it was refused before it was read: `started` was not called for it. */
  readonly unread?: true
  /** Flaw of a request that could not be read as one. */
  readonly why?: string | undefined
  readonly userAgent: string
  readonly aborted: boolean
}

/** Outcome of a look for a session in the cookies of a request: it counts, there is none, or why it does not count. */
export type SessionLoad =
  | 'active'
  | 'none'
  | 'format'
  | 'key'
  | 'future'
  | 'provider'
  | 'client'
  | 'account'
  | 'unavailable'
  | 'expired'
  | 'revoked'
  | 'lifetime'
  | 'idle'

/**
 * A receiver of all events: log lines, metrics, and later traces or an audit trail. A sink is called synchronously,
 * must not throw, and leaves out what it does not care about.
 */
export interface Sink {
  /** Called when a request begins that `request` will be called for. */
  readonly started?: () => void
  readonly request?: (finished: FinishedRequest) => void
  /** Called for an event of a sign-in or a session. `debug` is for what every request would repeat. */
  readonly event?: (event: EventName, level: Level, fields: EventFields) => void
  /** Called when the cookies of a request were looked through for a session. */
  readonly sessionLoaded?: (outcome: SessionLoad) => void
  /** Called for an event of the program itself; `message` is a sentence for operators. */
  readonly program?: (level: Level, message: string, fields: EventFields) => void
}
