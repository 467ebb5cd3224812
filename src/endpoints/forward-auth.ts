import type { Exchange } from '../http/exchange.ts'
import { parseTarget } from '../http/target.ts'
import type { PolicyRequest } from '../policy/decide.ts'

/** The request that a gateway asks about, as far as a trusted one names it. */
export function toForwardAuthRequest({ facts }: Exchange): PolicyRequest {
  const named = parseTarget(facts.forwarded.uri ?? '')
  const target = named.ok ? named.value : { raw: '', path: '', query: '', ambiguous: true }
  const isPreflight = facts.forwarded.method === 'OPTIONS' && facts.originHeader !== undefined
  return { method: facts.forwarded.method, target, facts: { client: facts.client, preflight: isPreflight } }
}
