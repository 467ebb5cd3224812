import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** How a link treats the connections over it. */
export type LinkMode =
  /** Bytes go through. */
  | 'pass'
  /** Nothing listens, and what was open is reset. */
  | 'refuse'
  /** Connections are taken and bytes wait, in both directions. */
  | 'stall'
  /** What was open is reset, and each new connection after the first half of what comes back on it. */
  | 'cut'

/** A wire between two programs that can be cut: a TCP relay on a loopback port of its own. */
export interface Link {
  readonly port: number
  readonly origin: string
  set(mode: LinkMode): Promise<void>
  close(): Promise<void>
}

interface Pair {
  readonly near: Socket
  readonly far: Socket
}

/** Opens a link to a port of the loopback. */
export async function openLink(targetPort: number): Promise<Link> {
  const pairs = new Set<Pair>()
  let mode: LinkMode = 'pass'

  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true })
    const pair = { near, far }
    pairs.add(pair)
    for (const socket of [near, far]) {
      socket.setNoDelay(true)
      socket.on('error', () => reset(pair))
      socket.on('close', (broken: boolean) => {
        if (broken) reset(pair)
        if (near.destroyed && far.destroyed) pairs.delete(pair)
      })
    }
    if (mode === 'cut') cutInHalf(pair)
    else if (mode !== 'stall') join(pair)
  })
  await listen(server, 0)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no TCP address')
  const { port } = address

  const stopListening = async (): Promise<void> => {
    if (!server.listening) return
    server.close()
    for (const pair of [...pairs]) reset(pair)
    await once(server, 'close')
  }

  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    async set(next) {
      mode = next
      if (next === 'refuse') return stopListening()
      if (!server.listening) await listen(server, port)
      for (const pair of [...pairs]) {
        if (next === 'cut') reset(pair)
        else if (next === 'stall') part(pair)
        else join(pair)
      }
    },
    close: stopListening,
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

function join({ near, far }: Pair): void {
  near.pipe(far)
  far.pipe(near)
}

function part({ near, far }: Pair): void {
  near.unpipe(far).pause()
  far.unpipe(near).pause()
}

function cutInHalf(pair: Pair): void {
  pair.near.pipe(pair.far)
  pair.far.once('data', (bytes: Buffer) => {
    pair.near.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => reset(pair))
  })
}

function reset({ near, far }: Pair): void {
  for (const socket of [near, far]) if (!socket.destroyed) socket.resetAndDestroy()
}
