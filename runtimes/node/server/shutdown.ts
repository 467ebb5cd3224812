import type { MetricsListener } from '../metrics/metrics-server.ts'
import type { NodePlatform } from '../platform.ts'
import type { Listener } from './listen.ts'

/** Parts to shut down, in this order. */
export interface ShutdownInput {
  readonly listeners: readonly Listener[]
  readonly metricsListeners?: readonly MetricsListener[]
  readonly node: NodePlatform
  /** Time after which what is still running is cut; below the 30 s that Kubernetes waits. */
  readonly graceMs?: number
}

const GRACE_MS = 25_000
/** Longest wait for a reader of the log that is behind. */
const LOG_MS = 1000
/** Interval at which keep-alive connections that have become idle are closed. */
const SWEEP_MS = 50

/**
 * Ends in order: no new connections, tunnels are told to come back elsewhere, requests in flight finish, then the log.
 * Resolves when everything is done or the grace is over, whichever is first.
 */
export async function shutDown({
  listeners,
  metricsListeners = [],
  node,
  graceMs = GRACE_MS,
}: ShutdownInput): Promise<void> {
  node.beginEnding()
  const servers = listeners.map(({ server }) => server)
  const sweep = setInterval(() => {
    for (const server of servers) server.closeIdleConnections()
  }, SWEEP_MS)
  const sockets = listeners.flatMap(({ server, acceptors }) => [server, ...acceptors])
  const closed = Promise.all(sockets.map((socket) => new Promise((resolve) => socket.close(resolve))))
  for (const { fresh } of listeners) fresh.closeAll()
  node.client.tunnels.closeAll()
  const finished = closed.then(() => node.settled())
  await Promise.race([finished, after(graceMs)])
  clearInterval(sweep)
  // Scrapes may see how the rest comes to its end.
  for (const { server } of metricsListeners) server.close()
  for (const server of [...servers, ...metricsListeners.map((listener) => listener.server)])
    server.closeAllConnections()
  node.client.close()
  node.watcher.close()
  node.log.flush()
  await Promise.race([node.log.drained(), after(LOG_MS)])
}

/** Ends on SIGTERM and SIGINT with status 0; a second signal ends at once. */
export function endOnSignals(input: ShutdownInput): void {
  let ending = false
  const onSignal = (): void => {
    if (ending) process.exit(1)
    ending = true
    shutDown(input).then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
