import type { LogConfig } from '../config/sections/log.ts'
import type { Platform } from '../platform.ts'
import type { Level } from '../problems.ts'
import type { EventFields, EventName, FinishedRequest, Sink } from './event.ts'
import { createJsonLines } from './json-lines.ts'
import { createTextLines } from './text-lines.ts'

/** Format of the three kinds of line, without the line end. */
export interface LineFormat {
  request(finished: FinishedRequest): string
  event(event: EventName, level: Level, fields: EventFields): string
  program(level: Level, message: string, fields: EventFields): string
}

type LogPlatform = Pick<Platform, 'now' | 'write' | 'writeError' | 'isTerminal'>

/** Loads log lines as a sink, in the configured format; that of oauth2-proxy is read by the few who ask for it. */
export async function loadLogLines(config: LogConfig, platform: LogPlatform): Promise<Sink> {
  if (config.oauth2Proxy === undefined) return createLogLines(config, platform)
  const { createOAuth2ProxyLines } = await import('./oauth2-proxy/lines.ts')
  const { now, write } = platform
  const { request, ...others } = createOAuth2ProxyLines(config, config.oauth2Proxy, {
    now,
    write,
    writeError: toWriteError(config, platform),
  })
  if (request === undefined) return others
  const leavesOut = compileSilence(config)
  return {
    ...others,
    request(finished) {
      if (!leavesOut(finished)) request(finished)
    },
  }
}

/**
 * Log lines of JSON or text as a sink. Each of the three streams can be switched off. `debug` is not written: what it
 * would say at each request is in the access line.
 */
export function createLogLines(config: LogConfig, platform: LogPlatform): Sink {
  const leavesOut = compileSilence(config)
  const writeError = toWriteError(config, platform)
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

/** The writer of lines about errors. */
function toWriteError({ errorsApart }: LogConfig, { write, writeError }: LogPlatform): Platform['write'] {
  return (errorsApart && writeError) || write
}

/** Compiles the finished requests that are not written: exact paths, and the probes when they are silenced. */
function compileSilence({ excludePaths, silencePing }: LogConfig): (finished: FinishedRequest) => boolean {
  const paths = new Set(excludePaths)
  const verdicts = new Set(silencePing ? ['ping', 'ready'] : [])
  return ({ path, verdict }) => paths.has(path) || verdicts.has(verdict)
}
