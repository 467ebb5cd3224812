import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'

/** The demo never listens on anything but this machine itself. */
export const LOOPBACK = '127.0.0.1'

/** Listens on the wanted port, or on the next one that is free; 0 lets the system choose. Returns the port. */
export async function listenNear(server: Server, port: number): Promise<number> {
  for (let candidate = port; candidate < port + 50; candidate += 1) {
    if (candidate !== 0 && (await isServed(candidate))) continue
    const listening = once(server, 'listening')
    server.listen(candidate, LOOPBACK)
    if (await listening.then(() => true, isTaken)) return portOf(server)
  }
  throw new Error(`Free one of the ports from ${port} on, fifty of them are taken`)
}

/** A port that is free now, for a process that will listen on it itself. */
export async function findPort(wanted: number): Promise<number> {
  const server = createServer()
  const port = await listenNear(server, wanted)
  await close(server)
  return port
}

/** Stops listening and drops connections that are still open. */
export async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

/**
 * Another program answers there. Trying to listen does not always tell: macOS lends a port of all addresses once more for
 * one of them, and browsers try `::1` first for `localhost`.
 */
async function isServed(port: number): Promise<boolean> {
  const answers = await Promise.all([LOOPBACK, '::1'].map((host) => canConnect(host, port)))
  return answers.includes(true)
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

function isTaken(error: unknown): false {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return false
  throw error
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('A listening server has a port')
  return address.port
}
