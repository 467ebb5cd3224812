import type { LogConfig } from '../config/sections/log.ts'
import type { Platform } from '../platform.ts'
import type { Level } from '../problems.ts'
import type { EventFields, EventName, FinishedRequest, Sink } from './event.ts'
import { createJsonLines } from './json-lines.ts'
import { createOAuth2ProxyLines } from './oauth2-proxy/lines.ts'
import { createTextLines } from './text-lines.ts'

/** Format of the three kinds of line, without the line end. */
export interface LineFormat {
  request(finished: FinishedRequest): string
  event(event: EventName, level: Level, fields: EventFields): string
  program(level: Level, message: string, fields: EventFields): string
}

/**
 * Log lines as a sink. Each of the three streams can be switched off. `debug` is not written: what it would say at each
 * request is in the access line.
 */
export function createLogLines(
  config: LogConfig,
  platform: Pick<Platform, 'now' | 'write' | 'writeError' | 'isTerminal'>,
): Sink {
  const leavesOut = compileSilence(config)
  const writeError = (config.errorsApart && platform.writeError) || platform.write
  if (config.oauth2Proxy !== undefined) {
    const sink = createOAuth2ProxyLines(config, config.oauth2Proxy, { ...platform, writeError })
    const { request } = sink
    if (request === undefined) return sink
    return {
      ...sink,
      request(finished) {
        if (!leavesOut(finished)) request(finished)
      },
    }
  }
  const isText = config.format === 'text' || (config.format === 'auto' && platform.isTerminal === true)
  const lines = isText ? createTextLines(platform.now) : createJsonLines(config.context, platform.now)
  return {
    ...(config.standard && {
      program(level, message, fields) {
        if (level === 'debug') return
        const line = lines.program(level, message, fields)
        if (level === 'error') writeError(line)
        else platform.write(line)
      },
    }),
    ...(config.auth && {
      event(event, level, fields) {
        if (level !== 'debug') platform.write(lines.event(event, level, fields))
      },
    }),
    ...(config.requests && {
      request(finished) {
        if (!leavesOut(finished)) platform.write(lines.request(finished))
      },
    }),
  }
}

/** Compiles the finished requests that are not written: exact paths, and the probes when they are silenced. */
function compileSilence({ excludePaths, silencePing }: LogConfig): (finished: FinishedRequest) => boolean {
  const paths = new Set(excludePaths)
  const verdicts = new Set(silencePing ? ['ping', 'ready'] : [])
  return ({ path, verdict }) => paths.has(path) || verdicts.has(verdict)
}
