import type { Level } from '../problems.ts'
import type { EventFields, FinishedRequest } from './event.ts'
import { toJsonString } from './json.ts'
import type { LineFormat } from './log-lines.ts'
import { redact } from './redact.ts'

/** JSON lines: `time` (RFC 3339), `level`, `msg`, then fields, then the context of the process. */
export function createJsonLines(context: Readonly<Record<string, string>>, now: () => number): LineFormat {
  const end = `${toFields(context)}}`
  const clock = createClock(now)
  const write = (level: Level, msg: string, fields: string): string =>
    `{"time":"${clock()}","level":"${level}","msg":${toJsonString(msg)}${fields}${end}`
  return {
    program: (level, message, fields) => write(level, message, toFields(fields)),
    event: (event, level, fields) =>
      write(level, event.replaceAll('_', ' '), `,"event":${toJsonString(event)}${toFields(fields)}`),
    request: (finished) => write('info', 'request', toAccessFields(finished)),
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

/** Fields as the inside of a JSON object, each with a comma before it; undefined ones are left out. */
function toFields(fields: EventFields): string {
  let text = ''
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    text += `,${toJsonString(name)}:${typeof value === 'string' ? toJsonString(redact(name, value)) : JSON.stringify(value)}`
  }
  return text
}

// Written for each request, so by hand: an object and JSON.stringify would cost several times as much.
function toAccessFields(finished: FinishedRequest): string {
  const { aborted, bytes, client, durationMs, host, method, path, requestId, status } = finished
  const { upstream, user, userAgent, verdict, why } = finished
  return (
    `,"request_id":${toJsonString(requestId)},"method":${toJsonString(method)},"host":${toJsonString(host)},"path":${toJsonString(path)}` +
    `,"status":${status}${bytes === undefined ? '' : `,"bytes":${bytes}`}` +
    `,"duration_ms":${Math.round(durationMs * 10) / 10}${optional('client', client)}${optional('user', user)}` +
    `${optional('upstream', upstream)},"verdict":${toJsonString(verdict)}${optional('why', why)},"user_agent":${toJsonString(userAgent)}` +
    `${aborted ? ',"aborted":true' : ''}`
  )
}

function optional(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${toJsonString(value)}`
}
