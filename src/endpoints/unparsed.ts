import type { PreparedAnswer } from '../http/respond.ts'
import type { Reason } from '../problems.ts'
import type { Services } from '../services.ts'

/** A request that the server of a runtime refused before there was one to be read. */
export interface UnparsedRequest {
  readonly reason: Reason
  /** Flaw of the request, in the words of the parser. */
  readonly why: string
  /** Method and target as far as they could be told; empty where not. A query is not logged. */
  readonly method: string
  readonly target: string
  /** True when a person will see the answer, as far as that can be told. */
  readonly wantsHtml: boolean
  /** Peer address of the connection. */
  readonly client: string | undefined
  /** True when the connection was cut without an answer. */
  readonly aborted: boolean
}

/** Writes the access line of such a request and makes its answer, both with the same id. */
export type UnparsedResponder = (request: UnparsedRequest) => PreparedAnswer

/** Creates the responder. Nothing that was sent is repeated in the answer. */
export function createUnparsedResponder({
  log,
  respond,
}: Pick<Services, 'log' | 'respond'>): UnparsedResponder {
  return ({ reason, why, method, target, wantsHtml, client, aborted }) => {
    const requestId = crypto.randomUUID()
    const answer = respond.unparsed(reason, { requestId, wantsHtml })
    log.finished({
      requestId,
      method,
      host: '',
      path: target.split(/[?#]/u, 1)[0] ?? '',
      status: answer.status,
      bytes: undefined,
      durationMs: 0,
      client,
      user: undefined,
      upstream: undefined,
      verdict: reason,
      why,
      userAgent: '',
      aborted,
      unread: true,
    })
    return answer
  }
}
