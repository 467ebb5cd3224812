import type { LogConfig } from '../config/config.ts'
import type { Platform } from '../platform.ts'
import type { Level } from '../problems.ts'
import { createJsonLines } from './json-lines.ts'
import { createTextLines } from './text-lines.ts'

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

/** Writes the lines of one process. `debug` lines are not written: what they would say at each request is in the access line. */
export interface Log {
  /** A line about the program itself. */
  line(level: Level, msg: string, fields?: LogFields): void
  /** A sign-in event with a stable `event` code: sign_in_succeeded, sign_in_failed, signed_out, session_refreshed, … */
  event(event: string, level: Level, fields: LogFields): void
  access(record: AccessRecord): void
}

/** The three kinds of line in one form, without the line end. */
export interface LineFormat {
  line(level: Level, msg: string, fields: LogFields): string
  event(event: string, level: Level, fields: LogFields): string
  access(record: AccessRecord): string
}

/** Builds the log of one process; each of its three streams can be switched off. */
export function createLog(config: LogConfig, platform: Platform): Log {
  const leavesOut = compileSilence(config)
  const isText = config.format === 'text' || (config.format === 'auto' && platform.isTerminal === true)
  const lines = isText ? createTextLines(platform.now) : createJsonLines(config.context, platform.now)
  return {
    line(level, msg, fields = {}) {
      if (config.standard && level !== 'debug') platform.write(lines.line(level, msg, fields))
    },
    event(event, level, fields) {
      if (config.auth && level !== 'debug') platform.write(lines.event(event, level, fields))
    },
    access(record) {
      if (config.requests && !leavesOut(record)) platform.write(lines.access(record))
    },
  }
}

/** Which finished requests are not written: exact paths, and the probes when they are silenced. */
function compileSilence({ excludePaths, silencePing }: LogConfig): (record: AccessRecord) => boolean {
  const paths = new Set(excludePaths)
  const verdicts = new Set(silencePing ? ['ping', 'ready'] : [])
  return ({ path, verdict }) => paths.has(path) || verdicts.has(verdict)
}
