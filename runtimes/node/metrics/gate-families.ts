import type { Socket } from 'node:net'
import type { Family } from '../../../src/observe/metrics/exposition.ts'
import { createReading } from '../../../src/observe/metrics/instruments.ts'
import type { NodePlatform } from '../platform.ts'
import type { Listener } from '../server/listen.ts'

/** Families of what is open or waits in this process, and the listeners that they look at. */
export interface GateFamilies {
  readonly families: readonly Family[]
  /** Follows the listeners of the proxy from now on. */
  follow(listeners: readonly Listener[]): void
}

/** Creates the families; all are read when they are scraped. */
export function createGateFamilies({ client, log }: Pick<NodePlatform, 'client' | 'log'>): GateFamilies {
  let listeners: readonly Listener[] = []
  let connections = 0
  const gauge = (name: string, help: string, read: Parameters<typeof createReading>[1]): Family =>
    createReading({ name, help, type: 'gauge' }, read)
  const families = [
    gauge('sidegate_client_connections', 'Open connections of clients, tunnels included.', () => connections),
    gauge('sidegate_requests_waiting', 'Requests that wait until it is their turn.', () =>
      listeners[0]?.waiting(),
    ),
    createReading(
      {
        name: 'sidegate_upstream_connections',
        help: 'Open connections to upstreams, without tunnels.',
        type: 'gauge',
        labels: ['state'],
      },
      () => {
        const { used, idle } = client.counts()
        return [
          { labels: [['state', 'used']], value: used },
          { labels: [['state', 'idle']], value: idle },
        ]
      },
    ),
    gauge(
      'sidegate_upstream_requests_waiting',
      'Requests that wait for a connection to their upstream.',
      () => client.counts().waiting,
    ),
    gauge('sidegate_tunnels', 'Open WebSockets.', () => client.tunnels.count()),
    createReading(
      {
        name: 'sidegate_log_lines_lost_total',
        help: 'Log lines that were lost because what reads them was too far behind.',
        type: 'counter',
      },
      log.lost,
    ),
  ]
  const onConnection = (socket: Socket): void => {
    connections += 1
    socket.once('close', () => {
      connections -= 1
    })
  }
  return {
    families,
    follow: (opened) => {
      listeners = opened
      // For TLS as well this is the connection itself, which a tunnel keeps.
      for (const { server } of opened) server.on('connection', onConnection)
    },
  }
}
