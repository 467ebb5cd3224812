import type { PreparedAnswer } from '../http/respond.ts'
import type { Services } from '../services.ts'

/** What can be told of a request at a glance. */
export interface RequestSummary {
  readonly method: string
  /** As on the wire; a query is not logged. */
  readonly target: string
  readonly host: string
  readonly userAgent: string
  /** The address at the other end of the connection: what proxies say of it is not read. */
  readonly client: string | undefined
  readonly wantsHtml: boolean
  /** How long it waited. */
  readonly durationMs: number
}

/** Answers 503 with Retry-After, for a small part of what it costs to read a request and judge it. */
export type OverloadResponder = (glance: RequestSummary) => PreparedAnswer

/** Makes the answers once, for people and for programs. */
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
    })
    return answer
  }
}
