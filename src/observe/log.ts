import type { LogConfig } from '../config/config.ts'
import type { Platform } from '../platform.ts'
import type { Level } from '../problems.ts'

/** What may stand in a log line: short scalars. Never a token, code, cookie, secret, query string or header dump. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** One finished request. */
export interface AccessRecord {
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
  readonly upstream: string | undefined
  /** public, allow, sign-in, deny, or the own endpoint that answered. */
  readonly verdict: string
  readonly userAgent: string
  readonly aborted: boolean
}

/** Writes JSON lines: `time`, `level`, `msg`, then fields. */
export interface Log {
  /** A line about the program itself. */
  line(level: Level, msg: string, fields?: LogFields): void
  /** A sign-in event with a stable `event` code: sign_in_succeeded, sign_in_failed, signed_out, session_refreshed, … */
  event(event: string, level: Level, fields: LogFields): void
  access(record: AccessRecord): void
}



