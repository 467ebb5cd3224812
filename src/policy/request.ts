import type { Exchange, Facts, Target } from '../http/exchange.ts'

/** The request that is asked about: in forward-auth mode the one at the gateway. */
export interface PolicyRequest {
  /** Undefined when no trusted peer named it. */
  readonly method: string | undefined
  readonly target: Target
  readonly facts: Pick<Facts, 'client' | 'preflight' | 'host'>
}

/** The request itself, where we are the ones who carry it out. */
export function toPolicyRequest(exchange: Exchange): PolicyRequest {
  return { method: exchange.request.method, target: exchange.target, facts: exchange.facts }
}
