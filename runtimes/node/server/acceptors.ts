import type { Server } from 'node:http'
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net'

/**
 * Number of sockets that listen on the port of a server. Node takes one waiting connection from each of them in each
 * turn of its event loop (libuv since 1.45), so that behind a single one newcomers, health checks among them, wait
 * longest when it is busiest.
 */
const SOCKETS = 16

/**
 * True where sockets can share a port: Linux spreads connections over them (socket(7), SO_REUSEPORT); Node knows the
 * option since 23.1.
 */
export const CAN_SHARE_PORTS =
  process.platform === 'linux' && process.versions['deno'] === undefined && nodeMajor() >= 24

/**
 * Opens further sockets beside the one of `server`, which was bound to share its port; they hand over what they accept.
 */
export async function openAcceptors(server: Server, scheme: 'http' | 'https'): Promise<readonly NetServer[]> {
  // It has just been bound to a port.
  const { address: host, port } = server.address() as AddressInfo
  const opening = Array.from({ length: SOCKETS - 1 }, () => {
    // What node:http and node:https set for a socket of their own.
    const acceptor = createServer({ allowHalfOpen: scheme === 'http', noDelay: true }, (socket) =>
      server.emit('connection', socket),
    )
    return new Promise<NetServer>((resolve, reject) => {
      acceptor.once('error', reject)
      acceptor.listen({ host, port, reusePort: true, backlog: BACKLOG }, () => {
        acceptor.off('error', reject)
        resolve(acceptor.unref())
      })
    })
  })
  // The server works with fewer, or with none.
  const opened = await Promise.allSettled(opening)
  return opened.flatMap((acceptor) => (acceptor.status === 'fulfilled' ? [acceptor.value] : []))
}

/** A queue of connections not yet accepted that survives a short pause. */
export const BACKLOG = 4096

function nodeMajor(): number {
  return Number(process.versions.node.split('.')[0])
}
