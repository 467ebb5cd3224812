import type { Level } from '../problems.ts'
import type { EventFields, FinishedRequest } from './event.ts'
import { toJsonString, toVisible } from './json.ts'
import type { LineFormat } from './log-lines.ts'
import { redact } from './redact.ts'

/**
 * Lines for a person at a terminal: the time of day there, the level, the sentence, then `name=value`. What identifies the
 * process or the browser is left out; the request id stays, because error pages show it.
 */
export function createTextLines(now: () => number): LineFormat {
  const write = (level: Level, text: string, fields: EventFields): string =>
    `${timeOfDay(now())} ${level.padEnd(5)} ${toVisible(text)}${toPairs(fields)}`
  return {
    program: write,
    event: (event, level, fields) => write(level, event.replaceAll('_', ' '), fields),
    request: (finished) => write('info', toSummary(finished), toDetails(finished)),
  }
}

function toSummary({ aborted, durationMs, method, path, status }: FinishedRequest): string {
  const left = aborted ? ', the client left' : ''
  return `${status} ${toWord(method)} ${toWord(path)} in ${Math.round(durationMs * 10) / 10} ms${left}`
}

function toDetails(finished: FinishedRequest): EventFields {
  const { client, host, requestId, upstream, user, verdict, why } = finished
  return { verdict, why, user, upstream, host, client, request_id: requestId }
}

/** `20:18:36`, in the time zone of this machine. */
function timeOfDay(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8)
}

/** Fields as text behind a sentence: `  name=value` each, quoted where it is not one word. */
export function toPairs(fields: EventFields): string {
  let text = ''
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    const shown = typeof value === 'string' ? toWord(redact(name, value)) : String(value)
    text += `  ${toWord(name)}=${shown}`
  }
  return text
}

/** Formats a value: as it is when it is one unambiguous word, else quoted. */
function toWord(text: string): string {
  return /^[!#-<>-[\]-~]{1,200}$/u.test(text) ? text : toJsonString(text)
}
