import type { Level } from '../problems.ts'
import type { EventFields, EventName, FinishedRequest, Sink } from './event.ts'

/** The one stream of events of a process, fanned out to its sinks. */
export interface Log {
  /** Logs a line about the program itself. */
  line(level: Level, message: string, fields?: EventFields): void
  /** Logs an event of a sign-in or a session. */
  event(event: EventName, level: Level, fields: EventFields): void
  /** Notes that a request begins; undefined while no sink asks for it, as it happens at each request. */
  readonly started?: Sink['started'] | undefined
  /** Notes what a look for a session found; undefined while no sink asks for it. */
  readonly sessionLoaded?: Sink['sessionLoaded'] | undefined
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
    finished: toAll(sinks.flatMap((sink) => sink.request ?? [])),
    started: fanOutOf(sinks.flatMap((sink) => sink.started ?? [])),
    sessionLoaded: fanOutOf(sinks.flatMap((sink) => sink.sessionLoaded ?? [])),
  }
}

/** As `fanOut`, for what happens at each request: the parameters are not gathered and spread again. */
function toAll(receivers: readonly ((request: FinishedRequest) => void)[]): Log['finished'] {
  const [first, second, ...others] = receivers
  if (first === undefined) return () => {}
  if (second === undefined) return first
  const rest = others.length === 0 ? undefined : toAll(others)
  return (request) => {
    first(request)
    second(request)
    rest?.(request)
  }
}

/** As `fanOut`, and undefined without receivers. */
function fanOutOf<Parameters extends readonly unknown[]>(
  receivers: readonly ((...parameters: Parameters) => void)[],
): ((...parameters: Parameters) => void) | undefined {
  return receivers.length === 0 ? undefined : fanOut(receivers)
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
