import { createServer, type Socket } from 'node:net'

/** What an upstream does with one connection; `script` sees everything that has arrived on it so far. */
export type Script = (socket: Socket, received: string, connection: number) => void

/** An upstream that speaks bytes: it stores exactly what it received and sends exactly what a test says. */
export interface RawUpstream {
  readonly port: number
  /** Everything that each connection has received, one character a byte. */
  readonly received: readonly string[]
  /** Sockets, oldest first. */
  readonly sockets: readonly Socket[]
  /** Replaces the script for what arrives from now on. */
  play(script: Script): void
  /** Settles when the connections have received text that fits. */
  waitFor(fits: (received: readonly string[]) => boolean): Promise<void>
  close(): Promise<void>
}

/** Answers each time a request head has come to its end, and keeps the connection. */
export function answering(response: string): Script {
  return (socket, received) => {
    if (received.endsWith('\r\n\r\n')) socket.write(response, 'latin1')
  }
}

/** A small well-formed response. */
export function aResponse(body = 'hello', lines: readonly string[] = []): string {
  return [`HTTP/1.1 200 OK`, ...lines, `Content-Length: ${body.length}`, '', body].join('\r\n')
}

/** Starts it on a port of the kernel's choice. */
export async function startRawUpstream(script: Script): Promise<RawUpstream> {
  const received: string[] = []
  const sockets: Socket[] = []
  const waiters = new Set<() => void>()
  let current = script
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const connection = sockets.push(socket) - 1
    received[connection] = ''
    socket.on('error', () => socket.destroy())
    socket.on('end', () => socket.end())
    socket.on('data', (bytes) => {
      received[connection] += bytes.toString('latin1')
      current(socket, received[connection] ?? '', connection)
      for (const waiter of [...waiters]) waiter()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    received,
    sockets,
    play: (next) => {
      current = next
    },
    waitFor: (fits) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!fits(received)) return
          waiters.delete(look)
          resolve()
        }
        waiters.add(look)
        look()
      }),
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
