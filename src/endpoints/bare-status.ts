import type { CookieChange, Exchange } from '../http/exchange.ts'
import type { Respond } from '../http/respond.ts'

const BODIES = { 401: 'Unauthorized\n', 403: 'Forbidden\n', 503: 'Service Unavailable\n' }

/** Answers with a status and its name as text, as Go's `http.Error` does: what clients of oauth2-proxy compare with. */
export function bareStatus(
  { answer }: Pick<Respond, 'answer'>,
  exchange: Exchange,
  { status, changes }: { readonly status: keyof typeof BODIES; readonly changes: readonly CookieChange[] },
): Response {
  const body = BODIES[status]
  const headers = ['Content-Type', 'text/plain; charset=utf-8', 'X-Content-Type-Options', 'nosniff']
  return answer(exchange, { status, body, headers, changes })
}
