import type { LogConfig } from '../config/config.ts'
import type { Platform } from '../platform.ts'
import type { Level } from '../problems.ts'
import type { EventFields, FinishedRequest, Sink } from './event.ts'
import { quote } from './json.ts'
import { redact } from './redact.ts'

/**
 * JSON lines: `time` (RFC 3339), `level`, `msg`, then fields, then the context of the process. Each of the three streams
 * can be switched off. `debug` is not written: what it would say at each request is in the access line.
 */
export function createLogLines(config: LogConfig, platform: Pick<Platform, 'now' | 'write'>): Sink {
  const context = toFields(config.context)
  const leavesOut = compileSilence(config)
  const clock = createClock(platform.now)
  const write = (level: Level, msg: string, fields: string) =>
    platform.write(`{"time":"${clock()}","level":"${level}","msg":${quote(msg)}${fields}${context}}`)
  return {
    ...(config.standard && {
      program(level, message, fields) {
        if (level !== 'debug') write(level, message, toFields(fields))
      },
    }),
    ...(config.auth && {
      event(event, level, fields) {
        if (level === 'debug') return
        write(level, event.replaceAll('_', ' '), `,"event":${quote(event)}${toFields(fields)}`)
      },
    }),
    ...(config.requests && {
      request(finished) {
        if (!leavesOut(finished)) write('info', 'request', toAccessFields(finished))
      },
    }),
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
function compileSilence({ excludePaths, silencePing }: LogConfig): (record: FinishedRequest) => boolean {
  const paths = new Set(excludePaths)
  const verdicts = new Set(silencePing ? ['ping', 'ready'] : [])
  return ({ path, verdict }) => paths.has(path) || verdicts.has(verdict)
}

/** Fields as the inside of a JSON object, each with a comma before it; undefined ones are left out. */
function toFields(fields: EventFields): string {
  let text = ''
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    text += `,${quote(name)}:${typeof value === 'string' ? quote(redact(name, value)) : JSON.stringify(value)}`
  }
  return text
}

// Written for each request, so by hand: an object and JSON.stringify would cost several times as much.
function toAccessFields(record: FinishedRequest): string {
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
