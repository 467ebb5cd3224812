import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * The connections that have not carried a request yet. Browsers open some ahead of need, and Node counts them as busy:
 * without this a shutdown would wait for them until its grace is over.
 */
export interface UnusedConnections {
  /** Follows what a server accepts; `event` names the moment at which its sockets are ready. */
  follow(server: Server, event: 'connection' | 'secureConnection'): void
  /** Marks a socket on which a request has come. */
  used(socket: Socket): void
  closeAll(): void
}

/** Creates the list. */
export function createUnusedConnections(): UnusedConnections {
  const fresh = new Set<Socket>()
  return {
    follow: (server, event) => {
      server.on(event, (socket: Socket) => {
        fresh.add(socket)
        socket.on('close', () => fresh.delete(socket))
      })
    },
    used: (socket) => void fresh.delete(socket),
    closeAll: () => {
      for (const socket of fresh) socket.destroy()
    },
  }
}
