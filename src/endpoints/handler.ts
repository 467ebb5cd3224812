import type { Exchange } from '../http/exchange.ts'
import type { MaybePromise } from '../lib/async.ts'
import type { AccessEntry } from '../observe/access.ts'
import type { IncomingRequest } from '../platform.ts'

/** Answers a request, and notes in the access line the caller and the verdict. */
export type Handle = (exchange: Exchange, entry: AccessEntry) => MaybePromise<Response>

/**
 * Answers a health check from the request alone, whatever its Host and cookies. Undefined when the request is no health
 * check, and then it goes to the gate.
 */
export type Probe = (request: IncomingRequest) => MaybePromise<Response> | undefined

interface Row {
  /** Name, which access lines show as the verdict. */
  readonly name: string
  /** Exact path, as it is on the wire. */
  readonly path: string
}

/** An endpoint for people, apps and gateways. */
export interface Handler extends Row {
  readonly handle: Handle
  /** Answers over plain http too, whatever force-https says. */
  readonly overHttp?: true
}

/** A health check. */
export interface HealthCheck extends Row {
  readonly probe: Probe
}

/** A row of the endpoint table. */
export type Endpoint = Handler | HealthCheck
