import type { ForwardPlan, IncomingRequest } from '../../../src/platform.ts'
import { problem } from '../../../src/problems.ts'
import { failed, type Result } from '../../../src/result.ts'
import type { NodeRequest } from '../server/incoming-request.ts'
import { createInFlight, type InFlight } from './in-flight.ts'
import { createPool, POOL_LIMITS, type Pool, type PoolCounts, type PoolLimits } from './pool/pool.ts'
import { Relay } from './relay.ts'
import type { SocketAddress } from './socket.ts'
import { createTunnels, isUpgrade, type Tunnels, tunnelsIn } from './tunnel/websocket.ts'

/** HTTP/1.1 client for the upstreams: several times cheaper than fetch, and it changes nothing. */
export interface UpstreamClient {
  /**
   * Forwards a request. Fails with `upstream_unreachable`, `upstream_timeout`, `upstream_misbehaved`, `overloaded`,
   * `client_gone`.
   */
  forward(request: IncomingRequest, plan: ForwardPlan): Promise<Result<Response>>
  readonly tunnels: Tunnels
  readonly inFlight: InFlight
  /** Closes idle connections; what is under way finishes. */
  close(): void
  /** Counts over all upstreams at this moment. */
  readonly counts: () => PoolCounts
}

/** Sends a request whose head is complete only when its content is known. */
async function sendSigned(
  request: NodeRequest,
  plan: ForwardPlan,
  send: (complete: ForwardPlan) => Promise<Result<Response>>,
): Promise<Result<Response>> {
  const { withContent } = await import('./held-content.ts')
  const complete = await withContent(request, plan)
  return complete.ok ? send(complete.value) : complete
}

/**
 * Creates the client, with one pool for each upstream address of the configuration, for a process with a memory limit in
 * bytes.
 */
export function createUpstreamClient(
  memoryLimit: number | undefined,
  limits: PoolLimits = POOL_LIMITS,
): UpstreamClient {
  const tunnels = createTunnels(tunnelsIn(memoryLimit))
  const inFlight = createInFlight()
  const pools = new Map<SocketAddress, Pool>()
  const poolOf = (address: SocketAddress): Pool => {
    const known = pools.get(address)
    if (known !== undefined) return known
    const pool = createPool(address, limits, Date.now)
    pools.set(address, pool)
    return pool
  }
  return {
    tunnels,
    inFlight,
    forward: (from, plan) => {
      // Requests come from incoming-request.ts: this platform made it.
      const request = from as NodeRequest
      const { upstream } = plan
      if (plan.websocket && !isUpgrade(request.incoming)) {
        return Promise.resolve(failed(problem('request_malformed', { why: 'not an upgrade' })))
      }
      if (upstream.kind === 'binding') {
        return Promise.resolve(failed(problem('no_upstream', { why: 'bindings exist on Workers only' })))
      }
      if (plan.websocket && !tunnels.reserve(plan.share)) {
        return Promise.resolve(failed(problem('overloaded', { why: 'open WebSockets' })))
      }
      const send = (complete: ForwardPlan): Promise<Result<Response>> =>
        new Promise((settle) => {
          new Relay({ request, plan: complete, pool: poolOf(upstream), tunnels, inFlight, settle }).start()
        })
      return plan.sign === undefined ? send(plan) : sendSigned(request, plan, send)
    },
    close: () => {
      for (const pool of pools.values()) pool.close()
    },
    counts: () => {
      const sum = { used: 0, idle: 0, waiting: 0 }
      for (const pool of pools.values()) {
        const { used, idle, waiting } = pool.counts()
        sum.used += used
        sum.idle += idle
        sum.waiting += waiting
      }
      return sum
    },
  }
}
