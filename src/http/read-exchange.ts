import type { Config } from '../config/config.ts'
import type { IncomingRequest } from '../platform.ts'
import { failed, ok, type Result } from '../result.ts'
import { readCookies } from './cookies.ts'
import type { Exchange, Target } from './exchange.ts'
import { createReadFacts } from './facts.ts'
import { findHeader, readHead } from './head.ts'
import { checkHead, readTarget } from './target.ts'

/** Reads a request into an Exchange, or into the reason why it cannot be answered as a request. */
export type ReadExchange = (request: IncomingRequest) => Result<Exchange>

/** Compiles the reading of requests: every request passes here first, and nothing later reads its head again. */
export function createReadExchange(config: Config): ReadExchange {
  const readFacts = createReadFacts(config.trust, config.cookie.secure)
  const readRequestId = createReadRequestId(config.headers.requestIdHeader)
  return function readExchange(request) {
    const head = readHead(request.headers)
    const malformed = checkHead(request, head)
    if (malformed !== undefined) return failed(malformed)
    const facts = readFacts(request, head)
    if (!facts.ok) return facts
    const target = readTarget(request.target, (head.get('host') ?? '').toLowerCase())
    if (!target.ok) return target
    return ok({
      request,
      target: config.paths.querySemicolons ? withAmpersands(target.value) : target.value,
      facts: facts.value,
      cookies: readCookies(head.get('cookie')),
      requestId: readRequestId(request),
    })
  }
}

/** The target with a query that `&` alone separates (allow-query-semicolons); what goes to the app stays as it came. */
function withAmpersands(target: Target): Target {
  return target.query.includes(';') ? { ...target, query: target.query.replaceAll(';', '&') } : target
}

/**
 * Compiles the reading of the request id: a client's own is kept when it can stand in a log and a header as it is;
 * otherwise a new one is made.
 */
function createReadRequestId(name: string): (request: IncomingRequest) => string {
  return (request) => {
    const given = findHeader(request.headers, name)
    return given !== undefined && /^[A-Za-z0-9._-]{1,64}$/u.test(given) ? given : crypto.randomUUID()
  }
}
