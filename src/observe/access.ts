import type { Exchange } from '../http/exchange.ts'
import type { Arrival } from '../platform.ts'
import type { Result } from '../result.ts'
import type { Log } from './log.ts'

/** What handlers tell the access line; nothing but the log reads it. */
export interface Note {
  /** public, allow, sign-in, deny, or the own endpoint that answered. */
  verdict: string
  /** E-mail address or user name. */
  user: string | undefined
  /** Path of the upstream that took the request. */
  upstream: string | undefined
}

/** Writes one line when the answer has left or the client has. What could not be read as a request has a line as well. */
export function writeAccessLine(
  { log, now }: { readonly log: Pick<Log, 'access'>; readonly now: () => number },
  {
    arrival,
    opened,
    note,
  }: { readonly arrival: Arrival; readonly opened: Result<Exchange>; readonly note: Note },
): void {
  const startedAtMs = now()
  arrival.departed(({ status, bytes, aborted }) => {
    const exchange = opened.ok ? opened.value : undefined
    log.access({
      requestId: exchange?.requestId ?? '',
      method: arrival.method,
      host: exchange?.facts.host ?? '',
      path: exchange?.target.path ?? '',
      status,
      bytes,
      durationMs: now() - startedAtMs,
      client: exchange?.facts.client ?? (arrival.peer.kind === 'ip' ? arrival.peer.address : undefined),
      user: note.user,
      upstream: note.upstream,
      verdict: opened.ok ? note.verdict : opened.problem.reason,
      userAgent: exchange?.facts.userAgent ?? '',
      aborted,
    })
  })
}
