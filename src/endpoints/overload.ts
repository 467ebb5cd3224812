import type { PreparedAnswer } from '../http/respond.ts'
import type { Services } from '../services.ts'

/** Parts of a request that are known without reading it. */
export interface RequestSummary {
  readonly method: string
  /** Request target as on the wire; a query is not logged. */
  readonly target: string
  readonly host: string
  readonly userAgent: string
  /** Peer address of the connection: forwarded headers are not read. */
  readonly client: string | undefined
  readonly wantsHtml: boolean
  /** Time that it waited. */
  readonly durationMs: number
}

/** Answers 503 with Retry-After, for a small part of the cost of reading a request and deciding over it. */
export type OverloadResponder = (request: RequestSummary) => PreparedAnswer

/** Creates the answers once, for people and for programs. */
export function createOverloadResponder({
  log,
  respond,
}: Pick<Services, 'log' | 'respond'>): OverloadResponder {
  const page = respond.prepared('overloaded', 'page')
  const json = respond.prepared('overloaded', 'json')
  return ({ target, wantsHtml, ...seen }) => {
    const answer = wantsHtml ? page : json
    log.finished({
      ...seen,
      requestId: '',
      path: target.split('?', 1)[0] ?? '',
      status: answer.status,
      bytes: undefined,
      user: undefined,
      upstream: undefined,
      verdict: 'overloaded',
      aborted: false,
      unread: true,
    })
    return answer
  }
}
