import type { Exchange } from '../http/exchange.ts'
import type { IncomingRequest } from '../platform.ts'
import type { Level, Reason } from '../problems.ts'

/** Key of the request that an event belongs to, for formats that name parts of it which are no fields. */
export const REQUEST = Symbol('request')

/** Key of the session that an event is about, for the same formats. */
export const PERSON = Symbol('person')

/** A session as formats describe it: of the tokens, only whether they are there. */
export interface Person {
  readonly user: string
  readonly email?: string | undefined
  readonly preferredUsername?: string | undefined
  readonly groups?: readonly string[]
  readonly tokens?: {
    readonly access: string | undefined
    readonly id: string | undefined
    readonly refresh: string | undefined
    readonly accessExpiresAtMs: number | undefined
  }
  readonly refreshedAtMs?: number
}

/**
 * Short scalars about an event: never a token, code, cookie, secret, query string or header dump. What stands under the
 * two symbols is no field, and is written only as the format of oauth2-proxy describes it.
 */
export type EventFields = Readonly<Record<string, string | number | boolean | undefined>> & {
  readonly [REQUEST]?: Exchange
  readonly [PERSON]?: Person
}

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
  | 'basic_accepted'
  | 'basic_refused'
  | 'bearer_refused'
  | 'return_target_dropped'
  | 'session_refreshed'
  | 'session_refresh_refused'
  | 'session_refresh_ended'
  | 'session_refresh_failed'
  | 'session_trimmed'
  | 'session_denied'
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
  /** The request itself, where there was one to be read; for formats that name further parts of it. */
  readonly request?: IncomingRequest
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
