import type { Exchange, Facts, Target } from '../http/exchange.ts'

/** Request that the rules are applied to: in forward-auth mode the one at the gateway. */
export interface PolicyRequest {
  /** Undefined when no trusted peer named it. */
  readonly method: string | undefined
  readonly target: Target
  readonly facts: Pick<Facts, 'client' | 'preflight' | 'host'>
}

/** Reads the request itself, where Sidegate carries it out. */
export function toPolicyRequest(exchange: Exchange): PolicyRequest {
  return { method: exchange.request.method, target: exchange.target, facts: exchange.facts }
}
