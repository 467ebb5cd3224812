import type { Config } from '../config/config.ts'
import type { Arrival } from '../platform.ts'
import { failed, ok, type Result } from '../result.ts'
import { readCookies } from './cookies.ts'
import type { Exchange } from './exchange.ts'
import { createReadFacts } from './facts.ts'
import { findHeader, readHead } from './head.ts'
import { checkHead, readTarget } from './target.ts'

/** Turns what arrived into an Exchange, or into the reason why it cannot be answered as a request. */
export type OpenExchange = (arrival: Arrival) => Result<Exchange>

/** Compiles the reading of requests: every request passes here first, and nothing later reads its head again. */
export function createOpenExchange(config: Config): OpenExchange {
  const readFacts = createReadFacts(config.trust, config.cookie.secure)
  const readRequestId = createReadRequestId(config.headers.requestIdHeader)
  return function openExchange(arrival) {
    const head = readHead(arrival.headers)
    const malformed = checkHead(arrival, head)
    if (malformed !== undefined) return failed(malformed)
    const facts = readFacts(arrival, head)
    if (!facts.ok) return facts
    const target = readTarget(arrival.target, (head.get('host') ?? '').toLowerCase())
    if (!target.ok) return target
    return ok({
      arrival,
      target: target.value,
      facts: facts.value,
      cookies: readCookies(head.get('cookie')),
      requestId: readRequestId(arrival),
    })
  }
}

/** A client's request id is kept when it can stand in a log and a header as it is; otherwise a new one is made. */
function createReadRequestId(name: string): (arrival: Arrival) => string {
  return (arrival) => {
    const given = findHeader(arrival.headers, name)
    return given !== undefined && /^[A-Za-z0-9._-]{1,64}$/u.test(given) ? given : crypto.randomUUID()
  }
}
