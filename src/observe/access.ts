import type { Exchange } from '../http/exchange.ts'
import type { IncomingRequest } from '../platform.ts'
import type { Problem, Reason } from '../problems.ts'
import type { Result } from '../result.ts'
import type { Log } from './log.ts'

/** Fields of the finished-request record that handlers fill in. */
export interface AccessEntry {
  /** public, allow, sign-in, deny, the own endpoint that answered, or why the request could not be read. */
  verdict: string
  /** Of the endpoint that answered a request which could not be read. */
  path: string | undefined
  /** E-mail address or user name. */
  user: string | undefined
  /** Path of the upstream that took the request. */
  upstream: string | undefined
  /** Policy's verdict on the request that a gateway asked about. */
  decision: string | undefined
  /** Reason why the upstream gave no answer. */
  failure: Reason | undefined
}

/** Creates the entry of a request for an endpoint, as far as that is known at its start. */
export function openAccessEntry(verdict: string): AccessEntry {
  return {
    verdict,
    path: undefined,
    user: undefined,
    upstream: undefined,
    decision: undefined,
    failure: undefined,
  }
}

/** Logs a request once its response or its client is gone. A request that could not be read is logged as well. */
export function logAccess(
  { log, now }: { readonly log: Pick<Log, 'finished' | 'started'>; readonly now: () => number },
  {
    request,
    read,
    entry,
    requestId,
  }: {
    readonly request: IncomingRequest
    readonly read: Result<Exchange>
    readonly entry: AccessEntry
    readonly requestId: string
  },
): void {
  const startedAtMs = now()
  log.started?.()
  request.onFinished(({ status, bytes, aborted }) => {
    const exchange = read.ok ? read.value : undefined
    log.finished({
      requestId,
      method: request.method,
      host: exchange?.facts.host ?? '',
      path: exchange?.target.path ?? entry.path ?? '',
      status,
      bytes,
      durationMs: now() - startedAtMs,
      client: exchange?.facts.client ?? (request.peer.kind === 'ip' ? request.peer.address : undefined),
      user: entry.user,
      upstream: entry.upstream,
      verdict: entry.verdict,
      decision: entry.decision,
      failure: entry.failure,
      why: read.ok ? undefined : toWhy(read.problem),
      userAgent: exchange?.facts.userAgent ?? '',
      aborted,
      request,
    })
  })
}

function toWhy({ detail }: Problem): string | undefined {
  return typeof detail?.['why'] === 'string' ? detail['why'] : undefined
}
