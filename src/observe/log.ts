import type { Level } from '../problems.ts'
import type { EventFields, EventName, FinishedRequest, Sink } from './event.ts'

/** The one stream of events of a process, fanned out to its sinks. */
export interface Log {
  /** Logs a line about the program itself. */
  line(level: Level, message: string, fields?: EventFields): void
  /** Logs an event of a sign-in or a session. */
  event(event: EventName, level: Level, fields: EventFields): void
  /** Logs a request that was answered, or whose client has left. */
  finished(request: FinishedRequest): void
}

const NO_FIELDS: EventFields = {}

/** Builds the stream; with a single sink, which is the usual case, nothing is between caller and sink. */
export function createLog(sinks: readonly Sink[]): Log {
  const program = fanOut(sinks.flatMap((sink) => sink.program ?? []))
  return {
    line: (level, message, fields = NO_FIELDS) => program(level, message, fields),
    event: fanOut(sinks.flatMap((sink) => sink.event ?? [])),
    finished: fanOut(sinks.flatMap((sink) => sink.request ?? [])),
  }
}

function fanOut<Parameters extends readonly unknown[]>(
  receivers: readonly ((...parameters: Parameters) => void)[],
): (...parameters: Parameters) => void {
  const [only, ...others] = receivers
  if (only === undefined) return () => {}
  if (others.length === 0) return only
  return (...parameters) => {
    for (const receive of receivers) receive(...parameters)
  }
}
