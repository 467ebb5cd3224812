import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A loopback port that the kernel says is free. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port to listen on')
  return address.port
}

/** Waits until somebody listens there. */
export async function untilListening(port: number, milliseconds = 10_000): Promise<void> {
  const deadline = Date.now() + milliseconds
  while (!(await isListening(port))) {
    if (Date.now() > deadline) throw new Error(`Nobody listens on port ${port} after ${milliseconds} ms`)
    await sleep(20)
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const listening = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  })
  socket.destroy()
  return listening
}
