import type { LogConfig } from '../config/sections/log.ts'
import type { Platform } from '../platform.ts'
import type { Level } from '../problems.ts'
import { quote } from './json.ts'
import { redact } from './redact.ts'

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

/**
 * Writes JSON lines: `time` (RFC 3339), `level`, `msg`, then fields, then the context of the process. `debug` lines are
 * not written: what they would say at each request is in the access line.
 */
export interface Log {
  /** A line about the program itself. */
  line(level: Level, msg: string, fields?: LogFields): void
  /** A sign-in event with a stable `event` code: sign_in_succeeded, sign_in_failed, signed_out, session_refreshed, … */
  event(event: string, level: Level, fields: LogFields): void
  access(record: AccessRecord): void
}

/** Builds the log of one process; each of its three streams can be switched off. */
export function createLog(config: LogConfig, platform: Platform): Log {
  const context = toFields(config.context)
  const leavesOut = compileSilence(config)
  const clock = createClock(platform.now)
  const write = (level: Level, msg: string, fields: string) =>
    platform.write(`{"time":"${clock()}","level":"${level}","msg":${quote(msg)}${fields}${context}}`)
  return {
    line(level, msg, fields = {}) {
      if (config.standard && level !== 'debug') write(level, msg, toFields(fields))
    },
    event(event, level, fields) {
      if (!config.auth || level === 'debug') return
      write(level, event.replaceAll('_', ' '), `,"event":${quote(event)}${toFields(fields)}`)
    },
    access(record) {
      if (config.requests && !leavesOut(record)) write('info', 'request', toAccessFields(record))
    },
  }
}

/** The time as RFC 3339 text; under load many lines share a millisecond. */
function createClock(now: () => number): () => string {
  let lastMs = Number.NaN
  let text = ''
  return () => {
    const nowMs = now()
    if (nowMs !== lastMs) {
      lastMs = nowMs
      text = new Date(nowMs).toISOString()
    }
    return text
  }
}

/** Which finished requests are not written: exact paths, and the probes when they are silenced. */
function compileSilence({ excludePaths, silencePing }: LogConfig): (record: AccessRecord) => boolean {
  const paths = new Set(excludePaths)
  const verdicts = new Set(silencePing ? ['ping', 'ready'] : [])
  return ({ path, verdict }) => paths.has(path) || verdicts.has(verdict)
}

/** Fields as the inside of a JSON object, each with a comma before it; undefined ones are left out. */
function toFields(fields: LogFields): string {
  let text = ''
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    text += `,${quote(name)}:${typeof value === 'string' ? quote(redact(name, value)) : JSON.stringify(value)}`
  }
  return text
}

// Written for each request, so by hand: an object and JSON.stringify would cost several times as much.
function toAccessFields(record: AccessRecord): string {
  const { aborted, bytes, client, durationMs, host, method, path, requestId, status } = record
  const { upstream, user, userAgent, verdict } = record
  return (
    `,"request_id":${quote(requestId)},"method":${quote(method)},"host":${quote(host)},"path":${quote(path)}` +
    `,"status":${status}${bytes === undefined ? '' : `,"bytes":${bytes}`}` +
    `,"duration_ms":${Math.round(durationMs * 10) / 10}${optional('client', client)}${optional('user', user)}` +
    `${optional('upstream', upstream)},"verdict":${quote(verdict)},"user_agent":${quote(userAgent)}` +
    `${aborted ? ',"aborted":true' : ''}`
  )
}

function optional(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${quote(value)}`
}
